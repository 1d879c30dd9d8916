"""HDF5 files: written whole, read with care, and compared with what they must hold."""

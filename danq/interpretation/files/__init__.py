"""Files of contributions: HDF5, and what other programs read."""

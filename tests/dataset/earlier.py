"""Data set files as danq wrote them before they had a checksum."""

import h5py


def make_earlier(file: h5py.File) -> None:
    """Turn a data set file into one of the format without a checksum, to be changed freely."""
    file.attrs.pop("checksum", None)
    file.attrs["format"] = (file.attrs["format"] - 1) % 2 + 1

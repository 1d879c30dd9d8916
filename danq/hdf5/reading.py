"""HDF5 files read with care: whatever h5py raises becomes one sentence that names the file."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from danq.errors import InputError
from danq.hdf5.heaps import has_damaged_heap
from danq.paths import StrPath

_MOST_DEFLATED = 1040
"""Deflate makes at most 1,032 bytes of one."""

ERRORS = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
)
"""All that h5py 3 raises for files that are damaged, cut off, or of types that it does not know."""


@contextmanager
def open_hdf5(path: StrPath, title: str) -> Iterator[h5py.File]:
    """Open a file for reading; an InputError says what h5py raises within the block."""
    if not Path(path).is_file():
        fault = "does not exist"
        if os.path.exists(path):
            fault = "is a folder" if os.path.isdir(path) else "is a pipe or device"
        raise InputError(f"{fault}, expected {title}", path=path)
    try:
        if has_damaged_heap(path):
            raise ValueError("a heap of strings without an end")
        with h5py.File(path, "r") as file:
            yield file
    except InputError:
        raise
    except ERRORS as error:
        cause = getattr(error, "strerror", None) or "it is not an HDF5 file, or a damaged one"
        raise InputError(f"cannot be read ({cause}), expected {title}", path=path) from error


def check_stored(found: h5py.Dataset, path: StrPath, *, size: int | None = None) -> None:
    """Refuse an array that declares more bytes than the file holds of it, or lies in another file.

    `size` is in bytes, of the HDF5 file where it is a part of `path` and not the whole.
    """
    name = found.name.lstrip("/")
    is_elsewhere = size is None and found.file.filename != os.fspath(path)
    if found.is_virtual or found.external or is_elsewhere:
        raise InputError(f"holds {name} in another file, expected the numbers here", path=path)
    declared, stored = math.prod(found.shape) * found.dtype.itemsize, found.id.get_storage_size()
    unpacks = _MOST_DEFLATED if found.id.get_create_plist().get_nfilters() else 1
    if declared > stored * unpacks or stored > (os.stat(path).st_size if size is None else size):
        raise InputError(
            f"declares {declared:,} bytes of {name} and holds {stored:,}: it is damaged", path=path
        )

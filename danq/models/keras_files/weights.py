"""The HDF5 weights of a model file: what they declare, compared with the bytes that are there."""

import io
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from danq.errors import InputError, quoted
from danq.hdf5.reading import ERRORS, check_stored
from danq.models.keras_files.archive import WEIGHTS, most_unpacked, open_archive, read_member
from danq.names import check_name
from danq.paths import StrPath

_NUMBERS = "fiub"
# What h5py makes of bfloat16, which NumPy lacks.
_OPAQUE = "V"


@contextmanager
def open_weights(path: StrPath) -> Iterator[h5py.File]:
    """Open the HDF5 file in a `.keras` file, or one that stands alone; checked, to be read.

    InputError when it is missing or damaged, links elsewhere, or declares more than it holds.
    """
    source: io.BytesIO | str = os.fspath(path)
    if Path(path).suffix == ".keras":
        with open_archive(path) as archive:
            source = io.BytesIO(read_member(archive, WEIGHTS, path))
    size = len(source.getbuffer()) if isinstance(source, io.BytesIO) else os.path.getsize(path)
    try:
        with h5py.File(source, "r") as file:
            check_weights(file, size, path)
            yield file
    except InputError:
        raise
    except ERRORS as error:
        raise InputError("holds weights that are not HDF5, or damaged", path=path) from error


def count_values(file: h5py.File) -> int:
    """Count the numbers in all arrays."""
    return sum(math.prod(array.shape) for _, array in arrays(file))


def arrays(file: h5py.File) -> list[tuple[str, h5py.Dataset]]:
    """Return all arrays with their names, in an order that the names alone decide."""
    members = [(name, item) for name, item in _walk(file) if isinstance(item, h5py.Dataset)]
    return sorted(members, key=lambda pair: pair[0])


def _walk(file: h5py.File) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """Yield each group and array with its name, once, the file itself first.

    HDF5's own visit takes memory without end where the index of a group is damaged.
    """
    waiting: list[tuple[str, h5py.Group | h5py.Dataset]] = [("", file)]
    seen = set()
    while waiting:
        name, item = waiting.pop()
        # Two names of a group may make a circle.
        address = h5py.h5o.get_info(item.id).addr
        if address in seen:
            continue
        seen.add(address)
        yield name, item
        if isinstance(item, h5py.Group):
            for key in reversed(list(item)):
                if isinstance(item.get(key, getlink=True), h5py.HardLink):
                    waiting.append((f"{name}/{key}".lstrip("/"), item[key]))


def check_weights(file: h5py.File, size: int, path: StrPath) -> None:
    """Refuse links, arrays of anything but numbers, and more than `size` bytes of HDF5 can hold."""
    items = list(_walk(file))
    for _, group in items:
        for name in group if isinstance(group, h5py.Group) else ():
            check_name(name, "its weights", path=path)
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise InputError("holds a link among its weights, expected arrays", path=path)
    declared = 0
    for name, array in items:
        if not isinstance(array, h5py.Dataset):
            continue
        if array.shape is None or array.dtype.kind not in _NUMBERS + _OPAQUE:
            raise InputError(f"holds {quoted(name)} among its weights, expected numbers", path=path)
        check_stored(array, path, size=size)
        declared += math.prod(array.shape) * array.dtype.itemsize
    if declared > most_unpacked(size):
        raise InputError(
            f"declares {declared:,} bytes of weights in {size:,}: it is damaged", path=path
        )
    for _, item in items:
        for name in item.attrs:
            stored = item.attrs.get_id(name)
            if math.prod(stored.shape or ()) * stored.dtype.itemsize > size:
                raise InputError("declares an attribute larger than itself", path=path)

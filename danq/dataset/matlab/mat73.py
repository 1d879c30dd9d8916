"""MATLAB files of version 7.3, which are HDF5: arrays read by rows, or by columns, as they lie.

HDF5 shows MATLAB's dimensions in reverse, so a MATLAB array (N, 4, 1000) is a data set
(1000, 4, N) here. Which way of reading is quick and small depends on its chunks: the file decides.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.matlab.mat5 import damage_error
from danq.errors import InputError
from danq.hdf5.heaps import has_damaged_heap
from danq.hdf5.reading import ERRORS, check_stored
from danq.paths import StrPath

BLOCK = 128 << 20
"""About as many bytes of an array are read at once."""

MOST = 6 * BLOCK
"""As many at most, where chunks are so large that less would mean to unpack them repeatedly."""


@dataclass(frozen=True)
class Array73:
    """A variable of a file of version 7.3.

    `shape` is as MATLAB has it, the reverse of HDF5's; `fault` says what it is instead of a full
    array of numbers and is empty where it is one; `itemsize` is in bytes; `chunks` are the HDF5
    data set's, in its own order, None where it lies in one piece.
    """

    path: StrPath
    name: str
    shape: tuple[int, ...]
    fault: str
    itemsize: int
    chunks: tuple[int, ...] | None

    @property
    def rows(self) -> int:
        """Size of the first dimension, HDF5's last."""
        return self.shape[0]

    @property
    def columns(self) -> int:
        """Product of the other dimensions."""
        return math.prod(self.shape[1:])

    def step(self) -> int | None:
        """Return how many rows to read at once, or None where columns are the way.

        Rows are, unless a chunk holds enough of them that it would be unpacked again and again.
        """
        row = self.columns * self.itemsize
        rows = max(1, BLOCK // row)
        chunk = 1 if self.chunks is None else self.chunks[-1]
        if rows >= self.rows or chunk <= rows:
            return rows // chunk * chunk or rows
        if chunk * row <= MOST:
            return chunk
        # Both ways unpack chunks more than once: take the one that does it less.
        assert self.chunks is not None
        return rows if chunk / rows < self.chunks[0] / self._lines() else None

    def block(self, first: int, last: int) -> npt.NDArray[Any]:
        """Read some rows of all columns: (columns, last - first)."""
        with h5py.File(self.path, "r") as file:
            data = _read(self.path, file[self.name], np.s_[..., first:last])
        return data.reshape(self.columns, last - first)

    def groups(self, count: int) -> Iterator[npt.NDArray[Any]]:
        """Read all columns in order, a multiple of `count` at once except the last: (…, rows)."""
        unit = max(1, count // self._inner)
        lines = max(1, self._lines() // unit) * unit
        with h5py.File(self.path, "r") as file:
            for first in range(0, self.shape[-1], lines):
                part = _read(self.path, file[self.name], np.s_[first : first + lines])
                yield part.reshape(-1, self.rows)

    @property
    def _inner(self) -> int:
        """Columns in one place of HDF5's first dimension: 4 for windows, 1 for labels."""
        return math.prod(self.shape[1:-1])

    def _lines(self) -> int:
        """How many places of HDF5's first dimension to read at once, whole chunks if they fit."""
        line = self.rows * self._inner * self.itemsize
        lines, chunk = max(1, BLOCK // line), self.chunks[0] if self.chunks else 1
        return lines // chunk * chunk if chunk <= lines else min(chunk, max(1, MOST // line))


def read_mat73(path: StrPath) -> dict[str, Array73]:
    """List the variables of a MATLAB file of version 7.3; numbers are read later."""
    with _reading(path):
        if has_damaged_heap(path):
            raise damage_error(path, "its HDF5 cannot be read")
        with h5py.File(path, "r") as file:
            # Not by indexing, which fails for a link to nowhere.
            return {name: _describe(path, name, file.get(name)) for name in file if name[0] != "#"}


@contextmanager
def _reading(path: StrPath) -> Iterator[None]:
    """Turn what h5py raises into an error that names the file."""
    try:
        yield
    except InputError:
        raise
    except ERRORS as error:
        raise damage_error(path, "its HDF5 cannot be read") from error


def _describe(path: StrPath, name: str, value: h5py.Dataset | h5py.Group | None) -> Array73:
    if isinstance(value, h5py.Dataset) and value.ndim >= 2 and value.dtype.kind in "biuf":
        text = value.attrs.get("MATLAB_class") == b"char"
        fault = "text" if text else ""
        check_stored(value, path)
        shape = value.shape[::-1]
        return Array73(path, name, shape, fault, value.dtype.itemsize, value.chunks)
    sparse = isinstance(value, h5py.Group) and "MATLAB_sparse" in value.attrs
    return Array73(path, name, (), "a sparse matrix" if sparse else "something else", 0, None)


def _read(path: StrPath, data: h5py.Dataset, place: Any) -> npt.NDArray[Any]:
    with _reading(path):
        result: npt.NDArray[Any] = data[place]
    return result

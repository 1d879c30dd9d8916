"""Write windows in the layout of DeepSEA's MATLAB files (`danq.dataset.matlab.deepsea_mat`)."""

import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.matlab.mat73 import BLOCK
from danq.dataset.matlab.mat_rows import CHANNELS, complement_columns
from danq.dataset.store import Dataset
from danq.genome import ALPHABET
from danq.genome.intervals import Integers
from danq.hdf5.writing import new_hdf5
from danq.paths import StrPath
from danq.progress import bar

logger = logging.getLogger(__name__)

VERSION_5_LIMIT = 2**31 - 1
"""Bytes of one variable that MATLAB keeps in a file of version 5."""

_CHUNK = (50, 4, 4096)
_USER_BLOCK = 512
_UINT8_CLASS = 9
# Types of elements: MAT-File Format, The MathWorks, chapter 1.
_INT8, _UINT8, _INT32, _UINT32, _MATRIX = 1, 2, 5, 6, 14
_CODES = np.array([ALPHABET.index(base) for base in CHANNELS], np.uint8)


def write_mat(
    path: StrPath, data: Dataset, rows: Integers, *, name: str, progress: bool | None
) -> None:
    """Write windows and then their reverse complements, in the version that DeepSEA's file has.

    `rows`, int64 (n,), become 2 n rows of the file. ``train`` is of version 7.3, ``valid`` and
    ``test`` of version 5 unless they are too large for it. `danq.outputs.whole` is the caller's.
    """
    size = 2 * len(rows) * max(len(CHANNELS) * data.window, len(data.targets))
    if name != "train" and size <= VERSION_5_LIMIT:
        _write_mat5(path, data, rows, name, progress)
        return
    if name != "train":
        logger.warning(
            "%s.mat is written as MATLAB version 7.3: it is too large for version 5", name
        )
    _write_mat73(path, data, rows, name, progress)


def _write_mat73(
    path: StrPath, data: Dataset, rows: Integers, name: str, progress: bool | None
) -> None:
    """Write HDF5, compressed, behind MATLAB's own header."""
    window, targets, count = data.window, len(data.targets), 2 * len(rows)
    with new_hdf5(path, userblock_size=_USER_BLOCK) as (file, disk):
        windows = _create(file, f"{name}xdata", (window, len(CHANNELS), count), _CHUNK)
        labels = _create(file, f"{name}data", (targets, count), (_CHUNK[0], _CHUNK[2]))
        step = max(1, BLOCK // (len(CHANNELS) * window * _CHUNK[2])) * _CHUNK[2]
        for first, last in _steps(count, step, name, progress):
            codes, bits = _columns(data, rows, first, last)
            windows[:, :, first:last] = _one_hot(codes)
            labels[:, first:last] = bits
            disk.check()
    with open(path, "r+b") as raw:
        raw.write(_header("MATLAB 7.3 MAT-file", 0x0200))


def _write_mat5(
    path: StrPath, data: Dataset, rows: Integers, name: str, progress: bool | None
) -> None:
    """Write columns, not compressed; their rows are in memory, as the format's limit allows."""
    codes = np.empty((data.window, len(rows)), np.uint8)
    labels = np.empty((len(data.targets), len(rows)), np.uint8)
    step = max(1, BLOCK // data.window)
    for first, last in _steps(len(rows), step, name, progress):
        codes[:, first:last] = data.codes(rows[first:last]).T
        labels[:, first:last] = data.labels(rows[first:last]).T
    count = 2 * len(rows)
    with open(path, "wb") as file:
        file.write(_header("MATLAB 5.0 MAT-file", 0x0100))
        with _variable(file, f"{name}xdata", (count, len(CHANNELS), data.window)):
            for both in zip(codes, complement_columns(codes), strict=True):
                file.write(_one_hot(np.concatenate(both)[None]).data)
        with _variable(file, f"{name}data", (count, len(data.targets))):
            for column in labels:
                file.write(np.tile(column, 2).data)


def _create(
    file: h5py.File, name: str, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> h5py.Dataset:
    fitting = tuple(min(pair) for pair in zip(shape, chunks, strict=True))
    created = file.create_dataset(
        name, shape, np.uint8, chunks=fitting, compression="gzip", compression_opts=1
    )
    created.attrs["MATLAB_class"] = np.bytes_("uint8")
    return created


def _columns(
    data: Dataset, rows: Integers, first: int, last: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return codes (window, k) and labels (targets, k) of some rows of the file."""
    half = len(rows)
    forward, back = rows[first:last], rows[max(first - half, 0) : max(last - half, 0)]
    codes = [data.codes(forward).T, complement_columns(data.codes(back).T)]
    return np.concatenate(codes, axis=1), data.labels(np.concatenate([forward, back])).T


def _one_hot(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Turn codes (window, k) into (window, 4, k), channels A, G, C, T."""
    return (codes[:, None, :] == _CODES[None, :, None]).view(np.uint8)


def _header(text: str, version: int) -> bytes:
    from danq import __version__

    described = f"{text}, written by danq {__version__}".encode()
    return described.ljust(116) + bytes(8) + struct.pack("<H", version) + b"IM"


@contextmanager
def _variable(file: BinaryIO, name: str, shape: tuple[int, ...]) -> Iterator[None]:
    """Write what stands before and after the numbers of a uint8 variable of version 5."""
    size = math.prod(shape)
    before = [
        _element(_UINT32, struct.pack("<II", _UINT8_CLASS, 0)),
        _element(_INT32, struct.pack(f"<{len(shape)}i", *shape)),
        _element(_INT8, name.encode()),
        struct.pack("<II", _UINT8, size),
    ]
    after = bytes(-size % 8)
    total = sum(len(part) for part in before) + size + len(after)
    file.write(struct.pack("<II", _MATRIX, total) + b"".join(before))
    yield
    file.write(after)


def _element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _steps(count: int, step: int, name: str, progress: bool | None) -> Iterator[tuple[int, int]]:
    with bar(progress=progress, total=count, desc=name, unit=" rows") as shown:
        for first in range(0, count, step):
            last = min(first + step, count)
            yield first, last
            shown.update(last - first)

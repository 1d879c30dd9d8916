"""MATLAB files of version 5, read as streams: a few columns in memory, however large the array.

A file is a header of 128 bytes and then elements, each a tag (type and size) with its data. A
variable is an element of type miMATRIX, or one of type miCOMPRESSED whose zlib stream holds a
miMATRIX. Inside lie its class, its dimensions, its name and its numbers, column-major (*MAT-File
Format*, The MathWorks, chapter 1). Numbers may be stored in a smaller type than their class.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from danq.errors import InputError

HEADER = 128
MATRIX, COMPRESSED = 14, 15
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""NumPy's names of the types that numbers are stored in."""

_NUMBERS = range(6, 16)
_OTHER = {
    1: "a cell array",
    2: "a structure",
    3: "an object",
    4: "text",
    5: "a sparse matrix",
    16: "a function",
    17: "an object",
}
_OPAQUE = 17
_COMPLEX = 0x08
_PIECE = 1 << 18
_MOST = 1 << 16

StrPath = str | os.PathLike[str]


class _DamagedError(Exception):
    """What cannot be part of a MATLAB file."""


class _Stream(Protocol):
    def read(self, size: int) -> bytes: ...

    def finish(self) -> None: ...


class _Plain:
    """Bytes of the file as they are."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise _DamagedError("it ends too early")
        return data

    def finish(self) -> None:
        """Nothing follows that could be checked."""


class _Inflated:
    """Bytes of a zlib stream that begins where the file stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._zlib = zlib.decompressobj()
        self._rest = b""

    def read(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = self._next(size)
            if not piece:
                raise _DamagedError("it ends too early")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Read to the end of the stream, where its checksum is compared."""
        while self._next(_PIECE):
            pass
        if not self._zlib.eof:
            raise _DamagedError("it ends too early")

    def _next(self, most: int) -> bytes:
        while not self._zlib.eof:
            self._rest = self._rest or self._file.read(_PIECE)
            if not self._rest:
                break
            try:
                piece = self._zlib.decompress(self._rest, most)
            except zlib.error as error:
                raise _DamagedError(str(error)) from error
            self._rest = self._zlib.unconsumed_tail
            if piece:
                return piece
        return b""


@dataclass(frozen=True)
class Array5:
    """A variable of a file of version 5.

    Attributes
    ----------
    path
        The file.
    shape
        As MATLAB has it.
    fault
        What it is instead of a full array of numbers, such as "text"; empty where it is one.
    place
        Of its element in the file, bytes.
    order
        ``<`` or ``>``.
    """

    path: StrPath
    shape: tuple[int, ...]
    fault: str
    place: int
    order: str

    @property
    def rows(self) -> int:
        """Size of the first dimension, which lies together in the file."""
        return self.shape[0]

    @property
    def columns(self) -> int:
        """Product of the other dimensions."""
        return math.prod(self.shape[1:])

    def groups(self, count: int) -> Iterator[npt.NDArray[Any]]:
        """Read all columns in order.

        Parameters
        ----------
        count
            Columns at once.

        Yields
        ------
        numpy.ndarray
            (count, rows), the last with what is left over.

        Raises
        ------
        InputError
            When the file is damaged.
        """
        with open(self.path, "rb") as file:
            try:
                yield from self._groups(file, count)
            except _DamagedError as damage:
                raise damaged(self.path, str(damage)) from damage

    def _groups(self, file: BinaryIO, count: int) -> Iterator[npt.NDArray[Any]]:
        stream = _open(file, self.place, self.order)
        _header(stream, self.order)
        kind, size, small = _tag(stream, self.order)
        if kind not in TYPES:
            raise _DamagedError(f"numbers of type {kind}")
        dtype = np.dtype(self.order + TYPES[kind])
        if size != self.rows * self.columns * dtype.itemsize:
            raise _DamagedError(f"{size} bytes for an array of shape {self.shape}")
        for first in range(0, self.columns, count):
            columns = min(count, self.columns - first)
            length = columns * self.rows * dtype.itemsize
            data = stream.read(length) if small is None else small[:length]
            small = None if small is None else small[length:]
            yield np.frombuffer(data, dtype).reshape(columns, self.rows)
        stream.finish()


def read_mat5(path: StrPath) -> dict[str, Array5]:
    """List the variables of a MATLAB file of version 5; numbers are read later.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict of str to Array5
        By name, in the order of the file.

    Raises
    ------
    InputError
        When it is no such file, or a damaged one.
    """
    with open(path, "rb") as file:
        try:
            return dict(_variables(path, file))
        except (_DamagedError, struct.error) as damage:
            raise damaged(path, str(damage)) from damage


def damaged(path: StrPath, cause: str) -> InputError:
    """Say that a file is not what its name or its first bytes promise."""
    return InputError(f"is no MATLAB file, or a damaged one ({cause})", path=path)


def _variables(path: StrPath, file: BinaryIO) -> Iterator[tuple[str, Array5]]:
    header = file.read(HEADER)
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
    if order is None:
        raise _DamagedError("it has no header of version 5 or 7.3")
    version = struct.unpack(f"{order}H", header[124:126])[0] >> 8
    if version != 1:
        raise _DamagedError("its HDF5 cannot be read" if version == 2 else f"version {version}")
    end = file.seek(0, os.SEEK_END)
    place = HEADER
    while place < end:
        file.seek(place)
        kind, size = struct.unpack(f"{order}II", _Plain(file).read(8))
        if place + 8 + size > end:
            raise _DamagedError("it ends too early")
        if kind not in (MATRIX, COMPRESSED):
            raise _DamagedError(f"an element of type {kind}")
        stream = _open(file, place, order)
        name, shape, fault = _header(stream, order)
        if name:
            yield name, Array5(path, shape, fault, place, order)
        place += 8 + size


def _open(file: BinaryIO, place: int, order: str) -> _Stream:
    """Give the bytes of the variable at `place`, from its class on."""
    file.seek(place)
    kind, _ = struct.unpack(f"{order}II", file.read(8))
    if kind == MATRIX:
        return _Plain(file)
    stream = _Inflated(file)
    inner, _ = struct.unpack(f"{order}II", stream.read(8))
    if inner != MATRIX:
        raise _DamagedError(f"an element of type {inner}")
    return stream


def _header(stream: _Stream, order: str) -> tuple[str, tuple[int, ...], str]:
    """Read a variable's name, its shape and what is wrong with it."""
    flags = struct.unpack(f"{order}I", _element(stream, order)[:4])[0]
    kind = flags & 0xFF
    if kind == _OPAQUE:
        return _element(stream, order).decode("latin-1"), (), _OTHER[kind]
    dimensions = _element(stream, order)
    shape = struct.unpack(f"{order}{len(dimensions) // 4}i", dimensions)
    name = _element(stream, order).decode("latin-1")
    if len(shape) < 2 or min(shape) < 0:
        raise _DamagedError(f"an array of shape {shape}")
    fault = "complex numbers" if (flags >> 8) & _COMPLEX else ""
    return name, shape, fault if kind in _NUMBERS else _OTHER.get(kind, f"class {kind}")


def _element(stream: _Stream, order: str) -> bytes:
    """Read one short element with what fills it up to 8 bytes."""
    _, size, small = _tag(stream, order)
    if small is not None:
        return small
    if size > _MOST:
        raise _DamagedError(f"an element of {size} bytes before an array's numbers")
    return stream.read(size + -size % 8)[:size]


def _tag(stream: _Stream, order: str) -> tuple[int, int, bytes | None]:
    """Read a type and a size in bytes, and the data where they are in the tag itself."""
    tag = stream.read(8)
    kind, size = struct.unpack(f"{order}II", tag)
    if kind >> 16:
        size = kind >> 16
        if size > 4:
            raise _DamagedError(f"a small element of {size} bytes")
        return kind & 0xFFFF, size, tag[4 : 4 + size]
    return kind, size, None

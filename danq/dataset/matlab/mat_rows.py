"""One-hot windows and labels of a MATLAB array, folded into bytes and given by rows.

MATLAB keeps arrays column-major: a window's bases lie thousands of rows apart. Four one-hot columns
fold into one of codes, eight label columns into one of packed bits; what cannot be read by rows is
folded column by column and laid aside, in memory or in a scratch file, and read from there.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.dataset.matlab.mat5 import Array5
from danq.dataset.matlab.mat73 import BLOCK, Array73
from danq.errors import InputError
from danq.genome import ALPHABET, UNKNOWN
from danq.paths import StrPath

CHANNELS = "AGCT"
IN_MEMORY = 1 << 30
"""Larger scratch goes to a file, in bytes."""

_CODES = [ALPHABET.index(base) for base in CHANNELS]

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.integer]
Fold = Callable[[npt.NDArray[Any]], tuple[Bytes, Places]]


def fold_codes(columns: npt.NDArray[Any]) -> tuple[Bytes, Places]:
    """Turn one-hot columns (4 n, rows), A, G, C and T by position, into codes uint8 (n, rows).

    Returned beside are the rows that hold another number than 0 and 1, or more than one 1 at a
    position.
    """
    bits, wrong = _bits(columns)
    channels = bits.reshape(-1, len(CHANNELS), columns.shape[1])
    ones = channels.sum(axis=1, dtype=np.uint8)
    if ones.max(initial=0) > 1:
        wrong = np.union1d(wrong, np.flatnonzero((ones > 1).any(axis=0)))
    codes = np.full_like(ones, UNKNOWN)
    for channel, code in enumerate(_CODES):
        codes -= channels[:, channel] * np.uint8(UNKNOWN - code)
    return codes, wrong


def complement_columns(codes: Bytes) -> Bytes:
    """Read the other strand of windows that lie by columns, uint8 (window, rows)."""
    # Of the unknown, 3 - 4 is 255 in bytes.
    return np.minimum(np.uint8(3) - codes[::-1], np.uint8(UNKNOWN))


def fold_labels(columns: npt.NDArray[Any]) -> tuple[Bytes, Places]:
    """Pack columns of labels (n, rows), eight into one as `numpy.packbits` does.

    Returned are uint8 (ceil(n / 8), rows), and the rows that hold another number than 0 and 1.
    """
    bits, wrong = _bits(columns)
    packed = np.zeros((-(-len(bits) // 8), bits.shape[1]), np.uint8)
    for place, column in enumerate(bits):
        packed[place // 8] |= column << (7 - place % 8)
    return packed, wrong


def _bits(columns: npt.NDArray[Any]) -> tuple[Bytes, Places]:
    if columns.dtype == np.uint8 and columns.max(initial=0) <= 1:
        return columns, np.empty(0, np.intp)
    bits = columns == 1
    return bits.view(np.uint8), np.flatnonzero((~bits & (columns != 0)).any(axis=0))


class FoldedRows:
    """An array's rows, folded; read in any order and more than once, best `step` rows at once.

    `fold` is `fold_codes` or `fold_labels`, `group` the columns that fold into one (4 or 8),
    `wrong` what a row is that cannot be folded, for the error. `scratch` is the folder for a
    scratch file, where one is needed; None is the system's.
    """

    def __init__(
        self,
        array: Array5 | Array73,
        fold: Fold,
        group: int,
        *,
        wrong: str,
        scratch: StrPath | None = None,
    ) -> None:
        self._array, self._fold, self._group, self._wrong = array, fold, group, wrong
        self.rows = array.rows
        self.width = -(-array.columns // group)
        by_rows = array.step() if isinstance(array, Array73) else None
        self.step = by_rows or max(1, BLOCK // (4 * self.width))
        self._aside = None if by_rows else _Aside(self.width, self.rows, scratch)
        self._is_filled = False

    def read(self, first: int, last: int) -> Bytes:
        """Read some rows: uint8 (width, last - first), transposed, as the file has them."""
        if isinstance(self._array, Array73) and self._aside is None:
            return self._fold_rows(self._array.block(first, last), first)
        assert self._aside is not None
        if not self._is_filled:
            self._fill(self._aside)
        return self._aside.read(first, last)

    def close(self) -> None:
        """Free what was laid aside."""
        if self._aside is not None:
            self._aside.close()

    def _fill(self, aside: _Aside) -> None:
        done = 0
        for columns in self._array.groups(self._group):
            folded = self._fold_rows(columns, 0)
            aside.put(done, folded)
            done += len(folded)
        self._is_filled = True

    def _fold_rows(self, columns: npt.NDArray[Any], first: int) -> Bytes:
        folded, wrong = self._fold(columns)
        if wrong.size:
            raise InputError(
                f"holds {self._wrong}, first in row {first + wrong[0] + 1:,}", path=self._array.path
            )
        return folded


class _Aside:
    """Folded columns, written one after the other and read by rows: in memory, or in a file."""

    def __init__(self, width: int, rows: int, folder: StrPath | None) -> None:
        self._shape = (width, rows)
        self._memory = np.empty(self._shape, np.uint8) if width * rows <= IN_MEMORY else None
        # Without a name: it is gone when the program ends, however that comes about.
        self._file = (
            None if self._memory is not None else tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        )

    def put(self, place: int, columns: Bytes) -> None:
        if self._memory is not None:
            self._memory[place : place + len(columns)] = columns
        else:
            assert self._file is not None
            self._file.seek(place * self._shape[1])
            self._file.write(np.ascontiguousarray(columns).data)

    def read(self, first: int, last: int) -> Bytes:
        if self._memory is not None:
            return self._memory[:, first:last]
        assert self._file is not None
        self._file.flush()
        result = np.empty((self._shape[0], last - first), np.uint8)
        for place, row in enumerate(result):
            # Past the buffer of the file object: a row is read once and not again.
            os.preadv(self._file.fileno(), [row.data], place * self._shape[1] + first)
        return result

    def close(self) -> None:
        self._memory = None
        if self._file is not None:
            self._file.close()

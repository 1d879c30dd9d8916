r"""BED and narrowPeak files as arrays of intervals.

A BED line holds at least contig, start and end, 0-based half-open, separated by tabs, spaces or
both (BEDv1's ``[ \t]+``, which may vary from field to field). Deliberate leniencies: any number of
further columns (narrowPeak has ten), blank lines, comments, `track` and `browser` lines, LF, CRLF
or CR, a byte order mark, plain, gzip or bgzip, any order, overlaps. An interval must have 0 ≤ start
≤ end; those of no length, which the specification allows, hold no base.

Blocks of many lines are read at once by whole-array operations. Lines that these cannot read, or
that look odd in any way, are read one by one, which decides what they are and what is wrong.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, counted, quoted
from danq.genome.files import whole_lines
from danq.genome.intervals import Integers
from danq.paths import StrPath

logger = logging.getLogger(__name__)

Bytes = npt.NDArray[np.uint8]

_NO_DATA = re.compile(rb"\s*$|#|(track|browser)(\s|$)")
_NUMBER = re.compile(rb"\d{1,18}")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BETWEEN = re.compile(rb"[ \t]+")
_MOST_DIGITS = 18
_LONGEST_LINE = 16 << 20
_LONGEST_NAME = 64
_WORD = 8


@dataclass(frozen=True)
class Intervals:
    """Intervals of one file, in its order.

    Attributes
    ----------
    contigs
        The distinct contig names, in order of first appearance.
    contig
        int64 (n,): each interval's place in `contigs`.
    start, end
        int64 (n,): 0-based half-open.
    line
        int64 (n,): each interval's line in the file, from 1.
    path
        The file.
    """

    contigs: list[str]
    contig: Integers
    start: Integers
    end: Integers
    line: Integers
    path: Path

    def __len__(self) -> int:
        return len(self.start)


def read_bed(path: StrPath, *, drop_empty: bool = False) -> Intervals:
    """Read a BED or narrowPeak file; only its first three columns count.

    Parameters
    ----------
    path
        Plain, gzip or bgzip.
    drop_empty
        Leave out intervals of no length, with a warning that counts them, instead of refusing them.

    Raises
    ------
    InputError
        When the file cannot be read, or a line is not a BED line: it names the line and what was
        found there.
    """
    reader = _Reader(path, drop_empty=drop_empty)
    for block in whole_lines(path, longest=_LONGEST_LINE):
        reader.read(block)
    return reader.intervals()


class _Reader:
    """Gathers the intervals of one file, block by block."""

    def __init__(self, path: StrPath, *, drop_empty: bool) -> None:
        self._path = Path(path)
        self._drop_empty = drop_empty
        self._empty: list[int] = []
        self._numbers: dict[bytes, int] = {}
        self._tables: list[Integers] = []
        self._lines = 0

    def read(self, block: bytes) -> None:
        """Read whole lines, each with its end."""
        if not self._lines:
            block = block.removeprefix(_BYTE_ORDER_MARK)
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        data = np.frombuffer(block, dtype=np.uint8)
        last = np.flatnonzero(data == ord("\n"))
        first = np.concatenate([[0], last[:-1] + 1])
        fields = _Fields(data, first, last, has_spaces=b" " in block)
        # Rows: contig, start, end, line.
        table = np.empty((4, len(first)), dtype=np.int64)
        table[1:3] = fields.start, fields.end
        table[3] = np.arange(self._lines + 1, self._lines + len(first) + 1)
        kept = fields.are_plain
        self._number_contigs(data, first, fields, table[0])
        for row in np.flatnonzero(~kept).tolist():
            line = block[first[row] : last[row]]
            if _NO_DATA.match(line):
                continue
            number = int(table[3, row])
            name, start, end = _columns(line, self._path, number)
            if start == end and not self._drop_empty:
                raise InputError(
                    f"found start {start} and end {end}, expected an interval that holds a base",
                    path=self._path,
                    line=number,
                )
            if start == end:
                self._empty.append(number)
                continue
            table[:3, row] = self._number(name, number), start, end
            kept[row] = True
        self._tables.append(table[:, kept])
        self._lines += len(first)

    def intervals(self) -> Intervals:
        """Return all intervals read, contigs numbered by first appearance."""
        if self._empty:
            logger.warning(
                "%s: left out %s of no length, the first in line %d",
                self._path,
                counted(len(self._empty), "interval"),
                self._empty[0],
            )
        table = np.concatenate([np.empty((4, 0), dtype=np.int64), *self._tables], axis=1)
        seen, places = np.unique(table[0], return_index=True)
        order = seen[np.argsort(places)]
        new = np.empty(len(self._numbers), dtype=np.int64)
        new[order] = np.arange(len(order))
        names = list(self._numbers)
        start, end, line = map(np.ascontiguousarray, table[1:])
        return Intervals(
            [names[old].decode() for old in order],
            new[table[0]],
            start,
            end,
            line,
            self._path,
        )

    def _number(self, name: bytes, line: int) -> int:
        if name not in self._numbers:
            try:
                name.decode()
            except UnicodeDecodeError as error:
                raise InputError(
                    f"found {quoted(name)}, expected a contig's name in UTF-8",
                    path=self._path,
                    line=line,
                ) from error
            self._numbers[name] = len(self._numbers)
        return self._numbers[name]

    def _number_contigs(
        self, data: Bytes, first: Integers, fields: _Fields, contig: Integers
    ) -> None:
        """Write the number of each plain line's contig into `contig`."""
        rows = np.flatnonzero(fields.are_plain)
        if not rows.size:
            return
        length = fields.name_length[rows]
        _, examples, kinds = np.unique(
            _exact_keys(data, first[rows], length), return_index=True, return_inverse=True
        )
        numbers = []
        for example in examples:
            row = rows[example]
            name = data[first[row] : first[row] + length[example]].tobytes()
            numbers.append(self._number(name, self._lines + int(row) + 1))
        contig[rows] = np.array(numbers)[kinds]


class _Fields:
    """Where the first three columns of each line are, and which lines are plain.

    `are_plain` is bool (lines,): contig, start and end by tabs alone, all digits, start before end,
    and nothing that a comment or a `track` or `browser` line could be. Of such lines `name_length`,
    the bytes of the contig's name, `start` and `end` are int64 (lines,).
    """

    def __init__(self, data: Bytes, first: Integers, last: Integers, *, has_spaces: bool) -> None:
        # Beyond the last tab stands none: three made-up ones, so that every line finds its own.
        tabs = np.append(np.flatnonzero(data == ord("\t")), [len(data)] * 3)
        tab = np.searchsorted(tabs, first)
        one, two = tabs[tab], tabs[tab + 1]
        three = np.minimum(tabs[tab + 2], last)
        self.name_length = one - first
        plain = (two < last) & (self.name_length > 0) & (self.name_length <= _LONGEST_NAME)
        head = data[first]
        for letter in b"#tb":
            plain &= head != letter
        if has_spaces:
            # They separate too. Beyond the last one stands a made-up one, as above.
            spaces = np.append(np.flatnonzero(data == ord(" ")), len(data))
            plain &= spaces[np.searchsorted(spaces, first)] > one
        one, two, three = (np.where(plain, place, 0) for place in (one, two, three))
        self.start, good = _whole_numbers(data, one + 1, two)
        plain &= good
        self.end, good = _whole_numbers(data, two + 1, three)
        plain &= good & (self.start < self.end)
        self.are_plain = plain


def _whole_numbers(
    data: Bytes, first: Integers, last: Integers
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Read the digits of data[first:last] for many pairs at once, and tell which are nothing else.

    All numbers advance by one digit at a time.
    """
    length = last - first
    good = (length > 0) & (length <= _MOST_DIGITS)
    length = np.where(good, length, 0)
    values = np.zeros(len(first), dtype=np.int64)
    for place in range(int(length.max(initial=0))):
        inside = place < length
        digits = data.take(first + place, mode="clip") - np.uint8(ord("0"))
        good &= ~inside | (digits <= 9)
        values = np.where(inside, values * 10 + digits, values)
    return values, good


def _exact_keys(data: Bytes, first: Integers, length: Integers) -> Integers:
    """Assign equal numbers to equal names data[first:first + length], others to different ones."""
    keys: Any = length
    for begin in range(0, int(length.max()), _WORD):
        word = np.zeros(len(first), dtype=np.uint64)
        for place in range(begin, begin + _WORD):
            letters = np.where(place < length, data.take(first + place, mode="clip"), 0)
            word = (word << np.uint64(8)) | letters.astype(np.uint64)
        _, words = np.unique(word, return_inverse=True)
        _, keys = np.unique(keys * (words.max() + 1) + words, return_inverse=True)
    result: Integers = keys
    return result


def _columns(line: bytes, path: Path, number: int) -> tuple[bytes, int, int]:
    """Read one line of data, or say what is wrong with it."""

    def error(message: str) -> InputError:
        return InputError(message, path=path, line=number)

    if line[:1] in (b" ", b"\t"):
        raise error(f"found {quoted(line)}, expected a line that begins with a contig's name")
    fields = _BETWEEN.split(line.rstrip(b" \t"), maxsplit=3)
    if len(fields) < 3:
        raise error(f"found {len(fields)} columns, expected at least contig, start and end")
    name, *ends = fields[:3]
    if not all(_NUMBER.fullmatch(end) for end in ends):
        found = ", ".join(map(quoted, ends))
        raise error(f"found {found}, expected start and end as whole numbers")
    start, end = map(int, ends)
    if start > end:
        raise error(f"found start {start} and end {end}, expected 0 <= start <= end")
    return name, start, end

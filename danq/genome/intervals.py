"""Intervals: BED and narrowPeak files, and regions as samtools writes them.

A BED line holds at least contig, start and end, separated by tabs (or spaces, which the
specification allows too), 0-based half-open. Deliberate leniencies: any number of further columns
(narrowPeak has ten), blank lines, comments, `track` and `browser` lines, LF or CRLF, plain, gzip or
bgzip, any order, overlaps. An interval must have 0 ≤ start < end.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome.files import whole_lines

_NOT_DATA = (b"#", b"track", b"browser")
_NUMBER = re.compile(rb"\d{1,18}")
_REGION = re.compile(r"(?P<contig>.+?)(?::(?P<start>\d[\d,]*)-(?P<end>\d[\d,]*))?")


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
    contig: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]
    path: Path

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True)
class Region:
    """A stretch of a contig, 0-based half-open; the whole contig where both ends are None."""

    contig: str
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return self.contig
        return f"{self.contig}:{self.start + 1}-{self.end}"


def read_bed(path: str | os.PathLike[str]) -> Intervals:
    """Read a BED or narrowPeak file; only its first three columns count.

    Parameters
    ----------
    path
        Plain, gzip or bgzip.

    Raises
    ------
    InputError
        When the file cannot be read, or a line is no BED line: it names the line and what was
        found there.
    """
    numbers: dict[bytes, int] = {}
    rows: list[tuple[int, int, int, int]] = []
    count = 0
    for block in whole_lines(path):
        for count, line in enumerate(block.splitlines(), start=count + 1):  # noqa: B020
            if not line.strip() or line.startswith(_NOT_DATA):
                continue
            fields = line.split(b"\t") if b"\t" in line else line.split()
            start, end = _ends(fields, path, count)
            rows.append((numbers.setdefault(fields[0], len(numbers)), start, end, count))
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    names = [name.decode("utf-8", "replace") for name in numbers]
    contig, start, end, line = np.ascontiguousarray(table.T)
    return Intervals(names, contig, start, end, line, Path(path))


def _ends(fields: list[bytes], path: str | os.PathLike[str], line: int) -> tuple[int, int]:
    if len(fields) < 3:
        raise InputError(
            f"found {len(fields)} columns, expected at least contig, start and end",
            path=path,
            line=line,
        )
    if not (_NUMBER.fullmatch(fields[1]) and _NUMBER.fullmatch(fields[2])):
        found = (
            f"{fields[1].decode('utf-8', 'replace')!r}, {fields[2].decode('utf-8', 'replace')!r}"
        )
        raise InputError(
            f"found {found}, expected start and end as whole numbers", path=path, line=line
        )
    start, end = int(fields[1]), int(fields[2])
    if not 0 <= start < end:
        raise InputError(
            f"found start {start} and end {end}, expected 0 <= start < end", path=path, line=line
        )
    return start, end


def parse_region(text: str) -> Region:
    """Read `contig` or `contig:start-end` (1-based inclusive, as in samtools).

    Parameters
    ----------
    text
        For instance ``chr8`` or ``chr22:40,000,001-42,000,000``.

    Raises
    ------
    InputError
        When the text is neither, or the region ends before it starts.
    """
    match = _REGION.fullmatch(text.strip())
    if match is None:
        raise InputError(f"found region {text!r}, expected contig or contig:start-end")
    if match["start"] is None:
        if ":" in match["contig"]:
            raise InputError(f"found region {text!r}, expected contig or contig:start-end")
        return Region(match["contig"])
    start, end = int(match["start"].replace(",", "")), int(match["end"].replace(",", ""))
    if not 1 <= start <= end:
        raise InputError(f"found region {text!r}, expected 1 <= start <= end")
    return Region(match["contig"], start - 1, end)


class Coverage:
    """The union of intervals on one contig, and how much of any stretch it covers.

    Parameters
    ----------
    start, end
        int64 (n,): 0-based half-open, in any order, overlapping or not.

    Attributes
    ----------
    start, end
        int64 (m,): the same bases as disjoint intervals that do not touch, sorted.
    """

    def __init__(self, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]) -> None:
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        reach = np.maximum.accumulate(end)
        opens = np.ones(len(start), dtype=bool)
        opens[1:] = start[1:] > reach[:-1]
        self.start = start[opens]
        closes = np.append(opens[1:], True)[: len(start)]
        self.end = reach[closes]
        self._total = np.concatenate([[0], np.cumsum(self.end - self.start)])

    def before(self, position: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Count the covered bases in [0, position), for each position."""
        if not len(self.start):
            return np.zeros_like(position)
        after = np.searchsorted(self.start, position, side="right")
        beyond = np.maximum(self.end[after - 1] - position, 0)
        return self._total[after] - np.where(after > 0, beyond, 0)

    def within(
        self, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        """Count the covered bases in each interval [start, end)."""
        return self.before(end) - self.before(start)

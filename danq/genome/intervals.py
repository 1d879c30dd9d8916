"""Regions as samtools writes them, and what a set of intervals covers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from danq.errors import InputError

_REGION = re.compile(r"(?P<contig>.+?)(?::(?P<start>\d[\d,]*)-(?P<end>\d[\d,]*))?")


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


def stretches(contig: npt.NDArray[np.integer]) -> Iterator[tuple[int, slice]]:
    """Give each contig of sorted windows with the stretch of rows that lie on it.

    Parameters
    ----------
    contig
        Shape (n,), sorted: each window's contig, as its place in the reference.
    """
    opens = np.flatnonzero(np.diff(contig.astype(np.int64), prepend=-1))
    for first, last in pairwise([*opens.tolist(), len(contig)]):
        yield int(contig[first]), slice(first, last)


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

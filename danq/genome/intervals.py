"""Regions as samtools writes them, and what a set of intervals covers."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted

Integers = npt.NDArray[np.int64]

_NUMBER = r"\d[\d,]{0,30}"
_REGION = re.compile(
    rf"(?:\{{(?P<braced>[^{{}}\n]+)\}}|(?P<contig>[^{{}}\n]+?))(?::(?P<start>{_NUMBER})-(?P<end>{_NUMBER}))?",
    re.ASCII,
)
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Region:
    """A stretch of a contig, 0-based half-open; the whole contig where both ends are None."""

    contig: str
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return f"{{{self.contig}}}" if ":" in self.contig else self.contig
        return f"{self.contig}:{self.start + 1}-{self.end}"


def parse_region(text: str, contigs: Container[str] = ()) -> Region:
    """Read `contig` or `contig:start-end` (1-based inclusive, as in samtools).

    Parameters
    ----------
    text
        For instance ``chr8``, ``chr22:40,000,001-42,000,000`` or ``{HLA-A*01:01}``, where braces
        tell a name with colons from a region.
    contigs
        The names that exist. One that is all of `text` needs no braces.

    Raises
    ------
    InputError
        When the text is neither or, as in samtools, could be either, or the region ends before it
        starts.
    """
    text = text.strip()
    match = _REGION.fullmatch(text)
    name: str = (match["braced"] or match["contig"]) if match else text
    if text in contigs:
        if match and match["start"] and name != text and name in contigs:
            part = f"{{{name}}}{text[len(name) :]}"
            raise InputError(
                f"found region {quoted(text)}, which is a contig and also a region of another; "
                f"expected {quoted(f'{{{text}}}')} or {quoted(part)}"
            )
        return Region(text)
    if match is None or (match["start"] is None and ":" in (match["contig"] or "")):
        raise InputError(f"found region {quoted(text)}, expected contig or contig:start-end")
    if match["start"] is None:
        return Region(name)
    start, end = (match[side].replace(",", "") for side in ("start", "end"))
    if max(len(start), len(end)) > _MOST_DIGITS or not 1 <= int(start) <= int(end):
        raise InputError(f"found region {quoted(text)}, expected 1 <= start <= end")
    return Region(name, int(start) - 1, int(end))


def stretches(contig: npt.NDArray[np.integer]) -> Iterator[tuple[int, slice]]:
    """Yield each contig of sorted windows with the stretch of rows that lie on it.

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

    def __init__(self, start: Integers, end: Integers) -> None:
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
        reach = np.maximum.accumulate(end)
        opens = np.ones(len(start), dtype=bool)
        opens[1:] = start[1:] > reach[:-1]
        self.start = start[opens]
        closes = np.append(opens[1:], True)[: len(start)]
        self.end = reach[closes]
        self._total = np.concatenate([[0], np.cumsum(self.end - self.start)])

    def before(self, position: Integers) -> Integers:
        """Count the covered bases in [0, position), for each position."""
        if not len(self.start):
            return np.zeros_like(position)
        after = np.searchsorted(self.start, position, side="right")
        beyond = np.maximum(self.end[after - 1] - position, 0)
        return self._total[after] - np.where(after > 0, beyond, 0)

    def within(self, start: Integers, end: Integers) -> Integers:
        """Count the covered bases in each interval [start, end)."""
        return self.before(end) - self.before(start)

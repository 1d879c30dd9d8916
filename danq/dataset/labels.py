"""Labels: which bins of the grid each target's peaks cover."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome import Intervals, Reference
from danq.genome.intervals import Coverage

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grid:
    """Bins of equal size on every contig, from its first base; a contig's rest has no bin.

    A bin's number counts through all contigs in the order of the reference.
    """

    reference: Reference
    size: int

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """int64 (contigs + 1,): number of each contig's first bin, and of all bins."""
        counts = [length // self.size for length in self.reference.contigs.values()]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def place(
        self, bins: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Give the contig (its place in the reference) and 0-based start of each bin."""
        contig = np.searchsorted(self.first, bins, side="right") - 1
        return contig, (bins - self.first[contig]) * self.size


@dataclass(frozen=True)
class Overlap:
    """The bins that the peaks of one target touch.

    Attributes
    ----------
    bins
        int64 (n,): their numbers, sorted.
    covered
        int64 (n,): bases of each under the union of the peaks, at least 1.
    """

    bins: npt.NDArray[np.int64]
    covered: npt.NDArray[np.int64]

    def positive(self, size: int, min_overlap: float) -> npt.NDArray[np.int64]:
        """Give the bins of which more than `min_overlap` (a share, strict) is covered."""
        return self.bins[self.covered > whole_bases(min_overlap, size)]


def whole_bases(share: float, size: int) -> int:
    """Give the whole bases in a share of `size`: 0.57 of 100 are 57, where floats say less."""
    return math.floor(Fraction(str(share)) * size)


def overlap(peaks: Intervals, grid: Grid) -> Overlap:
    """Lay the union of a target's peaks over the grid.

    DeepSEA's rule (Zhou & Troyanskaya 2015, Methods) is about the bases covered, so peaks are
    merged first: two peaks of 60 bp in one bin of 200 make a positive.

    Parameters
    ----------
    peaks
        Their contigs may be named as in the reference or with `chr` put on or left off. Peaks on
        contigs which the reference lacks are left out, and the log says how many.
    grid
        The bins.

    Raises
    ------
    InputError
        When a peak ends beyond its contig: the peaks are those of another assembly.
    """
    names = list(grid.reference.contigs)
    bins, covered = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    absent = {}
    for number, name in enumerate(peaks.contigs):
        rows = np.flatnonzero(peaks.contig == number)
        contig = grid.reference.resolve(name)
        if contig is None:
            absent[name] = len(rows)
            continue
        _check_ends(peaks, rows, name, grid.reference.contigs[contig])
        place = names.index(contig)
        first, last = grid.first[place : place + 2]
        touched, bases = _covered_bins(Coverage(peaks.start[rows], peaks.end[rows]), grid.size)
        inside = touched < last - first
        bins.append(touched[inside] + first)
        covered.append(bases[inside])
    if absent:
        logger.warning(
            "%s: left out %d of %d peaks, on contigs which the reference lacks (%s)",
            peaks.path,
            sum(absent.values()),
            len(peaks),
            ", ".join(list(absent)[:5]) + (", …" if len(absent) > 5 else ""),
        )
    joined = np.concatenate(bins)
    order = np.argsort(joined, kind="stable")
    return Overlap(joined[order], np.concatenate(covered)[order])


def _check_ends(peaks: Intervals, rows: npt.NDArray[np.int64], contig: str, length: int) -> None:
    beyond = rows[peaks.end[rows] > length]
    if beyond.size:
        row = beyond[0]
        raise InputError(
            f"found a peak up to {peaks.end[row]} on {contig}, which has {length} bases in the "
            "reference; expected peaks of the same assembly",
            path=peaks.path,
            line=int(peaks.line[row]),
        )


def _covered_bins(
    coverage: Coverage, size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give the bins that a contig's coverage touches, and the covered bases of each."""
    first, last = coverage.start // size, (coverage.end - 1) // size
    counts = last - first + 1
    starts = np.cumsum(counts) - counts
    bins = np.unique(np.repeat(first - starts, counts) + np.arange(counts.sum()))
    return bins, coverage.within(bins * size, (bins + 1) * size)

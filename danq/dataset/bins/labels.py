"""Labels: which bins of the grid each target's peaks cover."""

import logging
import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from danq.errors import quoted
from danq.genome import Intervals, Reference
from danq.genome.ends import cut_at_ends
from danq.genome.intervals import Coverage, Integers

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grid:
    """Bins of equal size on every contig, from its first base; a contig's rest has no bin.

    A bin's number counts through all contigs in the order of the reference.
    """

    reference: Reference
    size: int

    @cached_property
    def first(self) -> Integers:
        """int64 (contigs + 1,): number of each contig's first bin, and of all bins."""
        counts = [length // self.size for length in self.reference.contigs.values()]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def place(self, bins: Integers) -> tuple[Integers, Integers]:
        """Return the contig (its place in the reference) and 0-based start of each bin."""
        contig = np.searchsorted(self.first, bins, side="right") - 1
        return contig, (bins - self.first[contig]) * self.size


@dataclass(frozen=True)
class Overlap:
    """The bins that the peaks of one target touch, and of which it is positive.

    `codes`, unsigned (n,) and sorted, are twice the bin's number, and one more where the target is
    positive. At genome scale 919 targets touch some 250,000 bins each, and a bin takes four bytes.
    """

    codes: npt.NDArray[np.unsignedinteger]

    @property
    def bins(self) -> Integers:
        """int64 (n,): the bins touched, sorted."""
        return (self.codes >> 1).astype(np.int64)

    @property
    def positive(self) -> Integers:
        """int64 (m,): those bins of which more than the share asked for is covered, sorted."""
        return (self.codes[self.codes & 1 > 0] >> 1).astype(np.int64)


def whole_bases(share: float, size: int) -> int:
    """Return the whole bases in a share of `size`: 0.57 of 100 are 57, where floats say less."""
    return math.floor(Fraction(str(share)) * size)


def overlap(peaks: Intervals, grid: Grid, min_overlap: float) -> Overlap:
    """Lay the union of a target's peaks over the grid.

    DeepSEA's rule (Zhou & Troyanskaya 2015, Methods) is about the bases covered, so peaks are
    merged first: two peaks of 60 bp in one bin of 200 make a positive. A bin is positive where
    strictly more than `min_overlap` of it is covered.

    Contigs may be named as in the reference or with `chr` put on or left off. Peaks on contigs
    which the reference lacks are left out, and so are those behind the last whole bin of a contig;
    those that end a little past their contig are cut there. The log says how many. Peaks that end
    so far past their contigs that they are those of another assembly raise InputError.
    """
    place = _places(peaks, grid.reference)
    lengths = np.array(list(grid.reference.contigs.values()), dtype=np.int64)
    known = place >= 0
    usable = (lengths // grid.size * grid.size)[place]
    end = cut_at_ends(peaks, np.where(known, lengths[place], -1), kind="peak", usable=usable)
    _tell_rests(peaks, known & (peaks.start >= usable))
    known &= peaks.start < end
    # All contigs in a row, each from the border of a bin on.
    slots = -(-lengths // grid.size)
    first_slot = np.cumsum(slots) - slots
    origin = (first_slot * grid.size)[place[known]]
    covered = Coverage(peaks.start[known] + origin, end[known] + origin)
    slot, bases = _covered_bins(covered, grid.size)
    contig = np.searchsorted(first_slot, slot, side="right") - 1
    inside = slot - first_slot[contig]
    first = grid.first
    # The last slot of a contig may be shorter than a bin, and is none.
    is_bin = inside < np.diff(first)[contig]
    bins = (first[contig] + inside)[is_bin]
    positive = bases[is_bin] > whole_bases(min_overlap, grid.size)
    return Overlap((bins << 1 | positive).astype(np.min_scalar_type(2 * int(first[-1]))))


def _places(peaks: Intervals, reference: Reference) -> Integers:
    """Return each peak's contig as its index in the reference; log missing ones (-1)."""
    numbers = reference.places(peaks.contigs)
    place = numbers[peaks.contig]
    absent = [peaks.contigs[row] for row in np.flatnonzero(numbers < 0)]
    if absent:
        logger.warning(
            "%s: left out %d of %d peaks, on contigs which the reference lacks (%s)",
            peaks.path,
            np.count_nonzero(place < 0),
            len(peaks),
            ", ".join(map(quoted, absent[:5])) + (", …" if len(absent) > 5 else ""),
        )
    return place


def _tell_rests(peaks: Intervals, in_rest: npt.NDArray[np.bool_]) -> None:
    """Report how many peaks touch no bin, as nothing is left of them."""
    if in_rest.any():
        row = int(np.argmax(in_rest))
        logger.warning(
            "%s: left out %d of %d peaks, behind the last whole bin of their contig (the first is "
            "that of line %d, on %s)",
            peaks.path,
            np.count_nonzero(in_rest),
            len(peaks),
            peaks.line[row],
            peaks.contigs[peaks.contig[row]],
        )


def _covered_bins(coverage: Coverage, size: int) -> tuple[Integers, Integers]:
    """Return the bins that a coverage touches, sorted, and the covered bases of each.

    Its intervals are cut at the borders of bins; the parts within one bin then stand together.
    """
    first, last = coverage.start // size, (coverage.end - 1) // size
    counts = last - first + 1
    interval = np.repeat(np.arange(len(counts)), counts)
    slot = np.arange(len(interval)) - (np.cumsum(counts) - counts - first)[interval]
    begin = np.maximum(coverage.start[interval], slot * size)
    end = np.minimum(coverage.end[interval], (slot + 1) * size)
    opens = np.flatnonzero(np.diff(slot, prepend=-1))
    return slot[opens], np.add.reduceat(end - begin, opens) if len(opens) else opens

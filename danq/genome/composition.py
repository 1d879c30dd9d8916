"""What windows are made of: how many bases are G or C, and how many are unknown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from danq.genome.intervals import stretches
from danq.genome.reference import Reference

Integers = npt.NDArray[np.int64]

_SCAN = 4 << 20
_HALF = 32
# Both counts run in one sum: G and C in its lower half, unknown bases in the upper.
_WEIGHTS = np.array([0, 1, 1, 0, 1 << _HALF], dtype=np.int64)


def composition(
    reference: Reference, contig: Integers, start: Integers, window: int
) -> tuple[Integers, Integers]:
    """Count the G and C and the unknown bases of many windows.

    The genome is read once, in pieces of a few million bases, by cumulative sums: windows that
    overlap cost no more than others, and memory does not grow with the contigs.

    Parameters
    ----------
    reference
        Where the windows lie.
    contig, start
        int64 (n,): each window's contig (its place in the reference) and 0-based start, sorted.
    window
        Bases in a window; those beyond the contig's ends are unknown.

    Returns
    -------
    gc, unknown : numpy.ndarray
        int64 (n,) each.
    """
    sums = np.empty(len(start), dtype=np.int64)
    names = list(reference.contigs)
    for place, rows in stretches(contig):
        here, counts = start[rows], sums[rows]
        first = 0
        while first < len(here):
            begin = int(here[first])
            last = int(np.searchsorted(here, begin + _SCAN))
            codes = reference.codes(names[place], begin, int(here[last - 1]) + window)
            total = np.zeros(len(codes) + 1, dtype=np.int64)
            np.cumsum(_WEIGHTS[codes], out=total[1:])
            offset = here[first:last] - begin
            counts[first:last] = total[offset + window] - total[offset]
            first = last
    return sums & ((1 << _HALF) - 1), sums >> _HALF

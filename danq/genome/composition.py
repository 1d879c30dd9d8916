"""What windows are made of: how many bases are G or C, and how many are unknown."""

import numpy as np
import numpy.typing as npt

from danq.genome.intervals import Integers, stretches
from danq.genome.reference import Reference
from danq.genome.sequence import UNKNOWN

_SCAN = 1 << 18


def composition(
    reference: Reference, contig: Integers, start: Integers, window: int
) -> tuple[Integers, Integers]:
    """Count the G and C and the unknown bases of many windows, int64 (n,) each.

    `contig`, an index in the reference, and `start`, 0-based, are int64 (n,), sorted. Bases of a
    window beyond the contig's ends are unknown. The genome is read once, in pieces, by cumulative
    sums: windows that overlap cost no more than others, and memory does not grow with the contigs.
    """
    gc, unknown = np.zeros((2, len(start)), dtype=np.int64)
    names = list(reference.contigs)
    for place, rows in stretches(contig):
        first = rows.start
        while first < rows.stop:
            begin = int(start[first])
            last = first + int(np.searchsorted(start[first : rows.stop], begin + _SCAN))
            codes = reference.codes(names[place], begin, int(start[last - 1]) + window)
            offset = start[first:last] - begin
            # Of 0 to 4 only 1 and 2, C and G, have this bit after adding one.
            gc[first:last] = _within(
                (codes + np.uint8(1)) >> np.uint8(1) & np.uint8(1), offset, window
            )
            is_unknown = codes == UNKNOWN
            if is_unknown.any():
                unknown[first:last] = _within(is_unknown.view(np.uint8), offset, window)
            first = last
    return gc, unknown


def _within(marks: npt.NDArray[np.uint8], offset: Integers, window: int) -> npt.NDArray[np.int32]:
    """Count the marks, 0 or 1, in [offset, offset + window) for each offset."""
    total = np.zeros(len(marks) + 1, dtype=np.int32)
    np.cumsum(marks, out=total[1:])
    return total[offset + window] - total[offset]

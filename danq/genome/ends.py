"""Intervals that reach past the end of their contig."""

import logging

import numpy as np

from danq.errors import InputError, counted, quoted
from danq.genome.bed import Intervals
from danq.genome.intervals import Integers

logger = logging.getLogger(__name__)

FARTHEST = 1000
"""Bases past the end that a peak caller's extension of reads explains; more is another assembly."""
_FEW, _SHARE = 10, 0.01


def cut_at_ends(
    intervals: Intervals, length: Integers, *, kind: str, usable: Integers | None = None
) -> Integers:
    """Return where intervals end within their contigs; the log counts those that were cut.

    Peak callers extend reads, so some peaks end a little past their contig. Where one lies farther
    out, or more than ten and one in a hundred lie past the end, the file is that of another
    assembly, and an InputError.

    For n intervals `length` is int64 (n,): bases of each one's contig, negative where it is not
    known. `usable`, int64 (n,), has the bases of the contig from which on intervals are of no use,
    by default all of it. Those that start there are not counted among the cut ones. The result is
    int64 (n,), at or before the start for an interval that lies wholly past the end. Messages call
    an interval `kind`.
    """
    past = np.where(length < 0, 0, intervals.end - length)
    rows = np.flatnonzero(past > 0)
    if not rows.size:
        return intervals.end
    far = rows[past[rows] > FARTHEST]
    row = int(far[0] if far.size else rows[0])
    contig = intervals.contigs[intervals.contig[row]]
    if far.size or len(rows) > max(_FEW, _SHARE * len(intervals)):
        among = "" if far.size else f" and {len(rows) - 1} more past the end of their contigs"
        raise InputError(
            f"found a {kind} up to {intervals.end[row]} on {quoted(contig)}, which has "
            f"{length[row]} bases in the reference{among}; expected {kind}s of the same assembly",
            path=intervals.path,
            line=int(intervals.line[row]),
        )
    cut = rows[intervals.start[rows] < (length if usable is None else usable)[rows]]
    if cut.size:
        logger.warning(
            "%s: cut %d of %s, which end up to %s past the end of their contig (the first is that "
            "of line %d, on %s)",
            intervals.path,
            len(cut),
            counted(len(intervals), kind),
            counted(past[cut].max(), "base"),
            intervals.line[cut[0]],
            intervals.contigs[intervals.contig[cut[0]]],
        )
    return intervals.end - np.maximum(past, 0)

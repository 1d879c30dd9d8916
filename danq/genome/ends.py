"""Intervals that reach past the end of their contig."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome.bed import Intervals

logger = logging.getLogger(__name__)

Integers = npt.NDArray[np.int64]

FARTHEST = 1000
"""Bases past the end that a peak caller's extension of reads explains; more is another assembly."""
_FEW, _SHARE = 10, 0.01


def cut_at_ends(intervals: Intervals, length: Integers, *, kind: str) -> Integers:
    """Return where intervals end within their contigs; the log counts those that were cut.

    Peak callers extend reads, so some peaks end a little past their contig. Where one lies farther
    out, or more than ten and one in a hundred lie past the end, the file is that of another
    assembly.

    Parameters
    ----------
    intervals
        n intervals of one file.
    length
        int64 (n,): bases of each interval's contig, negative where it is not known.
    kind
        What messages call an interval.

    Returns
    -------
    numpy.ndarray
        int64 (n,): at or before the start for an interval that lies wholly past the end.

    Raises
    ------
    InputError
        When the intervals are those of another assembly.
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
    logger.warning(
        "%s: cut %d of %d %ss, which end up to %d bases past the end of their contig (the "
        "first is that of line %d, on %s)",
        intervals.path,
        len(rows),
        len(intervals),
        kind,
        past.max(),
        intervals.line[row],
        contig,
    )
    return intervals.end - np.maximum(past, 0)

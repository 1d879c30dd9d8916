"""Splits: which windows are for training, validation and test."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome import Reference, Region
from danq.genome.intervals import Coverage, Integers

SPLITS = ("train", "valid", "test")
DROPPED = 255
"""Split code of a window that lies in no split wholly."""


def assign_splits(
    contig: Integers,
    start: Integers,
    window: int,
    reference: Reference,
    held_out: Mapping[str, Sequence[Region]],
) -> npt.NDArray[np.uint8]:
    """Put each window into the split whose regions hold all its bases.

    A window belongs to `valid` or `test` when it lies wholly in that split's regions, to `train`
    when it lies wholly outside all of them, and to none when it straddles a border, so that no base
    is seen in two splits. Positions beyond a contig's ends do not count. `contig` (its place in the
    reference) and 0-based `start` are int64 (n,); the result is uint8 (n,): the index into
    `SPLITS`, or `DROPPED`. Raises InputError when a region's contig is not in the reference, when a
    region ends beyond it, or when regions of two splits overlap.
    """
    resolved = {split: _by_contig(held_out.get(split, ()), reference) for split in SPLITS[1:]}
    for place, valid in resolved["valid"].items():
        test = resolved["test"].get(place)
        if test is not None and valid.within(test.start, test.end).any():
            raise InputError("the regions of --valid and --test overlap, expected them apart")
    codes = np.zeros(len(start), dtype=np.uint8)
    for place, length in enumerate(reference.contigs.values()):
        rows = np.flatnonzero(contig == place)
        first = np.maximum(start[rows], 0)
        last = np.minimum(start[rows] + window, length)
        for code, split in enumerate(SPLITS[1:], start=1):
            if place in resolved[split]:
                inside = resolved[split][place].within(first, last)
                codes[rows[inside > 0]] = DROPPED
                codes[rows[inside == last - first]] = code
    return codes


def _by_contig(regions: Sequence[Region], reference: Reference) -> dict[int, Coverage]:
    ends: dict[int, list[tuple[int, int]]] = {}
    for region in regions:
        contig = reference.resolve(region.contig)
        if contig is None:
            raise InputError(
                f"region {quoted(region)}: the reference has no contig {quoted(region.contig)}"
            )
        length = reference.contigs[contig]
        start, end = region.start or 0, length if region.end is None else region.end
        if end > length:
            raise InputError(f"region {quoted(region)}: {contig:.60} ends at {length}")
        ends.setdefault(reference.number(contig), []).append((start, end))
    return {place: Coverage(*np.array(pairs, dtype=np.int64).T) for place, pairs in ends.items()}

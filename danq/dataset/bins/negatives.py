"""Negative windows: free of every target's peaks, at random or of the same kinds as the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from danq.dataset.bins.labels import Grid
from danq.genome import Reference
from danq.genome.composition import composition
from danq.genome.intervals import Integers

STEP = 0.02
"""Windows of one kind agree in GC content and in the share of unknown bases to this step."""
_KINDS = round(1 / STEP) + 1


@dataclass(frozen=True)
class NegativeCounts:
    """How the search for negatives of one split went.

    The ratio times the windows with peaks were `wanted` and `found` taken; `nearest` of them stand
    in for others, as there were not enough of a kind.
    """

    wanted: int
    found: int
    nearest: int


def free_of_peaks(touched: Integers, grid: Grid, window: int) -> Integers:
    """Return the bins whose whole windows no peak of any target touches, sorted.

    What counts are the bins that a window reaches into, wholly or not: those that a peak touches
    (`touched`, sorted), and the rest at a contig's end that is shorter than a bin, of which no peak
    is known. The former are exactly the peaks in the window where the window is a whole, odd number
    of bins (1,000 and 200 bp), and a little more elsewhere.
    """
    reach = -(-(window - grid.size) // 2 // grid.size)
    is_touched = np.zeros(grid.first[-1], dtype=bool)
    is_touched[touched] = True
    free = np.empty(grid.first[-1], dtype=bool)
    for place, length in enumerate(grid.reference.contigs.values()):
        first, last = grid.first[place], grid.first[place + 1]
        padded = np.zeros(last - first + 2 * reach + 1, dtype=np.int32)
        padded[reach + 1 : reach + 1 + last - first] = is_touched[first:last]
        if reach and length % grid.size:
            padded[reach + 1 + last - first] = 1
        total = np.cumsum(padded)
        free[first:last] = total[2 * reach + 1 :] == total[: last - first]
    return np.flatnonzero(free)


def kinds(reference: Reference, contig: Integers, start: Integers, window: int) -> Integers:
    """Sort windows into classes by GC content and share of unknown bases, numbered: int64 (n,).

    GC content is that of the known bases, in steps of 2 %; unknown bases count in steps of 2 % of
    the window, none at all being a step of its own.
    """
    gc, unknown = composition(reference, contig, start, window)
    share = gc / np.maximum(window - unknown, 1)
    # Whole steps first, so that 0.02 · 50 and the like fall on the side where they belong.
    gc_step = np.floor(np.round(share / STEP, 9)).astype(np.int64)
    unknown_step = np.ceil(np.round(unknown / window / STEP, 9)).astype(np.int64)
    return unknown_step * _KINDS + gc_step


def draw(
    like: Integers, candidates: Integers, ratio: float, random: np.random.Generator
) -> tuple[Integers, NegativeCounts]:
    """Draw candidates so that each kind is as frequent among them as among the given windows.

    `like` holds the kinds of the windows to match, `candidates` of those to draw from, `ratio`
    times as many. Where there are not enough of a kind, the nearest kinds that have some left stand
    in, counted in steps of GC content and of unknown bases together. The rows drawn are sorted,
    none twice.
    """
    size = int(max(like.max(initial=0), candidates.max(initial=0))) + 1
    # Rounded sums, so that the parts add up to the rounded whole.
    wanted = np.diff(np.round(ratio * np.cumsum(np.bincount(like, minlength=size))), prepend=0)
    wanted = wanted.astype(np.int64)
    supply = np.bincount(candidates, minlength=size)
    taken = np.minimum(wanted, supply)
    nearest = _stand_in(wanted - taken, supply - taken)
    order = random.permutation(len(candidates))
    order = order[np.argsort(candidates[order], kind="stable")]
    place = np.arange(len(order)) - np.repeat(np.cumsum(supply) - supply, supply)
    rows = np.sort(order[place < np.repeat(taken + nearest, supply)])
    return rows, NegativeCounts(int(wanted.sum()), len(rows), int(nearest.sum()))


def _stand_in(missing: Integers, left: Integers) -> Integers:
    """Return how many of each kind stand in for those that are missing, nearest kinds first."""
    used = np.zeros_like(left)
    there = np.flatnonzero(left)
    for kind in np.flatnonzero(missing):
        steps = np.abs(np.array(divmod(there, _KINDS)) - np.array([divmod(kind, _KINDS)]).T)
        for other in there[np.argsort(steps.sum(axis=0), kind="stable")]:
            number = min(missing[kind], left[other] - used[other])
            used[other] += number
            missing[kind] -= number
            if not missing[kind]:
                break
    return used


def lines(counts: Mapping[str, NegativeCounts], negatives: str) -> list[str]:
    """Report how the search went, a line per split that wants some."""
    result = []
    for split, one in counts.items():
        if not one.wanted:
            continue
        text = f"negatives of {split}: {one.found:,} windows free of peaks"
        if negatives == "matched" and one.nearest:
            text += f", {one.nearest:,} of them of the nearest GC content and unknown bases"
        if one.found < one.wanted:
            text += f"; {one.wanted - one.found:,} fewer than wanted"
        result.append(text)
    return result

"""Which bins of the grid become windows of a data set."""

from __future__ import annotations

import logging
import math
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.dataset.labels import Grid, Overlap, whole_bases
from danq.dataset.splits import DROPPED, SPLITS, assign_splits
from danq.dataset.targets import Targets
from danq.errors import InputError
from danq.genome import Region, read_bed
from danq.genome.intervals import Coverage

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """Which bins become windows.

    Attributes
    ----------
    require
        A group of the targets table, one of whose peaks must touch the bin; ``any`` for a peak of
        any target; ``none`` for every bin of the grid. DeepSEA asks for a TF peak.
    max_unknown
        Largest share of unknown bases in a window.
    exclude
        A BED file; windows that it touches are left out.
    negatives
        ``random`` adds bins that no peak touches, ``none`` adds none.
    negative_ratio
        How many random negatives for each window kept.
    max_windows
        Keep at most so many windows of the training split, chosen at random.
    seed
        For the random choices.
    """

    require: str = "any"
    max_unknown: float = 0.1
    exclude: str | os.PathLike[str] | None = None
    negatives: str = "none"
    negative_ratio: float = 1.0
    max_windows: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        """Check every value."""
        if not 0 <= self.max_unknown <= 1:
            raise InputError(f"found max_unknown {self.max_unknown}, expected 0 to 1")
        if self.negatives not in ("none", "random"):
            raise InputError(f'found negatives "{self.negatives}", expected none or random')
        if self.negatives != "none" and self.require == "none":
            raise InputError('found negatives beside require "none", which keeps every bin already')
        if not 0 < self.negative_ratio < math.inf:
            raise InputError(f"found negative_ratio {self.negative_ratio}, expected more than 0")
        if self.seed < 0:
            raise InputError(f"found seed {self.seed}, expected at least 0")
        if self.max_windows is not None and self.max_windows < 1:
            raise InputError(f"found max_windows {self.max_windows}, expected at least 1")


class Chooser:
    """Narrows the bins of the grid down to the windows of the data set, counting what goes."""

    def __init__(
        self, grid: Grid, window: int, selection: Selection, held_out: dict[str, list[Region]]
    ) -> None:
        self.grid = grid
        self.window = window
        self.selection = selection
        self.held_out = held_out
        self.random = np.random.default_rng(selection.seed)
        self.dropped: dict[str, int] = {}

    def choose(
        self, overlaps: list[Overlap], targets: Targets
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """Give the bins of the windows, sorted, and the split code of each.

        Parameters
        ----------
        overlaps
            The bins that each target's peaks touch.
        targets
            Their names and groups.

        Raises
        ------
        InputError
            When the required group is unknown or no training window is left.
        """
        touched = self._union(overlaps)
        kept, split = self._filter(self._required(overlaps, targets, touched))
        if self.selection.negatives == "random":
            # The causes counted so far are those of bins with peaks; the rest of the genome is
            # not worth a line for every stretch of N.
            causes = dict(self.dropped)
            free = np.ones(self.grid.first[-1], dtype=bool)
            free[touched] = False
            rest = np.flatnonzero(free)
            negatives, negative_split = self._filter(rest)
            self.dropped = causes
            wanted = round(self.selection.negative_ratio * len(kept))
            if wanted > len(negatives):
                logger.warning(
                    "only %d bins without peaks, wanted %d negatives", len(negatives), wanted
                )
            rows = self._sample(len(negatives), wanted)
            kept = np.concatenate([kept, negatives[rows]])
            split = np.concatenate([split, negative_split[rows]])
            order = np.argsort(kept)
            kept, split = kept[order], split[order]
        kept, split = self._thin(kept, split)
        if not (split == SPLITS.index("train")).any():
            causes_text = ", ".join(f"{count} {cause}" for cause, count in self.dropped.items())
            raise InputError(f"no training window is left (left out: {causes_text or 'none'})")
        return kept, split

    def _required(
        self, overlaps: list[Overlap], targets: Targets, touched: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int64]:
        require = self.selection.require
        if require == "none":
            return np.arange(self.grid.first[-1])
        if require == "any":
            return touched
        if require not in targets.groups:
            groups = ", ".join(dict.fromkeys(targets.groups))
            raise InputError(
                f'found require "{require}", '
                f"expected any, none or a group of the targets ({groups})"
            )
        members = zip(overlaps, targets.groups, strict=True)
        bins = self._union([overlap for overlap, group in members if group == require])
        self._count("touched by no peak of the required group", len(touched) - len(bins))
        return bins

    def _filter(
        self, bins: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        contig, bin_start = self.grid.place(bins)
        start = bin_start - (self.window - self.grid.size) // 2
        known = self._known(contig, start)
        self._count("with too many unknown bases", int(np.count_nonzero(~known)))
        allowed = self._allowed(contig, start)
        self._count("touched by the exclusion BED", int(np.count_nonzero(known & ~allowed)))
        rows = np.flatnonzero(known & allowed)
        split = assign_splits(
            contig[rows], start[rows], self.window, self.grid.reference, self.held_out
        )
        self._count("across the border of a split", int(np.count_nonzero(split == DROPPED)))
        inside = split != DROPPED
        return bins[rows[inside]], split[inside]

    def _known(
        self, contig: npt.NDArray[np.int64], start: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Tell which windows have few enough unknown bases, those beyond contig ends included."""
        unknown = np.zeros(len(start), dtype=np.int64)
        for place, (name, length) in enumerate(self.grid.reference.contigs.items()):
            rows = np.flatnonzero(contig == place)
            if rows.size:
                first = np.maximum(start[rows], 0)
                last = np.minimum(start[rows] + self.window, length)
                inside = self.grid.reference.unknown(name).within(first, last)
                unknown[rows] = inside + self.window - (last - first)
        return unknown <= whole_bases(self.selection.max_unknown, self.window)

    def _allowed(
        self, contig: npt.NDArray[np.int64], start: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        allowed = np.ones(len(start), dtype=bool)
        if self.selection.exclude is None:
            return allowed
        excluded = read_bed(self.selection.exclude)
        reference = self.grid.reference
        places = [reference.resolve(name) for name in excluded.contigs]
        number = np.array([-1 if name is None else reference.number(name) for name in places])
        peak_place = number[excluded.contig] if len(excluded) else np.empty(0, np.int64)
        absent = np.count_nonzero(peak_place < 0)
        if absent:
            logger.warning(
                "%s: %d of %d intervals lie on contigs which the reference lacks (%s, …)",
                excluded.path,
                absent,
                len(excluded),
                excluded.contigs[places.index(None)],
            )
        for place in np.unique(peak_place[peak_place >= 0]):
            stretch = peak_place == place
            coverage = Coverage(excluded.start[stretch], excluded.end[stretch])
            rows = np.flatnonzero(contig == place)
            allowed[rows] = coverage.within(start[rows], start[rows] + self.window) == 0
        return allowed

    def _thin(
        self, bins: npt.NDArray[np.int64], split: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        train = np.flatnonzero(split == SPLITS.index("train"))
        most = self.selection.max_windows
        if most is None or len(train) <= most:
            return bins, split
        self._count("thinned out of the training split", len(train) - most)
        keep = np.ones(len(bins), dtype=bool)
        keep[train] = False
        keep[train[self._sample(len(train), most)]] = True
        return bins[keep], split[keep]

    def _union(self, overlaps: list[Overlap]) -> npt.NDArray[np.int64]:
        """Give the bins that any of the targets touches, sorted."""
        touched = np.zeros(self.grid.first[-1], dtype=bool)
        for overlap in overlaps:
            touched[overlap.bins] = True
        return np.flatnonzero(touched)

    def _sample(self, size: int, wanted: int) -> npt.NDArray[np.int64]:
        return self.random.choice(size, size=min(size, wanted), replace=False)

    def _count(self, cause: str, number: int) -> None:
        if number:
            self.dropped[cause] = self.dropped.get(cause, 0) + number

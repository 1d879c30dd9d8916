"""Which bins of the grid become windows of a data set."""

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.dataset.bins.labels import Grid, Overlap, whole_bases
from danq.dataset.bins.negatives import NegativeCounts, draw, free_of_peaks, kinds
from danq.dataset.duplicates import equal_sequences, find_leaks
from danq.dataset.splits import DROPPED, SPLITS, assign_splits
from danq.errors import InputError, quoted, suggestion
from danq.genome import Region, read_bed
from danq.genome.intervals import Coverage, Integers, stretches
from danq.paths import StrPath
from danq.targets.table import Targets

logger = logging.getLogger(__name__)

Splits = npt.NDArray[np.uint8]
Chosen = tuple[Integers, Splits]
"""Bins, sorted, and the split code of each."""

NEGATIVES = ("none", "random", "matched")
MOST_NEGATIVES = 1_000_000
"""For each window with peaks; a human genome has 15 million bins of 200 bases."""


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
        ``random`` adds windows that no peak of any target touches; ``matched`` adds such windows
        of the same GC content and share of unknown bases as those with peaks; ``none`` adds none.
    negative_ratio
        How many negatives for each window with peaks, in every split; None is 1.
    max_windows
        Maximum number of windows in the training split, chosen at random.
    drop_duplicates
        Leave out windows whose sequence, on either strand, a window of a later split has as well:
        those of training that validation or test have, those of validation that the test has.
    seed
        For the random choices.
    """

    require: str = "any"
    max_unknown: float = 0.1
    exclude: StrPath | None = None
    negatives: str = "none"
    negative_ratio: float | None = None
    max_windows: int | None = None
    drop_duplicates: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        """Check every value."""
        if not 0 <= self.max_unknown <= 1:
            raise InputError(f"found max_unknown {self.max_unknown}, expected 0 to 1")
        if self.negatives not in NEGATIVES:
            expected = ", ".join(NEGATIVES)
            raise InputError(f'found negatives "{self.negatives}", expected one of {expected}')
        if self.negatives != "none" and self.require == "none":
            raise InputError('found negatives beside require "none", which keeps every bin already')
        if self.negative_ratio is not None:
            if not 0 < self.negative_ratio <= MOST_NEGATIVES:
                raise InputError(
                    f"found negative_ratio {self.negative_ratio}, expected more than 0 and at most "
                    f"{MOST_NEGATIVES}"
                )
            if self.negatives == "none":
                raise InputError("found negative_ratio without negatives")
        if self.seed < 0:
            raise InputError(f"found seed {self.seed}, expected at least 0")
        if self.max_windows is not None and self.max_windows < 1:
            raise InputError(f"found max_windows {self.max_windows}, expected at least 1")

    def check_require(self, targets: Targets) -> None:
        """Refuse a required group that no target has, listing the groups."""
        possible = ["any", "none", *dict.fromkeys(targets.groups)]
        if self.require not in possible:
            raise InputError(
                f"found require {quoted(self.require)}, expected any, none or a group of the "
                f"targets ({', '.join(possible[2:])}){suggestion(self.require, possible)}"
            )


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
        self.negatives: dict[str, NegativeCounts] = {}

    def choose(self, overlaps: list[Overlap], targets: Targets) -> Chosen:
        """Return the bins of the windows, sorted, and the split code of each.

        `overlaps` are the bins that each target's peaks touch. Raises InputError when no training
        window is left.
        """
        touched = self._union(overlaps)
        kept, split = self._filter(self._select_required(overlaps, targets, touched))
        if self.selection.negatives != "none":
            kept, split = self._with_negatives(kept, split, touched)
        if self.selection.drop_duplicates:
            kept, split = self._without_duplicates(kept, split)
        kept, split = self._thin(kept, split)
        if not (split == SPLITS.index("train")).any():
            causes_text = ", ".join(f"{count} {cause}" for cause, count in self.dropped.items())
            raise InputError(f"no training window is left (left out: {causes_text or 'none'})")
        return kept, split

    def _select_required(
        self, overlaps: list[Overlap], targets: Targets, touched: Integers
    ) -> Integers:
        require = self.selection.require
        if require == "none":
            return np.arange(self.grid.first[-1])
        if require == "any":
            return touched
        members = zip(overlaps, targets.groups, strict=True)
        bins = self._union([overlap for overlap, group in members if group == require])
        self._count("touched by no peak of the required group", len(touched) - len(bins))
        return bins

    def _with_negatives(self, kept: Integers, split: Splits, touched: Integers) -> Chosen:
        """Add windows free of peaks to each split, by the number of its windows with peaks."""
        # The causes counted so far are those of bins with peaks; the rest of the genome is not
        # worth a line for every stretch of N.
        causes = dict(self.dropped)
        free, free_split = self._filter(free_of_peaks(touched, self.grid, self.window))
        self.dropped = causes
        of_kept, of_free = self._kinds(kept, free)
        ratio = 1.0 if self.selection.negative_ratio is None else self.selection.negative_ratio
        chosen = []
        for code, name in enumerate(SPLITS):
            there = np.flatnonzero(free_split == code)
            rows, counts = draw(of_kept[split == code], of_free[there], ratio, self.random)
            chosen.append(there[rows])
            self.negatives[name] = counts
            if counts.found < counts.wanted:
                logger.warning(
                    "only %d windows of %s that reach into no bin with a peak can be taken, "
                    "wanted %d negatives",
                    counts.found,
                    name,
                    counts.wanted,
                )
        rows = np.concatenate(chosen)
        if len(kept) and not len(free):
            raise InputError(
                "no window is free of peaks and fit to be taken: "
                f"found negatives {self.selection.negatives}, expected none (or smaller windows)"
            )
        bins = np.concatenate([kept, free[rows]])
        order = np.argsort(bins)
        return bins[order], np.concatenate([split, free_split[rows]])[order]

    def _kinds(self, kept: Integers, free: Integers) -> tuple[Integers, Integers]:
        """Return the kinds of two sets of bins, in one reading of the genome."""
        bins = np.concatenate([kept, free])
        result = np.zeros(len(bins), dtype=np.int64)
        if self.selection.negatives == "matched":
            order = np.argsort(bins)
            contig, start = self.windows(bins[order])
            result[order] = kinds(self.grid.reference, contig, start, self.window)
        return result[: len(kept)], result[len(kept) :]

    def _without_duplicates(self, bins: Integers, split: Splits) -> Chosen:
        contig, start = self.windows(bins)

        def read(rows: Integers) -> npt.NDArray[np.uint8]:
            return self.grid.reference.windows(contig[rows], start[rows], self.window)

        drop = find_leaks(equal_sequences(read, split), split)
        for code, name in enumerate(SPLITS[:-1]):
            count = int(np.count_nonzero(drop & (split == code)))
            self._count(f"of {name} with the sequence of a held-out window", count)
        return bins[~drop], split[~drop]

    def windows(self, bins: Integers) -> tuple[Integers, Integers]:
        """Return contig and start of the windows around bins."""
        contig, start = self.grid.place(bins)
        return contig, start - (self.window - self.grid.size) // 2

    def _filter(self, bins: Integers) -> Chosen:
        contig, start = self.windows(bins)
        known = self._known(contig, start)
        self._count("with too many unknown bases", int(np.count_nonzero(~known)))
        allowed = self._find_allowed(contig, start)
        self._count("touched by the exclusion BED", int(np.count_nonzero(known & ~allowed)))
        rows = np.flatnonzero(known & allowed)
        split = assign_splits(
            contig[rows], start[rows], self.window, self.grid.reference, self.held_out
        )
        self._count("across the border of a split", int(np.count_nonzero(split == DROPPED)))
        inside = split != DROPPED
        return bins[rows[inside]], split[inside]

    def _known(self, contig: Integers, start: Integers) -> npt.NDArray[np.bool_]:
        """Return which windows have few enough unknown bases, those beyond contig ends included."""
        unknown = np.zeros(len(start), dtype=np.int64)
        contigs = list(self.grid.reference.contigs.items())
        for place, rows in stretches(contig):
            name, length = contigs[place]
            first = np.maximum(start[rows], 0)
            last = np.minimum(start[rows] + self.window, length)
            inside = self.grid.reference.unknown(name).within(first, last)
            unknown[rows] = inside + self.window - (last - first)
        return unknown <= whole_bases(self.selection.max_unknown, self.window)

    def _find_allowed(self, contig: Integers, start: Integers) -> npt.NDArray[np.bool_]:
        allowed = np.ones(len(start), dtype=bool)
        if self.selection.exclude is None:
            return allowed
        excluded = read_bed(self.selection.exclude, drop_empty=True)
        numbers = self.grid.reference.places(excluded.contigs)
        place_of = numbers[excluded.contig]
        absent = np.count_nonzero(place_of < 0)
        if absent:
            logger.warning(
                "%s: %d of %d intervals lie on contigs which the reference lacks (%s, …)",
                excluded.path,
                absent,
                len(excluded),
                quoted(excluded.contigs[int(np.argmax(numbers < 0))]),
            )
        for place, rows in stretches(contig):
            here = place_of == place
            coverage = Coverage(excluded.start[here], excluded.end[here])
            allowed[rows] = coverage.within(start[rows], start[rows] + self.window) == 0
        return allowed

    def _thin(self, bins: Integers, split: Splits) -> Chosen:
        train = np.flatnonzero(split == SPLITS.index("train"))
        most = self.selection.max_windows
        if most is None or len(train) <= most:
            return bins, split
        self._count("thinned out of the training split", len(train) - most)
        keep = np.ones(len(bins), dtype=bool)
        keep[train] = False
        keep[train[self.random.choice(len(train), size=most, replace=False)]] = True
        return bins[keep], split[keep]

    def _union(self, overlaps: list[Overlap]) -> Integers:
        """Return the bins that any of the targets touches, sorted."""
        touched = np.zeros(self.grid.first[-1], dtype=bool)
        for overlap in overlaps:
            touched[overlap.bins] = True
        return np.flatnonzero(touched)

    def _count(self, cause: str, number: int) -> None:
        if number:
            self.dropped[cause] = self.dropped.get(cause, 0) + number

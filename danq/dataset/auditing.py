"""The audit of a data set: what a reviewer asks of its splits, read from the file as it is."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from danq.dataset.duplicates import Shared, count_shared, equal_sequences
from danq.dataset.splits import SPLITS
from danq.dataset.store import Dataset
from danq.genome.intervals import Integers, stretches
from danq.targets.table import Targets

_BLOCK = 1 << 14


@dataclass(frozen=True)
class SplitCounts:
    """What one split holds.

    `labelled` windows are positive for any target, `positives` counts them by target, int64
    (targets,). `contigs` are the distinct contigs of the windows and `target_contigs`, int64
    (targets,), those of each target's positives; None where windows have no coordinates.
    """

    windows: int
    labelled: int
    contigs: int | None
    positives: Integers
    target_contigs: Integers | None


@dataclass(frozen=True)
class Audit:
    """What the audit of a data set found.

    Every split is counted, those without windows too. `overlapping` says for every two splits how
    many windows of the first share bases with any of the second, None where windows have no
    coordinates; `duplicates` how many have a sequence that the other has too.
    """

    targets: Targets
    splits: dict[str, SplitCounts]
    overlapping: dict[tuple[str, str], int] | None
    duplicates: list[Shared]

    @property
    def repeated_names(self) -> dict[str, list[int]]:
        """Names that several targets have, with the numbers (from 0) of these."""
        counts = Counter(self.targets.names)
        result: dict[str, list[int]] = {name: [] for name, count in counts.items() if count > 1}
        for number, name in enumerate(self.targets.names):
            if name in result:
                result[name].append(number)
        return result

    def without_positives(self, split: str) -> list[int]:
        """Return the numbers (from 0) of the targets without positives in a split with windows."""
        counts = self.splits[split]
        return np.flatnonzero(counts.positives == 0).tolist() if counts.windows else []


def audit(data: Dataset) -> Audit:
    """Count what the splits of a data set hold and what they share.

    Everything is counted in blocks from the windows, labels and sequence as the file has them:
    nothing is taken from how they were made.
    """
    split = np.empty(len(data), dtype=np.uint8)
    for code, name in enumerate(SPLITS):
        split[data.rows(name)] = code
    contig = data.contig.astype(np.int64) if data.has_coordinates else None
    counts = _counts(data, split, contig)
    overlapping = None if contig is None else _overlapping(split, contig, data.start, data.window)
    duplicates = count_shared(equal_sequences(data.codes, split), split)
    return Audit(data.targets, counts, overlapping, duplicates)


def _counts(
    data: Dataset, split: npt.NDArray[np.uint8], contig: Integers | None
) -> dict[str, SplitCounts]:
    shape = (len(SPLITS), len(data.targets))
    positives, contigs = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    labelled = np.zeros(len(SPLITS), np.int64)
    on = np.zeros(len(SPLITS), np.int64)
    order = np.arange(len(data)) if contig is None else np.argsort(contig, kind="stable")
    places = [slice(None)] if contig is None else [rows for _, rows in stretches(contig[order])]
    for rows in places:
        for code in np.unique(split[order[rows]]).tolist():
            here = order[rows][split[order[rows]] == code]
            sums = np.zeros(shape[1], np.int64)
            for first in range(0, len(here), _BLOCK):
                packed = data.packed_labels(here[first : first + _BLOCK])
                labelled[code] += np.count_nonzero(packed.any(axis=1))
                sums += np.unpackbits(packed, axis=1, count=shape[1]).sum(axis=0, dtype=np.int64)
            positives[code] += sums
            contigs[code] += sums > 0
            on[code] += 1
    known = contig is not None
    return {
        name: SplitCounts(
            int(np.count_nonzero(split == code)),
            int(labelled[code]),
            int(on[code]) if known else None,
            positives[code],
            contigs[code] if known else None,
        )
        for code, name in enumerate(SPLITS)
    }


def _overlapping(
    split: npt.NDArray[np.uint8], contig: Integers, start: Integers, window: int
) -> dict[tuple[str, str], int]:
    """Count for every two splits the windows of the first that share bases with the second."""
    # One line for all contigs, each a window's length and more from the next.
    place = start - start.min(initial=0)
    place += contig * (int(place.max(initial=0)) + window)
    sorted_places = [np.sort(place[split == code]) for code in range(len(SPLITS))]
    result = {}
    for one, other in combinations(range(len(SPLITS)), 2):
        low = np.searchsorted(sorted_places[other], sorted_places[one] - window, side="right")
        high = np.searchsorted(sorted_places[other], sorted_places[one] + window, side="left")
        result[SPLITS[one], SPLITS[other]] = int(np.count_nonzero(high > low))
    return result

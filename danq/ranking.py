"""The windows of one target in order of their predictions: ROC AUC and average precision."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """Windows of one target from the highest prediction to the lowest.

    A threshold is a value that is predicted; windows of equal predictions stand or fall together.
    `order`, intp (windows,), are their places before they were sorted, `positive`, bool, is in this
    order, and `ends`, int64 (thresholds,), is the place in it of the last window at each threshold.
    """

    order: npt.NDArray[np.intp]
    positive: npt.NDArray[np.bool_]
    ends: Counts

    @cached_property
    def true(self) -> Counts:
        """int64 (thresholds,): positives predicted at or above each threshold."""
        counted: Counts = np.cumsum(self.positive, dtype=np.int64)[self.ends]
        return counted

    @cached_property
    def false(self) -> Counts:
        """int64 (thresholds,): negatives predicted at or above each threshold."""
        return self.ends + 1 - self.true

    @cached_property
    def hits(self) -> Counts:
        """int64 (hits,): thresholds at which positives stand, the only ones that score."""
        return np.flatnonzero(np.diff(self.true, prepend=0))

    @property
    def positives(self) -> int:
        """Number of positive windows."""
        return int(self.true[-1])

    @property
    def negatives(self) -> int:
        """Number of negative windows."""
        return int(self.false[-1])

    def roc_auc(self) -> float:
        """Share of pairs of a positive and a negative that are in the right order, ties half.

        NaN without positives or without negatives, as is `average_precision`.
        """
        lost = np.sum(self.gained * (self.false[self.hits] + self.above))
        return 1 - float(lost) / 2 / (self.positives * self.negatives or math.nan)

    def average_precision(self) -> float:
        """scikit-learn's: precision at every threshold times the step in recall that leads there.

        Nothing is interpolated.
        """
        true, false = self.true[self.hits], self.false[self.hits]
        total = float(np.sum(self.gained * (true / (true + false))))
        return total / self.positives if self.negatives and self.positives else math.nan

    @cached_property
    def gained(self) -> Counts:
        """int64 (hits,): positives at each of these thresholds."""
        return np.diff(self.true[self.hits], prepend=0)

    @cached_property
    def above(self) -> Counts:
        """int64 (hits,): negatives predicted above each of these thresholds, without ties."""
        return np.concatenate([[0], self.false])[self.hits]


def rank(
    labels: npt.NDArray[np.uint8] | npt.NDArray[np.bool_], predictions: npt.NDArray[np.float32]
) -> Ranking:
    """Sort the windows of one target, at least one, by finite predictions, float32 (windows,)."""
    order = np.argsort(predictions)[::-1]
    scores = predictions[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    return Ranking(order, labels[order] != 0, ends)

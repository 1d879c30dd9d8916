"""Metrics that take the order of the predictions and not their scale."""

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.statistics.calibration import divided
from danq.evaluation.statistics.genome_blocks import Resampling
from danq.evaluation.statistics.metric import Floats, Metric, Target, Thresholds


class _RocAuc:
    def __init__(self, target: Target, resampling: Resampling) -> None:
        self._weights = resampling.float64
        self._lost = np.zeros((resampling.blocks, resampling.blocks))

    def add(self, thresholds: Thresholds) -> None:
        self._lost += thresholds.gained.T @ thresholds.misplaced

    def values(self, positives: Floats, negatives: Floats) -> Floats:
        wrongly = ((self._weights @ self._lost) * self._weights).sum(axis=1)
        return 1 - divided(wrongly, positives * negatives)


class _AveragePrecision:
    def __init__(self, target: Target, resampling: Resampling) -> None:
        self._sum = np.zeros(len(resampling.weights))

    def add(self, thresholds: Thresholds) -> None:
        called = thresholds.true + thresholds.false
        # Where no window is drawn at or above a threshold, nothing is gained there either.
        np.maximum(called, 1, out=called)
        np.divide(thresholds.true, called, out=called)
        called *= thresholds.gains
        self._sum += called.sum(axis=0)

    def values(self, positives: Floats, negatives: Floats) -> Floats:
        return divided(self._sum, positives)


class _RecallAtFdr50:
    def __init__(self, target: Target, resampling: Resampling) -> None:
        self._recalled = np.zeros(len(resampling.weights))

    def add(self, thresholds: Thresholds) -> None:
        true: NDArray[np.floating] = thresholds.true
        reached = np.where(true >= thresholds.false, true, 0).max(axis=0)
        np.maximum(self._recalled, reached, out=self._recalled)

    def values(self, positives: Floats, negatives: Floats) -> Floats:
        return divided(self._recalled, positives)


def _recall_at_fdr50(target: Target) -> float:
    ranking = target.ranking
    true, false = ranking.true[ranking.hits], ranking.false[ranking.hits]
    return float(np.max(true, where=true >= false, initial=0) / ranking.positives)


ROC_AUC = Metric(
    "roc_auc",
    title="ROC AUC",
    term="ROC AUC",
    reading="The chance that a positive window is ranked above a negative one: 0.5 is guessing, 1 "
    "is perfect. It does not depend on how rare positives are, and so looks high where nearly all "
    "windows are easy negatives.",
    value=lambda target: target.ranking.roc_auc(),
    resampled=_RocAuc,
    is_compared=True,
)

PR_AUC = Metric(
    "pr_auc",
    title="PR AUC",
    term="PR AUC (average precision)",
    reading="How pure the top of the ranking is: precision averaged over the recall it is reached "
    "at. Guessing gives the share of positive windows. Compare it with that: 0.3 is little for a "
    "target of which every fourth window is positive, and much for one in a thousand.",
    value=lambda target: target.ranking.average_precision(),
    resampled=_AveragePrecision,
    is_compared=True,
    has_rate_as_baseline=True,
)

RECALL_AT_FDR50 = Metric(
    "recall_at_fdr50",
    title="recall at 50 % FDR",
    term="Recall at 50 % FDR",
    reading="The share of positive windows that are found when as many windows are called as leave "
    "half of the calls right. 0: no threshold reaches that.",
    value=_recall_at_fdr50,
    resampled=_RecallAtFdr50,
)

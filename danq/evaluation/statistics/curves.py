"""ROC and precision-recall curves, thinned to what a picture can show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danq.ranking import Ranking

POINTS = 400
"""Most points kept of a curve; 227,512 windows give as many points and a figure of gigabytes."""


@dataclass(frozen=True)
class Curve:
    """One curve, float64 (points,) each; `x` never falls.

    The false and true positive rate of a ROC curve, recall and precision of a precision-recall
    curve.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def roc(ranking: Ranking) -> Curve:
    """Return the ROC curve of one target, with positives and negatives among its windows."""
    false = np.concatenate([[0], ranking.false / ranking.negatives])
    true = np.concatenate([[0], ranking.true / ranking.positives])
    # Along the curve false + true grows from 0 to 2, so even steps of it follow every bend.
    return _thinned(false, true, along=false + true)


def precision_recall(ranking: Ranking) -> Curve:
    """Return the precision-recall curve of one target, recall rising, to be drawn as steps."""
    true, false = ranking.true[ranking.hits], ranking.false[ranking.hits]
    recall = np.concatenate([[0], true / ranking.positives])
    precision = true / (true + false)
    return _thinned(recall, np.concatenate([precision[:1], precision]), along=recall)


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], *, along: NDArray[np.float64]
) -> Curve:
    """Keep the points that stand at even steps along the curve, and both ends."""
    if len(x) > POINTS:
        grid = np.linspace(along[0], along[-1], POINTS)
        kept = np.unique(np.r_[0, np.searchsorted(along, grid), len(x) - 1])
        x, y = x[kept], y[kept]
    return Curve(x, y)


def median_curve(curves: list[Curve], *, points: int = 201) -> Curve:
    """Return the pointwise median of curves on an even grid of x from 0 to 1."""
    grid = np.linspace(0, 1, points)
    return Curve(grid, np.median([np.interp(grid, curve.x, curve.y) for curve in curves], axis=0))

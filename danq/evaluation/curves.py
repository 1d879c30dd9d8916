"""ROC and precision-recall curves, thinned to what a picture can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POINTS = 400
"""Most points kept of a curve; 227,512 windows give as many points and a figure of gigabytes."""


@dataclass(frozen=True)
class Curve:
    """One curve; `x` never falls.

    Attributes
    ----------
    x, y
        float64 (points,): false and true positive rate of a ROC curve, recall and precision of a
        precision-recall curve.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def roc(labels: NDArray[np.uint8], predictions: NDArray[np.float32]) -> Curve:
    """ROC curve of one target.

    Parameters
    ----------
    labels
        uint8 (windows,), with both a 0 and a 1.
    predictions
        float32 (windows,).
    """
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(labels, predictions)
    # Along the curve false + true grows from 0 to 2, so even steps of it follow every bend.
    return _thinned(false, true, along=false + true)


def precision_recall(labels: NDArray[np.uint8], predictions: NDArray[np.float32]) -> Curve:
    """Precision-recall curve of one target, recall rising, to be drawn as steps.

    Parameters
    ----------
    labels
        uint8 (windows,), with both a 0 and a 1.
    predictions
        float32 (windows,).
    """
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(labels, predictions, drop_intermediate=True)
    precision, recall = precision[::-1], recall[::-1]
    return _thinned(recall, precision, along=recall)


def _thinned(
    x: NDArray[np.float64], y: NDArray[np.float64], *, along: NDArray[np.float64]
) -> Curve:
    if len(x) > POINTS:
        grid = np.linspace(along[0], along[-1], POINTS)
        kept = np.unique(np.r_[0, np.searchsorted(along, grid), len(x) - 1])
        x, y = x[kept], y[kept]
    return Curve(x, y)


def target_curves(
    labels: NDArray[np.uint8], predictions: NDArray[np.float32], *, kind: str
) -> list[Curve | None]:
    """Curves of all targets; None where a target has no positives or no negatives.

    Parameters
    ----------
    labels
        uint8 (windows, targets).
    predictions
        float32 (windows, targets).
    kind
        ``roc`` or ``pr``.
    """
    one = {"roc": roc, "pr": precision_recall}[kind]
    return [
        one(labels[:, target], predictions[:, target])
        if labels[:, target].any() and not labels[:, target].all()
        else None
        for target in range(labels.shape[1])
    ]


def median_curve(curves: list[Curve], *, points: int = 201) -> Curve:
    """Pointwise median of curves on an even grid of x.

    Parameters
    ----------
    curves
        At least one.
    points
        Number of grid points from 0 to 1.
    """
    grid = np.linspace(0, 1, points)
    return Curve(grid, np.median([np.interp(grid, curve.x, curve.y) for curve in curves], axis=0))

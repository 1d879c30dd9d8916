"""Ridge regression of all targets on features of windows, in memory that windows do not fill.

The solution is that of scikit-learn's ``Ridge`` on standardised features with an intercept. It is
reached by adding up the normal equations block by block, and solving them by Cholesky's method for
every penalty tried; memory grows with the square of the features, and not with the windows.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from danq.evaluation.statistics.measuring import per_target

logger = logging.getLogger(__name__)

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Ridge penalties tried, as multiples of the number of training windows."""

DEFAULT_PENALTY = 1.0
"""Used without validation windows to choose by."""

MOST_VALIDATION = 32_768
"""Maximum number of validation windows that the penalty is chosen on: memory stays bounded."""

BLOCK = 2048

Batches = Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]]
"""Blocks of codes uint8 (n, length) and labels uint8 (n, targets)."""

Features = Callable[[NDArray[np.uint8]], NDArray[Any]]
"""From codes uint8 (n, length) to float32 or float64 (n, features)."""


class RidgeBaseline:
    """A linear model of all targets on features of the sequence.

    `penalty` is a multiple of the number of training windows. `weights`, float64 (features,
    targets), are on the scale of the raw features; `intercept` is float64 (targets,).
    """

    def __init__(
        self,
        weights: NDArray[np.float64],
        intercept: NDArray[np.float64],
        *,
        penalty: float,
        features: Features,
    ) -> None:
        self.weights = weights
        self.intercept = intercept
        self.penalty = penalty
        self._features = features

    @classmethod
    def _fitted(
        cls,
        features: Features,
        training: Batches,
        validation: Batches,
        penalties: Sequence[float],
    ) -> Self:
        """Fit on training windows and choose the penalty on validation windows."""
        solve = _normal_equations(training, features)
        tried = {
            penalty: cls(*solve(penalty), penalty=penalty, features=features)
            for penalty in {*penalties, DEFAULT_PENALTY}
        }
        scores = _validation_scores([tried[penalty] for penalty in penalties], validation)
        best = max(scores, key=scores.__getitem__) if scores else DEFAULT_PENALTY
        logger.info("k-mer baseline: ridge penalty %g times the number of training windows", best)
        return tried[best]

    def predict(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict a score, no probability, for every window and target: float32 (n, targets).

        Canonical words make it the same for both strands where the window and its middle are both
        even or both odd in length.
        """
        scores = np.empty((len(codes), self.intercept.size), np.float32)
        for first in range(0, len(codes), BLOCK):
            features = self._features(codes[first : first + BLOCK])
            scores[first : first + BLOCK] = self._scores(features)
        return scores

    def _scores(self, features: NDArray[Any]) -> NDArray[np.float32]:
        weights = self.weights.astype(features.dtype, copy=False)
        return (features @ weights + self.intercept).astype(np.float32)


Solution = tuple[NDArray[np.float64], NDArray[np.float64]]


def _normal_equations(training: Batches, features: Features) -> Callable[[float], Solution]:
    """Read the training windows once; return what gives weights and intercept for a penalty."""
    windows = 0
    sums: list[NDArray[np.float64]] = []
    for codes, labels in training:
        for first in range(0, len(codes), BLOCK):
            x = features(codes[first : first + BLOCK])
            y = labels[first : first + BLOCK].astype(x.dtype)
            windows += len(x)
            parts = [x.sum(axis=0, dtype=float), y.sum(axis=0, dtype=float), x.T @ x, x.T @ y]
            if sums:
                for total, part in zip(sums, parts, strict=True):
                    total += part
            else:
                sums = [part.astype(np.float64) for part in parts]
    if not sums:
        raise ValueError("the k-mer baseline needs training windows, found none")
    for total in sums:
        total /= windows
    mean, rate, gram, cross = sums
    gram -= np.outer(mean, mean)
    cross -= np.outer(mean, rate)
    scale = np.sqrt(np.diag(gram).clip(min=0))
    # A word that is never seen, or always equally often, has no variance: it gets no weight.
    scale[scale < 1e-9] = np.inf
    gram /= np.outer(scale, scale)
    cross /= scale[:, None]

    def solve(penalty: float) -> Solution:
        penalised = gram.copy()
        penalised[np.diag_indices_from(penalised)] += penalty
        weights = cho_solve(cho_factor(penalised, overwrite_a=True), cross) / scale[:, None]
        return weights, rate - mean @ weights

    return solve


def _validation_scores(models: Sequence[RidgeBaseline], validation: Batches) -> dict[float, float]:
    """Mean ROC AUC by penalty; empty when no target has both positives and negatives."""
    truth: list[NDArray[np.uint8]] = []
    predictions: list[list[NDArray[np.float32]]] = [[] for _ in models]
    windows = 0
    for codes, labels in validation:
        features = models[0]._features(codes)
        truth.append(labels)
        for model, parts in zip(models, predictions, strict=True):
            parts.append(model._scores(features))
        windows += len(codes)
        if windows >= MOST_VALIDATION:
            break
    if not truth:
        return {}
    scores = {}
    for model, parts in zip(models, predictions, strict=True):
        roc_auc = per_target(np.concatenate(truth), np.concatenate(parts)).roc_auc
        if not np.isnan(roc_auc).all():
            scores[model.penalty] = float(np.nanmean(roc_auc))
    return scores

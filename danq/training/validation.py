"""How a network does on the validation windows after an epoch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BLOCK = 1024
_TOGETHER = 32


@dataclass(frozen=True)
class Validation:
    """Figures of one pass over the validation windows, dropout off, forward strand.

    Attributes
    ----------
    loss
        Mean binary cross-entropy, nats a target.
    roc_auc, pr_auc
        Mean ROC AUC and average precision over the targets that have positives and negatives
        among the windows; NaN when none has.
    """

    loss: float
    roc_auc: float
    pr_auc: float


def validate(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]) -> Validation:
    """Compare predictions with labels.

    Parameters
    ----------
    logits
        float32 (windows, targets): what stands before the sigmoid.
    labels
        uint8 (windows, targets): 0 or 1.
    """
    blocks = range(0, len(labels), _BLOCK)
    total = sum(_entropy(logits[at : at + _BLOCK], labels[at : at + _BLOCK]) for at in blocks)
    positives = labels.sum(axis=0)
    defined = np.flatnonzero((positives > 0) & (positives < len(labels)))
    if not (defined.size and np.isfinite(logits).all()):
        return Validation(total / labels.size, float("nan"), float("nan"))
    with ThreadPoolExecutor() as pool:
        parts = [defined[at : at + _TOGETHER] for at in range(0, len(defined), _TOGETHER)]
        areas = pool.map(lambda part: _areas(logits[:, part].T, labels[:, part].T), parts)
        roc_auc, pr_auc = np.mean(np.concatenate(list(areas)), axis=0).tolist()
    return Validation(total / labels.size, roc_auc, pr_auc)


def _entropy(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]) -> float:
    """Sum −log of the probability of each label, without overflow at either end.

    In float64, since one epoch may differ from the next in the fifth digit.
    """
    z = logits.astype(np.float64)
    return float(np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) - np.sum(z[labels == 1]))


def _areas(
    scores: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Return ROC AUC and average precision of some targets (k, n) as (k, 2), from one sort each."""
    # A float's bits rise with its value once those of negative ones are flipped, and 0 is not −0.
    bits = (scores + np.float32(0)).view(np.int32)
    rising = np.where(bits < 0, bits ^ np.int32(2**31 - 1), bits).astype(np.int64)
    # NumPy sorts numbers many times faster than it finds their order: the label rides along.
    ranked = np.sort(rising * 2 + labels, axis=1)[:, ::-1]
    return np.array([_areas_ranked(row >> 1, row & 1) for row in ranked])


def _areas_ranked(
    scores: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Return ROC AUC and average precision as scikit-learn defines them; scores fall.

    Windows of equal score are one step of the curve.
    """
    ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)
    hits = np.cumsum(labels)[ends]
    misses = ends + 1 - hits
    new_hits, new_misses = np.diff(hits, prepend=0), np.diff(misses, prepend=0)
    roc_auc = np.sum(new_misses * (hits - new_hits / 2)) / (hits[-1] * misses[-1])
    pr_auc = np.sum(new_hits * (hits / (ends + 1))) / hits[-1]
    return float(roc_auc), float(pr_auc)

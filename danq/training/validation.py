"""How a network does on the validation windows after an epoch."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.ranking import rank
from danq.threads import side_by_side

_BLOCK = 1024
_TOGETHER = 32


@dataclass(frozen=True)
class Validation:
    """Figures of one pass over the validation windows, dropout off, forward strand.

    `loss` is the mean binary cross-entropy, nats a target; the areas are means over the targets
    that have positives and negatives among the windows, NaN when none has.
    """

    loss: float
    roc_auc: float
    pr_auc: float


def validate(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]) -> Validation:
    """Compare logits, float32 (windows, targets), with labels, uint8 of 0 and 1."""
    blocks = range(0, len(labels), _BLOCK)
    total = sum(_entropy(logits[at : at + _BLOCK], labels[at : at + _BLOCK]) for at in blocks)
    positives = labels.sum(axis=0)
    defined = np.flatnonzero((positives > 0) & (positives < len(labels)))
    if not (defined.size and np.isfinite(logits).all()):
        return Validation(total / labels.size, float("nan"), float("nan"))
    parts = [defined[at : at + _TOGETHER] for at in range(0, len(defined), _TOGETHER)]
    areas = side_by_side(lambda part: _areas(logits[:, part], labels[:, part]), parts)
    roc_auc, pr_auc = np.mean(np.concatenate(list(areas)), axis=0).tolist()
    return Validation(total / labels.size, roc_auc, pr_auc)


def _entropy(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]) -> float:
    """Sum −log of the probability of each label, without overflow at either end.

    In float64, since one epoch may differ from the next in the fifth digit.
    """
    z = logits.astype(np.float64)
    return float(np.sum(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))) - np.sum(z[labels == 1]))


def _areas(
    logits: npt.NDArray[np.float32], labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Return ROC AUC and average precision of some targets, (windows, k), as (k, 2)."""
    columns = np.ascontiguousarray(labels.T), np.ascontiguousarray(logits.T)
    rankings = [rank(*column) for column in zip(*columns, strict=True)]
    return np.array([(each.roc_auc(), each.average_precision()) for each in rankings])

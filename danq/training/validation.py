"""How a network does on the validation windows after an epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


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
    from sklearn.metrics import average_precision_score, roc_auc_score

    # −log of the probability of the label, without overflow at either end. In float64, since one
    # epoch may differ from the next in the fifth digit.
    total = sum(
        float(np.sum(np.logaddexp(0, z, dtype=np.float64) - y * z.astype(np.float64)))
        for z, y in zip(logits, labels, strict=True)
    )
    positives = labels.sum(axis=0)
    defined = np.flatnonzero((positives > 0) & (positives < len(labels)))
    if not (defined.size and np.isfinite(logits).all()):
        return Validation(total / labels.size, float("nan"), float("nan"))
    roc_auc, pr_auc = (
        float(np.mean([metric(labels[:, target], logits[:, target]) for target in defined]))
        for metric in (roc_auc_score, average_precision_score)
    )
    return Validation(total / labels.size, roc_auc, pr_auc)

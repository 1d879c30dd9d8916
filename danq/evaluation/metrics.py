"""How well predictions rank windows: ROC AUC and average precision, per target and per group."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danq.models.target_names import distinct

logger = logging.getLogger(__name__)

ALL = "all"
"""Name of the summary over every target, beside the groups."""

NAMED_IN_WARNING = 20


@dataclass(frozen=True)
class Metrics:
    """Metrics of one model on one set of windows; arrays have one value a target.

    Attributes
    ----------
    windows
        Number of windows.
    positives
        int64 (targets,), positive windows.
    roc_auc
        float64 (targets,), NaN where a target has no positives or no negatives.
    pr_auc
        float64 (targets,), average precision, NaN in the same places.
    """

    windows: int
    positives: NDArray[np.int64]
    roc_auc: NDArray[np.float64]
    pr_auc: NDArray[np.float64]


@dataclass(frozen=True)
class GroupSummary:
    """Median and mean of the metrics over the targets of one group that have them.

    Attributes
    ----------
    group
        Name of the group, or ``all``.
    targets
        Number of targets averaged: those with positives and negatives.
    roc_auc_median, roc_auc_mean, pr_auc_median, pr_auc_mean
        NaN when no target of the group could be averaged.
    """

    group: str
    targets: int
    roc_auc_median: float
    roc_auc_mean: float
    pr_auc_median: float
    pr_auc_mean: float


def per_target(labels: NDArray[np.uint8], predictions: NDArray[np.float32]) -> Metrics:
    """ROC AUC and average precision of every target.

    Parameters
    ----------
    labels
        uint8 (windows, targets), 0 or 1.
    predictions
        float32 (windows, targets); any increasing scale will do.

    Returns
    -------
    Metrics
        NaN where a target has no positives or no negatives.

    Raises
    ------
    ValueError
        When the shapes differ or a prediction is not finite.

    Notes
    -----
    Average precision is scikit-learn's, the sum over thresholds of precision times the step in
    recall, without interpolation. The DanQ paper (Quang & Xie 2016, NAR 44:e107) reports it as
    PR AUC.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    if labels.shape != predictions.shape or labels.ndim != 2:
        raise ValueError(
            "labels and predictions must both be (windows, targets), "
            f"found {labels.shape} and {predictions.shape}"
        )
    if not np.isfinite(predictions).all():
        raise ValueError("some predictions are not finite")
    windows, targets = labels.shape
    positives = labels.sum(axis=0, dtype=np.int64)
    roc_auc = np.full(targets, np.nan)
    pr_auc = np.full(targets, np.nan)
    for target in np.flatnonzero((positives > 0) & (positives < windows)):
        roc_auc[target] = roc_auc_score(labels[:, target], predictions[:, target])
        pr_auc[target] = average_precision_score(labels[:, target], predictions[:, target])
    return Metrics(windows, positives, roc_auc, pr_auc)


def warn_undefined(names: Sequence[str], metrics: Metrics) -> None:
    """Name in the log the targets that have no positives or no negatives.

    Parameters
    ----------
    names
        Target names in column order; equal ones are told with their places
        (`danq.models.target_names.distinct`).
    metrics
        What `per_target` returned for any model.
    """
    undefined = np.flatnonzero(np.isnan(metrics.roc_auc))
    if not undefined.size:
        return
    labels = distinct(names)
    told = [
        f"{labels[target]} (no {'positives' if metrics.positives[target] == 0 else 'negatives'})"
        for target in undefined[:NAMED_IN_WARNING]
    ]
    if undefined.size > NAMED_IN_WARNING:
        told.append(f"and {undefined.size - NAMED_IN_WARNING} more, NA in the table")
    logger.warning(
        "%d of %d targets have no positive or no negative window and are not averaged in: %s",
        undefined.size,
        len(names),
        ", ".join(told),
    )


def group_names(groups: Sequence[str]) -> list[str]:
    """Distinct groups in order of first appearance, then ``all``."""
    return [*dict.fromkeys(group for group in groups if group != ALL), ALL]


def summarise(metrics: Metrics, groups: Sequence[str]) -> list[GroupSummary]:
    """Medians and means by group and over all targets.

    Parameters
    ----------
    metrics
        Metrics of one model.
    groups
        Group of every target, in column order.

    Returns
    -------
    list of GroupSummary
        One a group in order of first appearance, then ``all``. Targets whose own group is called
        ``all`` count there only.
    """
    column = np.array(groups, dtype=object)
    rows = []
    for group in group_names(groups):
        chosen = np.full(len(column), True) if group == ALL else column == group
        chosen = chosen & ~np.isnan(metrics.roc_auc)
        if chosen.any():
            values = [
                float(average(metric[chosen]))
                for metric in (metrics.roc_auc, metrics.pr_auc)
                for average in (np.median, np.mean)
            ]
        else:
            values = [float("nan")] * 4
        rows.append(GroupSummary(group, int(chosen.sum()), *values))
    return rows

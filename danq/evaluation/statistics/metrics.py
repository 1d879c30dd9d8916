"""Metrics of a model on a set of windows, per target and per group."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.statistics.bootstrap import Interval, interval
from danq.evaluation.statistics.calibration import Reliability
from danq.targets.groups import ALL, distinct_groups, members
from danq.targets.names import distinct

logger = logging.getLogger(__name__)

METRICS = ("roc_auc", "pr_auc", "recall_at_fdr50", "calibration_error")
"""Attributes of `Metrics` that are resampled, and the columns of the tables."""

NAMED_IN_WARNING = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metrics:
    """Metrics of one model on one set of windows; arrays have one value per target.

    All floats are NaN where a target has no positives or no negatives.

    Attributes
    ----------
    windows
        Number of windows.
    positives
        int64 (targets,), positive windows.
    roc_auc
        float64 (targets,).
    pr_auc
        float64 (targets,), average precision. Guessing reaches `positive_rate`.
    recall_at_fdr50
        float64 (targets,), the highest recall of any threshold at and above which at most half of
        the windows are negatives (a false discovery rate of 50 %); 0 where there is none.
    calibration_error
        float64 (targets,), expected calibration error over 15 bins of equal width; NaN as well
        where predictions are not probabilities.
    reliability
        What the calibration error is taken from, (targets, bins).
    """

    windows: int
    positives: NDArray[np.int64]
    roc_auc: Floats
    pr_auc: Floats
    recall_at_fdr50: Floats
    calibration_error: Floats
    reliability: Reliability

    @property
    def positive_rate(self) -> Floats:
        """float64 (targets,): share of positive windows, the baseline of `pr_auc`."""
        return self.positives / self.windows

    @property
    def is_defined(self) -> NDArray[np.bool_]:
        """Bool (targets,): which have positives and negatives."""
        return (self.positives > 0) & (self.positives < self.windows)


@dataclass(frozen=True)
class Resamples:
    """Metrics of one model in every resample of the windows.

    Attributes
    ----------
    values
        By name in `METRICS`: float64 (resamples, targets), NaN where not defined.
    intervals
        By name in `METRICS`: their intervals, (targets,).
    observed
        Interval of the share of positives in every bin, (targets, bins).
    pooled
        The same by group and ``all``, (bins,): over all windows of the group's targets.
    support
        int64 (targets,), blocks with positives or blocks with negatives, whichever are fewer.
    """

    values: Mapping[str, Floats]
    intervals: Mapping[str, Interval]
    observed: Interval
    pooled: Mapping[str, Interval]
    support: NDArray[np.int64]


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
        NaN when no target of the group could be averaged, here and below.
    recall_at_fdr50_median, recall_at_fdr50_mean
        Recall at a false discovery rate of 50 %.
    calibration_error_median, calibration_error_mean
        Expected calibration error; NaN where the predictions are not probabilities.
    positive_rate_median, positive_rate_mean
        Share of positive windows, what guessing reaches in `pr_auc_median` and `pr_auc_mean`.
    reliability
        Pooled over these targets, (bins,).
    intervals
        Of the medians and means of `METRICS` by name, of the same targets' figures in every
        resample; empty without a bootstrap.
    observed
        Interval of ``reliability.observed``, (bins,); None without a bootstrap.
    """

    group: str
    targets: int
    roc_auc_median: float
    roc_auc_mean: float
    pr_auc_median: float
    pr_auc_mean: float
    recall_at_fdr50_median: float
    recall_at_fdr50_mean: float
    calibration_error_median: float
    calibration_error_mean: float
    positive_rate_median: float
    positive_rate_mean: float
    reliability: Reliability
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    observed: Interval | None = None


def warn_undefined(names: Sequence[str], metrics: Metrics) -> None:
    """Name in the log the targets that have no positives or no negatives.

    Parameters
    ----------
    names
        Target names in column order; equal ones are reported with their places
        (`danq.targets.names.distinct`).
    metrics
        What `danq.evaluation.per_target` returned for any model.
    """
    undefined = np.flatnonzero(~metrics.is_defined)
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
    return [*(group for group in distinct_groups(groups) if group != ALL), ALL]


def averaged(values: Floats, average: str) -> Floats:
    """Average over the last axis, leaving out NaN; NaN where nothing is left.

    Parameters
    ----------
    values
        float64 (…, targets).
    average
        ``mean`` or ``median``.
    """
    known = ~np.isnan(values)
    if known.all() and values.shape[-1]:
        return np.asarray(np.mean(values, -1) if average == "mean" else np.median(values, -1))
    some = known.any(axis=-1)
    result = np.full(values.shape[:-1], np.nan)
    if some.any():
        found = values[some]
        result[some] = np.nanmean(found, -1) if average == "mean" else np.nanmedian(found, -1)
    return result


def summarise(
    metrics: Metrics, groups: Sequence[str], resamples: Resamples | None = None
) -> list[GroupSummary]:
    """Medians and means by group and over all targets.

    Parameters
    ----------
    metrics
        Metrics of one model.
    groups
        Group of every target, in column order.
    resamples
        The same model's metrics in every resample, for intervals.

    Returns
    -------
    list of GroupSummary
        One a group in order of first appearance, then ``all``. Targets whose own group is called
        ``all`` count there only.
    """
    rows = []
    for group in group_names(groups):
        chosen = members(groups, group) & metrics.is_defined
        averages = {
            f"{metric}_{average}": float(averaged(getattr(metrics, metric)[chosen], average))
            for metric in (*METRICS, "positive_rate")
            for average in ("median", "mean")
        }
        intervals, observed = {}, None
        if resamples is not None:
            observed = resamples.pooled[group]
            intervals = {
                f"{metric}_{average}": interval(
                    averaged(values[:, chosen], average), averages[f"{metric}_{average}"]
                )
                for metric, values in resamples.values.items()
                for average in ("median", "mean")
            }
        rows.append(
            GroupSummary(
                group=group,
                targets=int(chosen.sum()),
                **averages,
                reliability=metrics.reliability.pooled(chosen),
                intervals=intervals,
                observed=observed,
            )
        )
    return rows

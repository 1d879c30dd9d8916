"""Metrics of a model on a set of windows, per target and per group."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.statistics.bootstrap import Interval, interval
from danq.evaluation.statistics.calibration import Reliability
from danq.evaluation.statistics.metric import Floats
from danq.evaluation.statistics.registry import METRICS
from danq.targets.groups import ALL, distinct_groups, members
from danq.targets.names import distinct

logger = logging.getLogger(__name__)

AVERAGES = ("median", "mean")
RATE = "positive_rate"
NAMED_IN_WARNING = 20


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
    values
        By name in `danq.evaluation.statistics.registry.METRICS`, float64 (targets,). Each is an
        attribute too:
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
    values: Mapping[str, Floats]
    reliability: Reliability

    def __getattr__(self, name: str) -> Floats:
        return _by_name(self, "values", name)

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
        By name of the metric: float64 (resamples, targets), NaN where not defined.
    intervals
        By name of the metric: their intervals, (targets,).
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
    averages
        By metric and average, such as ``roc_auc_median`` and ``roc_auc_mean``, and of the share of
        positive windows ``positive_rate_median`` and ``positive_rate_mean``. NaN when no target of
        the group could be averaged. Each is an attribute too.
    reliability
        Pooled over these targets, (bins,).
    intervals
        Of the medians and means by name, of the same targets' figures in every resample; empty
        without a bootstrap.
    observed
        Interval of ``reliability.observed``, (bins,); None without a bootstrap.
    """

    group: str
    targets: int
    averages: Mapping[str, float]
    reliability: Reliability
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    observed: Interval | None = None

    def __getattr__(self, name: str) -> float:
        return _by_name(self, "averages", name)


def _by_name(owner: Any, field: str, name: str) -> Any:
    # Not getattr, which would ask again where a copy is being made and holds nothing yet.
    values = vars(owner).get(field, {})
    if name not in values:
        raise AttributeError(f"{type(owner).__name__} has no {name!r}", name=name, obj=owner)
    return values[name]


def warn_undefined(names: Sequence[str], metrics: Metrics) -> None:
    """Name in the log the targets that have no positives or no negatives.

    Equal names are reported with their places (`danq.targets.names.distinct`). The metrics may be
    any model's.
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
    """Average over the last axis, leaving out NaN; NaN where nothing is left."""
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
    columns = {**metrics.values, RATE: metrics.positive_rate}
    rows = []
    for group in group_names(groups):
        chosen = members(groups, group) & metrics.is_defined
        averages = {
            f"{name}_{average}": float(averaged(values[chosen], average))
            for name, values in columns.items()
            for average in AVERAGES
        }
        intervals, observed = {}, None
        if resamples is not None:
            observed = resamples.pooled[group]
            intervals = {
                f"{name}_{average}": interval(
                    averaged(values[:, chosen], average),
                    averages[f"{name}_{average}"],
                    bounds=METRICS[name].bounds,
                )
                for name, values in resamples.values.items()
                for average in AVERAGES
            }
        pooled = metrics.reliability.pooled(chosen)
        rows.append(GroupSummary(group, int(chosen.sum()), averages, pooled, intervals, observed))
    return rows

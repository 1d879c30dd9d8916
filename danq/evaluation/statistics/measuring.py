"""Measuring predictions: every target is sorted once, on as many threads as there are cores."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from danq.evaluation.statistics.bootstrap import Interval, Resampler, interval
from danq.evaluation.statistics.calibration import BINS, Reliability, sums_by_block
from danq.evaluation.statistics.curves import Curve, precision_recall, roc
from danq.evaluation.statistics.genome_blocks import Resampling
from danq.evaluation.statistics.metric import Floats, Target
from danq.evaluation.statistics.metrics import Metrics, Resamples
from danq.evaluation.statistics.registry import METRICS
from danq.progress import bar
from danq.ranking import rank
from danq.targets.groups import ALL
from danq.threads import side_by_side

CHUNK = 16
"""Targets copied out at once, so that a thread reads neighbouring columns together."""


@dataclass(frozen=True)
class Measured:
    """What was found for one model.

    Attributes
    ----------
    metrics
        Per target.
    roc, pr
        Curves per target, None where a target has no positives or no negatives.
    resamples
        The metrics in every resample; None where none were asked for.
    """

    metrics: Metrics
    roc: list[Curve | None]
    pr: list[Curve | None]
    resamples: Resamples | None


@dataclass(frozen=True)
class _Resampled:
    """What the resamples tell of one target; `values` are by metric, (resamples,) each."""

    values: dict[str, Floats]
    observed: Interval
    support: int


@dataclass(frozen=True)
class _Measured:
    """What was found for one target; `sums` is (3, blocks, bins), one block without resamples."""

    positives: int
    values: dict[str, float]
    roc: Curve | None
    pr: Curve | None
    sums: Floats
    resampled: _Resampled | None


def per_target(labels: NDArray[np.uint8], predictions: NDArray[np.float32]) -> Metrics:
    """Measure every target, without intervals.

    Parameters
    ----------
    labels
        uint8 (windows, targets), 0 or 1.
    predictions
        float32 (windows, targets); any increasing scale will do, except for the calibration, which
        reported for probabilities only.

    Returns
    -------
    Metrics
        NaN where a target has no positives or no negatives.

    Raises
    ------
    ValueError
        When the shapes differ, windows are missing or a prediction is not finite.

    Notes
    -----
    Average precision is scikit-learn's, the sum over thresholds of precision times the step in
    recall, without interpolation. The DanQ paper (Quang & Xie 2016, NAR 44:e107) reports it as
    PR AUC.
    """
    return measure(labels, predictions, progress=False).metrics


def measure(
    labels: NDArray[np.uint8],
    predictions: NDArray[np.float32],
    *,
    groups: Sequence[str] | None = None,
    resampling: Resampling | None = None,
    are_probabilities: bool = True,
    name: str = "measuring",
    progress: bool | None = None,
) -> Measured:
    """Measure every target of one model, in every resample as well.

    Parameters
    ----------
    labels, predictions
        uint8 and float32 (windows, targets), as for `per_target`.
    groups
        Group of every target, over which reliability is pooled; None for no groups.
    resampling
        Blocks of the windows and the resamples of them.
    are_probabilities
        Whether the predictions are meant as probabilities: for others no calibration is reported,
        even where all of them happen to lie between 0 and 1.
    name
        What the progress bar calls it.
    progress
        True shows a progress bar on standard error, None only where that is a terminal.

    Raises
    ------
    ValueError
        As `per_target`.
    """
    _check(labels, predictions)
    groups = [ALL] * labels.shape[1] if groups is None else groups
    found: list[_Measured] = []
    pools: dict[str, Floats] = {}
    with (
        closing(_targets(labels, predictions, resampling, are_probabilities)) as targets,
        bar(targets, progress=progress, total=len(groups), desc=name, unit=" targets") as shown,
    ):
        for group, target in zip(groups, shown, strict=True):
            for pool in {group, ALL}:
                pools.setdefault(pool, np.zeros_like(target.sums))
                if target.roc is not None:
                    pools[pool] += target.sums
            # Blocks are needed in sums over groups only: 919 targets' would take their memory.
            found.append(replace(target, sums=target.sums.sum(axis=1)))
    metrics = _metrics(found, len(labels))
    return Measured(
        metrics,
        [target.roc for target in found],
        [target.pr for target in found],
        None if resampling is None else _resamples(metrics, found, pools, Resampler(resampling)),
    )


def _check(labels: NDArray[np.uint8], predictions: NDArray[np.float32]) -> None:
    if labels.shape != predictions.shape or labels.ndim != 2 or not labels.size:
        raise ValueError(
            "labels and predictions must both be (windows, targets) and hold some, "
            f"found {labels.shape} and {predictions.shape}"
        )
    # A sum over a row is finite only if all of it is, and asks for no array as large again.
    with np.errstate(invalid="ignore"):
        sums = predictions.sum(axis=1, dtype=np.float64)
    if not np.isfinite(sums).all():
        raise ValueError("some predictions are not finite")


def _targets(
    labels: NDArray[np.uint8],
    predictions: NDArray[np.float32],
    resampling: Resampling | None,
    are_probabilities: bool,
) -> Generator[_Measured, None, None]:
    """Measure every target, in order."""
    resampler = None if resampling is None else Resampler(resampling)
    blocks = 1 if resampling is None else resampling.blocks
    block = np.zeros(1, np.int32) if resampling is None else resampling.block

    def sums(positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> Floats:
        if not are_probabilities:
            return np.zeros((3, blocks, BINS))
        return sums_by_block(positive, scores, block, blocks)

    def chunk(first: int) -> list[_Measured]:
        columns = slice(first, first + CHUNK)
        positives = np.ascontiguousarray(labels[:, columns].T) != 0
        return [
            _measured(
                Target(positive, scores, rank(positive, scores), sums(positive, scores)), resampler
            )
            for positive, scores in zip(
                positives, np.ascontiguousarray(predictions[:, columns].T), strict=True
            )
        ]

    # Matrix products are small here: targets side by side keep the cores busier.
    with threadpool_limits(1, user_api="blas"):
        for found in side_by_side(chunk, range(0, labels.shape[1], CHUNK)):
            yield from found


def _measured(target: Target, resampler: Resampler | None) -> _Measured:
    ranking = target.ranking
    is_defined = bool(ranking.positives and ranking.negatives)
    resampled = None
    if resampler is not None:
        resampled = _Resampled(
            resampler.values(target),
            resampler.observed(target.sums),
            resampler.support(target.positive),
        )
    return _Measured(
        ranking.positives,
        {name: metric.value(target) if is_defined else np.nan for name, metric in METRICS.items()},
        roc(ranking) if is_defined else None,
        precision_recall(ranking) if is_defined else None,
        target.sums,
        resampled,
    )


def _metrics(found: Sequence[_Measured], windows: int) -> Metrics:
    sums = np.array([target.sums for target in found])
    return Metrics(
        windows,
        np.array([target.positives for target in found], np.int64),
        {name: np.array([target.values[name] for target in found]) for name in METRICS},
        Reliability(sums[:, 0].astype(np.int64), sums[:, 1].astype(np.int64), sums[:, 2]),
    )


def _resamples(
    metrics: Metrics,
    found: Sequence[_Measured],
    pools: Mapping[str, Floats],
    resampler: Resampler,
) -> Resamples:
    every = [target.resampled for target in found if target.resampled is not None]
    values = {name: np.array([each.values[name] for each in every]).T for name in METRICS}
    return Resamples(
        values,
        {
            name: interval(values[name], metrics.values[name], bounds=metric.bounds)
            for name, metric in METRICS.items()
        },
        Interval(
            np.array([each.observed.lower for each in every]),
            np.array([each.observed.upper for each in every]),
        ),
        {group: resampler.observed(sums) for group, sums in pools.items()},
        np.array([each.support for each in every], np.int64),
    )

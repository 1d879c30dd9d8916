"""Measuring predictions: every target is sorted once, on as many threads as there are cores."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from danq.evaluation.statistics.bootstrap import Interval, Resampler, interval
from danq.evaluation.statistics.calibration import (
    BINS,
    Reliability,
    calibration_error,
    sums_by_block,
)
from danq.evaluation.statistics.curves import Curve, precision_recall, roc
from danq.evaluation.statistics.genome_blocks import Resampling
from danq.evaluation.statistics.metrics import METRICS, Metrics, Resamples
from danq.evaluation.statistics.ranking import rank
from danq.targets.groups import ALL

CHUNK = 16
"""Targets copied out at once, so that a thread reads neighbouring columns together."""

Floats = NDArray[np.float64]


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
    """What the resamples tell of one target; `figures` is (metrics, resamples)."""

    figures: Floats
    observed: Interval
    support: int


@dataclass(frozen=True)
class _Target:
    """What was found for one target; `sums` is (3, blocks, bins), one block without resamples."""

    positives: int
    figures: Floats
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
    return measure(labels, predictions).metrics


def measure(
    labels: NDArray[np.uint8],
    predictions: NDArray[np.float32],
    *,
    groups: Sequence[str] | None = None,
    resampling: Resampling | None = None,
    are_probabilities: bool = True,
    name: str = "measuring",
    progress: bool | None = False,
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
    disable = None if progress is None else not progress
    found: list[_Target] = []
    pools: dict[str, Floats] = {}
    with (
        closing(_targets(labels, predictions, resampling, are_probabilities)) as targets,
        tqdm(targets, total=len(groups), desc=name, unit=" targets", disable=disable) as bar,
    ):
        for group, target in zip(groups, bar, strict=True):
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
        None if resampling is None else _resamples(metrics, found, pools, resampling),
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
) -> Generator[_Target, None, None]:
    """Measure every target, in order."""
    resampler = None if resampling is None else Resampler(resampling)
    blocks = 1 if resampling is None else resampling.blocks
    block = np.zeros(1, np.int32) if resampling is None else resampling.block

    def sums(positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> Floats:
        if not are_probabilities:
            return np.zeros((3, blocks, BINS))
        return sums_by_block(positive, scores, block, blocks)

    def chunk(first: int) -> list[_Target]:
        columns = slice(first, first + CHUNK)
        positive = np.ascontiguousarray(labels[:, columns].T) != 0
        scores = np.ascontiguousarray(predictions[:, columns].T)
        return [_target(*one, sums(*one), resampler) for one in zip(positive, scores, strict=True)]

    # Matrix products are small here: targets side by side keep the cores busier.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(_cores()) as pool:
        try:
            for found in pool.map(chunk, range(0, labels.shape[1], CHUNK)):
                yield from found
        finally:
            pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Cores that this process may use, which on a shared machine are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _target(
    positive: NDArray[np.bool_],
    scores: NDArray[np.float32],
    sums: Floats,
    resampler: Resampler | None,
) -> _Target:
    ranking = rank(positive, scores)
    is_defined = 0 < ranking.positives < len(positive)
    error = calibration_error(*sums.sum(axis=1)) if is_defined else np.nan
    resampled = None
    if resampler is not None:
        calibration = resampler.calibration(sums)
        ranked = resampler.ranked(ranking)
        calibration[np.isnan(ranked[0])] = np.nan
        resampled = _Resampled(
            np.array([*ranked, calibration]),
            resampler.observed(sums),
            resampler.support(positive),
        )
    return _Target(
        positives=ranking.positives,
        figures=np.array([*ranking.figures(), error]),
        roc=roc(ranking) if is_defined else None,
        pr=precision_recall(ranking) if is_defined else None,
        sums=sums,
        resampled=resampled,
    )


def _metrics(found: Sequence[_Target], windows: int) -> Metrics:
    figures = np.array([target.figures for target in found]).T
    sums = np.array([target.sums for target in found])
    return Metrics(
        windows,
        np.array([target.positives for target in found], np.int64),
        **dict(zip(METRICS, figures, strict=True)),
        reliability=Reliability(
            sums[:, 0].astype(np.int64), sums[:, 1].astype(np.int64), sums[:, 2]
        ),
    )


def _resamples(
    metrics: Metrics,
    found: Sequence[_Target],
    pools: Mapping[str, Floats],
    resampling: Resampling,
) -> Resamples:
    resampler = Resampler(resampling)
    every = [target.resampled for target in found if target.resampled is not None]
    stacked = np.array([one.figures for one in every]).transpose(1, 2, 0)
    values = dict(zip(METRICS, stacked, strict=True))
    return Resamples(
        values,
        {name: interval(each, getattr(metrics, name)) for name, each in values.items()},
        Interval(
            np.array([one.observed.lower for one in every]),
            np.array([one.observed.upper for one in every]),
        ),
        {group: resampler.observed(sums) for group, sums in pools.items()},
        np.array([one.support for one in every], np.int64),
    )

"""What a metric is: its names, its value for a target, and its values in every resample.

A new metric is a `Metric` in a file of its own and a line in
`danq.evaluation.statistics.registry`: tables, intervals, averages and the page then hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from danq.evaluation.statistics.genome_blocks import Resampling
from danq.ranking import Ranking

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """The windows of one target; some are positives and some are negatives.

    `positive`, bool, and `scores`, float32, are (windows,); `ranking` has them from the highest
    prediction to the lowest; `sums` come from
    `danq.evaluation.statistics.calibration.sums_by_block`.
    """

    positive: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float32]
    ranking: Ranking
    sums: Floats


@dataclass(frozen=True)
class Thresholds:
    """Counts at some of the thresholds where positives stand, from the highest on.

    By block, (thresholds, blocks): `gained` positives at each threshold, sparse; `misplaced`
    negatives above it and half of those at it. By resample, (thresholds, resamples): `gains`, the
    positives at it; `true` and `false`, positives and negatives at or above it.
    """

    gained: csr_array
    misplaced: Floats
    gains: npt.NDArray[np.floating]
    true: npt.NDArray[np.floating]
    false: npt.NDArray[np.floating]


class Resampled(Protocol):
    """A metric of one target in all resamples, made while the thresholds pass by."""

    def add(self, thresholds: Thresholds) -> None:
        """Take the next thresholds in."""

    def values(self, positives: Floats, negatives: Floats) -> Floats:
        """Return the metric from the numbers of positives and negatives, (resamples,) all of them.

        Where either number is 0 the value is not used.
        """


@dataclass(frozen=True)
class Metric:
    """One metric: its `name` in tables and `danq.evaluation.Metrics`, its `title` on pages.

    `term` and `reading` are the title at the head of an explanation, and the explanation. `value`
    goes from a target to its value, NaN where it has none; `resampled` from a target and the
    resamples to what computes the value in each of them; it lies within `bounds`.
    `has_rate_as_baseline` says whether guessing reaches the share of positive windows, which then
    stands beside it.
    """

    name: str
    title: str
    term: str
    reading: str
    value: Callable[[Target], float]
    resampled: Callable[[Target, Resampling], Resampled]
    bounds: tuple[float, float] = (0.0, 1.0)
    is_compared: bool = False
    is_lowest_best: bool = False
    has_rate_as_baseline: bool = False

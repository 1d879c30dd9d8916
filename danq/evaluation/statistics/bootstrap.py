"""The figures of one target in every resample of blocks, without a window being resampled.

A resample weights every window by how often its block is drawn. What is at or above a threshold is
then a sum over blocks of counts times weights: with the counts of negatives by block at every
threshold where a positive stands, one matrix product gives those of all resamples. The result is
that of recomputing each figure with weights for the windows, ties included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from danq.evaluation.statistics.calibration import divided
from danq.evaluation.statistics.genome_blocks import Resampling
from danq.evaluation.statistics.metric import Floats, Target, Thresholds
from danq.evaluation.statistics.registry import METRICS
from danq.ranking import Ranking

ROWS = 256
"""Thresholds taken at once: few, so that what they make of a thousand resamples stays in cache."""

LEVEL = 0.95
MOST_UNDEFINED = 0.03
"""No interval is given where more resamples than this share lack positives or negatives. If three
blocks hold positives, 4 to 5 % of the resamples draw none of them; if four do, under 2 %."""


@dataclass(frozen=True)
class Interval:
    """An interval of 95 % by the resamples, float64 (…); NaN where it is undefined."""

    lower: Floats
    upper: Floats

    def of(self, place: int | list[int]) -> Interval:
        """Take one of them, or several, along the first axis."""
        return Interval(self.lower[place], self.upper[place])

    def excludes(self, value: float) -> bool:
        """Return whether a single interval is defined and does not hold a value."""
        return bool(self.lower > value or self.upper < value)


def interval(
    values: Floats,
    around: Floats | float | None = None,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Take the quantiles 0.025 and 0.975 of figures over resamples, float64 (resamples, …).

    Resamples where a figure is not defined are NaN; it has no interval where these are more than
    `MOST_UNDEFINED`. The quantiles are moved by as much as the mean of the resamples lies off
    `around`, the figures of the windows themselves. Resamples repeat windows: repeated positives
    are ranked together, which raises the average precision of rare targets, and every bit of noise
    raises a calibration error. Unmoved, the interval of a mean over hundreds of targets may not
    hold the mean. `bounds` is what the figures cannot be below and above.
    """
    told = is_told(values)
    ends = np.full((2, *values.shape[1:]), np.nan)
    if told.any():
        tails = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
        chosen = values[:, told]
        complete = not np.isnan(chosen).any()
        quantiles = (np.quantile if complete else np.nanquantile)(chosen, tails, axis=0)
        if around is not None:
            quantiles += np.asarray(around)[told] - np.nanmean(chosen, axis=0)
        ends[:, told] = quantiles.clip(*bounds)
    return Interval(*ends)


def is_told(values: Floats) -> npt.NDArray[np.bool_]:
    """Return which figures, (…), enough resamples define to give an interval by."""
    if not len(values):
        return np.zeros(values.shape[1:], bool)
    told: npt.NDArray[np.bool_] = np.isnan(values).mean(axis=0) <= MOST_UNDEFINED
    return told


class Resampler:
    """Computes the metrics of one target after another in all resamples."""

    def __init__(self, resampling: Resampling) -> None:
        self._resampling = resampling
        self._by_block = np.ascontiguousarray(resampling.weights.T)
        self._weights = resampling.float64
        self._sizes = np.bincount(resampling.block)

    def values(self, target: Target) -> dict[str, Floats]:
        """Compute every metric, by name: float64 (resamples,).

        What each is for the resampled windows; NaN in resamples without positives or without
        negatives.
        """
        ranking, blocks = target.ranking, self._resampling.blocks
        block = self._resampling.block[ranking.order]
        positives = self._weights @ np.bincount(block[ranking.positive], minlength=blocks)
        negatives = self._weights @ np.bincount(block[~ranking.positive], minlength=blocks)
        resampled = {
            name: metric.resampled(target, self._resampling) for name, metric in METRICS.items()
        }
        for thresholds in self._thresholds(ranking, block):
            for metric in resampled.values():
                metric.add(thresholds)
        undefined = (positives == 0) | (negatives == 0)
        values = {name: one.values(positives, negatives) for name, one in resampled.items()}
        for column in values.values():
            column[undefined] = np.nan
        return values

    def _thresholds(self, ranking: Ranking, block: npt.NDArray[np.int32]) -> Iterator[Thresholds]:
        total = np.zeros(len(self._weights), self._by_block.dtype)
        for gained, false, misplaced in _pieces(ranking, block, self._resampling.blocks):
            gains = gained.astype(self._by_block.dtype) @ self._by_block
            true = np.cumsum(gains, axis=0)
            true += total
            total = true[-1].copy()
            wrong = false.astype(self._by_block.dtype) @ self._by_block
            yield Thresholds(gained, misplaced, gains, true, wrong)

    def observed(self, sums: Floats) -> Interval:
        """Return the interval of the share of positives in every bin, (bins,)."""
        windows, positives, _ = self._weights @ sums
        return interval(divided(positives, windows))

    def support(self, labels: npt.NDArray[np.bool_]) -> int:
        """Count the blocks that hold positives or those with negatives, whichever are fewer."""
        block, blocks = self._resampling.block, self._resampling.blocks
        positive = np.bincount(block[labels], minlength=blocks)
        return int(min((positive > 0).sum(), (positive < self._sizes).sum()))


def _pieces(
    ranking: Ranking, block: npt.NDArray[np.int32], blocks: int
) -> Iterator[tuple[csr_array, Floats, Floats]]:
    """Count windows by block at the thresholds where positives stand, `ROWS` at once.

    Yields (rows, blocks): the positives at each threshold, sparse; the negatives at or above it;
    the negatives above it and half of those at it.
    """
    ends = np.concatenate([[-1], ranking.ends])
    last, before = ends[ranking.hits + 1], ends[ranking.hits]
    bounds = np.concatenate([[0], last + 1])
    ties = ranking.false[ranking.hits] > ranking.above
    above = np.zeros(blocks)
    for first in range(0, len(last), ROWS):
        rows = len(last[first : first + ROWS])
        begin, end = bounds[first], bounds[first + rows]
        row = np.repeat(np.arange(rows), np.diff(bounds[first : first + rows + 1]))
        positive, there = ranking.positive[begin:end], block[begin:end]
        starts = np.concatenate([[0], np.bincount(row[positive], minlength=rows).cumsum()])
        gained = csr_array(
            (np.ones(starts[-1], np.float32), there[positive], starts), shape=(rows, blocks)
        )
        place = row * blocks + there
        there_false = np.bincount(place[~positive], minlength=rows * blocks)
        false = there_false.reshape(rows, blocks).cumsum(axis=0) + above
        above = false[-1]
        misplaced = false
        if ties[first : first + rows].any():
            tied = ~positive & (np.arange(begin, end) > before[first : first + rows][row])
            counts = np.bincount(place[tied], minlength=rows * blocks).reshape(rows, blocks)
            misplaced = false - counts / 2
        yield gained, false, misplaced

"""Reliability curves and expected calibration errors: whether probabilities mean what they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.evaluation.statistics.genome_blocks import Resampling
from danq.evaluation.statistics.metric import Floats, Metric, Target, Thresholds

BINS = 15
"""Bins of equal width from 0 to 1, as many as Guo et al. (2017, ICML) take."""

EDGES = np.linspace(0, 1, BINS + 1)
"""float64 (BINS + 1,): where they begin and end. A bin holds its upper edge only if that is 1."""


@dataclass(frozen=True)
class Reliability:
    """Windows by what was predicted for them; the last axis of every array is the bins'.

    `windows`, int64 (…, BINS), have a prediction in the bin; all are 0 where some prediction is
    below 0 or above 1, and so no probability. `positives` are those among them, and `total`,
    float64, sums their predictions.
    """

    windows: npt.NDArray[np.int64]
    positives: npt.NDArray[np.int64]
    total: Floats

    @property
    def predicted(self) -> Floats:
        """Mean prediction in every bin, NaN where it is empty."""
        return divided(self.total, self.windows)

    @property
    def observed(self) -> Floats:
        """Share of positives in every bin, NaN where it is empty."""
        return divided(self.positives, self.windows)

    @property
    def error(self) -> Floats:
        """Expected calibration error, (…); NaN where the predictions are not probabilities.

        How far predicted and observed share lie apart, averaged over the bins by their windows
        (Naeini et al. 2015, AAAI; Guo et al. 2017, ICML).
        """
        return calibration_error(self.windows, self.positives, self.total)

    def of(self, place: int) -> Reliability:
        """Take one of them, along the first axis."""
        return Reliability(self.windows[place], self.positives[place], self.total[place])

    def pooled(self, chosen: npt.NDArray[np.bool_]) -> Reliability:
        """Add up the windows of several targets, chosen by bool (targets,)."""
        return Reliability(
            self.windows[chosen].sum(axis=0),
            self.positives[chosen].sum(axis=0),
            self.total[chosen].sum(axis=0),
        )


def calibration_error(
    windows: npt.NDArray[np.number], positives: npt.NDArray[np.number], total: Floats
) -> Floats:
    """Compute expected calibration errors from what the bins hold, (…, BINS) each."""
    return divided(np.abs(np.subtract(positives, total)).sum(axis=-1), windows.sum(axis=-1))


def binned(predictions: npt.NDArray[np.float32]) -> npt.NDArray[np.intp] | None:
    """Find every prediction's bin, intp (windows,); None where one is below 0 or above 1."""
    if not predictions.size or predictions.min() < 0 or predictions.max() > 1:
        return None
    # In float64 every float32 falls on its own side of an edge.
    bins = (predictions.astype(np.float64) * BINS).astype(np.intp)
    return np.minimum(bins, BINS - 1, out=bins)


def sums_by_block(
    positive: npt.NDArray[np.bool_],
    predictions: npt.NDArray[np.float32],
    block: npt.NDArray[np.integer],
    blocks: int,
) -> Floats:
    """Sum by block and bin, for one target: float64 (3, blocks, BINS).

    The sums are windows, positives and predictions; zeros where the predictions are not
    probabilities. `block`, (windows,), numbers each window's block from 0.
    """
    bins = binned(predictions)
    if bins is None:
        return np.zeros((3, blocks, BINS))
    place, size = block * BINS + bins, blocks * BINS
    windows = np.bincount(place, minlength=size)
    positives = np.bincount(place[positive], minlength=size)
    total = np.bincount(place, predictions, size)
    return np.array([windows, positives, total]).reshape(3, blocks, BINS)


def divided(above: npt.NDArray[np.generic], below: npt.NDArray[np.generic]) -> Floats:
    """Divide, NaN where the divisor is 0."""
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)


class _CalibrationError:
    def __init__(self, target: Target, resampling: Resampling) -> None:
        self._values = calibration_error(*(resampling.float64 @ target.sums))

    def add(self, thresholds: Thresholds) -> None:
        """Bins take no notice of thresholds."""

    def values(self, positives: Floats, negatives: Floats) -> Floats:
        return self._values


CALIBRATION_ERROR = Metric(
    "calibration_error",
    title="calibration error",
    term="Calibration error",
    reading="The expected calibration error: how far predicted probability and share of positives "
    f"lie apart, averaged over {BINS} bins of probability by their windows. 0.01 means one "
    "percentage point. Most windows are negatives with probabilities near 0, so hold it against "
    "the share of positives, and look at the reliability diagram.",
    value=lambda target: float(calibration_error(*target.sums.sum(axis=1))),
    resampled=_CalibrationError,
    is_lowest_best=True,
)

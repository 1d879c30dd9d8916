"""How many of a million variants have at least this large a score: counted once, looked up often.

Per target a background is a histogram over logarithmic bins, 512 to a doubling, beside its largest
scores as they are (all of a small background). A bin is the upper bits of a float32, so that
counting is a shift and an addition, one pass and bounded memory do, and the counts are exact. An
E-value among the largest scores is exact too; any other takes in what shares the score's bin: it is
never too small, and never larger than the exact E-value of a score 0.2 % (1/512) smaller.
"""

import numpy as np
import numpy.typing as npt

from danq.scoring.scorers.effects import Floats

LARGEST_KEPT = 1024
"""Scores a target that are kept as they are."""

ALL_KEPT = 16384
"""Up to this number of variants all are."""

SMALLEST, LARGEST = 2.0**-50, 2.0**7
"""Bins lie between these; |diff · logit| is at most 2 log2(1e12) = 79.7."""

_BITS = 9
_SHIFT = 23 - _BITS
_BEGIN = int(np.float32(SMALLEST).view(np.uint32)) >> _SHIFT
BINS = (int(np.float32(LARGEST).view(np.uint32)) >> _SHIFT) - _BEGIN + 1
"""Bins a target; the first holds everything below `SMALLEST`, zeros among it."""

_ROWS = 4096


def magnitudes(diff: Floats, logit: Floats) -> Floats:
    """Return |diff · logit|, by which variants are compared with a background, elementwise."""
    return np.abs(diff * logit)


def bins(values: Floats) -> npt.NDArray[np.intp]:
    """Return each value's bin, from 0.

    Parameters
    ----------
    values
        float32, not negative and not NaN.
    """
    places = (np.ascontiguousarray(values).view(np.uint32) >> _SHIFT).astype(np.intp)
    places -= _BEGIN - 1
    return np.clip(places, 0, BINS - 1, out=places)


def edges() -> Floats:
    """Return the smallest value of each bin, float32 (`BINS`,)."""
    bits = np.arange(_BEGIN, _BEGIN + BINS - 1, dtype=np.uint32) << _SHIFT
    return np.concatenate([np.zeros(1, np.float32), bits.view(np.float32)])


class Tally:
    """Counts the scores of a background, block by block: n variants so far.

    `counts` is uint32 (targets, `BINS`).
    """

    def __init__(self, n_targets: int) -> None:
        self.n = 0
        self.counts = np.zeros((n_targets, BINS), np.uint32)
        self._kept = [np.empty((n_targets, 0), np.float32)]

    def add(self, values: Floats) -> None:
        """Count variants by their `magnitudes`, float32 (n, targets)."""
        by_target = np.ascontiguousarray(values.T)
        for counts, places in zip(self.counts, bins(by_target), strict=True):
            counts += np.bincount(places, minlength=BINS).astype(np.uint32)
        self.n += len(values)
        self._kept.append(by_target)
        if sum(kept.shape[1] for kept in self._kept) > ALL_KEPT:
            together = np.concatenate(self._kept, axis=1)
            together.partition(-LARGEST_KEPT, axis=1)
            self._kept = [together[:, -LARGEST_KEPT:].copy()]

    def largest(self) -> Floats:
        """Return the largest scores of each target, ascending: float32 (targets, k).

        They are all of up to `ALL_KEPT` variants, `LARGEST_KEPT` of more.
        """
        together = np.sort(np.concatenate(self._kept, axis=1), axis=1)
        return together if self.n <= ALL_KEPT else together[:, -LARGEST_KEPT:]


def agrees(counts: npt.NDArray[np.uint32], largest: Floats, n: int) -> bool:
    """Return whether counts and largest scores can be those of one `Tally` of n variants.

    The largest are not NaN and not negative.
    """
    kept = n if n <= ALL_KEPT else LARGEST_KEPT
    if largest.shape[1] != kept or (counts.sum(axis=1, dtype=np.int64) != n).any():
        return False
    if (np.diff(largest, axis=1) < 0).any():
        return False
    # Of the bin of the smallest that is kept, more scores may have been counted.
    for count, places in zip(counts, bins(largest), strict=True):
        exact = np.bincount(places, minlength=BINS)
        above = slice(places[0] + 1, None)
        if (exact[above] != count[above]).any() or exact[places[0]] > count[places[0]]:
            return False
    return True


class Exceedance:
    """Looks up E-values in what a `Tally` of at least one variant counted."""

    def __init__(self, counts: npt.NDArray[np.uint32], largest: Floats, n: int) -> None:
        self.n = n
        self._largest = largest
        # A table to a target stays in the processor's cache while all its scores are looked up.
        self._shares = np.empty(counts.shape, np.float32)
        for shares, count in zip(self._shares, counts, strict=True):
            shares[:] = self._share(np.cumsum(count[::-1], dtype=np.int64)[::-1])

    def _share(self, at_least: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.where(at_least > 0, at_least / self.n, 1 / (self.n + 1))

    def e_values(self, values: Floats) -> Floats:
        """Return the share of background variants whose scores are at least as large, per target.

        Values are `magnitudes`, float32 (n, targets), not NaN. Shares are above 0 and at most 1:
        where no background variant reaches the score, 1 / (variants + 1).
        """
        result = np.empty(values.shape, np.float32)
        for first in range(0, len(values), _ROWS):
            part = slice(first, first + _ROWS)
            result[part] = self._of_targets(np.ascontiguousarray(values[part].T)).T
        return result

    def _of_targets(self, values: Floats) -> Floats:
        """Return E-values of (targets, n) scores."""
        result = np.empty(values.shape, np.float32)
        for target, places in enumerate(bins(values)):
            np.take(self._shares[target], places, out=result[target], mode="clip")
            largest = self._largest[target]
            # Strictly above the smallest that is kept: more scores may be equal to that one.
            exact = np.flatnonzero(values[target] > largest[0])
            if exact.size:
                below = np.searchsorted(largest, values[target, exact])
                result[target, exact] = self._share(len(largest) - below)
        return result


def functional_scores(e_values: Floats) -> Floats:
    """Return the geometric mean over targets of each variant's E-values: float32 (n,) in (0, 1].

    It is small where many targets change more than background variants change them. This is the
    part of DeepSEA's functional significance score that needs no conservation: the whole is this
    times the geometric mean of four conservation E-values (Zhou & Troyanskaya 2015, Nature Methods
    12:931, Online Methods).
    """
    return np.exp(np.log(e_values).mean(axis=1, dtype=np.float64)).astype(np.float32)

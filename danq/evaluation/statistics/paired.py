"""Whether one of two models ranks the same windows better: a paired difference and its error.

Two models that are given the same windows and labels err together: what is hard for one is hard for
the other. The error of their difference is therefore taken from the difference itself, by leaving
out one block of windows after another (the delete-a-group jackknife; Efron & Tibshirani 1993,
chapter 11). Blocks are stretches of neighbours, since neighbouring windows overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BLOCKS = 50
"""Maximum number of blocks."""

LEAST_BLOCKS = 20
"""With fewer the error itself is too uncertain to judge by."""

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Paired:
    """How much higher the first model's mean ROC AUC is than the second's.

    Attributes
    ----------
    targets
        Number of targets compared: those that keep positives and negatives whichever block of
        windows is left out.
    difference
        Mean over these of the first's ROC AUC less the second's; NaN where there are none.
    error
        Standard error of `difference`; NaN without targets or with fewer than
        `LEAST_BLOCKS` blocks.
    first, second
        Shares of these targets that the first and the second model ranks better. Equal ones count
        for neither.
    """

    targets: int
    difference: float
    error: float
    first: float
    second: float

    @property
    def is_told(self) -> bool:
        """Whether the difference is more than two standard errors; a NaN tells nothing."""
        return abs(self.difference) > 2 * self.error


def block_of(windows: int) -> Places:
    """Return each window's block, (windows,): at most `BLOCKS` stretches, as long as each other.

    The last may be shorter; up to `BLOCKS` windows each is a block of its own.
    """
    return np.arange(windows) // max(1, -(-windows // BLOCKS))


def leave_out_aucs(
    labels: npt.NDArray[np.uint8], predictions: npt.NDArray[np.float32], block: Places
) -> Floats:
    """Compute every target's ROC AUC without each block of windows, ranking each target once.

    Parameters
    ----------
    labels
        uint8 (windows, targets), 0 or 1.
    predictions
        (windows, targets), of one model.
    block
        (windows,): number of each window's block, from 0.

    Returns
    -------
    numpy.ndarray
        float64 (targets, blocks), NaN where positives or negatives are missing.
    """
    result = np.empty((labels.shape[1], int(block.max()) + 1))
    for target, row in enumerate(result):
        row[:] = _without_each(labels[:, target] != 0, predictions[:, target], block, row.size)
    return result


def paired_difference(
    first: Floats, second: Floats, first_without: Floats, second_without: Floats
) -> Paired:
    """Compare two models on the same windows.

    Parameters
    ----------
    first, second
        float64 (targets,): each model's ROC AUC over all windows.
    first_without, second_without
        float64 (targets, blocks): what `leave_out_aucs` gives for each.
    """
    known = ~np.isnan(first_without).any(axis=1)
    if not known.any():
        return Paired(0, float("nan"), float("nan"), 0.0, 0.0)
    differences = (first - second)[known]
    without = (first_without - second_without)[known].mean(axis=0)
    blocks = without.size
    variance = (blocks - 1) / blocks * np.square(without - without.mean()).sum()
    return Paired(
        targets=int(known.sum()),
        difference=float(differences.mean()),
        error=float(np.sqrt(variance)) if blocks >= LEAST_BLOCKS else float("nan"),
        first=float((differences > 0).mean()),
        second=float((differences < 0).mean()),
    )


def _without_each(
    positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32], block: Places, blocks: int
) -> Floats:
    """ROC AUC of one target without each block.

    It is the share of pairs of a positive and a negative that are in the right order, ties counting
    half. Without a block, the pairs of its positives and those of its negatives are missing; those
    within it were then taken off twice.
    """
    order = np.argsort(scores)
    positive, scores, block = positive[order], scores[order], block[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    below = _below(positive, ends)
    # Of a positive: negatives below it. Of a negative: positives above it.
    beaten = np.where(positive, below[0], positive.sum() - below[1])
    lost = np.bincount(block, beaten, blocks)
    right = beaten[positive].sum()

    inner = np.argsort(block, kind="stable")
    positive, scores, block = positive[inner], scores[inner], block[inner]
    new = (scores[1:] != scores[:-1]) | (block[1:] != block[:-1])
    ends = np.flatnonzero(np.append(new, True))
    negatives = np.bincount(block, ~positive, blocks)
    before = (np.cumsum(negatives) - negatives)[block]
    within = np.bincount(block, np.where(positive, _below(positive, ends)[0] - before, 0), blocks)

    positives = np.bincount(block, positive, blocks)
    pairs = (positives.sum() - positives) * (negatives.sum() - negatives)
    return np.divide(right - lost + within, pairs, out=np.full(blocks, np.nan), where=pairs > 0)


def _below(positive: npt.NDArray[np.bool_], ends: Places) -> tuple[Floats, Floats]:
    """Count the negatives and the positives below each window, those tied with it as halves.

    Parameters
    ----------
    positive
        (windows,), in increasing order of their scores.
    ends
        The last window of each run of ties.
    """
    lengths = np.diff(ends, prepend=-1)
    counts = []
    for those in (~positive, positive):
        upto = np.cumsum(those)[ends]
        counts.append(np.repeat((upto + np.concatenate([[0], upto[:-1]])) / 2, lengths))
    return counts[0], counts[1]

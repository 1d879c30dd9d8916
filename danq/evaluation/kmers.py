"""The floor every network must beat: a linear model of canonical k-mer frequencies.

A window's features are the frequencies of the canonical 5-mers (512) in the whole window and in its
central 300 bp, 1,024 numbers. Ridge regression on the standardised features predicts all targets at
once. A network that does not beat this has learnt composition and short words, but no motif or
grammar.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.measure import per_target
from danq.genome.sequence import ALPHABET

logger = logging.getLogger(__name__)

K = 5
CENTRAL = 300
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Ridge penalties tried, as multiples of the number of training windows."""

DEFAULT_PENALTY = 1.0
"""Used when there is no validation window to choose by."""

MOST_VALIDATION = 32_768
"""One number is chosen on so many validation windows at most, so that memory stays bounded."""

BLOCK = 2048

Batches = Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]]
"""Blocks of codes uint8 (n, length) and labels uint8 (n, targets)."""


@cache
def canonical_kmers(k: int = K) -> tuple[str, ...]:
    """Canonical k-mers in alphabetical order: of a k-mer and its reverse complement the earlier.

    Examples
    --------
    >>> canonical_kmers(1)
    ('A', 'C')
    """
    complement = dict(zip(ALPHABET, reversed(ALPHABET), strict=True))
    words = [""]
    for _ in range(k):
        words = [word + base for word in words for base in ALPHABET]
    return tuple(
        word for word in words if word <= "".join(complement[base] for base in reversed(word))
    )


@cache
def _columns(k: int) -> NDArray[np.intp]:
    """Column of every k-mer read as a number in base 5; those with an unknown base get the last.

    Base 5 keeps the unknown code 4 apart from the bases, so one look-up answers both questions.
    """
    numbers = np.arange(5**k)
    digits = numbers[:, None] // 5 ** np.arange(k - 1, -1, -1) % 5
    known = (digits < 4).all(axis=1)
    powers = 4 ** np.arange(k - 1, -1, -1)
    canonical = np.minimum(digits @ powers, (3 - digits)[:, ::-1] @ powers)
    distinct = np.unique(canonical[known])
    return np.where(known, np.searchsorted(distinct, canonical), distinct.size)


def kmer_counts(codes: NDArray[np.uint8], k: int = K) -> NDArray[np.int32]:
    """Count canonical k-mers in every row.

    Parameters
    ----------
    codes
        uint8 (n, length), 0 to 3 for A, C, G, T and 4 for an unknown base.
    k
        Length of the words.

    Returns
    -------
    numpy.ndarray
        int32 (n, len(canonical_kmers(k))), columns in the order of `canonical_kmers`. Words with an
        unknown base are not counted.

    Raises
    ------
    ValueError
        When the sequences are shorter than k.
    """
    rows, length = codes.shape
    if length < k:
        raise ValueError(f"sequences of {length} bases hold no {k}-mer")
    columns = _columns(k)
    features = len(canonical_kmers(k))
    counts = np.empty((rows, features), np.int32)
    for first in range(0, rows, BLOCK):
        block = codes[first : first + BLOCK]
        words = np.zeros((len(block), length - k + 1), np.int32)
        for offset in range(k):
            words *= 5
            words += block[:, offset : length - k + 1 + offset]
        places = columns[words]
        places += np.arange(len(block))[:, None] * (features + 1)
        tally = np.bincount(places.ravel(), minlength=len(block) * (features + 1))
        counts[first : first + BLOCK] = tally.reshape(len(block), features + 1)[:, :features]
    return counts


def kmer_features(
    codes: NDArray[np.uint8], *, k: int = K, central: int = CENTRAL
) -> NDArray[np.float64]:
    """Frequencies of canonical k-mers in the whole window and in its middle.

    Parameters
    ----------
    codes
        uint8 (n, length).
    k
        Length of the words.
    central
        Length of the middle part; shorter windows are their own middle.

    Returns
    -------
    numpy.ndarray
        float64 (n, 2 * len(canonical_kmers(k))). Each half adds up to 1, or to 0 where every word
        holds an unknown base.
    """
    length = codes.shape[1]
    start = max(0, (length - central) // 2)
    parts = []
    for part in (codes, codes[:, start : start + central]):
        counts = kmer_counts(part, k)
        parts.append(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    return np.concatenate(parts, axis=1)


class KmerFloor:
    """Ridge regression of all targets on canonical k-mer frequencies.

    Made by `fit`. The solution is that of scikit-learn's ``Ridge`` on standardised features with
    an intercept. It is reached by adding up the normal equations block by block, so memory does not
    grow with the number of windows, and one eigendecomposition serves every penalty tried.

    Attributes
    ----------
    penalty
        The penalty used, as a multiple of the number of training windows.
    weights
        float64 (features, targets), on the scale of raw frequencies.
    intercept
        float64 (targets,).
    """

    def __init__(
        self,
        weights: NDArray[np.float64],
        intercept: NDArray[np.float64],
        *,
        penalty: float,
        k: int = K,
        central: int = CENTRAL,
    ) -> None:
        self.weights = weights
        self.intercept = intercept
        self.penalty = penalty
        self._k = k
        self._central = central

    @classmethod
    def fit(
        cls,
        training: Batches,
        validation: Batches = (),
        *,
        k: int = K,
        central: int = CENTRAL,
        penalties: Sequence[float] = PENALTIES,
    ) -> Self:
        """Fit on training windows and choose the penalty on validation windows.

        Parameters
        ----------
        training, validation
            Blocks of (codes uint8 (n, length), labels uint8 (n, targets)); each is read once.
        k, central
            As in `kmer_features`.
        penalties
            Tried on the first `MOST_VALIDATION` validation windows, one for all targets: that with
            the highest mean ROC AUC, so that the floor is as high as it can be. Without windows
            to tell by it is `DEFAULT_PENALTY`.

        Returns
        -------
        KmerFloor

        Raises
        ------
        ValueError
            When there is no training window.
        """
        solve = _normal_equations(training, k=k, central=central)
        tried = {
            penalty: cls(*solve(penalty), penalty=penalty, k=k, central=central)
            for penalty in {*penalties, DEFAULT_PENALTY}
        }
        scores = _validation_scores([tried[penalty] for penalty in penalties], validation)
        best = max(scores, key=scores.__getitem__) if scores else DEFAULT_PENALTY
        logger.info("k-mer floor: ridge penalty %g times the number of training windows", best)
        return tried[best]

    def predict(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict a score for every window and target; it ranks windows and is no probability.

        Parameters
        ----------
        codes
            uint8 (n, length).

        Returns
        -------
        numpy.ndarray
            float32 (n, targets). Canonical k-mers make it the same for both strands where the
            window and its middle are both even or both odd in length.
        """
        scores = np.empty((len(codes), self.intercept.size), np.float32)
        for first in range(0, len(codes), BLOCK):
            features = self._features(codes[first : first + BLOCK])
            scores[first : first + BLOCK] = self._scores(features)
        return scores

    def _features(self, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        return kmer_features(codes, k=self._k, central=self._central)

    def _scores(self, features: NDArray[np.float64]) -> NDArray[np.float32]:
        return (features @ self.weights + self.intercept).astype(np.float32)


Solution = tuple[NDArray[np.float64], NDArray[np.float64]]


def _normal_equations(training: Batches, *, k: int, central: int) -> Callable[[float], Solution]:
    """Read the training windows once; return what gives weights and intercept for a penalty."""
    windows = 0
    sums: list[NDArray[np.float64]] = []
    for codes, labels in training:
        for first in range(0, len(codes), BLOCK):
            x = kmer_features(codes[first : first + BLOCK], k=k, central=central)
            y = labels[first : first + BLOCK].astype(np.float64)
            windows += len(x)
            parts = [x.sum(axis=0), y.sum(axis=0), x.T @ x, x.T @ y]
            sums = [a + b for a, b in zip(sums, parts, strict=True)] if sums else parts
    if not sums:
        raise ValueError("the k-mer floor needs training windows, found none")
    mean, rate, gram, cross = (part / windows for part in sums)
    gram -= np.outer(mean, mean)
    cross -= np.outer(mean, rate)
    scale = np.sqrt(np.diag(gram).clip(min=0))
    # A word that is never seen, or always equally often, has no variance: it gets no weight.
    scale[scale < 1e-9] = np.inf
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    projected = vectors.T @ (cross / scale[:, None])

    def solve(penalty: float) -> Solution:
        weights = vectors @ (projected / (values + penalty)[:, None]) / scale[:, None]
        return weights, rate - mean @ weights

    return solve


def _validation_scores(models: Sequence[KmerFloor], validation: Batches) -> dict[float, float]:
    """Mean ROC AUC by penalty; empty when no target has both positives and negatives."""
    truth: list[NDArray[np.uint8]] = []
    predictions: list[list[NDArray[np.float32]]] = [[] for _ in models]
    windows = 0
    for codes, labels in validation:
        features = models[0]._features(codes)
        truth.append(labels)
        for model, parts in zip(models, predictions, strict=True):
            parts.append(model._scores(features))
        windows += len(codes)
        if windows >= MOST_VALIDATION:
            break
    if not truth:
        return {}
    scores = {}
    for model, parts in zip(models, predictions, strict=True):
        roc_auc = per_target(np.concatenate(truth), np.concatenate(parts)).roc_auc
        if not np.isnan(roc_auc).all():
            scores[model.penalty] = float(np.nanmean(roc_auc))
    return scores

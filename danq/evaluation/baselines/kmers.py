"""The baseline every network must beat: a linear model of canonical k-mer frequencies.

A window's features are the frequencies of the canonical 5-mers (512) in the whole window and in its
central 300 bp, 1,024 numbers. Ridge regression on the standardised features predicts all targets at
once. A network that does not beat this has learnt composition and short words, but no motif or
grammar.
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.baselines.ridge import PENALTIES, Batches, RidgeBaseline
from danq.genome.sequence import ALPHABET

K = 5
CENTRAL = 300
BLOCK = 2048


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


def numbers(codes: NDArray[np.uint8], offsets: Sequence[int]) -> NDArray[np.int32]:
    """Read the bases at rising offsets, the first 0, from every place as a number in base 5.

    Codes are uint8 (n, length), the numbers int32 (n, length - last offset).
    """
    places = codes.shape[1] - offsets[-1]
    words = np.zeros((len(codes), places), np.int32)
    for offset in offsets:
        words *= 5
        words += codes[:, offset : offset + places]
    return words


def tally(
    codes: NDArray[np.uint8],
    patterns: Sequence[Sequence[int]],
    columns: Sequence[NDArray[np.integer]],
    features: int,
    block: int,
) -> NDArray[np.int32]:
    """Count features in every row, (n, features), a block of rows at a time.

    Each pattern of offsets has columns: the feature of every word read as a number in base 5,
    `features` for none.
    """
    counts = np.empty((len(codes), features), np.int32)
    for first in range(0, len(codes), block):
        rows = codes[first : first + block]
        # Shorter patterns fit at more places; the rest count as none.
        places = np.full((len(patterns), *rows.shape), features, np.intp)
        for part, offsets, column in zip(places, patterns, columns, strict=True):
            read = numbers(rows, offsets)
            part[:, : read.shape[1]] = column[read]
        places += np.arange(len(rows))[:, None] * (features + 1)
        found = np.bincount(places.ravel(), minlength=len(rows) * (features + 1))
        counts[first : first + block] = found.reshape(len(rows), features + 1)[:, :features]
    return counts


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
    length = codes.shape[1]
    if length < k:
        raise ValueError(f"sequences of {length} bases hold no {k}-mer")
    return tally(codes, [range(k)], [_columns(k)], len(canonical_kmers(k)), BLOCK)


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


class KmerBaseline(RidgeBaseline):
    """Ridge regression of all targets on canonical k-mer frequencies; made by `fit`."""

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
            Tried on the first `danq.evaluation.baselines.ridge.MOST_VALIDATION` validation
            windows, one for all targets: that with the highest mean ROC AUC, so that the baseline
            is as good as it can be. Without windows to tell by it is
            `danq.evaluation.baselines.ridge.DEFAULT_PENALTY`.

        Returns
        -------
        KmerBaseline

        Raises
        ------
        ValueError
            When training windows are missing.
        """
        features = partial(kmer_features, k=k, central=central)
        return cls._fitted(features, training, validation, penalties)

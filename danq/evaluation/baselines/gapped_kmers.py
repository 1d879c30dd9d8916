"""A stronger baseline: a linear model of gapped k-mers, the words of gkm-SVM.

A gapped k-mer is a word of up to l bases of which k are fixed and the others may be any (Ghandi et
al. 2014, PLoS Comput Biol 10:e1003711). A word and its reverse complement are one feature, and
words that differ by untold bases at their ends are the same. Where k-mers of the same length are
seen too seldom to learn from, gapped ones are not, so that this baseline knows degenerate motifs.
The features are the frequencies of gapped k-mers in the central 300 bp, where the labelled bin
lies, and those of canonical 5-mers in the whole window: 2,560 and 512 numbers. Ridge regression
takes the place of gkm-SVM's support vectors: it fits all targets at once, to any number of windows.
"""

from collections.abc import Sequence
from functools import cache, partial
from itertools import combinations
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.baselines.kmers import CENTRAL, kmer_counts, tally
from danq.evaluation.baselines.ridge import PENALTIES, Batches, RidgeBaseline
from danq.genome.sequence import ALPHABET

LENGTH = 6
K = 5
GAP = "."
BLOCK = 64
"""Windows counted at once: few enough for the processor's cache."""


class _Words(NamedTuple):
    """Every gapped k-mer, and where it is counted.

    `offsets` are for each pattern the places of its told bases, the first 0. `columns`, int32
    (patterns, 5**k), is the feature of every word of a pattern, read as a number in base 5; words
    with an unknown base get the last, which is none. `names` are the features, each as the word
    that comes first in the order of patterns and letters.
    """

    offsets: tuple[tuple[int, ...], ...]
    columns: NDArray[np.int32]
    names: tuple[str, ...]


@cache
def _words(length: int, k: int) -> _Words:
    if not 1 <= k <= length:
        raise ValueError(f"words of {length} bases cannot have {k} told ones")
    offsets = tuple((0, *more) for more in combinations(range(1, length), k - 1))
    places = {pattern: place for place, pattern in enumerate(offsets)}
    digits = np.arange(5**k)[:, None] // 5 ** np.arange(k - 1, -1, -1) % 5
    known = (digits < 4).all(axis=1)
    powers = 4 ** np.arange(k - 1, -1, -1)
    forward, reverse = digits @ powers, (3 - digits)[:, ::-1] @ powers
    first = np.empty((len(offsets), 5**k), np.int64)
    for place, pattern in enumerate(offsets):
        other = places[tuple(pattern[-1] - offset for offset in reversed(pattern))]
        first[place] = np.minimum(place * 4**k + forward, other * 4**k + reverse)
    distinct = np.unique(first[:, known])
    columns = np.where(known, np.searchsorted(distinct, first), distinct.size)
    names = tuple(_name(offsets[word // 4**k], word % 4**k) for word in distinct.tolist())
    return _Words(offsets, columns.astype(np.int32), names)


def _name(offsets: tuple[int, ...], number: int) -> str:
    letters = [GAP] * (offsets[-1] + 1)
    for offset in reversed(offsets):
        number, base = divmod(number, 4)
        letters[offset] = ALPHABET[base]
    return "".join(letters)


def canonical_gapped_kmers(length: int = LENGTH, k: int = K) -> tuple[str, ...]:
    """Name the gapped k-mers, one of each pair of reverse complements, with dots in the gaps.

    Parameters
    ----------
    length
        Bases that a word covers at most (l in the paper).
    k
        How many of them are fixed (k in the paper).

    Examples
    --------
    >>> canonical_gapped_kmers(2, 1)
    ('A', 'C')
    >>> canonical_gapped_kmers(3, 2)[-4:]
    ('C.G', 'G.A', 'G.C', 'T.A')
    """
    return _words(length, k).names


def gapped_kmer_counts(
    codes: NDArray[np.uint8], *, length: int = LENGTH, k: int = K
) -> NDArray[np.int32]:
    """Count gapped k-mers in every row, those of all patterns.

    Parameters
    ----------
    codes
        uint8 (n, bases), 0 to 3 for A, C, G, T and 4 for an unknown base.
    length, k
        As in `canonical_gapped_kmers`.

    Returns
    -------
    numpy.ndarray
        int32 (n, words), columns in the order of `canonical_gapped_kmers`. Words with an unknown
        base among those told are not counted.

    Raises
    ------
    ValueError
        When the sequences are shorter than `length`.
    """
    bases = codes.shape[1]
    if bases < length:
        raise ValueError(f"sequences of {bases} bases hold no gapped word of {length}")
    words = _words(length, k)
    return tally(codes, words.offsets, list(words.columns), len(words.names), BLOCK)


def gapped_kmer_features(
    codes: NDArray[np.uint8], *, length: int = LENGTH, k: int = K, central: int = CENTRAL
) -> NDArray[np.float32]:
    """Frequencies of gapped k-mers in the middle of the window, and of 5-mers in all of it.

    Parameters
    ----------
    codes
        uint8 (n, bases).
    length, k
        As in `canonical_gapped_kmers`.
    central
        Length of the middle part; shorter windows are their own middle.

    Returns
    -------
    numpy.ndarray
        float32 (n, gapped k-mers + canonical 5-mers). Either part of a row adds up to 1, or to 0
        where every word holds an unknown base.
    """
    start = max(0, (codes.shape[1] - central) // 2)
    middle = codes[:, start : start + central]
    parts = []
    for counts in (gapped_kmer_counts(middle, length=length, k=k), kmer_counts(codes)):
        share = counts.astype(np.float32)
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
        parts.append(share)
    return np.concatenate(parts, axis=1)


class GappedKmerBaseline(RidgeBaseline):
    """Ridge regression of all targets on `gapped_kmer_features`; made by `fit`."""

    @classmethod
    def fit(
        cls,
        training: Batches,
        validation: Batches = (),
        *,
        length: int = LENGTH,
        k: int = K,
        central: int = CENTRAL,
        penalties: Sequence[float] = PENALTIES,
    ) -> Self:
        """Fit on training windows and choose the penalty on validation windows.

        Parameters
        ----------
        training, validation, penalties
            As in `danq.evaluation.baselines.kmers.KmerBaseline.fit`.
        length, k, central
            As in `gapped_kmer_features`. Memory grows with the square of the number of words,
            C(length - 1, k - 1) times 4 to the power of k, halved by the strands.

        Returns
        -------
        GappedKmerBaseline

        Raises
        ------
        ValueError
            When training windows are missing.
        """
        features = partial(gapped_kmer_features, length=length, k=k, central=central)
        return cls._fitted(features, training, validation, penalties)

"""Log-odds of motifs over stretches of sequence, and how high they must be to count."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.sequence import Codes, one_hot
from danq.models.motifs.files import Motif

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

P_VALUE = 1e-4
"""Of a motif that counts: how often a random word of its length scores as high, as in FIMO."""

_BACKGROUND = 0.25
_PSEUDOCOUNT = 0.1 / 20
"""Of the background, to each position's frequencies: FIMO's 0.1 for a motif of 20 sites."""

_STEPS = 1000
"""Per bit, in which scores are counted for a threshold."""

_WORDS = 1 << 15
"""Number of words that are scored at once."""

_DECIMALS = 9
_ROUNDING = 1e-8
"""What sums in another order differ by, which must not decide between equal scores."""


class Place(NamedTuple):
    """Where a motif scores highest: the index of its first base, and ``+`` or ``-``."""

    start: int
    strand: str


class MotifScan:
    """Motifs as matrices of log-odds.

    A score is the sum over a word of log2(frequency / 0.25), the frequencies with 0.005 of the
    background added. Backgrounds are uniform, so that a word scores the same wherever it stands.
    A base that is unknown counts 0: it is as likely in a motif as in the background.

    Parameters
    ----------
    motifs
        What to look for.
    p_value
        A score counts when it is above 0 and at most this share of all words reaches it.

    Attributes
    ----------
    names
        The motifs' names.
    log_odds
        float64 (width, 4) of each motif.
    thresholds
        float64 (motifs,): the score that each must reach; infinite where no word is rare enough,
        as with six bases or fewer at 1e-4.
    """

    def __init__(self, motifs: Sequence[Motif], *, p_value: float = P_VALUE) -> None:
        self.names = [motif.name for motif in motifs]
        self.log_odds = [_log_odds(motif.frequencies) for motif in motifs]
        self.thresholds = np.array([_threshold(each, p_value) for each in self.log_odds], float)
        widths = np.array([len(each) for each in self.log_odds], int)
        self._of_width = {int(width): np.flatnonzero(widths == width) for width in set(widths)}

    @property
    def never_count(self) -> list[str]:
        """Names of the motifs whose best word is too frequent by chance to count."""
        thresholds = zip(self.names, self.thresholds, strict=True)
        return [name for name, threshold in thresholds if np.isinf(threshold)]

    def best(self, codes: Codes, stretches: Sequence[tuple[int, int]]) -> Floats:
        """Score every motif where it touches a stretch, on both strands, and keep the highest.

        Parameters
        ----------
        codes
            uint8 (n, length).
        stretches
            Half-open ends in each sequence; of an empty stretch, motifs span the bases around it.

        Returns
        -------
        numpy.ndarray
            float64 (n, motifs); minus infinity where a motif does not fit in.
        """
        result = np.full((len(codes), len(self.names)), -np.inf)
        for width, numbers in self._of_width.items():
            matrix = self._matrix(numbers)
            low, high = _starts(np.array(stretches, int).reshape(-1, 2), codes.shape[1], width)
            counts = np.maximum(high - low, 0)
            for rows in _parts(counts):
                some = counts[rows]
                offsets = np.cumsum(some) - some
                first = np.repeat(low[rows] - offsets, some) + np.arange(some.sum())
                where = first[:, None] + np.arange(width)
                words = codes[np.repeat(rows, some)[:, None], where]
                scores = one_hot(words, dtype=np.float64).reshape(len(words), -1) @ matrix
                scores = np.maximum(scores[:, : len(numbers)], scores[:, len(numbers) :])
                result[np.ix_(rows, numbers)] = np.maximum.reduceat(scores, offsets)
        return result.round(_DECIMALS)

    def _matrix(self, numbers: Integers) -> Floats:
        """Return motifs of one width as columns over one-hot words, then the other strand's."""
        forward = np.array([self.log_odds[number] for number in numbers])
        both = np.concatenate([forward, forward[:, ::-1, ::-1]])
        return both.reshape(len(both), -1).T

    def place(self, codes: Codes, stretch: tuple[int, int], motif: int) -> Place:
        """Find where one motif scores highest in one sequence; of equal scores, the first.

        Parameters
        ----------
        codes
            uint8 (length,).
        stretch
            As in `best`; the motif must fit in.
        motif
            Its index.
        """
        matrix = self._matrix(np.array([motif]))
        width = len(self.log_odds[motif])
        (low,), (high,) = _starts(np.array([stretch]), len(codes), width)
        words = np.lib.stride_tricks.sliding_window_view(codes, width)[low:high]
        scores = one_hot(words, dtype=np.float64).reshape(len(words), -1) @ matrix
        offset, is_reverse = divmod(int(scores.round(_DECIMALS).argmax()), 2)
        return Place(int(low) + offset, "-" if is_reverse else "+")


def _log_odds(frequencies: Floats) -> Floats:
    smooth = (frequencies + _PSEUDOCOUNT * _BACKGROUND) / (1 + _PSEUDOCOUNT)
    result: Floats = np.log2(smooth / _BACKGROUND)
    return result


def _threshold(log_odds: Floats, p_value: float) -> float:
    """Return the lowest score above 0 that at most a share of all words reaches.

    Words are counted by what they lack of the highest score, each position's share of it rounded
    up to a step. The best word lacks nothing, so that rounding never puts it below the threshold.
    """
    highest = log_odds.max(axis=1)
    steps = np.ceil((highest[:, None] - log_odds) * _STEPS - _ROUNDING).astype(int)
    shares = np.zeros(int(highest.sum() * _STEPS) + 1)
    shares[0] = 1
    for row in steps:
        shares, before = np.zeros_like(shares), shares
        for step in row:
            shares[step:] += _BACKGROUND * before[: max(len(before) - step, 0)]
    rare = np.flatnonzero(np.cumsum(shares) <= p_value)
    return float(highest.sum() - rare[-1] / _STEPS - _ROUNDING) if rare.size else np.inf


def _starts(stretches: Integers, length: int, width: int) -> tuple[Integers, Integers]:
    """Return the half-open range in which motifs of a width begin that touch each stretch."""
    start, end = stretches.T
    return np.maximum(start - width + 1, 0), np.minimum(end, length - width + 1)


def _parts(counts: Integers) -> Iterator[Integers]:
    """Divide the rows that have words into parts of about `_WORDS` words."""
    rows = np.flatnonzero(counts)
    if rows.size:
        part = np.cumsum(counts[rows]) // _WORDS
        yield from np.split(rows, np.flatnonzero(np.diff(part)) + 1)

"""In-silico mutagenesis: what every substitution of a base does to a prediction."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from danq.genome.sequence import UNKNOWN, Codes, reverse_complement
from danq.interpretation.maps import ExplainedOutput, Floats
from danq.models import Predictor
from danq.models.sharing import Edits, Span

_WINDOWS = 8
"""Windows whose substitutions are predicted at once; both strands of each are."""


def substitution_effects(
    predictor: Predictor,
    codes: Codes,
    outputs: Sequence[ExplainedOutput],
    *,
    span: Span,
    unit: str = "logit",
    chosen: npt.NDArray[np.bool_] | None = None,
) -> tuple[Floats, Floats]:
    """Predict what A, C, G or T at each position of a span would change.

    Both strands are predicted, and their mean taken. At the centre of a window these are the
    changes that `danq score` gives for a single-nucleotide variant there, of the natural logarithm
    of the odds and not of log2; elsewhere it would centre another window on the variant.

    Parameters
    ----------
    predictor
        The network.
    codes
        uint8 (n, window).
    outputs
        The T outputs, each the mean over some targets.
    span
        Positions of the window that are changed.
    unit
        ``logit`` or ``probability``.
    chosen
        bool (n, span.size): positions that are changed, at least one; by default all.

    Returns
    -------
    effects
        float32 (n, T, span.size, 4): the change that each base makes, 0 for the one that is there.
        An unknown base is replaced too: what each known one would change.
    predicted
        float32 (n, T): the prediction for the windows as they are.
    """
    effects = np.empty((len(codes), len(outputs), span.size, 4), np.float32)
    predicted = np.empty((len(codes), len(outputs)), np.float32)
    reduce = _Mean(outputs, unit)
    for first in range(0, len(codes), _WINDOWS):
        some = codes[first : first + _WINDOWS]
        both = np.concatenate([some, reverse_complement(some)])
        wanted = None if chosen is None else chosen[first : first + _WINDOWS]
        edits, places = _every_substitution(both, span, wanted)
        z, changed = predictor.edit_logits(
            both, edits, Span(*_both_ways(span, both.shape[1])), reduce=reduce, columns=len(outputs)
        )
        differences = np.zeros((len(both) * span.size * 4, len(outputs)), np.float32)
        differences[places] = changed - z[edits.rows]
        strands = differences.reshape(2, len(some), span.size, 4, len(outputs))
        # In the second half positions and bases are those of the first already.
        mean = strands.mean(axis=0, dtype=np.float64).transpose(0, 3, 1, 2)
        effects[first : first + len(some)] = mean
        predicted[first : first + len(some)] = z.reshape(2, len(some), -1).mean(axis=0)
    return effects, predicted


def hypothetical_of(effects: Floats) -> Floats:
    """Return hypothetical contributions: each base's effect less the mean over the four."""
    return effects - effects.mean(axis=-1, keepdims=True)


class _Mean:
    """Takes the mean of each output's targets, in a unit."""

    def __init__(self, outputs: Sequence[ExplainedOutput], unit: str) -> None:
        self._columns = [list(output.columns) for output in outputs]
        are_single = all(len(columns) == 1 for columns in self._columns)
        # Hundreds of single targets are taken at once, many times faster than one by one.
        self._single = [columns[0] for columns in self._columns] if are_single else None
        self._is_probability = unit == "probability"

    def __call__(self, logits: Floats) -> Floats:
        values = expit(logits) if self._is_probability else logits
        if self._single is not None:
            return values[:, self._single]
        return np.stack([values[:, columns].mean(axis=1) for columns in self._columns], axis=1)


def _both_ways(span: Span, window: int) -> tuple[int, int]:
    """Return the positions that a span has on either strand."""
    return min(span.first, window - span.last), max(span.last, window - span.first)


def _every_substitution(
    both: Codes, span: Span, chosen: npt.NDArray[np.bool_] | None
) -> tuple[Edits, npt.NDArray[np.intp]]:
    """Return the substitutions of windows and their other strands, and the place of each.

    A place is that in an array (windows, span.size, 4) whose positions and bases are those of the
    forward strand.
    """
    windows, length = both.shape
    half = windows // 2
    forward = both[:half, span.first : span.last]
    differs = forward[:, :, None] != np.arange(4)
    rows, positions, bases = np.nonzero(differs if chosen is None else differs & chosen[..., None])
    places = np.ravel_multi_index((rows, positions, bases), (half, span.size, 4))
    at = positions + span.first
    edits = Edits(
        np.concatenate([rows, rows + half]).astype(np.int32),
        np.concatenate([at, length - 1 - at]).astype(np.int32),
        np.concatenate([bases, UNKNOWN - 1 - bases]).astype(np.uint8)[:, None],
    )
    return edits, np.concatenate([places, places + forward.size * 4])

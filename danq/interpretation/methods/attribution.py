"""Contributions of bases from gradients: saliency, integrated and expected gradients.

Every method gives *hypothetical* contributions: what A, C, G or T would add at each position, were
it there. With the gradient g at some sequence of numbers and a baseline b, both (window, 4), those
of a position are ``g[k] - sum(b[c] * g[c] for c in range(4))``: what a step from the baseline to
base k adds. The methods differ in where gradients are taken, and in the baseline:

====================  ===============================  ==========================================
method                gradients at                     baseline
====================  ===============================  ==========================================
saliency              the window x                     1/4 in every channel
gradient-input        the window x                     0
integrated-gradients  the path from a baseline to x    one, or the mean over shuffled windows
expected-gradients    a few random points of the path  the mean over many shuffled windows
====================  ===============================  ==========================================

Saliency is thus corrected by its mean over the four bases, since a one-hot sequence never leaves
the plane on which they sum to 1 (Majdandzic et al. 2023, Genome Biology 24:109). Gradient times
input is not corrected. Networks with recurrent layers are as welcome as others: no method needs
rules for layers, as DeepLIFT would.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from danq.errors import InputError, quoted
from danq.genome.sequence import UNKNOWN, Codes
from danq.interpretation.maps import ExplainedOutput, Floats
from danq.interpretation.methods.completeness import Completeness
from danq.interpretation.methods.interpolation import Doubles, Plan, Point
from danq.models.inputs import as_codes
from danq.ranges import SEED, checked, whole

if TYPE_CHECKING:
    from danq.interpretation.methods.gradients import Gradients
    from danq.models import Predictor

INTEGRATED, EXPECTED = COMPLETE = "integrated-gradients", "expected-gradients"
GRADIENTS = ("saliency", "gradient-input", *COMPLETE)
BASELINES = ("shuffled", "zero", "mean")
UNITS = ("logit", "probability")

STEPS = whole(1, 1000)
NUMBER = whole(1, 1000)
"""What steps and numbers of baselines may be."""

TOLERANCE = 0.01
"""How far from complete integrated gradients may stay, as a share of the difference."""

Item = TypeVar("Item")


class Attribution(NamedTuple):
    """Contributions of the bases of n windows to T outputs.

    Attributes
    ----------
    hypothetical
        float32 (n, T, window, 4), in the order A, C, G, T; 0 where a base is unknown.
    predicted
        float32 (n, T): the outputs, in the same unit.
    completeness
        None for the methods whose contributions need not sum to anything.
    """

    hypothetical: Floats
    predicted: Floats
    completeness: Completeness | None


@checked
def attribute(
    predictor: "Predictor",
    codes: Codes,
    outputs: Sequence[ExplainedOutput],
    *,
    method: str,
    unit: str = "logit",
    baseline: str = "shuffled",
    baselines: int | None = None,
    steps: int | None = None,
    seed: int = 0,
) -> Attribution:
    """Compute what each base contributes to outputs, by gradients.

    Predictions and gradients are means over both strands: the map of a reverse complement is the
    map of the window, turned round. Every output costs a pass forward and a pass back through the
    network for each place where gradients are taken, for both strands. Memory beyond that of the
    result does not depend on the number of windows.

    An unknown base contributes nothing, and is unknown in every baseline too. What is random
    depends on the seed and the window alone, not on the windows around it.

    Contributions of integrated gradients sum to the difference from baselines within 1 %, unless
    the difference is very small or `steps` are few. Expected gradients are a sample, whose sum is
    off by some per cent. `Completeness` holds what was reached.

    Parameters
    ----------
    predictor
        The network; in whatever precision it predicts, gradients are float32.
    codes
        uint8 (n, window).
    outputs
        What to explain: each the mean over some of the network's targets.
    method
        ``saliency``, ``gradient-input``, ``integrated-gradients`` (Sundararajan et al. 2017, ICML)
        or ``expected-gradients`` (Erion et al. 2021, Nature Machine Intelligence 3:620).
    unit
        ``logit``, or ``probability`` for gradients through the sigmoid.
    baseline
        Where integrated gradients start: ``shuffled`` windows of the same dinucleotides
        (`danq.interpretation.methods.shuffling`), ``zero`` in every channel, or the ``mean``, 1/4
        in every channel whatever an unknown base is to the network. Those of expected gradients are
        shuffled.
    baselines
        Number of shuffled windows: by default 25, of expected gradients 200.
    steps
        Gradients per baseline. Of integrated gradients the largest number, by default 128, of a
        single baseline 512: it is halved while it is even and above 16 (64), and doubled again as
        long as contributions miss what they should sum to by more than 1 %. Of expected gradients
        by default 4, one at a random place in each of as many equal parts of the path. The parts of
        different baselines are staggered, which leaves less to chance than places drawn one by one.
    seed
        What shuffles and places are drawn from.

    Raises
    ------
    InputError
        When the windows are not of the network's length, a name is unknown, a number is out of
        range, or an output has other targets than the network.
    """
    from danq.interpretation.methods.gradients import gradients_of

    codes = as_codes(codes, predictor.window)
    shares = _shares(outputs, predictor.n_targets)
    _check_name("unit", unit, UNITS)
    plan = _plan(method, baseline, baselines, steps, seed, predictor.unknown)
    gradients = gradients_of(predictor, unit)
    predicted = _predict(gradients, shares, enumerate(map(plan.encode, codes)), len(codes))
    difference = np.zeros_like(predicted)
    if method in COMPLETE:
        difference = predicted - _predict(gradients, shares, plan.starts(codes), len(codes))
    hypothetical = np.empty((len(codes), len(outputs), predictor.window, 4), np.float32)
    for output, share in enumerate(shares):
        maps = hypothetical[:, output]
        rows = np.arange(len(codes))
        for number, rule in enumerate(plan.rules()):
            new = _average(gradients, share, plan.points(codes[rows], rule), codes[rows])
            maps[rows] = (maps[rows] + new) / 2 if number else new
            missed = np.abs(_total(maps[rows], codes[rows]) - difference[rows, output])
            rows = rows[missed > TOLERANCE * np.abs(difference[rows, output])]
    completeness = None
    if method in COMPLETE:
        total = [_total(hypothetical[:, output], codes) for output in range(len(outputs))]
        completeness = Completeness(difference, np.stack(total, axis=1))
    return Attribution(hypothetical, predicted.astype(np.float32), completeness)


def _predict(
    gradients: "Gradients", shares: Floats, sequences: Iterator[tuple[int, Floats]], number: int
) -> Doubles:
    """Average the predictions of the sequences of each of some windows, float64 (number, T)."""
    sums, counts = np.zeros((number, len(shares))), np.zeros((number, 1))
    for batch in _batches(sequences, gradients.rows):
        windows = [window for window, _ in batch]
        values = gradients.values(np.stack([sequence for _, sequence in batch]))
        np.add.at(sums, windows, values.astype(np.float64) @ shares.T)
        np.add.at(counts, windows, 1)
    return sums / counts


def _average(
    gradients: "Gradients", share: Floats, points: Iterator[Point], codes: Codes
) -> Floats:
    """Average the hypothetical contributions of an output over points, float32 (n, window, 4)."""
    maps = np.zeros((*codes.shape, 4), np.float32)
    for batch in _batches(points, gradients.rows):
        slopes = gradients.slopes(np.stack([point.sequence for point in batch]), share)
        for point, slope in zip(batch, slopes, strict=True):
            start = (point.baseline * slope).sum(axis=1, keepdims=True)
            maps[point.window] += np.float32(point.weight) * (slope - start)
    return maps * (codes < UNKNOWN)[..., None]


def _plan(
    method: str,
    baseline: str,
    number: int | None,
    steps: int | None,
    seed: int,
    unknown: float,
) -> Plan:
    _check_name("method", method, GRADIENTS)
    _check_name("baseline", baseline, BASELINES)
    SEED.check("seed", seed)
    is_random = method == EXPECTED
    if method == INTEGRATED:
        constant = {"shuffled": None, "zero": 0.0, "mean": 0.25}[baseline]
    else:
        constant = {"saliency": 0.25, "gradient-input": 0.0, EXPECTED: None}[method]
    if number is None:
        number = 200 if is_random else 25
    if steps is None:
        steps = 4 if is_random else 128 if constant is None else 512
    NUMBER.check("baselines", number)
    STEPS.check("steps", steps)
    return Plan(
        constant,
        number if constant is None else 1,
        steps if method in COMPLETE else 0,
        is_random,
        seed,
        unknown,
    )


def _shares(outputs: Sequence[ExplainedOutput], n_targets: int) -> Floats:
    """Return what each target counts in each output, float32 (T, targets)."""
    shares = np.zeros((len(outputs), n_targets), np.float32)
    for row, output in zip(shares, outputs, strict=True):
        wrong = [column for column in output.columns if not 0 <= column < n_targets]
        if wrong or not output.columns:
            raise InputError(
                f"found {f'column {wrong[0]}' if wrong else 'no column'} in the output "
                f"{quoted(output.name)}, expected some of the network's {n_targets} targets"
            )
        row[list(output.columns)] = 1 / len(output.columns)
    return shares


def _total(maps: Floats, codes: Codes) -> Doubles:
    """Sum the contributions of the bases that are there, float64 (n,)."""
    chosen = np.where(codes < UNKNOWN, codes, 0)[..., None].astype(np.intp)
    return np.take_along_axis(maps, chosen, axis=2).sum(axis=(1, 2), dtype=np.float64)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch


def _check_name(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise InputError(f"found {kind} {quoted(name)}, expected one of {', '.join(known)}")

"""What a change does to each target: four windows in, two scores out."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.genome.sequence import Codes, reverse_complement
from danq.genome.variants import Change, windows
from danq.threads import side_by_side

Floats = npt.NDArray[np.float32]

LARGEST_LOGIT = math.log(1e12)
"""Logits are clipped here before their difference is taken."""

_COMPARED = 256
"""Changes compared at once, in one thread: few, as they take 50 bytes a target in float64."""

UNITS = (
    "diff: p(ALT) - p(REF); "
    "logit: change of log2 odds, logits clipped at ln(1e12); "
    "both taken per strand, then averaged over the two strands"
)


class SupportsLogits(Protocol):
    """What scoring asks of a predictor; `danq.models.Predictor` has it."""

    @property
    def window(self) -> int:
        """Bases that the network reads."""

    @property
    def n_targets(self) -> int:
        """Targets that it predicts."""

    def logits(self, codes: Codes) -> Floats:
        """Predict (n, targets) values before the sigmoid for (n, window) codes of one strand."""


@runtime_checkable
class SupportsAlleles(Protocol):
    """What a predictor may have beside, to share work between alleles; `Predictor` has it."""

    def allele_logits(
        self, references: Codes, alternatives: Codes, rows: npt.NDArray[np.integer]
    ) -> tuple[Floats, Floats]:
        """Predict references (r, targets) and alternatives (n, targets), each of a row of them."""


@dataclass(frozen=True)
class AlleleWindows:
    """The windows of n changes, on both strands, and which reference each has.

    Attributes
    ----------
    references
        uint8 (2 r, window): the r distinct windows of the genome, then their other strands.
    alternatives
        uint8 (2 n, window): with the changes made, then their other strands.
    rows
        int64 (n,): for each change its place among the r.
    """

    references: Codes
    alternatives: Codes
    rows: npt.NDArray[np.int64]


@dataclass(frozen=True)
class AlleleLogits:
    """What a network gives for `AlleleWindows`, row by row: float32 (…, targets)."""

    references: Floats
    alternatives: Floats


def cut(reference: Reference, changes: Sequence[Change], window: int) -> AlleleWindows:
    """Cut the windows of changes.

    Parameters
    ----------
    reference
        The genome.
    changes
        n normalised changes that fit the window.
    window
        Bases in a window.
    """
    with_ref, with_alt = windows(reference, changes, window)
    first, rows = _shared_windows(changes)
    with_ref = with_ref[first]
    return AlleleWindows(
        np.concatenate([with_ref, reverse_complement(with_ref)]),
        np.concatenate([with_alt, reverse_complement(with_alt)]),
        np.array(rows, dtype=np.int64),
    )


def predict(predictor: SupportsLogits, alleles: AlleleWindows) -> AlleleLogits:
    """Predict all windows, sharing what alleles have in common where the predictor can."""
    references, alternatives = alleles.references, alleles.alternatives
    if not len(alternatives):
        empty = np.empty((0, predictor.n_targets), dtype=np.float32)
        return AlleleLogits(empty, empty)
    if isinstance(predictor, SupportsAlleles):
        rows = np.concatenate([alleles.rows, alleles.rows + len(references) // 2])
        return AlleleLogits(*predictor.allele_logits(references, alternatives, rows))
    z = predictor.logits(np.concatenate([references, alternatives]))
    return AlleleLogits(z[: len(references)], z[len(references) :])


def compare(logits: AlleleLogits, rows: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Take the difference that each change makes, and the probabilities of both alleles.

    Parameters
    ----------
    logits
        What `predict` gave.
    rows
        (n,): each change's reference, as in `AlleleWindows`.

    Returns
    -------
    dict of str to numpy.ndarray
        float32, shape (n, targets) each: ``diff`` and ``logit``, the change of probability and of
        log2 odds, and ``p_ref`` and ``p_alt``, the probabilities. Each is taken per strand and
        then averaged over the two strands.

    Raises
    ------
    InputError
        When the network gives values that are not numbers.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods.
    """
    targets = logits.references.shape[1]
    shape = (len(rows), targets)
    found = {name: np.empty(shape, np.float32) for name in ("diff", "logit", "p_ref", "p_alt")}
    z_ref = logits.references.reshape(2, -1, targets)
    z_alt = logits.alternatives.reshape(2, -1, targets)
    if np.isnan(z_ref).any() or np.isnan(z_alt).any():
        raise InputError("the network's outputs are not numbers (NaN), so nothing can be scored")

    def fill(first: int) -> None:
        part = slice(first, first + _COMPARED)
        ref = z_ref[:, rows[part]].astype(np.float64)
        alt = z_alt[:, part].astype(np.float64)
        p_ref, p_alt = expit(ref), expit(alt)
        bound = (-LARGEST_LOGIT, LARGEST_LOGIT)
        change = (np.clip(alt, *bound) - np.clip(ref, *bound)) / math.log(2)
        parts = {"diff": p_alt - p_ref, "logit": change, "p_ref": p_ref, "p_alt": p_alt}
        for name, values in parts.items():
            found[name][part] = values.mean(axis=0)

    deque(side_by_side(fill, range(0, len(rows), _COMPARED)), maxlen=0)
    return found


def effects(
    predictor: SupportsLogits, reference: Reference, changes: Sequence[Change]
) -> tuple[Floats, Floats]:
    """Score changes: `cut`, `predict` and `compare` in one go.

    Parameters
    ----------
    predictor
        Gives logits for windows.
    reference
        The genome.
    changes
        n normalised changes that fit the predictor's window.

    Returns
    -------
    diff, logit : numpy.ndarray
        float32, shape (n, targets), as in `compare`.
    """
    alleles = cut(reference, changes, predictor.window)
    found = compare(predict(predictor, alleles), alleles.rows)
    return found["diff"], found["logit"]


def _shared_windows(changes: Sequence[Change]) -> tuple[list[int], list[int]]:
    """Find the distinct reference windows, so that those of one place are predicted once.

    `first` has for each distinct window the change that has it first, and `shared` for each change
    its window's place in `first`.
    """
    places: dict[tuple[str, int], int] = {}
    first: list[int] = []
    shared: list[int] = []
    for row, change in enumerate(changes):
        place = (change.contig, change.start)
        if place not in places:
            places[place] = len(first)
            first.append(row)
        shared.append(places[place])
    return first, shared

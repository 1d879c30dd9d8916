"""What a change does to each target: four windows in, two scores out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.genome.sequence import Codes, reverse_complement
from danq.genome.variants import Change, windows

Floats = npt.NDArray[np.float32]

LARGEST_LOGIT = math.log(1e12)
"""Logits are clipped here before their difference is taken."""

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


def effects(
    predictor: SupportsLogits, reference: Reference, changes: Sequence[Change]
) -> tuple[Floats, Floats]:
    """Score changes by the difference that they make to the predictions.

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
        float32, shape (n, targets): the change of probability and of log2 odds, each taken per
        strand and then averaged over the two strands.

    Raises
    ------
    InputError
        When the network gives values that are not numbers.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods.
    """
    if not changes:
        empty = np.empty((0, predictor.n_targets), dtype=np.float32)
        return empty, empty.copy()
    with_ref, with_alt = windows(reference, changes, predictor.window)
    first, shared = _shared_windows(changes)
    z_ref, z_alt = _both_strands(predictor, with_ref[first], with_alt, np.array(shared))
    if np.isnan(z_ref).any() or np.isnan(z_alt).any():
        raise InputError("the network's outputs are not numbers (NaN), so nothing can be scored")
    z_ref = z_ref[:, shared]
    diff = expit(z_alt) - expit(z_ref)
    bound = (-LARGEST_LOGIT, LARGEST_LOGIT)
    logit = (np.clip(z_alt, *bound) - np.clip(z_ref, *bound)) / math.log(2)
    return diff.mean(axis=0).astype(np.float32), logit.mean(axis=0).astype(np.float32)


def _both_strands(
    predictor: SupportsLogits, references: Codes, alternatives: Codes, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Predict r reference and n alternative windows: (2, r, targets), (2, n, targets) by strand."""
    of_references = np.concatenate([references, reverse_complement(references)])
    of_alternatives = np.concatenate([alternatives, reverse_complement(alternatives)])
    if isinstance(predictor, SupportsAlleles):
        z_ref, z_alt = predictor.allele_logits(
            of_references, of_alternatives, np.concatenate([rows, rows + len(references)])
        )
    else:
        z = predictor.logits(np.concatenate([of_references, of_alternatives]))
        z_ref, z_alt = z[: len(of_references)], z[len(of_references) :]
    return (
        z_ref.reshape(2, len(references), -1).astype(np.float64),
        z_alt.reshape(2, len(alternatives), -1).astype(np.float64),
    )


def spread(scores: Floats, is_scored: npt.NDArray[np.bool_]) -> Floats:
    """Give every allele a row: its scores, or NaN where there is a reason instead.

    Parameters
    ----------
    scores
        float32, shape (scored, targets).
    is_scored
        bool, shape (alleles,).

    Returns
    -------
    numpy.ndarray
        float32, shape (alleles, targets).
    """
    result = np.full((len(is_scored), scores.shape[1]), np.nan, dtype=np.float32)
    result[is_scored] = scores
    return result


def _shared_windows(changes: Sequence[Change]) -> tuple[list[int], list[int]]:
    """Find the distinct reference windows, so that those of one place are predicted once.

    Returns
    -------
    first : list of int
        For each distinct window, the change that has it first.
    shared : list of int
        For each change, its window's place in `first`.
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

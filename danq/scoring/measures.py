"""What is computed from the scores of a block: every quantity a run can write is declared here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from danq.scoring.block import Quantity, Scores
from danq.scoring.effects import AlleleLogits, AlleleWindows, compare

DIFF = Quantity("diff", "change of probability, p(ALT) - p(REF)", columns="targets")
LOGIT = Quantity("logit", "change of log2 odds", columns="targets")
LARGEST = Quantity(
    "largest", "logit change with the largest absolute value, signed", is_tabled=False
)
BEST = Quantity("best", "place of the target concerned", dtype=np.int32, is_tabled=False)


class Measure(Protocol):
    """Computes quantities from those before it.

    Attributes
    ----------
    quantities
        What it adds.
    """

    quantities: tuple[Quantity, ...]

    def __call__(self, scores: Scores) -> Scores:
        """Give the arrays of `quantities`, by name."""


class Largest:
    """The largest absolute logit change over the targets, and where it is."""

    quantities: tuple[Quantity, ...] = (LARGEST, BEST)

    def __call__(self, scores: Scores) -> Scores:
        """Give the largest change of each scored allele, signed, and its target's place."""
        logit = scores["logit"]
        best = np.abs(logit).argmax(axis=1)
        largest = np.take_along_axis(logit, best[:, None], axis=1)[:, 0]
        return {"largest": largest, "best": best.astype(np.int32)}


class Measures:
    """All quantities of a run.

    Parameters
    ----------
    measures
        What is computed from diff and logit, each from those before it too; by default `Largest`.

    Attributes
    ----------
    quantities : tuple of Quantity
        diff, logit, and those of the measures.
    """

    def __init__(self, measures: Sequence[Measure] | None = None) -> None:
        self._measures: Sequence[Measure] = [Largest()] if measures is None else measures
        added = [quantity for measure in self._measures for quantity in measure.quantities]
        self.quantities: tuple[Quantity, ...] = (DIFF, LOGIT, *added)

    @property
    def names(self) -> frozenset[str]:
        """The names of all quantities."""
        return frozenset(quantity.name for quantity in self.quantities)

    def of(self, logits: AlleleLogits, alleles: AlleleWindows) -> Scores:
        """Compute the scores of a block.

        Parameters
        ----------
        logits
            What `danq.scoring.effects.predict` gave.
        alleles
            The windows it was given.
        """
        diff, logit = compare(logits, alleles.rows)
        scores: Scores = {"diff": diff, "logit": logit}
        for measure in self._measures:
            scores = {**scores, **measure(scores)}
        return scores

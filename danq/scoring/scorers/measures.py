"""What is computed from the scores of a block: every quantity a run can write is declared here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from danq.scoring.e_values.exceedance import functional_scores
from danq.scoring.scorers.effects import Floats
from danq.scoring.scorers.groups import Groups
from danq.scoring.scorers.quantities import Quantity, Scores

DIFF = Quantity("diff", "change of probability, p(ALT) - p(REF)", columns="targets")
LOGIT = Quantity("logit", "change of log2 odds", columns="targets")
DIFF_SD = Quantity("diff_sd", "standard deviation of diff over the models", columns="targets")
LOGIT_SD = Quantity("logit_sd", "standard deviation of logit over the models", columns="targets")
LARGEST = Quantity(
    "largest", "logit change with the largest absolute value, signed", is_tabled=False
)
BEST = Quantity("best", "place of the target concerned", dtype=np.int32, is_tabled=False)
BEST_P_REF = Quantity("best_p_ref", "probability of that target with REF", is_tabled=False)
BEST_P_ALT = Quantity("best_p_alt", "probability of that target with ALT", is_tabled=False)
GROUP_LOGIT = Quantity(
    "group_logit",
    "logit change with the largest absolute value among the targets of a group, signed",
    columns="group_names",
)
GROUP_TARGET = Quantity(
    "group_target",
    "place of the target concerned, from 0; -1 where there is a reason",
    columns="group_names",
    dtype=np.int32,
)
GROUP_MEAN = Quantity(
    "group_mean",
    "mean absolute logit change over the targets of a group",
    columns="group_names",
)
E_VALUE = Quantity(
    "e_value",
    "share of background variants whose |diff * logit| is at least as large, "
    "1 / (variants + 1) where there is none",
    columns="targets",
)
BEST_E_VALUE = Quantity("best_e_value", "E-value of the target that changes most", is_tabled=False)
FUNCTIONAL = Quantity("functional", "geometric mean of the E-values over the targets")


class Measure(Protocol):
    """Computes quantities from those before it.

    Attributes
    ----------
    quantities
        What it adds.
    """

    quantities: tuple[Quantity, ...]

    def __call__(self, scores: Scores) -> Scores:
        """Return the arrays of `quantities`, by name."""


class Largest:
    """The largest absolute logit change over the targets, where it is, and from what to what."""

    quantities: tuple[Quantity, ...] = (LARGEST, BEST, BEST_P_REF, BEST_P_ALT)

    def __call__(self, scores: Scores) -> Scores:
        """Return each scored allele's largest change, its target, and both probabilities."""
        best = np.abs(scores["logit"]).argmax(axis=1)
        largest, p_ref, p_alt = (
            np.take_along_axis(scores[name], best[:, None], axis=1)[:, 0]
            for name in ("logit", "p_ref", "p_alt")
        )
        return {
            "largest": largest,
            "best": best.astype(np.int32),
            "best_p_ref": p_ref,
            "best_p_alt": p_alt,
        }


class GroupSummaries:
    """What changes in each group of targets."""

    quantities: tuple[Quantity, ...] = (GROUP_LOGIT, GROUP_TARGET, GROUP_MEAN)

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def __call__(self, scores: Scores) -> Scores:
        """Return each group's largest change, signed, its target's place, and the mean."""
        found = self._groups.summarise(scores["logit"])
        return {
            "group_logit": found.largest,
            "group_target": found.target,
            "group_mean": found.mean,
        }


class SupportsEValues(Protocol):
    """What has a background; `danq.scoring.Background` has."""

    def e_values(self, diff: Floats, logit: Floats) -> Floats:
        """Return the E-value of each score, float32 (n, targets)."""


class Significance:
    """How rare each change is among background variants, and the functional score."""

    quantities: tuple[Quantity, ...] = (E_VALUE, FUNCTIONAL, BEST_E_VALUE)

    def __init__(self, background: SupportsEValues) -> None:
        self._background = background

    def __call__(self, scores: Scores) -> Scores:
        """Return E-values, their geometric mean, and that of the target that changes most."""
        e_values = self._background.e_values(scores["diff"], scores["logit"])
        best = np.take_along_axis(e_values, scores["best"][:, None], axis=1)[:, 0]
        return {
            "e_value": e_values,
            "functional": functional_scores(e_values),
            "best_e_value": best,
        }


class Measures:
    """All quantities of a run.

    Parameters
    ----------
    given
        What the networks give and is kept: diff and logit, and their spread where there are
        several.
    measures
        What is computed from them, each from those before it too; by default `Largest`.

    Attributes
    ----------
    quantities : tuple of Quantity
        Those given and those of the measures.
    """

    def __init__(
        self,
        measures: Sequence[Measure] | None = None,
        *,
        given: Sequence[Quantity] = (DIFF, LOGIT),
    ) -> None:
        self._measures: Sequence[Measure] = [Largest()] if measures is None else measures
        added = [quantity for measure in self._measures for quantity in measure.quantities]
        self.quantities: tuple[Quantity, ...] = (*given, *added)

    @property
    def names(self) -> frozenset[str]:
        """The names of all quantities."""
        return frozenset(quantity.name for quantity in self.quantities)

    def of(self, given: Scores) -> Scores:
        """Compute the scores of a block.

        Parameters
        ----------
        given
            What the networks gave (`danq.scoring.scorers.ensemble.Comparison`).
        """
        scores = given
        for measure in self._measures:
            scores = {**scores, **measure(scores)}
        return scores

"""What is computed from the scores of a block: every quantity that a run can write stands here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from danq.scoring.e_values.exceedance import functional_scores
from danq.scoring.scorers.effects import Floats
from danq.scoring.scorers.groups import Groups

Scores = Mapping[str, npt.NDArray[Any]]
"""Arrays by the name of their `Quantity`; each has one row for every scored allele, in order."""


@dataclass(frozen=True)
class Quantity:
    """What one array of a block's scores is.

    Attributes
    ----------
    name
        Its key in `Scores`, and its name in every table.
    description
        What it is, with its unit.
    columns
        The kind of its columns, such as ``targets``: the array is (scored, columns); None where an
        allele has one value and the array is (scored,).
    dtype
        Of the array.
    is_tabled
        Whether tables hold it; the others only serve INFO fields and pictures.
    """

    name: str
    description: str
    columns: str | None = None
    dtype: npt.DTypeLike = np.float32
    is_tabled: bool = True


DIFF = Quantity("diff", "change of probability, p(ALT) - p(REF)", columns="targets")
LOGIT = Quantity("logit", "change of log2 odds", columns="targets")
DIFF_SD = Quantity("diff_sd", "standard deviation of diff over the models", columns="targets")
LOGIT_SD = Quantity("logit_sd", "standard deviation of logit over the models", columns="targets")


class SupportsEValues(Protocol):
    """What has a background; `danq.scoring.Background` has."""

    def e_values(self, diff: Floats, logit: Floats) -> Floats:
        """Return the E-value of each score, float32 (n, targets)."""


class Measure:
    """Computes quantities from those before it, for the groups of targets and a background.

    A new one declares its `quantities`, and is listed in `MEASURES`: tables then hold them. One
    that needs a background is left out where there is none.
    """

    quantities: tuple[Quantity, ...] = ()

    needs_background = False

    def __init__(self, groups: Groups, background: SupportsEValues | None) -> None:
        self.groups, self.background = groups, background

    def __call__(self, scores: Scores) -> Scores:
        """Return the arrays of `quantities`, by name."""
        raise NotImplementedError


class Largest(Measure):
    """The largest absolute logit change over the targets, where it is, and from what to what."""

    quantities = (
        Quantity("largest", "logit change with the largest absolute value", is_tabled=False),
        Quantity("best", "place of the target concerned", dtype=np.int32, is_tabled=False),
        Quantity("best_p_ref", "probability of that target with REF", is_tabled=False),
        Quantity("best_p_alt", "probability of that target with ALT", is_tabled=False),
    )

    def __call__(self, scores: Scores) -> Scores:
        """Return each scored allele's largest change, signed, its target, and probabilities."""
        best = np.abs(scores["logit"]).argmax(axis=1)
        return {
            "largest": _at(scores["logit"], best),
            "best": best.astype(np.int32),
            "best_p_ref": _at(scores["p_ref"], best),
            "best_p_alt": _at(scores["p_alt"], best),
        }


class GroupSummaries(Measure):
    """What changes in each group of targets."""

    quantities = (
        Quantity(
            "group_logit",
            "logit change with the largest absolute value among the targets of a group, signed",
            columns="group_names",
        ),
        Quantity(
            "group_target",
            "place of the target concerned, from 0; -1 where there is a reason",
            columns="group_names",
            dtype=np.int32,
        ),
        Quantity(
            "group_mean",
            "mean absolute logit change over the targets of a group",
            columns="group_names",
        ),
    )

    def __call__(self, scores: Scores) -> Scores:
        """Return each group's largest change, signed, its (first) target, and the mean."""
        shape = (len(scores["logit"]), len(self.groups.names))
        largest, mean = np.empty(shape, np.float32), np.empty(shape, np.float32)
        target = np.empty(shape, np.int32)
        for place, columns in enumerate(self.groups.columns):
            part = scores["logit"][:, columns]
            sizes = np.abs(part)
            best = sizes.argmax(axis=1)
            largest[:, place] = _at(part, best)
            target[:, place] = columns[best]
            mean[:, place] = sizes.mean(axis=1, dtype=np.float64)
        return {"group_logit": largest, "group_target": target, "group_mean": mean}


class Significance(Measure):
    """How rare each change is among background variants, and the functional score."""

    quantities = (
        Quantity(
            "e_value",
            "share of background variants whose |diff * logit| is at least as large, "
            "1 / (variants + 1) where there is none",
            columns="targets",
        ),
        Quantity("functional", "geometric mean of the E-values over the targets"),
        Quantity("best_e_value", "E-value of the target that changes most", is_tabled=False),
    )
    needs_background = True

    def __call__(self, scores: Scores) -> Scores:
        """Return E-values, their geometric mean, and that of the target that changes most."""
        assert self.background is not None
        e_values = self.background.e_values(scores["diff"], scores["logit"])
        return {
            "e_value": e_values,
            "functional": functional_scores(e_values),
            "best_e_value": _at(e_values, scores["best"]),
        }


MEASURES: list[type[Measure]] = [Largest, GroupSummaries, Significance]
"""What a run computes, each also from what those before it gave."""


class Measures:
    """All quantities of a run, and their names.

    They are those that the networks give and that are kept, `given`: diff and logit, and their
    spread where there are several; and those of `MEASURES`, for the groups of targets and a
    background if there is one.
    """

    def __init__(
        self, given: Sequence[Quantity], groups: Groups, background: SupportsEValues | None = None
    ) -> None:
        self._measures = [
            measure(groups, background)
            for measure in MEASURES
            if background is not None or not measure.needs_background
        ]
        computed = [quantity for measure in self._measures for quantity in measure.quantities]
        self.quantities: list[Quantity] = [*given, *computed]
        self.names = frozenset(quantity.name for quantity in self.quantities)

    def of(self, given: Scores) -> Scores:
        """Compute the scores of a block from what the networks gave (`Comparison.scores`)."""
        scores = given
        for measure in self._measures:
            scores = {**scores, **measure(scores)}
        return scores


def _at(values: npt.NDArray[Any], places: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the value of each row in its column."""
    return np.take_along_axis(values, places[:, None], axis=1)[:, 0]

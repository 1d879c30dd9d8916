"""Several networks that score as one: the mean of what each says, and how far they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from danq.errors import InputError
from danq.models.target_names import target_difference
from danq.scoring.block import Quantity, Scores
from danq.scoring.effects import AlleleLogits, AlleleWindows, Floats, compare, predict
from danq.scoring.groups import Groups
from danq.scoring.measures import DIFF, DIFF_SD, LOGIT, LOGIT_SD
from danq.scoring.network import Scorer, open_scorer


class Ensemble:
    """Networks of equal window and targets, evaluated one after the other.

    Parameters
    ----------
    members
        At least one.

    Attributes
    ----------
    members : list of Scorer
        The networks, in the order given.
    targets, labels : list of str
        Names of the targets, plain and told apart.
    groups : Groups
        Their groups.
    window : int
        Bases that each network reads.
    name : str
        The networks' names, with commas between.
    checksum : str
        Their checksums, likewise; empty where one has none.
    quantities : tuple of Quantity
        What `compare` gives.

    Raises
    ------
    InputError
        When there is none, one is given twice, or they differ in window or targets.
    """

    def __init__(self, members: Sequence[Scorer]) -> None:
        if not members:
            raise InputError("found no model to score with")
        first = members[0]
        for place, member in enumerate(members):
            _check_fits(first, member)
            if member.checksum and member.checksum in {m.checksum for m in members[:place]}:
                raise InputError("is given twice as a model", path=member.source)
        self.members = list(members)
        self.targets, self.labels = first.targets, first.labels
        self.groups = Groups(first.groups)
        self.window = first.window
        self.name = ",".join(member.name for member in members)
        checksums = [member.checksum for member in members]
        self.checksum = ",".join(checksums) if all(checksums) else ""
        spread = (DIFF_SD, LOGIT_SD) if len(members) > 1 else ()
        self.quantities: tuple[Quantity, ...] = (DIFF, LOGIT, *spread)

    def predict(self, alleles: AlleleWindows) -> list[AlleleLogits]:
        """Let each network predict all windows."""
        return [predict(member.predictor, alleles) for member in self.members]

    def compare(self, logits: Sequence[AlleleLogits], alleles: AlleleWindows) -> Scores:
        """Take the differences that changes make in each network, and combine them.

        Parameters
        ----------
        logits
            What `predict` gave for the alleles.
        alleles
            The windows of n changes.

        Returns
        -------
        mapping of str to numpy.ndarray
            ``diff`` and ``logit``, float32 (n, targets): the change of probability and of log2
            odds, of several networks their means; and of several ``diff_sd`` and ``logit_sd``,
            the standard deviations over these networks (divided by their number).
        """
        parts = [compare(each, alleles.rows) for each in logits]
        if len(parts) == 1:
            diff, logit = parts[0]
            return {"diff": diff, "logit": logit}
        diffs, changes = (np.stack(part) for part in zip(*parts, strict=True))
        return {
            "diff": _mean(diffs),
            "logit": _mean(changes),
            "diff_sd": _spread(diffs),
            "logit_sd": _spread(changes),
        }


def open_ensemble(
    model: Any,
    *,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> Ensemble:
    """Make a model, or each of a list of models, ready to score.

    Parameters
    ----------
    model
        What `open_scorer` takes, or a list or tuple of such.
    targets, batch_size, precision
        As in `open_scorer`, for each of them.

    Raises
    ------
    InputError
        When a file is no model, or the models do not fit each other.
    """
    each = model if isinstance(model, (list, tuple)) else [model]
    options: dict[str, Any] = {"batch_size": batch_size, "precision": precision}
    return Ensemble([open_scorer(one, targets=targets, **options) for one in each])


def _check_fits(first: Scorer, member: Scorer) -> None:
    """Refuse a network that does not score what the first one does."""
    ours, theirs = member.window, first.window
    if ours != theirs:
        raise InputError(
            f"reads windows of {ours} bases, {first.source} {theirs}: they cannot score together",
            path=member.source,
        )
    difference = target_difference(member.targets, first.targets, source=f"{first.source} has")
    if difference is not None:
        raise InputError(f"{difference}: they cannot score together", path=member.source)


def _mean(values: Floats) -> Floats:
    return values.mean(axis=0, dtype=np.float64).astype(np.float32)


def _spread(values: Floats) -> Floats:
    return values.std(axis=0, dtype=np.float64).astype(np.float32)

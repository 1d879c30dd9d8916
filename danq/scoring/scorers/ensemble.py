"""Several networks that score as one: the mean of what each says, and how far they disagree."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.scoring.scorers.effects import AlleleLogits, AlleleWindows, compare, predict
from danq.scoring.scorers.groups import Groups
from danq.scoring.scorers.measures import DIFF, DIFF_SD, LOGIT, LOGIT_SD, Quantity, Scores
from danq.scoring.scorers.scorer import Scorer, open_scorer
from danq.targets.names import target_difference

_SPREAD = ("diff", "logit")


class Comparison:
    """Takes what each network gives for the windows of n changes, and combines the differences.

    Only running means and squares are kept, so memory does not grow with the networks (Welford
    1962, Technometrics 4:419).
    """

    def __init__(self, alleles: AlleleWindows) -> None:
        self._rows = alleles.rows
        self._count = 0
        self._means: dict[str, npt.NDArray[Any]] = {}
        self._squares: dict[str, npt.NDArray[Any]] = {}

    def add(self, logits: AlleleLogits) -> None:
        """Take what one network gave."""
        self._count += 1
        for name, values in compare(logits, self._rows).items():
            if self._count == 1:
                self._means[name] = values
                continue
            mean = self._means[name].astype(np.float64)
            deviation = values - mean
            mean += deviation / self._count
            if name in _SPREAD:
                self._squares[name] = self._squares.get(name, 0) + deviation * (values - mean)
            self._means[name] = mean

    def scores(self) -> Scores:
        """Return the differences.

        Returns
        -------
        mapping of str to numpy.ndarray
            ``diff`` and ``logit``, float32 (n, targets): the change of probability and of log2
            odds; ``p_ref`` and ``p_alt``, the probabilities; of several networks their means; and
            of several ``diff_sd`` and ``logit_sd``, the standard deviations over these networks
            (divided by their number).
        """
        means = {name: mean.astype(np.float32, copy=False) for name, mean in self._means.items()}
        spreads = {
            f"{name}_sd": np.sqrt(squares / self._count).astype(np.float32)
            for name, squares in self._squares.items()
        }
        return {**means, **spreads}


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
        Their checksums, in the same order; empty where one has none.
    quantities : tuple of Quantity
        What a `Comparison` gives.

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
        self.checksum = _joined([member.checksum for member in members])
        spread = (DIFF_SD, LOGIT_SD) if len(members) > 1 else ()
        self.quantities: tuple[Quantity, ...] = (DIFF, LOGIT, *spread)

    def former_checksum(self) -> str:
        """Return what earlier versions of danq recorded as the checksum of these models."""
        return _joined([member.former_checksum for member in self.members])

    def predict(
        self,
        alleles: AlleleWindows,
        call: Callable[..., None] = lambda function, *arguments: function(*arguments),
    ) -> Comparison:
        """Predict all windows with each network, one after the other.

        `call` calls a function with arguments, in order, now or later: `danq.threads.Behind.call`
        compares one network's predictions while the next one predicts.
        """
        comparison = Comparison(alleles)
        for member in self.members:
            call(comparison.add, predict(member.predictor, alleles))
        return comparison


def open_ensemble(
    model: Any,
    *,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> Ensemble:
    """Make a model, or each of a list of models that fit each other, ready to score.

    Arguments are as in `open_scorer`, for each of them.
    """
    each = model if isinstance(model, (list, tuple)) else [model]
    options: dict[str, Any] = {"batch_size": batch_size, "precision": precision}
    return Ensemble([open_scorer(one, targets=targets, **options) for one in each])


def _joined(checksums: Sequence[str]) -> str:
    return ",".join(checksums) if all(checksums) else ""


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

"""What scores: a model file, a loaded network, or anything that gives logits."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from danq import models
from danq.errors import InputError
from danq.names import clean_names
from danq.paths import file_digest
from danq.scoring.scorers.effects import SupportsLogits
from danq.targets.groups import UNGROUPED
from danq.targets.names import distinct, target_difference


@dataclass(frozen=True)
class Scorer:
    """A predictor with the names of what it predicts and of where it comes from.

    `opened` opens the predictor of windows of `window` bases. `name` is the model file's, or the
    kind of object that was given instead; `path` is None for an object. `checksum` is that of what
    the file predicts with (`danq.models.checksum`), empty where there is none. `reference_checksum`
    and `own_groups` are None where the model does not say.
    """

    opened: Callable[[], SupportsLogits]
    window: int
    targets: list[str]
    name: str
    checksum: str
    reference_checksum: str | None = None
    own_groups: list[str] | None = None
    path: Path | None = None

    @cached_property
    def predictor(self) -> SupportsLogits:
        """Gives logits; opened when it is first asked for."""
        return self.opened()

    @cached_property
    def former_checksum(self) -> str:
        """What earlier versions of danq told the model by: the SHA-256 of its file."""
        return self.checksum if self.path is None else file_digest(self.path)

    @property
    def labels(self) -> list[str]:
        """Names for where one stands alone: equal ones have their places behind."""
        return distinct(self.targets)

    @property
    def groups(self) -> list[str]:
        """The group of each target: the model's own, or none."""
        return self.own_groups or [UNGROUPED] * len(self.targets)

    @property
    def source(self) -> str:
        """What errors call it: the file with its folder, or the name."""
        return self.name if self.path is None else str(self.path)


def open_scorer(
    model: Any,
    *,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> Scorer:
    """Make whatever was given as a model ready to score.

    It is a ``.keras`` file, a loaded network, or an object with the attributes of `SupportsLogits`,
    which a text `checksum` tells from others, as resuming asks for. `targets` are names where the
    model carries none; by default the columns' numbers from 0. `batch_size` and `precision` are for
    a file or a network. InputError when it is not a model, or names do not fit it or hold control
    characters.
    """
    if isinstance(model, (str, os.PathLike)):
        return _of_file(Path(model), targets, batch_size, precision)
    if hasattr(model, "logits"):
        if batch_size is not None:
            raise InputError("batch_size was given with a predictor, which has a size of its own")
        if precision != "float32":
            raise InputError("precision was given with a predictor, which has one of its own")
        predictor: SupportsLogits = model
        name = type(model).__name__
    else:
        if not hasattr(model, "get_weights"):
            raise InputError(
                f"found model of type {type(model).__name__}, expected a model file, a loaded "
                "network or an object with logits"
            )
        predictor = models.predictor_of(model, batch_size=batch_size, precision=precision)
        name = str(model.name)
    record = getattr(predictor, "metadata", None)
    groups = getattr(record, "groups", None)
    return Scorer(
        lambda: predictor,
        predictor.window,
        _target_names(predictor.n_targets, getattr(record, "targets", None), targets, name),
        name,
        getattr(model, "checksum", ""),
        getattr(record, "reference_checksum", None),
        None if groups is None else clean_names(groups, "groups", path=name),
    )


def _of_file(
    path: Path, targets: Sequence[str] | None, batch_size: int | None, precision: str
) -> Scorer:
    """Read what a model file says of itself; the network waits until it is needed."""
    record = models.metadata(path)

    def opened() -> SupportsLogits:
        models.prepare_devices()
        return models.Predictor(models.load(path), batch_size=batch_size, precision=precision)

    names = _target_names(len(record.targets), record.targets, targets, path.name)
    return Scorer(
        opened,
        record.window,
        names,
        path.name,
        models.checksum(path),
        record.reference_checksum,
        record.groups,
        path,
    )


def _target_names(
    count: int, own: Sequence[str] | None, given: Sequence[str] | None, name: str
) -> list[str]:
    """Name the columns; names that are given must be those that the model carries."""
    if own and given:
        difference = target_difference(own, given, source="the names given have")
        if difference is not None:
            raise InputError(difference, path=name)
    names = clean_names(own or given or map(str, range(count)), "targets", path=name)
    if len(names) != count:
        raise InputError(f"{len(names)} targets named, expected the network's {count}")
    return names

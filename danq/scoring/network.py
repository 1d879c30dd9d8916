"""What scores: a model file, a loaded network, or anything that gives logits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq import models
from danq.errors import InputError
from danq.models.target_names import distinct, target_difference
from danq.scoring.effects import SupportsLogits


@dataclass(frozen=True)
class Scorer:
    """A predictor with the names of what it predicts and of where it comes from.

    Attributes
    ----------
    predictor
        Gives logits.
    targets
        One name a target, in order; names may repeat.
    name
        The model file's name, or the kind of object that was given instead.
    checksum
        SHA-256 of the model file, empty where there is none.
    """

    predictor: SupportsLogits
    targets: list[str]
    name: str
    checksum: str

    @property
    def labels(self) -> list[str]:
        """Names for where one stands alone: equal ones have their places behind."""
        return distinct(self.targets)


def open_scorer(
    model: Any,
    *,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> Scorer:
    """Make whatever was given as a model ready to score.

    Parameters
    ----------
    model
        A ``.keras`` file of `danq.models.save`, a network of `danq.models.load`, or an object with
        the attributes of `SupportsLogits`.
    targets
        The targets' names, where the model carries none; by default its own, or the columns'
        numbers from 0.
    batch_size
        Windows predicted at once, where `model` is a file or a network.
    precision
        What its inner layers compute in, likewise: ``float32``, ``bfloat16`` or ``float16``.

    Raises
    ------
    InputError
        When the file is no model, or the names do not fit it.
    """
    if isinstance(model, (str, os.PathLike)):
        predictor: SupportsLogits = models.Predictor(
            models.load(model), batch_size=batch_size, precision=precision
        )
        name, checksum = Path(model).name, _sha256(Path(model))
    elif hasattr(model, "logits"):
        if batch_size is not None:
            raise InputError("batch_size was given with a predictor, which has a size of its own")
        if precision != "float32":
            raise InputError("precision was given with a predictor, which has one of its own")
        predictor = model
        name, checksum = type(model).__name__, ""
    else:
        predictor = models.Predictor(model, batch_size=batch_size, precision=precision)
        name, checksum = str(model.name), ""
    return Scorer(predictor, _target_names(predictor, targets, name), name, checksum)


def _target_names(predictor: SupportsLogits, given: Sequence[str] | None, name: str) -> list[str]:
    """Name the columns; names that are given must be those that the model carries."""
    own: Sequence[str] | None = getattr(getattr(predictor, "metadata", None), "targets", None)
    if own and given:
        difference = target_difference(own, given, source="the names given have")
        if difference is not None:
            raise InputError(difference, path=name)
    names = list(own or given or map(str, range(predictor.n_targets)))
    if len(names) != predictor.n_targets:
        raise InputError(
            f"{len(names)} targets named, expected the network's {predictor.n_targets}"
        )
    return names


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

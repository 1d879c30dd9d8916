"""Whatever was given as a model, opened: a file, a loaded network, or a predictor."""

from __future__ import annotations

import os
from typing import Any, TypeGuard

from danq import models
from danq.errors import InputError
from danq.models.keras_files.metadata import Metadata
from danq.paths import StrPath
from danq.targets.groups import UNGROUPED


def is_path(value: object) -> TypeGuard[StrPath]:
    """Return whether something names a file."""
    return isinstance(value, (str, os.PathLike))


def open_predictor(
    model: Any, *, batch_size: int | None = None, precision: str = "float32"
) -> models.Predictor:
    """Open a model file or a loaded network; a predictor is returned as it is.

    InputError when a predictor comes with a batch size or a precision, of which it has its own, and
    as in `danq.models.Predictor`.
    """
    if is_path(model):
        models.prepare_devices()
    elif isinstance(model, models.Predictor):
        if batch_size is not None or precision != "float32":
            raise InputError("found batch_size or precision with a predictor, which has its own")
        return model
    return models.predictor_of(model, batch_size=batch_size, precision=precision)


def metadata_of(predictor: models.Predictor) -> Metadata:
    """Return what is known of a network, or names and groups that say that nothing is."""
    if predictor.metadata is not None:
        return predictor.metadata
    names = [str(target) for target in range(predictor.n_targets)]
    return Metadata(names, [UNGROUPED] * len(names), predictor.window)


def model_name(model: Any) -> str:
    """Return what a file says of a model; a name that is not UTF-8 is shown as it can be."""
    if not is_path(model):
        return type(model).__name__
    return os.fsencode(os.path.basename(model)).decode("utf-8", "replace")

"""Before anything is predicted: names for the models, and whether they fit the data set."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from danq.dataset import Dataset
from danq.errors import InputError
from danq.models import metadata

logger = logging.getLogger(__name__)

StrPath = str | os.PathLike[str]


def model_names(models: Sequence[StrPath], *, reserved: Sequence[str] = ()) -> list[str]:
    """Name models after their files' stems, or after as much of their paths as tells them apart.

    Parameters
    ----------
    models
        Paths of model files.
    reserved
        Names that are taken.

    Returns
    -------
    list of str
        Distinct names: ``danq`` for ``runs/1/danq.keras``, but ``1/danq`` when there is also a
        ``runs/2/danq.keras``.

    Raises
    ------
    InputError
        When a file is given twice, or none is given.
    """
    if not models:
        raise InputError("no model file is given, expected at least one")
    parts = [PurePath(os.path.abspath(path)).with_suffix("").parts for path in models]
    depths = [1] * len(parts)
    while True:
        names = ["/".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        uses = Counter([*names, *reserved])
        clashes = [place for place, name in enumerate(names) if uses[name] > 1]
        if not clashes:
            return names
        for place in clashes:
            if depths[place] == len(parts[place]):
                raise InputError("this model file is given twice", path=models[place])
            depths[place] += 1


def check_fit(path: StrPath, data: Dataset) -> None:
    """Refuse a model that was not made for the targets and windows of a data set.

    Parameters
    ----------
    path
        Model file.
    data
        The data set.

    Raises
    ------
    InputError
        When the targets or the window's length differ.
    """
    model = metadata(path)
    if model.window != data.window:
        raise InputError(
            f"reads windows of {model.window} bases, those of {data.path} have {data.window}",
            path=path,
        )
    if len(model.targets) != len(data.targets):
        raise InputError(
            f"predicts {len(model.targets)} targets, {data.path} has {len(data.targets)}",
            path=path,
        )
    for column, (ours, theirs) in enumerate(zip(model.targets, data.targets.names, strict=True)):
        if ours != theirs:
            raise InputError(
                f'predicts "{ours}" as target {column + 1}, in {data.path} that is "{theirs}"',
                path=path,
            )
    if model.dataset_checksum not in (None, data.checksum):
        logger.warning(
            "%s was trained on another data set than %s: windows evaluated may have been "
            "among its training windows",
            path,
            data.path,
        )

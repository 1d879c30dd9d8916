"""Before anything is predicted: names for the models, and whether they fit the data set."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from danq.dataset import Dataset
from danq.errors import InputError
from danq.genome import ALPHABET
from danq.models import metadata
from danq.paths import StrPath

logger = logging.getLogger(__name__)


def model_names(models: Sequence[StrPath], *, reserved: Sequence[str] = ()) -> list[str]:
    """Name models after their files' stems, or after as much of their paths as tells them apart.

    That is ``danq`` for ``runs/1/danq.keras``, but ``1/danq`` when there is also a
    ``runs/2/danq.keras``; `reserved` names are taken. Raises InputError when a file is given twice,
    none is given, or a name does not fit into a table.
    """
    if not models:
        raise InputError("no model file is given, expected at least one")
    files = [PurePath(os.path.abspath(path)) for path in models]
    alike = Counter(file.with_suffix("") for file in set(files))
    # Files that differ in nothing but their suffixes keep them.
    parts = [
        (file if alike[file.with_suffix("")] > 1 else file.with_suffix("")).parts for file in files
    ]
    depths = [1] * len(parts)
    while True:
        names = ["/".join(part[-depth:]) for part, depth in zip(parts, depths, strict=True)]
        uses = Counter([*names, *reserved])
        clashes = [place for place, name in enumerate(names) if uses[name] > 1]
        if not clashes:
            break
        for place in clashes:
            if depths[place] == len(parts[place]):
                raise InputError("this model file is given twice", path=models[place])
            depths[place] += 1
    for name, path in zip(names, models, strict=True):
        if not name.isprintable():
            raise InputError(
                "a model is called by its file's name in tables: expected a name in UTF-8 without "
                "tabs and line breaks",
                path=path,
            )
    return names


def check_fit(path: StrPath, data: Dataset) -> bool:
    """Refuse a model that was not made for the targets and windows of a data set.

    The error names the difference: targets, their order, the window's length or the channels.
    Returned is False, with a warning in the log, where the model is known to have been trained on
    another data set or reference.
    """
    model = metadata(path)
    model.check(
        path,
        targets=data.targets.names,
        window=data.window,
        channels=ALPHABET,
        source=f"{data.path} has",
    )
    for what, trained_on, ours, where in (
        (
            "reference sequence",
            model.reference_checksum,
            data.reference_checksum,
            data.reference.path if data.has_coordinates else data.path,
        ),
        ("data set", model.dataset_checksum, data.checksum, data.path),
    ):
        if None not in (trained_on, ours) and trained_on != ours:
            logger.warning(
                "%s was trained on another %s than %s: windows evaluated may have been among its "
                "training windows",
                path,
                what,
                where,
            )
            return False
    return True

"""Loaded networks where files are asked for: written into a temporary folder meanwhile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from danq.errors import InputError
from danq.models.keras_files.metadata import Metadata
from danq.paths import StrPath

if TYPE_CHECKING:
    import keras


@contextmanager
def files_of(models: Iterable[StrPath | keras.Model]) -> Iterator[list[StrPath]]:
    """Yield the file of each model; a loaded network gets one of its name within the block."""
    with tempfile.TemporaryDirectory() as folder:
        # Folders of their own keep networks of one name apart.
        yield [_file_of(model, Path(folder, str(n))) for n, model in enumerate(models, start=1)]


def _file_of(model: StrPath | keras.Model, folder: Path) -> StrPath:
    if isinstance(model, (str, os.PathLike)):
        return model
    found = getattr(model, "danq", None)
    if not isinstance(found, Metadata):
        raise InputError(
            f"found a {type(model).__name__} that names no targets, expected a model file or a "
            "network of danq.models.load"
        )
    from danq.models.files import save

    folder.mkdir()
    path = folder / f"{model.name}.keras"
    save(model, path, **{k: v for k, v in asdict(found).items() if k != "window"})
    return path

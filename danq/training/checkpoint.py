"""The state of a training run between two epochs, so that it can go on after an interruption."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.outputs import whole
from danq.training.history import Epoch, History

Arrays = list[npt.NDArray[Any]]


@dataclass
class Checkpoint:
    """Everything that the next epoch depends on.

    Attributes
    ----------
    identity
        Settings, data set and network; a run goes on only from its own checkpoint.
    history
        The epochs done.
    weights, best
        Weights after the last epoch and after the best one.
    optimizer
        Variables of the optimizer.
    """

    identity: dict[str, Any]
    history: History
    weights: Arrays
    best: Arrays
    optimizer: Arrays

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write one file; the one before stays until the new one is whole."""
        about = json.dumps({"identity": self.identity, "history": self.history.records()})
        arrays = {
            f"{kind}_{number:04d}": array
            for kind in ("weights", "best", "optimizer")
            for number, array in enumerate(getattr(self, kind))
        }
        with whole(path) as partial, open(partial, "wb") as out:
            np.savez(out, about=np.array(about), **arrays)

    @classmethod
    def read(cls, path: str | os.PathLike[str], identity: dict[str, Any]) -> Checkpoint:
        """Read a checkpoint back.

        Parameters
        ----------
        path
            What `write` wrote.
        identity
            That of the run which wants to go on.

        Raises
        ------
        InputError
            When the file is damaged or belongs to another run; it names what differs.
        """
        try:
            with open(path, "rb") as raw, np.load(raw) as file:
                about = json.loads(str(file["about"]))
                arrays = {
                    kind: [file[name] for name in file.files if name.startswith(f"{kind}_")]
                    for kind in ("weights", "best", "optimizer")
                }
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"is no checkpoint, or a damaged one ({error})", path=path) from error
        _check_identity(about["identity"], json.loads(json.dumps(identity)), Path(path))
        history = History([Epoch(**row) for row in about["history"]], monitor=identity["monitor"])
        return cls(about["identity"], history, **arrays)


def _check_identity(found: dict[str, Any], expected: dict[str, Any], path: Path) -> None:
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            raise InputError(
                f"is of a run with {name} {found.get(name)}, this one has {expected.get(name)}; "
                "delete it to start afresh",
                path=path,
            )

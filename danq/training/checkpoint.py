"""The state of a training run after any of its steps, so that it can go on from there."""

from __future__ import annotations

import json
import os
import time
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from tokenize import TokenError
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.outputs import whole
from danq.threads import Behind
from danq.training.history import Epoch, History

Arrays = list[npt.NDArray[Any]]

FORMAT = 2
_KINDS = ("weights", "best", "optimizer", "random")


@dataclass
class Position:
    """Where a run stands in the epoch that is under way.

    Attributes
    ----------
    steps
        Done in this epoch; 0 between two epochs.
    total
        Sum of their losses.
    seconds
        Wall time they took.
    """

    steps: int = 0
    total: float = 0.0
    seconds: float = 0.0


@dataclass
class Checkpoint:
    """Everything that the next step depends on.

    Attributes
    ----------
    identity
        Settings, data set and network; a run goes on only from its own checkpoint.
    history
        The epochs done.
    position
        Where the run stands in the next one.
    weights, best
        Weights after the last step and after the best epoch.
    optimizer
        Variables of the optimizer.
    random
        State of what draws dropout.
    """

    identity: dict[str, Any]
    history: History
    position: Position
    weights: Arrays
    best: Arrays
    optimizer: Arrays
    random: Arrays

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write one file; the one before stays until the new one is whole and on the disk."""
        about = {
            "format": FORMAT,
            "identity": self.identity,
            "history": self.history.records(),
            "position": asdict(self.position),
        }
        arrays = {
            f"{kind}_{number:04d}": array
            for kind in _KINDS
            for number, array in enumerate(getattr(self, kind))
        }
        with whole(path) as partial, open(partial, "wb") as out:
            np.savez(out, about=np.array(json.dumps(about)), **arrays)
            out.flush()
            os.fsync(out.fileno())

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
            When the file is damaged, of another format, or belongs to another run; it names what
            differs.
        """
        try:
            with open(path, "rb") as raw, np.load(raw) as file:
                about = json.loads(str(file["about"]))
                arrays = {
                    kind: [file[name] for name in file.files if name.startswith(f"{kind}_")]
                    for kind in _KINDS
                }
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", path=path) from error
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile, TokenError) as error:
            raise InputError(
                "is no checkpoint, or a damaged one; without --resume the run starts afresh",
                path=path,
            ) from error
        if about.get("format") != FORMAT:
            raise InputError(
                f"is a checkpoint of format {about.get('format', 1)}, expected {FORMAT}; delete it "
                "to start afresh",
                path=path,
            )
        _check_identity(about["identity"], json.loads(json.dumps(identity)), Path(path))
        history = History([Epoch(**row) for row in about["history"]], monitor=identity["monitor"])
        return cls(about["identity"], history, Position(**about["position"]), **arrays)


class Writer:
    """Writes checkpoints while training goes on; used in a ``with`` statement.

    Leaving the block waits until all are written. An error of writing is raised in `write` or on
    leaving.

    Parameters
    ----------
    path
        The one file.
    minutes
        After so many without a checkpoint one is `due`.
    """

    def __init__(self, path: Path, *, minutes: float) -> None:
        self.path = path
        self._seconds = 60 * minutes
        self._last = time.monotonic()
        self._behind = Behind(depth=1)

    def __enter__(self) -> Self:
        self._behind.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What was handed over is a good state whatever happened after it.
        self._behind.__exit__(None, None, None)

    def due(self) -> bool:
        """Tell whether the last checkpoint is too old."""
        return time.monotonic() - self._last >= self._seconds

    def write(self, state: Checkpoint) -> None:
        """Have a state written, of which nothing may change any more."""
        self._behind.call(state.write, self.path)
        self._last = time.monotonic()


def _check_identity(found: dict[str, Any], expected: dict[str, Any], path: Path) -> None:
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            raise InputError(
                f"is of a run with {name} {found.get(name)}, this one has {expected.get(name)}; "
                "delete it to start afresh",
                path=path,
            )

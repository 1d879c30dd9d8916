"""The state of a training run after any of its steps, so that it can continue from there."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, get_type_hints

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.npz import read_npz
from danq.outputs import whole
from danq.paths import StrPath
from danq.threads import Behind
from danq.training.history import Epoch, History

Arrays = list[npt.NDArray[Any]]
_Row = TypeVar("_Row", "Epoch", "Position")

FORMAT = 2
_KINDS = ("weights", "best", "optimizer", "random")


@dataclass
class Position:
    """Where a run stands in the epoch under way: steps done, sums of their losses and seconds."""

    steps: int = 0
    total: float = 0.0
    seconds: float = 0.0


@dataclass
class Checkpoint:
    """Everything that the next step depends on.

    A run continues only from a checkpoint of its own `identity`: settings, data set and network.
    `history` has the epochs done, `position` says where the next one stands. `weights` are those
    after the last step and `best` those after the best epoch; `optimizer` its variables; `random`
    the state of what draws dropout.
    """

    identity: dict[str, Any]
    history: History
    position: Position
    weights: Arrays
    best: Arrays
    optimizer: Arrays
    random: Arrays

    def write(self, path: StrPath) -> None:
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
    def read(cls, path: StrPath, present: Checkpoint) -> Checkpoint:
        """Read a checkpoint of the run whose state is `present`, or name what differs."""
        arrays = read_npz(path, _TITLE)
        about = _about(arrays.pop("about", None), Path(path))
        if about.get("format") != FORMAT:
            raise InputError(
                f"is a checkpoint of format {quoted(about.get('format', 1))}, expected {FORMAT}; "
                "delete it to start from scratch",
                path=path,
            )
        identity = json.loads(json.dumps(present.identity))
        _check_identity(about.get("identity"), identity, Path(path))
        epochs = [_numbers(Epoch, row, path) for row in _listed(about.get("history"))]
        if [row.epoch for row in epochs] != list(range(1, len(epochs) + 1)):
            raise _damaged(path)
        by_kind = {kind: _of_kind(kind, arrays, present, path) for kind in _KINDS}
        history = History(epochs, monitor=identity["monitor"])
        position = _numbers(Position, about.get("position"), path)
        return cls(identity, history, position, **by_kind)


_TITLE = "a checkpoint of danq train"


def _damaged(path: StrPath) -> InputError:
    return InputError(f"is not {_TITLE}, or a damaged one", path=path)


def _about(value: npt.NDArray[Any] | None, path: Path) -> dict[str, Any]:
    """Read what a checkpoint says of itself."""
    try:
        about = json.loads(str(value))
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(about, dict):
        raise _damaged(path)
    return about


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _numbers(kind: type[_Row], row: Any, path: StrPath) -> _Row:
    """Make a row of numbers, whole where they have to be, of what a file holds."""
    types = get_type_hints(kind)
    if not isinstance(row, dict) or row.keys() != types.keys():
        raise _damaged(path)
    for name, value in row.items():
        is_right = type(value) is int or (types[name] is float and type(value) is float)
        if not is_right or value < 0:
            raise _damaged(path)
    return kind(**row)


def _of_kind(
    kind: str, arrays: dict[str, npt.NDArray[Any]], present: Checkpoint, path: StrPath
) -> Arrays:
    """Return the arrays of one kind, which must be like those of the run as it stands."""
    expected: Arrays = getattr(present, kind)
    names = [name for name in arrays if name.startswith(f"{kind}_")]
    if names != [f"{kind}_{number:04d}" for number in range(len(expected))]:
        raise InputError(
            f"holds {len(names)} arrays of {kind}, expected {len(expected)} of this run", path=path
        )
    for name, wanted in zip(names, expected, strict=True):
        found = arrays[name]
        if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
            raise InputError(
                f"holds {name} as {found.dtype} of shape {found.shape}, expected {wanted.dtype} of "
                f"shape {wanted.shape}",
                path=path,
            )
    return [arrays[name] for name in names]


class Writer:
    """Writes checkpoints while training continues; used in a ``with`` statement.

    Leaving the block waits until all are written. An error of writing is raised in `write` or on
    leaving. One is `due` when the given minutes have passed without any.
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
        """Return whether the last checkpoint is too old."""
        return time.monotonic() - self._last >= self._seconds

    def write(self, state: Checkpoint) -> None:
        """Have a state written, of which nothing may change any more."""
        self._behind.call(state.write, self.path)
        self._last = time.monotonic()


def _check_identity(found: Any, expected: dict[str, Any], path: Path) -> None:
    if not isinstance(found, dict):
        raise _damaged(path)
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            shown = name if re.fullmatch(r"\w{1,40}", name) else quoted(name)
            raise InputError(
                f"is of a run with {shown} {quoted(found.get(name))}, this one has "
                f"{quoted(expected.get(name))}; delete it to start from scratch",
                path=path,
            )

"""Train, be killed at chosen moments, resume and finish: a program that test_resuming runs.

Keras is imported once; each attempt is a fork of that process and dies by SIGKILL where its moment
says, so that nothing of Python's own clearing up takes place.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import danq
from danq.training import Listener, checkpoint, history, run, settings_for


def at(
    owner: Any,
    name: str,
    *,
    call: int = 1,
    after: bool = False,
    instead: Callable[..., None] | None = None,
    on: Callable[..., bool] = lambda *arguments: True,
) -> None:
    """Die in the k-th call of a function: before it, after it, or after another in its place."""
    function = getattr(owner, name)
    calls = []

    def dying(*arguments: Any, **options: Any) -> Any:
        if on(*arguments):
            calls.append(1)
        if len(calls) < call:
            return function(*arguments, **options)
        if instead is not None:
            instead(*arguments, **options)
        if after:
            function(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("not reached")

    setattr(owner, name, dying)


class Told(Listener):
    """Hears every step, and dies in it where that is the moment."""

    def step(self, step: int, loss: float) -> None:
        """Have nothing to do."""


def half_written(out: Any, **arrays: Any) -> None:
    out.write(b"PK\x03\x04" + bytes(1000))
    out.flush()


MOMENTS: dict[str, Callable[[], None]] = {
    "early": lambda: at(Told, "step", call=3),
    "late": lambda: at(Told, "step", call=12),
    "half of a checkpoint is written": lambda: at(np, "savez", call=3, instead=half_written),
    "a checkpoint is written, not in place": lambda: at(os, "fsync", call=3, after=True),
    "a checkpoint is in place": lambda: at(checkpoint.Checkpoint, "write", call=2, after=True),
    "before the validation": lambda: at(run, "validate"),
    "after the validation": lambda: at(run, "validate", after=True),
    "before the model file": lambda: at(run.files, "save"),
    "after the model file": lambda: at(run.files, "save", after=True),
    "before the picture": lambda: at(history.History, "write_picture"),
    "before the checkpoint goes": lambda: at(
        Path, "unlink", on=lambda path, *rest: path.name == "killed.checkpoint"
    ),
}


def attempt(options: dict[str, Any], output: Path, moment: str | None) -> bool:
    """Train in a fork; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        settings = settings_for(options["model"], **options["settings"])
        if moment is not None:
            MOMENTS[moment]()
        danq.train(
            options["dataset"],
            output,
            model=options["model"],
            width=options["width"],
            settings=settings,
            resume=True,
            checkpoint_minutes=0 if moment else 1e9,
            listeners=[Told()],
        )
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return True
    assert os.WEXITSTATUS(status) == 0, status
    return False


def main() -> None:
    """Run the uninterrupted training, then the one that is killed again and again."""
    options = json.loads(sys.argv[1])
    folder = Path(options["folder"])
    sys.path.insert(0, str(folder))
    assert not attempt(options, folder / "whole.keras", None)
    for moment in options["moments"]:
        assert attempt(options, folder / "killed.keras", moment), f"not killed: {moment}"
        print(moment, sorted(path.name for path in folder.glob(".partial-*")), flush=True)
    assert not attempt(options, folder / "killed.keras", None)


if __name__ == "__main__":
    main()

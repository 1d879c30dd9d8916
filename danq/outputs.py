"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from danq.errors import InputError


def check_output(
    path: str | os.PathLike[str], *, inputs: Iterable[str | os.PathLike[str] | None] = ()
) -> None:
    """Make sure that a file can be written, before hours of work and not after.

    Parameters
    ----------
    path
        Where the file shall stand. Missing parent folders are made.
    inputs
        Files that are read; None for those that were not given.

    Raises
    ------
    InputError
        When `path` is a folder or one of the inputs, or its folder cannot be made or written to.
    """
    target = Path(path)
    if any(given is not None and Path(given).resolve() == target.resolve() for given in inputs):
        raise InputError("is named both as input and as output", path=target)
    if target.is_dir():
        raise InputError("is a folder, expected a file to write", path=target)
    check_folder_of(target)


def check_folder_of(path: str | os.PathLike[str]) -> None:
    """Make sure that something can be written beside a path, as `check_output` does for a file."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise InputError(
            f"its folder cannot be written to ({error.strerror})", path=target
        ) from error


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` and rename it to `path` when the block succeeds.

    The temporary name keeps the suffixes of `path`, since writers choose formats by them. When the
    block raises, the temporary file is removed and whatever stood at `path` before stays.

    Parameters
    ----------
    path
        Where the finished file shall stand. Missing parent folders are made.

    Yields
    ------
    pathlib.Path
        The path to write to.

    Raises
    ------
    InputError
        When the folder cannot be made or written to.
    """
    target = Path(path)
    check_output(target)
    partial = target.with_name(f".partial-{os.getpid()}-{target.name}")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def clear_partials(path: str | os.PathLike[str]) -> None:
    """Remove what runs that were killed left of an output under its temporary names.

    Those of processes that still run on this machine stay.

    Parameters
    ----------
    path
        The output, as `whole` was given it.
    """
    target = Path(path)
    for partial in target.parent.glob(f".partial-*-{escape(target.name)}"):
        process = partial.name.removeprefix(".partial-").split("-", 1)[0]
        if process.isdecimal() and not _runs(int(process)):
            with suppress(FileNotFoundError):
                partial.unlink()


def _runs(process: int) -> bool:
    """Tell whether there is such a process besides this one, which has begun nothing yet."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True

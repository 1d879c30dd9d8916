"""Outputs appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from danq.errors import InputError


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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"its folder cannot be made ({error.strerror})", path=target) from error
    if target.is_dir():
        raise InputError("is a folder, expected a file to write", path=target)
    if not os.access(target.parent, os.W_OK):
        raise InputError("its folder is not writable", path=target)
    partial = target.with_name(f".partial-{os.getpid()}-{target.name}")
    try:
        yield partial
        os.replace(partial, target)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()

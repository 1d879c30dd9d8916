"""Folders that one process at a time builds beside their final place.

The lock is one that the system releases however the process ends. Others that want the same folder
wait for it instead of building it too, and what a killed process left is built over or swept away.
"""

import fcntl
import logging
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

logger = logging.getLogger(__name__)

LOCKED = "codes.u8"
"""The file in a folder that carries the lock."""
_PARTIAL = re.compile(r"\.partial-.+\.[0-9a-f]{16}(-[0-9a-f]{32})?")


@contextmanager
def building(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Lock an empty folder to build `folder` in; yield it and its empty, open file `LOCKED`.

    The name of `folder` ends in a dot and 16 hexadecimal digits. What is still there at the end, as
    it was not renamed to `folder`, is removed.
    """
    shared = partial = folder.with_name(f".partial-{folder.name}")
    while True:
        # Not exist_ok, which fails where another process takes the folder away in the meantime.
        with suppress(FileExistsError):
            partial.mkdir()
        try:
            out = open(partial / LOCKED, "ab")  # noqa: SIM115 (closed below)
        except FileNotFoundError:
            # Another process has finished or swept it in between.
            continue
        if partial != shared:
            break
        is_locked = _lock(out, partial)
        if is_locked and _is_open_at(out, partial / LOCKED):
            break
        out.close()
        if not is_locked:
            # Where the file system has no locks each process builds in a folder of its own.
            with suppress(OSError):
                remove(shared)
            partial = shared.with_name(f"{shared.name}-{uuid.uuid4().hex}")
    with out:
        try:
            for leftover in partial.iterdir():
                if leftover.name != LOCKED:
                    remove(leftover)
            out.truncate(0)
            yield partial, out
        finally:
            if _is_open_at(out, partial / LOCKED):
                remove(partial)


def _lock(file: BinaryIO, partial: Path) -> bool:
    """Wait for the lock of a file; return False where the file system has none."""
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: waiting for the process that builds it", partial)
            fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return False
    return True


def _is_open_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def sweep(home: Path) -> None:
    """Remove what killed processes left in `home` of any folder."""
    for partial in home.glob(".partial-*"):
        if not _PARTIAL.fullmatch(partial.name):
            continue
        with suppress(OSError), open(partial / LOCKED, "r+b") as codes:
            fcntl.flock(codes, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_open_at(codes, partial / LOCKED):
                remove(partial)
        # One that is empty; whoever has just made it makes it again.
        with suppress(OSError):
            partial.rmdir()


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

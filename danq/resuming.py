"""Which blocks a run computes, keeps and takes from elsewhere.

A whole run computes every block, keeps each until its outputs stand, and with ``resume`` takes
those that an interrupted run kept. `danq.parts` says what is kept.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt

from danq.errors import InputError, counted
from danq.parts import SUFFIX, Arrays, Block, Parts
from danq.paths import StrPath

logger = logging.getLogger(__name__)


class BlockSource:
    """Where a run finds finished blocks, and where it keeps its own.

    Folders are searched in order; None to `keep` keeps none. With `is_complete` a block that is in
    none of the folders is an error. `taken` counts the blocks found.
    """

    def __init__(
        self, folders: Sequence[Parts] = (), *, keep: Parts | None = None, is_complete: bool = False
    ) -> None:
        self.taken = 0
        self._folders, self._keep, self._is_complete = folders, keep, is_complete

    def load(self, block: Block, reads: frozenset[str]) -> dict[str, npt.NDArray[Any]] | None:
        """Return a block's arrays, or None where they are still to be computed."""
        for parts in self._folders:
            arrays = parts.load(block, reads)
            if arrays is not None:
                self.taken += 1
                return arrays
        if self._is_complete:
            raise InputError(
                f"{block.title} are in none of the pieces gathered: "
                f"{self._folders[0].path(block.number).name} is missing or damaged in "
                f"{', '.join(str(parts.folder) for parts in self._folders)}"
            )
        return None

    def save(self, block: Block, arrays: Arrays, reads: frozenset[str]) -> None:
        """Keep a block that was computed."""
        if self._keep is not None:
            self._keep.save(block, arrays, reads)


@contextmanager
def whole_run(
    output: StrPath,
    identity: Mapping[str, Any],
    *,
    resume: bool,
    former: Callable[[], str] | None = None,
) -> Iterator[BlockSource]:
    """Keep blocks beside the output until it stands, in a folder named OUTPUT``.parts``.

    `identity` is what blocks depend on beside their keys. Without `resume` the blocks that are
    there are removed; with it, those of another run are refused. `former` is as in `Parts`.
    """
    if not identity["model_checksum"]:
        if resume:
            raise InputError("a run with a network that is not a file cannot be resumed")
        yield BlockSource()
        return
    parts = Parts(Path(f"{os.fspath(output)}{SUFFIX}"), identity, former)
    with keep_blocks(parts, resume=resume) as source:
        yield source
        parts.remove()


@contextmanager
def keep_blocks(parts: Parts, *, resume: bool) -> Iterator[BlockSource]:
    """Hold a folder during a run, and keep its blocks for another where this one fails.

    Without `resume` the blocks that are there are removed; with it, those of another run are
    refused.
    """
    folder = parts.folder
    with parts.hold():
        waiting = parts.count()
        if resume and parts.check():
            if waiting:
                logger.info("%s: resumes after %s", folder, counted(waiting, "finished block"))
        else:
            parts.clear()
            if waiting:
                logger.warning(
                    "%s: %s removed, to start from scratch",
                    folder,
                    counted(waiting, "finished block"),
                )
        source = BlockSource([parts] if resume else [], keep=parts)
        try:
            parts.begin()
            yield source
        except BaseException:
            if kept := parts.count():
                logger.warning("%s: keeps %s for --resume", folder, counted(kept, "finished block"))
            else:
                parts.remove()
            raise
        if resume and source.taken < waiting:
            logger.warning(
                "%s: computed %s again: damaged, of other records, or without what this run writes",
                folder,
                counted(waiting - source.taken, "finished block"),
            )

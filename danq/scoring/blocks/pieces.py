"""Which blocks a run computes, keeps and takes from elsewhere.

A whole run computes every block, keeps each until its outputs stand, and with ``resume`` takes
those that an interrupted run kept. A piece, the k-th of n, computes every n-th block and leaves
them as a folder. A gathering run computes nothing and takes every block from the pieces' folders.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq.errors import InputError, counted, quoted
from danq.outputs import check_folder_of
from danq.paths import StrPath
from danq.scoring.blocks.block import Block
from danq.scoring.blocks.store import SUFFIX, Parts
from danq.scoring.scorers.measures import Scores

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Piece:
    """The k-th of n pieces: the blocks k - 1, k - 1 + n, k - 1 + 2 n, …."""

    number: int = 1
    count: int = 1

    @classmethod
    def parsed(cls, text: str) -> Piece:
        """Read ``K/N``, K among 1 to N, as ``--piece`` has it."""
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        piece = cls(int(found[1]), int(found[2])) if found else None
        if piece is None or not 1 <= piece.number <= piece.count:
            raise InputError(
                f"found piece {quoted(text)}, expected K/N with K from 1 to N, such as 2/8"
            )
        return piece

    def has(self, block: int) -> bool:
        """Return whether a block, counted from 0, belongs to this piece."""
        return block % self.count == self.number - 1


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

    def load(self, block: Block, reads: frozenset[str]) -> Scores | None:
        """Return a block's scores, or None where they are still to be computed."""
        for parts in self._folders:
            scores = parts.load(block, reads)
            if scores is not None:
                self.taken += 1
                return scores
        if self._is_complete:
            last = block.first + len(block.records)
            raise InputError(
                f"records {block.first + 1} to {last} of the VCF are in none of the pieces "
                f"gathered: {self._folders[0].path(block.number).name} is missing or damaged in "
                f"{', '.join(str(parts.folder) for parts in self._folders)}"
            )
        return None

    def save(self, block: Block, scores: Scores, reads: frozenset[str]) -> None:
        """Keep a block that was computed."""
        if self._keep is not None:
            self._keep.save(block, scores, reads)


@contextmanager
def whole_run(
    output: StrPath,
    identity: Mapping[str, Any],
    *,
    resume: bool,
    former: Callable[[], str] | None = None,
) -> Iterator[BlockSource]:
    """Keep blocks beside the output until it stands, in a folder named OUTPUT``.parts``.

    `identity` is what blocks depend on beside their records. Without `resume` the blocks that are
    there are removed; with it, those of another run are refused. `former` is as in `Parts`.
    """
    if not identity["model_checksum"]:
        if resume:
            raise InputError("a run with a network that is not a file cannot be resumed")
        yield BlockSource()
        return
    parts = Parts(Path(f"{os.fspath(output)}{SUFFIX}"), identity, former)
    with _kept(parts, resume=resume) as source:
        yield source
        parts.remove()


@contextmanager
def one_piece(
    output: StrPath,
    identity: Mapping[str, Any],
    *,
    resume: bool,
    former: Callable[[], str] | None = None,
) -> Iterator[BlockSource]:
    """Leave the blocks of a piece as the folder `output`; the rest is as in `whole_run`."""
    final = Path(output)
    if not identity["model_checksum"]:
        raise InputError("a piece needs a model file: gathering tells by it whose scores it has")
    check_folder_of(final)
    Parts(final, identity).refuse_others()
    parts = Parts(final.with_name(f"{final.name}{SUFFIX}"), identity, former)
    with _kept(parts, resume=resume) as source:
        yield source
        parts.move(final)


def gathered_run(
    folders: Sequence[StrPath],
    identity: Mapping[str, Any],
    *,
    former: Callable[[], str] | None = None,
) -> BlockSource:
    """Take every block from the folders of pieces, which must be there and of this run."""
    found = [Parts(Path(folder), identity, former) for folder in folders]
    for parts in found:
        parts.check(must_exist=True)
    return BlockSource(found, is_complete=True)


@contextmanager
def _kept(parts: Parts, *, resume: bool) -> Iterator[BlockSource]:
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

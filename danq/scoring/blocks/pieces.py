"""Pieces of a VCF that are scored apart.

A piece, the k-th of n, computes every n-th block and leaves them as a folder. A gathering run
computes nothing and takes every block from the pieces' folders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danq.errors import InputError, quoted
from danq.outputs import check_folder_of
from danq.parts import SUFFIX, Parts
from danq.paths import StrPath
from danq.resuming import BlockSource, keep_blocks


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


@contextmanager
def one_piece(
    output: StrPath,
    identity: Mapping[str, Any],
    *,
    resume: bool,
    former: Callable[[], str] | None = None,
) -> Iterator[BlockSource]:
    """Leave the blocks of a piece as the folder `output`, kept as by `danq.resuming.whole_run`."""
    final = Path(output)
    if not identity["model_checksum"]:
        raise InputError("a piece needs a model file: gathering tells by it whose scores it has")
    check_folder_of(final)
    Parts(final, identity).refuse_others()
    parts = Parts(final.with_name(f"{final.name}{SUFFIX}"), identity, former)
    with keep_blocks(parts, resume=resume) as source:
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

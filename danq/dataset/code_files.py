"""Data set files that hold sequences, written in blocks of rows (`danq.dataset.layout`, format 2).

Rows lie one after the other, so that a random batch is one gather from a memory map, and nothing
but the rows asked for is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.dataset.layout import CODES_FORMAT
from danq.dataset.writing import seal, write_targets
from danq.hdf5 import new_hdf5, write_text
from danq.targets.table import Targets

Block = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Codes (k, window) and packed labels (k, ceil(targets / 8)) of some rows."""


def write_codes(
    path: str | os.PathLike[str],
    *,
    targets: Targets,
    window: int,
    split: npt.NDArray[np.uint8],
    blocks: Iterable[Block],
    sources: Sequence[str | os.PathLike[str]],
) -> None:
    """Write a data set file of codes, holding one block of rows at a time.

    `split` is uint8 (n,); the blocks give n rows in order; `sources` are the files they come from,
    for the record. `danq.outputs.whole` is the caller's.
    """
    content = hashlib.sha256()
    with new_hdf5(path) as (file, disk):
        file.create_dataset("split", data=split)
        codes = file.create_dataset("codes", (len(split), window), np.uint8)
        labels = file.create_dataset("labels", (len(split), -(-len(targets) // 8)), np.uint8)
        targets = write_targets(file, targets, path)
        first = 0
        for block, packed in blocks:
            rows = slice(first, first + len(block))
            codes[rows], labels[rows] = block, packed
            disk.check()
            content.update(np.ascontiguousarray(block).data)
            first = rows.stop
        if first != len(split):
            raise ValueError(f"expected {len(split)} windows, found {first}")
        file.attrs.update(format=CODES_FORMAT, window=window)
        write_text(file, "codes_checksum", content.hexdigest())
        write_text(file, "sources", "\n".join(os.fspath(Path(path).resolve()) for path in sources))
        seal(file, targets)

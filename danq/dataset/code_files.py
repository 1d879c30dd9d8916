"""Data set files that hold sequences: written in blocks of rows, read through a memory map.

Layout (format 2)::

    codes    uint8 (n, window)   0-3 for A, C, G, T, 4 for unknown; contiguous, not compressed
    split    uint8 (n,)          place in `danq.dataset.splits.SPLITS`
    labels   uint8 (n, ceil(targets / 8))   numpy.packbits along the targets
    targets/ name, group and further columns, UTF-8 strings, one a target

The root's attributes hold the format, window, channel order, the SHA-256 of the codes, the files
they came from and the package's version. Rows lie one after the other, so that a random batch is
one gather from the map, and nothing but the rows asked for is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.targets import Targets
from danq.dataset.writing import KIND, write_targets
from danq.errors import InputError
from danq.genome import ALPHABET
from danq.hdf5 import new_hdf5

CODES_FORMAT = 2

Block = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
"""Codes (k, window) and packed labels (k, ceil(targets / 8)) of some rows."""


def map_codes(path: Path, file: h5py.File) -> npt.NDArray[np.uint8]:
    """Map the codes of an open data set file into memory.

    Returns
    -------
    numpy.ndarray
        uint8 (n, window), read-only.

    Raises
    ------
    InputError
        When they were packed anew, so that their rows no longer lie one after the other.
    """
    codes = file["codes"]
    offset = codes.id.get_offset()
    if offset is None or codes.dtype != np.uint8:
        raise InputError(
            "holds codes in pieces or compressed, expected them as danq convert writes them",
            path=path,
        )
    return np.asarray(np.memmap(path, np.uint8, mode="r", offset=offset, shape=codes.shape))


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

    Parameters
    ----------
    path
        The file to make; `danq.outputs.whole` is the caller's.
    targets
        What the label columns stand for.
    window
        Bases in a window.
    split
        uint8 (n,): each window's split.
    blocks
        Rows in order, n in all.
    sources
        Files they come from, for the record.
    """
    from danq import __version__

    content = hashlib.sha256()
    with new_hdf5(path) as (file, disk):
        file.create_dataset("split", data=split)
        codes = file.create_dataset("codes", (len(split), window), np.uint8)
        labels = file.create_dataset("labels", (len(split), -(-len(targets) // 8)), np.uint8)
        write_targets(file, targets)
        first = 0
        for block, packed in blocks:
            rows = slice(first, first + len(block))
            codes[rows], labels[rows] = block, packed
            disk.check()
            content.update(np.ascontiguousarray(block).data)
            first = rows.stop
        if first != len(split):
            raise ValueError(f"expected {len(split)} windows, found {first}")
        file.attrs.update(
            kind=KIND,
            format=CODES_FORMAT,
            window=window,
            channels=ALPHABET,
            codes_checksum=content.hexdigest(),
            sources=[str(Path(source).resolve()) for source in sources],
            version=__version__,
        )

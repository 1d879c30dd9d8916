"""Write the data set file (`danq.dataset.layout` says what is in it)."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.layout import CODES_FORMAT, FORMAT, KIND, content_checksum
from danq.genome import ALPHABET, Reference
from danq.hdf5.writing import PatientFile, new_hdf5, write_text, write_texts
from danq.names import clean_names
from danq.paths import StrPath
from danq.targets.table import Targets, check_targets

Bytes = npt.NDArray[np.uint8]
Block = tuple[Bytes, Bytes]
"""Codes (k, window) and packed labels (k, ceil(targets / 8)) of some rows."""


def write_dataset(
    path: StrPath,
    *,
    reference: Reference,
    window: int,
    bin: int,
    min_overlap: float,
    targets: Targets,
    contig: npt.NDArray[np.integer],
    start: npt.NDArray[np.integer],
    split: npt.NDArray[np.integer],
    labels: Iterable[Bytes],
) -> None:
    """Write a data set file on a reference; `danq.outputs.whole` is the caller's.

    A label needs strictly more than `min_overlap` of the `bin` bases covered at the centre of the
    `window`. `contig` (its place in the reference), 0-based `start` and `split` are (n,). `labels`
    are blocks of rows, n in all: uint8 (…, ceil(targets / 8)), as `numpy.packbits` packs them.
    """
    with new_hdf5(path) as (file, disk):
        file.create_dataset("contig", data=contig.astype(np.uint32))
        file.create_dataset("start", data=start.astype(np.int64))
        file.create_dataset("split", data=split.astype(np.uint8))
        packed = _create_labels(file, len(contig), targets)
        _fill([packed], disk, zip(labels, strict=True))
        targets = _write_targets(file, targets, path)
        file.attrs.update(format=FORMAT, window=window, bin=bin, min_overlap=min_overlap)
        write_text(file, "reference", reference.path.resolve())
        write_text(file, "reference_checksum", reference.checksum)
        _seal(file, targets)


def write_codes(
    path: StrPath,
    *,
    targets: Targets,
    window: int,
    split: Bytes,
    blocks: Iterable[Block],
    sources: Sequence[StrPath],
) -> None:
    """Write a data set file of codes, holding one block of rows at a time.

    `split` is uint8 (n,); the blocks give n rows in order; `sources` are the files they come from,
    for the record. `danq.outputs.whole` is the caller's. Rows lie one after the other, so that a
    random batch is one gather from a memory map, and nothing but the rows asked for is read.
    """
    content = hashlib.sha256()

    def hashed() -> Iterator[Block]:
        for block in blocks:
            content.update(np.ascontiguousarray(block[0]).data)
            yield block

    with new_hdf5(path) as (file, disk):
        file.create_dataset("split", data=split)
        codes = file.create_dataset("codes", (len(split), window), np.uint8)
        labels = _create_labels(file, len(split), targets)
        targets = _write_targets(file, targets, path)
        _fill([codes, labels], disk, hashed())
        file.attrs.update(format=CODES_FORMAT, window=window)
        write_text(file, "codes_checksum", content.hexdigest())
        write_text(file, "sources", "\n".join(os.fspath(Path(path).resolve()) for path in sources))
        _seal(file, targets)


def _create_labels(file: h5py.File, rows: int, targets: Targets) -> h5py.Dataset:
    return file.create_dataset("labels", (rows, -(-len(targets) // 8)), np.uint8)


def _seal(file: h5py.File, targets: Targets) -> None:
    """Write what both formats say of themselves, and the checksum over all that stands so far."""
    from danq import __version__

    for name, value in (("kind", KIND), ("channels", ALPHABET), ("version", __version__)):
        write_text(file, name, value)
    write_text(file, "checksum", content_checksum(targets, file.attrs, file))


def _write_targets(file: h5py.File, targets: Targets, path: StrPath) -> Targets:
    """Write the table of targets as the group ``targets``, its columns in their order.

    Returns the table in the types that reading gives; raises InputError when reading would refuse
    it.
    """
    check_targets(targets, path=path)
    made = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    made.set_link_creation_order(h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED)
    # Equal windows must make equal files.
    made.set_obj_track_times(False)
    table = h5py.Group(h5py.h5g.create(file.id, b"targets", gcpl=made))
    columns = {"name": targets.names, "group": targets.groups, **targets.extra}
    columns = {column: [str(value) for value in values] for column, values in columns.items()}
    for column in ("name", "group"):
        columns[column] = clean_names(columns[column], f"{column}s of targets", path=path)
    for column, values in columns.items():
        write_texts(table, column, values)
    return Targets(columns.pop("name"), columns.pop("group"), columns)


def _fill(
    arrays: Sequence[h5py.Dataset], disk: PatientFile, blocks: Iterable[Sequence[Bytes]]
) -> None:
    """Write blocks of rows, each with a part for every array; together they are all rows."""
    first = 0
    for parts in blocks:
        rows = slice(first, first + len(parts[0]))
        for array, part in zip(arrays, parts, strict=True):
            array[rows] = part
        disk.check()
        first = rows.stop
    if first != len(arrays[0]):
        raise ValueError(f"expected {len(arrays[0])} windows, found {first}")

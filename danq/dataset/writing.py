"""Write the data set file (`danq.dataset.layout` says what is in it)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.layout import FORMAT, KIND, content_checksum
from danq.genome import ALPHABET, Reference
from danq.hdf5 import PatientFile, new_hdf5, write_text, write_texts
from danq.names import clean_names
from danq.targets.table import Targets, check_targets


@dataclass(frozen=True)
class Geometry:
    """How windows and labels were made: bases in the window and in the bin at its centre.

    A label needs strictly more than `min_overlap` of the bin covered.
    """

    window: int
    bin: int
    min_overlap: float


def write_dataset(
    path: str | os.PathLike[str],
    *,
    reference: Reference,
    geometry: Geometry,
    targets: Targets,
    contig: npt.NDArray[np.integer],
    start: npt.NDArray[np.integer],
    split: npt.NDArray[np.integer],
    labels: Iterable[npt.NDArray[np.uint8]],
) -> None:
    """Write a data set file on a reference; `danq.outputs.whole` is the caller's.

    `contig` (its place in the reference), 0-based `start` and `split` are (n,). `labels` are blocks
    of rows, n in all: uint8 (…, ceil(targets / 8)), as `numpy.packbits` packs them.
    """
    with new_hdf5(path) as (file, disk):
        file.create_dataset("contig", data=contig.astype(np.uint32))
        file.create_dataset("start", data=start.astype(np.int64))
        file.create_dataset("split", data=split.astype(np.uint8))
        _write_blocks(file, disk, labels, rows=len(contig), columns=-(-len(targets) // 8))
        targets = write_targets(file, targets, path)
        file.attrs.update(
            format=FORMAT,
            window=geometry.window,
            bin=geometry.bin,
            min_overlap=geometry.min_overlap,
        )
        write_text(file, "reference", reference.path.resolve())
        write_text(file, "reference_checksum", reference.checksum)
        seal(file, targets)


def seal(file: h5py.File, targets: Targets) -> None:
    """Write what both formats say of themselves, and the checksum over all that stands so far."""
    from danq import __version__

    for name, value in (("kind", KIND), ("channels", ALPHABET), ("version", __version__)):
        write_text(file, name, value)
    write_text(file, "checksum", content_checksum(targets, file.attrs, file))


def write_targets(file: h5py.File, targets: Targets, path: str | os.PathLike[str]) -> Targets:
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


def _write_blocks(
    file: h5py.File,
    disk: PatientFile,
    blocks: Iterable[npt.NDArray[np.uint8]],
    *,
    rows: int,
    columns: int,
) -> None:
    written = file.create_dataset("labels", shape=(rows, columns), dtype=np.uint8)
    first = 0
    for block in blocks:
        written[first : first + len(block)] = block
        disk.check()
        first += len(block)
    if first != rows:
        raise ValueError(f"expected labels of {rows} windows, found {first}")

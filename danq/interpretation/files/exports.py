"""Contributions for other programs: NumPy archives for TF-MoDISco, and tracks for browsers."""

import logging
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pybigtools
from numpy.lib import format as npy

from danq.errors import InputError
from danq.interpretation.files.contribution_file import (
    HYPOTHETICAL,
    ONE_HOT,
    PROJECTED,
    OpenContributions,
    stretches_of,
)
from danq.interpretation.maps import Stretch
from danq.write_errors import probe

logger = logging.getLogger(__name__)

_KEY = "arr_0"
Integers = npt.NDArray[np.int64]
Value = tuple[str, int, int, float]


def write_one_hot(path: Path, contributions: OpenContributions) -> None:
    """Write the bases as a NumPy archive: ``arr_0``, int8 (n, 4, L), as ``modisco motifs -s``."""
    _write_array(path, np.dtype(np.int8), contributions, ONE_HOT, zipfile.ZIP_DEFLATED)


def write_hypothetical(path: Path, contributions: OpenContributions) -> None:
    """Write hypothetical contributions: ``arr_0``, float32 (n, 4, L), as ``modisco motifs -a``."""
    # Floats hardly shrink.
    _write_array(path, np.dtype(np.float32), contributions, HYPOTHETICAL, zipfile.ZIP_STORED)


def _write_array(
    path: Path,
    dtype: np.dtype[Any],
    contributions: OpenContributions,
    name: str,
    compression: int,
) -> None:
    """Write one array as `numpy.savez` does, holding one block at a time."""
    shape = (contributions.count, 4, contributions.attributes["span"])
    head = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    # Without the time, equal arrays are equal files.
    member = zipfile.ZipInfo(f"{_KEY}.npy")
    member.compress_type = compression
    with (
        zipfile.ZipFile(path, "w", compresslevel=1) as archive,
        archive.open(member, "w", force_zip64=True) as file,
    ):
        npy.write_array_header_1_0(file, head)
        for block in contributions.blocks(name):
            file.write(np.ascontiguousarray(block).data)


def write_track(
    path: Path, contributions: OpenContributions, contigs: Mapping[str, int], scratch: Path
) -> None:
    """Write contributions of the bases that are there as a bigWig file, one value per base.

    Where maps overlap, each base has the value of the map whose middle is nearest; of two that are
    as near, that of the left one. Maps of ALT alleles are left out, and so are bases outside the
    contigs. Contigs are in the order of their names; the header has the lengths of those that have
    values.

    Parameters
    ----------
    path
        The file to write.
    contributions
        What it holds.
    contigs
        The lengths of the genome's contigs.
    scratch
        Folder for the values, 4 bytes for each, until they are sorted.

    Raises
    ------
    InputError
        When there are not maps but those of ALT alleles.
    """
    span = contributions.attributes["span"]
    values = scratch / "track"
    with open(values, "wb") as file:
        for projected in contributions.blocks(PROJECTED):
            file.write(projected.sum(axis=1).data)
    stretches = stretches_of(contributions.read_columns())
    pieces = _cut_at_midpoints(stretches, contigs)
    if not pieces:
        raise InputError("found no maps to make a track of")
    track = np.memmap(values, np.float32, mode="r", shape=(contributions.count, span))
    used = {contig: contigs[contig] for contig, *_ in pieces}
    _write_bigwig(path, used, _entries(pieces, track))


Piece = tuple[str, int, int, int, int]
"""Contig, first and last base of what is taken of a map, the map's row, and its own first base."""


def _cut_at_midpoints(stretches: list[Stretch], contigs: Mapping[str, int]) -> list[Piece]:
    """Return what is taken of each map, ordered by contig and position, without empty pieces."""
    rows = [row for row, stretch in enumerate(stretches) if stretch.allele != "ALT"]
    rows.sort(key=lambda row: stretches[row][:2])
    pieces = []
    for place, row in enumerate(rows):
        contig, start, end = stretches[row][:3]
        first, last = max(0, start), min(end, contigs[contig])
        if place and stretches[rows[place - 1]].contig == contig:
            first = max(first, _midpoint(stretches[rows[place - 1]], stretches[row]))
        if place + 1 < len(rows) and stretches[rows[place + 1]].contig == contig:
            last = min(last, _midpoint(stretches[row], stretches[rows[place + 1]]))
        if first < last:
            pieces.append((contig, first, last, row, start))
    return pieces


def _midpoint(left: Stretch, right: Stretch) -> int:
    """Return the first base that is nearer to the middle of the right one of two maps."""
    return (left.start + right.end + 1) // 2


def _entries(pieces: list[Piece], track: npt.NDArray[np.float32]) -> Iterator[Value]:
    for contig, first, last, row, start in pieces:
        values = track[row, first - start : last - start].tolist()
        yield from zip(
            repeat(contig), range(first, last), range(first + 1, last + 1), values, strict=False
        )


def _write_bigwig(path: Path, contigs: Mapping[str, int], entries: Iterable[Value]) -> None:
    """Write values in order, and read back how many there are.

    pybigtools raises few errors: it prints them, also those of `entries`, or panics, and leaves a
    file that cannot be read.
    """
    # Here, since it brings Keras with it.
    from danq.core.startup import hidden_notes

    failures: list[BaseException] = []
    count = written = 0

    def guarded() -> Iterator[Value]:
        nonlocal count
        try:
            for entry in entries:
                count += 1
                yield entry
        except GeneratorExit:
            raise
        except BaseException as error:
            failures.append(error)

    with hidden_notes():
        try:
            pybigtools.open(str(path), "w").write(dict(contigs), guarded())
            with pybigtools.open(str(path)) as track:
                written = track.info()["summary"]["basesCovered"]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # A panic is not an Exception.
            logger.debug("%s: pybigtools failed (%s)", path, error)
    if failures:
        raise failures[0]
    if written != count:
        raise probe(path) or OSError("pybigtools did not write all values")

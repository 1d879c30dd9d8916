"""Windows that people hand over: centred on the regions of a BED file, or sequences of a FASTA."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome.bed import Intervals, read_bed
from danq.genome.ends import cut_at_ends
from danq.genome.fasta import read_fasta
from danq.genome.reference import Reference
from danq.genome.sequence import Codes
from danq.paths import StrPath

logger = logging.getLogger(__name__)


class PlacedRegions(NamedTuple):
    """n regions in a genome.

    `contigs` are the genome's names, (n,) objects, `numbers` its numbers of them, int64 (n,), and
    `start` and `end` the regions' ends within them, 0-based half-open, int64 (n,).
    """

    contigs: npt.NDArray[np.object_]
    numbers: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]


class CentredWindows(NamedTuple):
    """Windows centred on n regions.

    `contigs` are the genome's names, (n,) objects, `numbers` its numbers of them, int64 (n,), and
    `starts` the windows' first positions, 0-based, int64 (n,), which may lie outside the contig.
    """

    contigs: npt.NDArray[np.object_]
    numbers: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]


def read_regions(path: StrPath) -> Intervals:
    """Read a BED file that holds at least one region."""
    regions = read_bed(path)
    if not len(regions):
        raise InputError("holds no regions", path=regions.path)
    return regions


def place_regions(reference: Reference, regions: Intervals) -> PlacedRegions:
    """Find regions in a genome, cut at their contigs' ends.

    InputError when the genome lacks a contig, or a region begins behind a contig's end.
    """
    resolved = [_resolve_contig(reference, regions, place) for place in range(len(regions.contigs))]
    ends = np.array([reference.contigs[name] for name in resolved])[regions.contig]
    end = cut_at_ends(regions, ends, kind="region")
    if (empty := regions.start >= end).any():
        row = int(np.argmax(empty))
        raise InputError(
            f"found a region behind the end of {quoted(regions.contigs[regions.contig[row]])}, "
            f"which has {ends[row]} bases in the genome",
            path=regions.path,
            line=int(regions.line[row]),
        )
    numbers = np.array([reference.number(name) for name in resolved])
    names = np.array(resolved, dtype=object)
    return PlacedRegions(names[regions.contig], numbers[regions.contig], regions.start, end)


def centre_windows(reference: Reference, regions: Intervals, length: int) -> CentredWindows:
    """Centre a window of a length on every region, cut at its contig's end.

    A window covers [c - length // 2, c - length // 2 + length) with c = (start + end) // 2.
    InputError as in `place_regions`.
    """
    contigs, numbers, start, end = place_regions(reference, regions)
    return CentredWindows(contigs, numbers, (start + end) // 2 - length // 2)


def _resolve_contig(reference: Reference, regions: Intervals, place: int) -> str:
    """Name a contig of the regions as the genome does."""
    name = regions.contigs[place]
    resolved = reference.resolve(name)
    if resolved is None:
        line = int(regions.line[np.flatnonzero(regions.contig == place)[0]])
        raise InputError(
            f"found contig {quoted(name)}, which {reference.path} does not have",
            path=regions.path,
            line=line,
        )
    if resolved != name:
        logger.info('%s: contig "%s" is "%s" in the genome', regions.path, name, resolved)
    return resolved


def read_windows(path: Path, length: int) -> Iterator[tuple[str, Codes]]:
    """Yield name and codes of each sequence of a FASTA file, all of one length."""
    number = 0
    with tempfile.TemporaryDirectory() as scratch:
        for piece in read_fasta(path, Path(scratch), strict=False):
            number += piece.start == 0
            if piece.length != length:
                raise InputError(
                    f"sequence {number}, {quoted(piece.name)}, has {piece.length} bases, "
                    f"the model reads windows of {length}",
                    path=path,
                )
            yield piece.name, piece.codes

"""Where windows to predict come from: regions of a genome, a FASTA file, or Python."""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.errors import InputError, quoted
from danq.genome import Intervals, Reference, read_bed
from danq.genome.ends import cut_at_ends
from danq.genome.fasta import read_fasta
from danq.models.inputs import Sequences, as_codes
from danq.paths import StrPath

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Block:
    """Windows to predict, uint8 (n, window), and the columns that identify them.

    The columns are lists of str and int64 arrays, one value per window.
    """

    codes: NDArray[np.uint8]
    columns: dict[str, Any]


@dataclass(frozen=True)
class Source:
    """Where windows come from.

    Attributes
    ----------
    blocks
        The windows, once.
    columns
        The type of each column: `str` or `int`.
    count
        Number of windows where it is known beforehand.
    attributes
        What an output says of the source.
    """

    blocks: Iterator[Block]
    columns: dict[str, type]
    count: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def check_inputs(
    genome: StrPath | Reference | None,
    regions: StrPath | None,
    fasta: StrPath | None,
    sequences: Sequences | None,
) -> None:
    """Refuse inputs that do not go together: expected is exactly one, regions with a genome."""
    if sum(given is not None for given in (regions, fasta, sequences)) != 1:
        raise InputError(
            "expected either regions (with a genome) or a FASTA file of sequences, or in Python "
            "sequences"
        )
    if (regions is None) != (genome is None):
        raise InputError("regions and a genome go together, found one without the other")


def open_source(
    genome: StrPath | Reference | None,
    regions: StrPath | None,
    fasta: StrPath | None,
    sequences: Sequences | None,
    *,
    window: int,
    block: int,
) -> Source:
    """Open the input that `check_inputs` found to be the one given, about `block` windows at once.

    Raises InputError when it cannot be read, is empty or does not fit; a FASTA file is read later.
    """
    if sequences is not None:
        return _given(sequences, window, block)
    if fasta is not None:
        return _sequences(Path(fasta), window, block)
    assert genome is not None
    assert regions is not None
    # The regions first: a genome may take minutes to read.
    intervals = read_bed(regions)
    if not len(intervals):
        raise InputError("holds no regions", path=intervals.path)
    reference = Reference.of(genome)
    return _windows(reference, intervals, window, block)


def _given(sequences: Sequences, window: int, block: int) -> Source:
    """Take sequences from Python; those of a dictionary bring their names."""
    codes = as_codes(sequences, window)
    if not len(codes):
        raise InputError("found no sequences to predict")
    named = isinstance(sequences, Mapping)
    names = [str(name) for name in (sequences if named else range(len(codes)))]
    blocks = (
        Block(codes[first : first + block], {"name": names[first : first + block]})
        for first in range(0, len(codes), block)
    )
    return Source(blocks, {"name": str}, len(codes))


def _windows(reference: Reference, regions: Intervals, length: int, block: int) -> Source:
    """Centre a window on every region."""
    resolved = [_resolve_contig(reference, regions, place) for place in range(len(regions.contigs))]
    names = np.array(resolved, dtype=object)
    numbers = np.array([reference.number(name) for name in resolved])
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
    starts = (regions.start + end) // 2 - length // 2

    def blocks() -> Iterator[Block]:
        for first in range(0, len(regions), block):
            chosen = slice(first, first + block)
            contigs, start = regions.contig[chosen], starts[chosen]
            yield Block(
                reference.windows(numbers[contigs], start, length),
                {"contig": names[contigs].tolist(), "start": start, "end": start + length},
            )

    return Source(
        blocks(),
        {"contig": str, "start": int, "end": int},
        len(regions),
        {"reference_checksum": reference.checksum},
    )


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


def _sequences(path: Path, length: int, block: int) -> Source:
    """Read sequences of the window's length."""

    def blocks() -> Iterator[Block]:
        names: list[str] = []
        codes = np.empty((block, length), np.uint8)
        for name, sequence in _records(path, length):
            codes[len(names)] = sequence
            names.append(name)
            if len(names) == block:
                yield Block(codes, {"name": names})
                names = []
        if names:
            yield Block(codes[: len(names)], {"name": names})

    return Source(blocks(), {"name": str})


def _records(path: Path, length: int) -> Iterator[tuple[str, NDArray[np.uint8]]]:
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

"""Where windows to predict come from: regions of a genome, a FASTA file, or Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.errors import InputError
from danq.genome import Intervals, Reference
from danq.genome.inputs import centre_windows, read_regions, read_windows
from danq.models.inputs import Sequences, as_codes
from danq.paths import StrPath


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
    intervals = read_regions(regions)
    return _windows(Reference.of(genome), intervals, window, block)


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
    windows = centre_windows(reference, regions, length)

    def blocks() -> Iterator[Block]:
        for first in range(0, len(regions), block):
            some = slice(first, first + block)
            start = windows.starts[some]
            yield Block(
                reference.windows(windows.numbers[some], start, length),
                {"contig": windows.contigs[some].tolist(), "start": start, "end": start + length},
            )

    return Source(
        blocks(),
        {"contig": str, "start": int, "end": int},
        len(regions),
        {"reference_checksum": reference.checksum},
    )


def _sequences(path: Path, length: int, block: int) -> Source:
    """Read sequences of the window's length."""

    def blocks() -> Iterator[Block]:
        names: list[str] = []
        codes = np.empty((block, length), np.uint8)
        for name, sequence in read_windows(path, length):
            codes[len(names)] = sequence
            names.append(name)
            if len(names) == block:
                yield Block(codes, {"name": names})
                names = []
        if names:
            yield Block(codes[: len(names)], {"name": names})

    return Source(blocks(), {"name": str})

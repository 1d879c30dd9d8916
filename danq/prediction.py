"""Predictions of one model for regions of a genome or for sequences: ``danq predict``."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from danq import models as networks
from danq.errors import InputError, quoted
from danq.genome import Intervals, Reference, read_bed
from danq.genome.ends import cut_at_ends
from danq.genome.fasta import read_fasta
from danq.hdf5 import PatientFile, new_hdf5
from danq.outputs import check_output, whole

logger = logging.getLogger(__name__)

BLOCK = 4096
"""About as many windows are held at once."""

_STRING = h5py.string_dtype("utf-8")
StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class _Block:
    """Windows to predict and the columns that say which they are."""

    codes: NDArray[np.uint8]
    columns: dict[str, Any]


@dataclass(frozen=True)
class _Source:
    """Where windows come from.

    `columns` gives the type of every column that goes into the file beside the predictions, and
    `count` the number of windows where it is known beforehand.
    """

    blocks: Iterator[_Block]
    columns: dict[str, Any]
    count: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def predict(
    model: StrPath,
    output: StrPath,
    *,
    genome: StrPath | None = None,
    regions: StrPath | None = None,
    fasta: StrPath | None = None,
    both_strands: bool = True,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: bool | None = None,
) -> int:
    """Predict probabilities for the regions of a BED file or the sequences of a FASTA file.

    The model's window of L bases is centred on each region: it covers [c − L // 2, c − L // 2 + L)
    with c = (start + end) // 2, whatever the region's own length. Positions beyond a contig's ends
    are unknown bases.

    Writes an HDF5 file with ``predictions``, float32 (windows, targets), in the order of the
    input; ``targets`` and ``groups``; and ``contig`` (as the genome names it), ``start`` and
    ``end`` of the windows, 0-based half-open, or ``name`` of the sequences. Memory does not grow
    with the number of windows predicted.

    Parameters
    ----------
    model
        Model file.
    output
        HDF5 file to write.
    genome, regions
        FASTA file of the genome and BED file (or narrowPeak) of the regions.
    fasta
        FASTA file (plain, gzip or bgzip) of sequences of exactly the window's length, in place of
        genome and regions. Names may repeat.
    both_strands
        Average the probabilities of both strands.
    batch_size
        Windows predicted at once; None leaves it to `danq.models.Predictor`.
    precision
        What the network's inner layers compute in: ``float32``, ``bfloat16`` or ``float16``.
    progress
        True shows a progress bar on standard error, None only where that is a terminal.

    Returns
    -------
    int
        Number of windows predicted.

    Raises
    ------
    InputError
        When not exactly one input is given, an input is empty, a region lies on a contig that the
        genome does not have, or a sequence has another length or a letter that is no IUPAC base.
    """
    _check_inputs(genome, regions, fasta)
    check_output(output, inputs=[model, genome, regions, fasta])
    metadata = networks.metadata(model)
    with whole(output) as partial:
        networks.prepare_devices()
        predictor = networks.Predictor(
            networks.load(model), batch_size=batch_size, precision=precision
        )
        block = predictor.batch_size * max(1, BLOCK // predictor.batch_size)
        if fasta is not None:
            source = _sequences(Path(fasta), metadata.window, block)
        else:
            assert genome is not None
            assert regions is not None
            source = _windows(Reference(genome), read_bed(regions), metadata.window, block)
        with new_hdf5(partial) as (file, disk):
            _describe(file, model, metadata, source, both_strands=both_strands, precision=precision)
            count = _write(
                file, disk, predictor, source, both_strands=both_strands, progress=progress
            )
    logger.info("%s: predicted %d windows for %d targets", output, count, len(metadata.targets))
    return count


def _check_inputs(genome: StrPath | None, regions: StrPath | None, fasta: StrPath | None) -> None:
    if (regions is None) == (fasta is None):
        raise InputError("expected either regions (with a genome) or a FASTA file of sequences")
    if (regions is None) != (genome is None):
        raise InputError("regions and a genome go together, found one without the other")


def _windows(reference: Reference, regions: Intervals, length: int, block: int) -> _Source:
    """Centre a window on every region."""
    if not len(regions):
        raise InputError("holds no regions", path=regions.path)
    resolved = [_resolved(reference, regions, place) for place in range(len(regions.contigs))]
    names = np.array([name.encode() for name in resolved])
    names = names.astype(h5py.string_dtype("utf-8", names.itemsize))
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

    def blocks() -> Iterator[_Block]:
        for first in range(0, len(regions), block):
            chosen = slice(first, first + block)
            contigs, start = regions.contig[chosen], starts[chosen]
            yield _Block(
                reference.windows(numbers[contigs], start, length),
                {"contig": names[contigs], "start": start, "end": start + length},
            )

    return _Source(
        blocks(),
        {"contig": names.dtype, "start": np.int64, "end": np.int64},
        len(regions),
        {"reference_checksum": reference.checksum},
    )


def _resolved(reference: Reference, regions: Intervals, place: int) -> str:
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


def _sequences(path: Path, length: int, block: int) -> _Source:
    """Read sequences of the window's length."""

    def blocks() -> Iterator[_Block]:
        names: list[str] = []
        codes = np.empty((block, length), np.uint8)
        for name, sequence in _records(path, length):
            codes[len(names)] = sequence
            names.append(name)
            if len(names) == block:
                yield _Block(codes, {"name": names})
                names = []
        if names:
            yield _Block(codes[: len(names)], {"name": names})

    return _Source(blocks(), {"name": _STRING})


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


def _describe(
    file: h5py.File,
    model: StrPath,
    metadata: networks.Metadata,
    source: _Source,
    *,
    both_strands: bool,
    precision: str,
) -> None:
    from danq import __version__

    targets = len(metadata.targets)
    file.create_dataset("targets", data=metadata.targets, dtype=_STRING)
    file.create_dataset("groups", data=metadata.groups, dtype=_STRING)
    rows = max(1, min(1024, 2**18 // targets))
    file.create_dataset(
        "predictions", (0, targets), np.float32, maxshape=(None, targets), chunks=(rows, targets)
    )
    for name, kind in source.columns.items():
        file.create_dataset(name, (0,), kind, maxshape=(None,), chunks=(4096,))
    file.attrs.update(
        kind="danq predictions",
        model=os.path.basename(model),
        window=metadata.window,
        strands="both" if both_strands else "forward",
        precision=precision,
        version=__version__,
        **source.attributes,
    )


def _write(
    file: h5py.File,
    disk: PatientFile,
    predictor: networks.Predictor,
    source: _Source,
    *,
    both_strands: bool,
    progress: bool | None,
) -> int:
    """Predict block by block and append; give the number of windows."""
    disable = None if progress is None else not progress
    done = 0
    with tqdm(total=source.count, desc="predict", unit=" windows", disable=disable) as bar:
        for block in source.blocks:
            end = done + len(block.codes)
            columns = {
                **block.columns,
                "predictions": predictor.probabilities(block.codes, both_strands=both_strands),
            }
            for name, values in columns.items():
                file[name].resize(end, axis=0)
                file[name][done:end] = values
            disk.check()
            bar.update(end - done)
            done = end
    return done

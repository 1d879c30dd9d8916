"""Predict windows block by block: the step behind `danq predict`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from danq import __version__
from danq import models as networks
from danq.genome import Reference
from danq.models.inputs import Sequences
from danq.models.opened import is_path, metadata_of, model_name, open_predictor
from danq.outputs import check_ending, check_output
from danq.paths import StrPath
from danq.prediction.files import PredictionFile, open_file
from danq.prediction.predictions import Predictions
from danq.prediction.sources import Source, check_inputs, open_source
from danq.progress import bar
from danq.ranges import BATCH_SIZE, checked

if TYPE_CHECKING:
    import keras

BLOCK = 4096
"""About as many windows are held at once."""


@checked
def predict(
    model: StrPath | keras.Model | networks.Predictor,
    output: StrPath | None = None,
    *,
    genome: StrPath | Reference | None = None,
    regions: StrPath | None = None,
    fasta: StrPath | None = None,
    sequences: Sequences | None = None,
    both_strands: bool = True,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: bool | None = None,
) -> Predictions:
    """Predict probabilities for regions of a genome, the sequences of a FASTA file, or sequences.

    The model's window of L bases is centred on each region: it covers [c − L // 2, c − L // 2 + L)
    with c = (start + end) // 2, whatever the region's own length. Positions beyond a contig's ends
    are unknown bases.

    A file holds ``predictions``, float32 (windows, targets), in the order of the input; and
    ``contig`` (as the genome names it), ``start`` and ``end`` of the windows, 0-based half-open, or
    ``name`` of the sequences. HDF5 has datasets of these names, with ``targets`` and ``groups``;
    Parquet has columns of these names, ``predictions`` a list of fixed length, with targets and
    groups in the schema's metadata; TSV has one column per target. Memory does not grow with the
    number of windows where they are written to a file.

    Parameters
    ----------
    model
        Model file, loaded network, or `danq.models.Predictor`.
    output
        File to write, ``.h5``, ``.hdf5``, ``.parquet``, ``.tsv`` or ``.tsv.gz``. Without one the
        predictions are returned as arrays.
    genome, regions
        FASTA file of the genome, or the reference opened from it, and BED file (or narrowPeak) of
        the regions.
    fasta
        FASTA file (plain, gzip or bgzip) of sequences of exactly the window's length, in place of
        genome and regions. Names may repeat.
    sequences
        Windows from Python instead: codes, letters, or a list or dictionary of them
        (`danq.models.inputs.as_codes`).
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
    Predictions
        Without an output ``probabilities`` and ``columns`` hold the arrays.

    Raises
    ------
    InputError
        When not exactly one input is given, an input is empty, a region lies on a contig that the
        genome does not have, or a sequence has another length or a letter that is not an IUPAC
        base.
    """
    check_inputs(genome, regions, fasta, sequences)
    if batch_size is not None:
        BATCH_SIZE.check("batch size", batch_size)
    if output is not None:
        check_output(output, inputs=filter(is_path, (model, genome, regions, fasta)))
        check_ending(output, "predictions")
    # A file's network waits until everything else has been read.
    if is_path(model):
        opened, metadata = None, networks.metadata(model)
    else:
        opened = open_predictor(model, batch_size=batch_size, precision=precision)
        metadata = metadata_of(opened)
    size = opened.batch_size if opened else batch_size or networks.DEFAULT_BATCH
    block = size * max(1, BLOCK // size)
    source = open_source(genome, regions, fasta, sequences, window=metadata.window, block=block)
    attributes = {
        "kind": "danq predictions",
        "model": model_name(model),
        "window": metadata.window,
        "strands": "both" if both_strands else "forward",
        "precision": precision,
        "version": __version__,
        **source.attributes,
    }
    arrays = _Arrays(source.columns, len(metadata.targets))
    with ExitStack() as stack:
        file: PredictionFile = arrays
        if output is not None:
            opened_file = open_file(output, metadata, source.columns, attributes)
            file = stack.enter_context(opened_file)
        predictor = opened or open_predictor(model, batch_size=batch_size, precision=precision)
        count = _write(file, predictor, source, both_strands=both_strands, progress=progress)
    return Predictions(
        count,
        metadata.targets,
        metadata.groups,
        None if output is None else Path(output),
        arrays.columns() if output is None else {},
        arrays.predictions() if output is None else None,
    )


def _write(
    file: PredictionFile,
    predictor: networks.Predictor,
    source: Source,
    *,
    both_strands: bool,
    progress: bool | None,
) -> int:
    """Predict block by block and append; return the number of windows."""
    count = 0
    with bar(progress=progress, total=source.count, desc="predict", unit=" windows") as shown:
        for block in source.blocks:
            probabilities = predictor.probabilities(block.codes, both_strands=both_strands)
            file.write(block.columns, probabilities)
            count += len(probabilities)
            shown.update(len(probabilities))
    return count


class _Arrays:
    """Takes predictions and keeps them."""

    def __init__(self, columns: Mapping[str, type], targets: int) -> None:
        self._kinds = columns
        self._columns: dict[str, list[Any]] = {name: [] for name in columns}
        self._blocks = [np.empty((0, targets), np.float32)]

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""
        for name, values in columns.items():
            self._columns[name].extend(values)
        self._blocks.append(predictions)

    def columns(self) -> dict[str, Any]:
        """Return the columns, integers as arrays."""
        return {
            name: values if self._kinds[name] is str else np.array(values, np.int64)
            for name, values in self._columns.items()
        }

    def predictions(self) -> NDArray[np.float32]:
        """Return float32 (windows, targets)."""
        return np.concatenate(self._blocks)

"""Every single-nucleotide change of regions: the step behind `danq saturate`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from danq import models
from danq.errors import InputError, quoted, suggestion
from danq.genome.inputs import place_regions, read_regions
from danq.genome.reference import Reference
from danq.interpretation.files.substitution_files import (
    INDEXES,
    QUANTITIES,
    TABLE,
    VCF,
    SubstitutionFiles,
)
from danq.interpretation.maps import ExplainedOutput, Floats
from danq.interpretation.methods.attribution import UNITS
from danq.interpretation.methods.mutagenesis import substitution_effects
from danq.interpretation.outputs import choose_outputs
from danq.interpretation.tiling import SPAN, Tiles, Tiling
from danq.interpretation.windows import choose_span
from danq.models.opened import is_path, metadata_of, model_name, open_predictor
from danq.models.sharing import Span
from danq.outputs import check_ending, check_outputs, listed
from danq.paths import StrPath
from danq.progress import bar
from danq.ranges import BASES, BATCH_SIZE, checked
from danq.resuming import BlockSource, whole_run
from danq.vcf.info import printable

if TYPE_CHECKING:
    import keras

_READS = frozenset(["changes"])


@dataclass(frozen=True)
class Saturation:
    """What `danq.saturate` did.

    Attributes
    ----------
    outputs
        What the columns are of.
    positions
        Positions of the regions, each counted once.
    unknown
        Those of them whose base is unknown, which were left out.
    variants
        Single-nucleotide variants that were written: three for each other position.
    files
        Files that were written, without indexes.
    """

    outputs: Sequence[ExplainedOutput]
    positions: int
    unknown: int
    variants: int
    files: Sequence[Path]


@checked
def saturate(
    model: StrPath | keras.Model | models.Predictor,
    genome: StrPath | Reference,
    regions: StrPath,
    output: StrPath,
    *,
    vcf: StrPath | None = None,
    targets: str | Sequence[str] | None = None,
    unit: str = "logit",
    span: int | None = None,
    batch_size: int | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> Saturation:
    """Predict every single-nucleotide variant of regions, and write a table of all of them.

    A window stands for the `span` positions around its centre, and each of its substitutions is
    computed only where it changes something. With a span of 1 the numbers are those of
    `danq.score`, which centres a window on each variant; with a larger one a variant stands up to
    span / 2 from the centre. Windows lie on a grid of the genome, so that a variant has the same
    numbers whichever regions it is computed with. Both strands are averaged.

    Parameters
    ----------
    model
        Model file, loaded network, or `danq.models.Predictor`.
    genome
        FASTA file, or the reference opened from it.
    regions
        BED file. Regions may overlap: every variant is written once, in the genome's order.
    output
        Table to write, ``.tsv.gz``: bgzipped and indexed for tabix, with the columns ``#Chrom Pos
        Ref Alt`` and one per target, whose unit a ``##`` line says.
    vcf
        VCF to write as well, ``.vcf.gz``: bgzipped and indexed, with an INFO field per target.
    targets
        Names of targets, or of groups for the mean over their targets, or ``all``; by default every
        target of a network with up to 20, otherwise every group.
    unit
        ``logit`` for changes of log2 odds, or ``probability``.
    span
        Positions for which a window stands: by default 200, or the window where it is shorter.
    batch_size
        Changed copies of windows predicted at once.
    resume
        Continue after the blocks that an interrupted run finished.
    progress
        True shows a progress bar on standard error, None only where that is a terminal.

    Returns
    -------
    Saturation

    Raises
    ------
    InputError
        When a target is not the model's, the span is longer than the window, a region lies outside
        the genome, or a file cannot be read or written.
    """
    _check_options(unit, span, batch_size)
    _check_files([model, genome, regions], output, vcf)
    opened = None if is_path(model) else open_predictor(model, batch_size=batch_size)
    metadata = models.metadata(model) if is_path(model) else metadata_of(open_predictor(model))
    words = [targets] if isinstance(targets, str) else targets
    outputs = choose_outputs(metadata, words)
    window = metadata.window
    chosen = choose_span(window, min(SPAN, window) if span is None else span, is_variant=False)
    reference = Reference.of(genome)
    placed = place_regions(reference, read_regions(regions))
    tiling = Tiling(reference, placed, window=window, span=chosen.size)
    origin = {
        "version": _version(),
        "model": printable(model_name(model)),
        "model_checksum": models.checksum(model) if is_path(model) else "",
        "genome": printable(reference.path.name),
        "genome_checksum": reference.checksum,
        "window": window,
        "span": chosen.size,
    }
    identity = {**origin, "unit": unit, "outputs": [[o.name, list(o.columns)] for o in outputs]}
    predictor = opened or open_predictor(model, batch_size=batch_size)
    paths = [Path(path) for path in (output, vcf) if path is not None]
    variants = 0
    with ExitStack() as stack:
        blocks = stack.enter_context(whole_run(output, identity, resume=resume))
        files = SubstitutionFiles(
            stack,
            Path(output),
            None if vcf is None else Path(vcf),
            outputs,
            unit=unit,
            origin=origin,
            contigs=reference.contigs,
        )
        shown = stack.enter_context(
            bar(progress=progress, total=tiling.size, desc="saturate", unit=" positions")
        )
        for tiles, changes in _changes(predictor, tiling, blocks, outputs, chosen, unit):
            files.write(tiles.substitutions, changes)
            variants += len(changes)
            shown.update(int(tiles.chosen.sum()))
        files.finish()
    return Saturation(outputs, tiling.size, tiling.unknown, variants, paths)


def _version() -> str:
    from danq import __version__

    return __version__


def _check_options(unit: str, span: int | None, batch_size: int | None) -> None:
    """Refuse options out of their ranges."""
    if unit not in QUANTITIES:
        raise InputError(
            f"found unit {quoted(unit)}, expected {listed(UNITS)}{suggestion(unit, UNITS)}"
        )
    for name, limit, value in (("span", BASES, span), ("batch size", BATCH_SIZE, batch_size)):
        if value is not None:
            limit.check(name, value)


def _check_files(inputs: Sequence[object], output: StrPath, vcf: StrPath | None) -> None:
    """Refuse outputs of other endings, or that are inputs, before hours of work."""
    check_ending(output, "table", TABLE)
    if vcf is not None:
        check_ending(vcf, "VCF", VCF)
    written = [Path(path) for path in (output, vcf) if path is not None]
    indexes = [path.with_name(path.name + kind) for path in written for kind in INDEXES]
    check_outputs([*written, *indexes], inputs=inputs)


def _changes(
    predictor: models.Predictor,
    tiling: Tiling,
    blocks: BlockSource,
    outputs: Sequence[ExplainedOutput],
    span: Span,
    unit: str,
) -> Iterator[tuple[Tiles, Floats]]:
    """Yield blocks with the changes that their substitutions make, float32 (n, T)."""
    for tiles in tiling:
        arrays = blocks.load(tiles, _READS)
        if arrays is None:
            arrays = {"changes": _compute(predictor, tiles, outputs, span, unit)}
            blocks.save(tiles, arrays, _READS)
        yield tiles, arrays["changes"]


def _compute(
    predictor: models.Predictor,
    tiles: Tiles,
    outputs: Sequence[ExplainedOutput],
    span: Span,
    unit: str,
) -> Floats:
    """Predict what the substitutions of a block change, per output."""
    effects, _ = substitution_effects(
        predictor, tiles.codes, outputs, span=span, unit=unit, chosen=tiles.chosen
    )
    rows, at, bases = tiles.places
    changes = effects[rows, :, at, bases]
    if np.isnan(changes).any():
        raise InputError("the network's outputs are not numbers (NaN), so nothing can be written")
    # Scores are of log2 odds, the network's logits of natural ones. Adding 0 makes -0 of none.
    scale = 1 / math.log(2) if unit == "logit" else 1.0
    scaled: Floats = (changes.astype(np.float64) * scale).astype(np.float32) + np.float32(0)
    return scaled

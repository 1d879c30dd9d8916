"""What each base does to a prediction: the step behind `danq explain`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from danq import models
from danq.genome.reference import Reference
from danq.interpretation.explanation import Explanation
from danq.interpretation.files.beside import Beside, read_scan, table_path
from danq.interpretation.files.contribution_files import open_files, plan_files
from danq.interpretation.methods.attribution import COMPLETE
from danq.interpretation.options import Keywords, Options
from danq.interpretation.outputs import choose_outputs
from danq.interpretation.runs import Run
from danq.interpretation.windows import block_size, check_inputs, choose_span, open_source
from danq.models.opened import is_path, metadata_of, model_name, open_predictor
from danq.outputs import check_outputs
from danq.paths import StrPath
from danq.ranges import checked
from danq.resuming import whole_run

if TYPE_CHECKING:
    import keras


@checked
def explain(
    model: StrPath | keras.Model | models.Predictor,
    output: StrPath | None = None,
    *,
    genome: StrPath | Reference | None = None,
    regions: StrPath | None = None,
    vcf: StrPath | None = None,
    fasta: StrPath | None = None,
    resume: bool = False,
    **options: Unpack[Keywords],
) -> Explanation:
    """Explain predictions: what each base of a window contributes to each output.

    In-silico mutagenesis (``ism``) predicts every substitution of every base. Hypothetical
    contributions are the effects of the four bases less their mean; the contribution of a base is
    that of the one that is there. The difference of two hypothetical contributions of a position is
    the effect of that substitution. At a window's centre it is what `danq.score` gives for that
    variant (as ``logit``, there in log2); elsewhere it differs, as `danq.score` centres a window on
    each variant. The other methods are gradients
    (`danq.interpretation.methods.attribution.attribute`). Everything is the mean over both strands.

    Parameters
    ----------
    model
        Model file, loaded network, or `danq.models.Predictor`.
    output
        HDF5 file to write, in the layout that ChromBPNet's readers take
        (`danq.interpretation.files.contribution_file`); of several outputs one file each,
        X.NAME.h5. Without one the maps are returned as arrays.
    genome, regions
        FASTA file of the genome, or the reference opened from it, and BED file of the regions; the
        window is centred on each.
    vcf
        VCF or BCF file in place of regions, or ``-``: each allele is explained in the window of
        REF and in that of ALT, which are cut as `danq.score` does.
    fasta
        FASTA file of sequences of exactly the window's length, in place of genome and regions.
    resume
        Continue after the blocks that an interrupted run finished.
    method
        ``ism``, ``saliency``, ``gradient-input``, ``integrated-gradients`` or
        ``expected-gradients``.
    targets
        Names of targets, or of groups for the mean over their targets, or ``all``; by default every
        target of a network with up to 20, otherwise every group.
    unit
        ``logit``, the network's output before the sigmoid, or ``probability``.
    span
        Bases around the window's centre that are explained: by default the whole window, of
        variants 100 to either side.
    baseline, baselines, steps, seed
        As in `danq.interpretation.methods.attribution.attribute`. Where contributions should sum to
        a difference, X.completeness.tsv says for each window how nearly they do.
    top
        Number of variants of a scored VCF to explain: those of the largest DANQ_MAX.
    ref_mismatch
        ``error`` stops at a REF that the genome contradicts, ``skip`` gives it a reason.
    motifs
        MEME or JASPAR file: which of its motifs a variant makes or breaks, written as
        X.motifs.tsv and named in figures.
    npz, bigwig, plot
        Prefix of arrays for TF-MoDISco, folder for one bigWig track per output, and folder for
        figures.
    batch_size
        Windows, or changed copies of them, predicted at once.
    progress
        True shows a progress bar on standard error, None only where that is a terminal.

    Returns
    -------
    Explanation

    Raises
    ------
    InputError
        When inputs do not go together, an option does nothing, a target is not the model's, the
        span is longer than the window, a region lies outside the genome, or a file cannot be read
        or written.
    """
    chosen = Options.of(explain, options)
    check_inputs(genome, regions, vcf, fasta, chosen)
    inputs = [model, genome, regions, vcf, fasta, chosen.motifs]
    beside = Beside()
    if output is None:
        chosen.refuse_files(resume=resume)
    else:
        is_complete = chosen.method in COMPLETE
        beside = Beside(
            None,
            None if chosen.motifs is None else table_path(output, "motifs"),
            table_path(output, "completeness") if is_complete else None,
            chosen.plot,
            chosen.unit,
        )
        check_outputs([output, *beside.paths], inputs=inputs)
        beside = replace(beside, motifs=read_scan(chosen.motifs))
    opened = None if is_path(model) else open_predictor(model, batch_size=chosen.batch_size)
    metadata = models.metadata(model) if is_path(model) else metadata_of(open_predictor(model))
    outputs = choose_outputs(metadata, chosen.words)
    span = choose_span(metadata.window, chosen.span, is_variant=vcf is not None)
    paths = None
    if output is not None:
        paths = plan_files(output, outputs, npz=chosen.npz, bigwig=chosen.bigwig)
        paths.check([*inputs, *beside.paths])
    source = open_source(
        genome,
        regions,
        vcf,
        fasta,
        chosen,
        window=metadata.window,
        span=span,
        block=block_size(span, len(outputs)),
    )
    origin = {
        "method": chosen.method,
        "unit": chosen.unit,
        "model": model_name(model),
        "model_checksum": models.checksum(model) if is_path(model) else "",
        "genome": Path(fasta or "" if source.reference is None else source.reference.path).name,
        "genome_checksum": "" if source.reference is None else source.reference.checksum,
        "window": metadata.window,
        **chosen.of_method,
    }
    predictor = opened or open_predictor(model, batch_size=chosen.batch_size)
    run = Run(predictor, outputs, chosen, span)
    if output is None or paths is None:
        return run.collect(source)
    with ExitStack() as stack:
        explained = [[each.name, list(each.columns)] for each in outputs]
        identity = {**origin, "outputs": explained, "span": [span.first, span.last]}
        blocks = stack.enter_context(whole_run(output, identity, resume=resume))
        # Left last: nothing appears where what is made of the files cannot be written.
        others = stack.enter_context(beside.opened())
        files = stack.enter_context(
            open_files(
                paths,
                outputs,
                targets=metadata.targets,
                span=span.size,
                origin=origin,
                contigs=source.contigs,
            )
        )
        takers = [lambda _, maps, __: files.write(maps), *others]
        return run.write(source, blocks, takers, [*paths.all, *beside.paths])

"""Score a VCF: records stream through in order, each ALT ends with scores or a reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Literal, TypedDict, Unpack, overload

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.models import DEFAULT_BATCH
from danq.scoring.allele_scores import AlleleScores, Collector
from danq.scoring.blocks.judging import Judge
from danq.scoring.blocks.pieces import BlockSource, Piece, gathered_run, one_piece, whole_run
from danq.scoring.blocks.preparing import judged
from danq.scoring.blocks.summary import Summary
from danq.scoring.e_values.background_file import Background
from danq.scoring.outputs.destinations import Destinations, StrPath
from danq.scoring.outputs.info_choice import chosen_fields
from danq.scoring.outputs.writers import Run, open_writers
from danq.scoring.pipeline import Pipeline
from danq.scoring.plan import planned
from danq.scoring.provenance import identity_of, origin
from danq.scoring.reference_checks import warn_of_mismatches, warn_of_reference
from danq.scoring.scorers.ensemble import open_ensemble
from danq.scoring.vcf.formats import open_records
from danq.scoring.vcf.record_count import count_records
from danq.scoring.verdict import read_verdict


class Options(TypedDict, total=False):
    """The keywords of `score` that do not decide what it returns."""

    scores: StrPath | None
    background: StrPath | Background | None
    info: str | Sequence[str] | None
    ref_mismatch: str
    summary: StrPath | None
    plot: StrPath | None
    top_table: StrPath | None
    verdict: StrPath | None
    targets: Sequence[str] | None
    batch_size: int | None
    precision: str
    drop_samples: bool
    resume: bool
    piece: str | None
    gather: Sequence[StrPath]
    progress: bool


@overload
def score(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: None = None,
    **options: Unpack[Options],
) -> AlleleScores: ...


@overload
def score(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath,
    *,
    return_scores: Literal[True],
    **options: Unpack[Options],
) -> AlleleScores: ...


@overload
def score(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath,
    **options: Unpack[Options],
) -> Summary: ...


def score(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath | None = None,
    *,
    scores: StrPath | None = None,
    background: StrPath | Background | None = None,
    info: str | Sequence[str] | None = None,
    ref_mismatch: str = "error",
    summary: StrPath | None = None,
    plot: StrPath | None = None,
    top_table: StrPath | None = None,
    verdict: StrPath | None = None,
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
    drop_samples: bool = False,
    resume: bool = False,
    piece: str | None = None,
    gather: Sequence[StrPath] = (),
    return_scores: bool | None = None,
    progress: bool = False,
) -> Summary | AlleleScores:
    """Score every ALT of a VCF with a network, or with several.

    The output has the input's records in the input's order, their text as it was except for the
    INFO fields that `info` asks for and ``DANQ_REASON``. All outputs appear whole or not at
    all. Memory does not grow with the file.

    Parameters
    ----------
    model
        A ``.keras`` file, a loaded network, or an object with ``window``, ``n_targets`` and
        ``logits(codes)``; or a list of them, with the same targets and window. Scores of several
        are their mean, with the standard deviation over them beside.
    genome
        A FASTA file, or the reference opened from it.
    vcf
        VCF or BCF, plain, gzip or bgzip, or ``-`` for standard input.
    output
        A ``.vcf`` file, a ``.vcf.gz`` file, which is bgzipped, or a ``.bcf`` file. The latter two
        get an index unless the records are not sorted. Without it no VCF is written, and the
        scores are returned.
    scores
        A file for the scores of all targets: HDF5 (``.h5``, `danq.scoring.ScoreFile` says what is
        in it), Parquet (``.parquet``) or a gzipped table (``.tsv.gz``).
    background
        A file of `danq.background` made with the same model, or what `danq.scoring.Background`
        read from it: adds E-values and the functional score.
    info
        What goes into INFO, as words (`danq.scoring.outputs.info_choice.chosen_fields`). By
        default the largest absolute logit change, its target and, with a background, the
        functional score.
    ref_mismatch
        What a REF that differs from the genome is: an ``"error"``, or, with ``"skip"``, the reason
        ``REF_MISMATCH`` for the alleles of that record.
    summary
        A TSV file for the counts, with the columns what and count.
    plot
        A PNG file for a picture of the largest effects along the genome.
    top_table
        An HTML file for a page with the alleles of the largest changes, in a table that sorts.
    verdict
        ``verdict.json`` of ``danq evaluate``: what it says about these models goes into the log
        and onto that page.
    targets
        The targets' names, where the model does not carry them.
    batch_size
        Windows predicted at once; by default the predictor's own choice.
    precision
        What the network's inner layers compute in: ``float32``, ``bfloat16`` or ``float16``. Half
        precision moves small scores (docs/devices.md says how far).
    drop_samples
        Whether to leave FORMAT and samples out of the output.
    resume
        Whether to continue after the blocks that an interrupted run of the same model, genome and
        records has finished. They are kept in a folder named as the output with ``.parts`` behind.
    piece
        ``K/N``: score the k-th of n pieces of the records only and leave its finished blocks as
        the folder `output`, whose name ends in ``.blocks``.
    gather
        The folders of all pieces: write their scores, computing nothing.
    return_scores
        Whether to return the scores of all alleles and targets, which have to fit into memory; by
        default where there is no `output`.
    progress
        Whether to show a progress bar on standard error, when that is a terminal.

    Returns
    -------
    Summary or AlleleScores
        Records, alleles, those scored, and the others by reason; or, with `return_scores`, the
        scores as arrays, with that summary.

    Raises
    ------
    InputError
        When an input is wrong: it names the file, the line and what was found.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods: the two scores.
    """
    if return_scores is None:
        return_scores = output is None
    if piece is not None:
        writes = info is not None or drop_samples
        _check_piece(output, gathers=bool(gather), returns=return_scores, writes_records=writes)
    elif resume:
        _check_resumed(output, gathers=bool(gather))
    share = Piece() if piece is None else Piece.parsed(piece)
    destinations = Destinations(
        output, scores=scores, summary=summary, plot=plot, top_table=top_table
    )
    inputs = [vcf, background, verdict, genome, model, list(gather)]
    destinations.check(inputs=inputs, is_piece=piece is not None)
    if resume:
        destinations.clear_partials()
    reader = open_records(vcf, output, drop_samples=drop_samples)
    ensemble = open_ensemble(model, targets=targets, batch_size=batch_size, precision=precision)
    fields = chosen_fields(info, ensemble, has_background=background is not None)
    if isinstance(background, (str, os.PathLike)):
        background = Background(background)
    # The genome last: it may take minutes to read.
    reference = genome if isinstance(genome, Reference) else Reference(genome)
    for member in ensemble.members:
        warn_of_reference(reference, member)
    found = None if verdict is None else read_verdict(verdict, ensemble.members)
    if found is not None:
        found.log()
    plan = planned(ensemble, reference, background, precision)
    judge = Judge(
        reference,
        ensemble.window,
        ref_mismatch,
        path=reader.name,
        contig_lengths=reader.contig_lengths,
    )
    said = origin(
        ensemble,
        reference,
        ref_mismatch=ref_mismatch,
        precision=precision,
        # The default gives the same blocks whether it was given or not.
        batch_size=None if batch_size == DEFAULT_BATCH else batch_size,
        drop_samples=drop_samples,
        info=info if info is None or isinstance(info, str) else " ".join(info),
        **plan.said,
    )
    is_watched = progress and sys.stderr is not None and sys.stderr.isatty()
    total = count_records(vcf, reader) if is_watched and piece is None else None
    pipeline = Pipeline(plan, reference, progress, total)
    blocks = judged(reader, judge, share)
    identity, former = identity_of(said), ensemble.former_checksum
    if piece is not None and output is not None:
        with one_piece(output, identity, resume=resume, former=former) as source:
            pipeline.run(blocks, source, plan.measures.names)
        warn_of_mismatches(judge.summary, reader.name)
        return judge.summary
    run = Run(
        reader=reader,
        origin=said,
        quantities=plan.measures.quantities,
        columns=plan.columns,
        labels=ensemble.labels,
        fields=fields,
        verdict=found,
    )
    collected = [Collector(plan)] if return_scores else []
    with ExitStack() as stack:
        if gather:
            source = gathered_run(gather, identity, former=former)
        elif output is None:
            source = BlockSource()
        else:
            source = stack.enter_context(whole_run(output, identity, resume=resume, former=former))
        writers = stack.enter_context(open_writers(destinations, run, also=collected))
        pipeline.run(blocks, source, writers.reads, writers.write)
        writers.finish(judge.summary)
    warn_of_mismatches(judge.summary, reader.name)
    return collected[0].scores(judge.summary) if collected else judge.summary


def _check_piece(
    output: StrPath | None, *, gathers: bool, returns: bool, writes_records: bool
) -> None:
    if gathers:
        raise InputError("found piece and gather: a run scores a piece, or gathers all of them")
    if output is None:
        raise InputError("a piece needs an output")
    if returns:
        raise InputError("a piece returns no scores: gathering does")
    if writes_records:
        raise InputError("a piece holds no records: info and drop_samples are for gathering")


def _check_resumed(output: StrPath | None, *, gathers: bool) -> None:
    if output is None:
        raise InputError("a run that is resumed needs an output")
    if gathers:
        raise InputError("found gather and resume: gathering computes nothing to continue with")

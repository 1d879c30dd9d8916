"""Score a VCF: records stream through in order, each ALT ends with scores or a reason."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Unpack

from danq.errors import InputError
from danq.genome.reference import Reference
from danq.models import DEFAULT_BATCH
from danq.outputs import check_distinct, check_ending, clear_partials
from danq.paths import StrPath
from danq.ranges import checked
from danq.resuming import BlockSource, whole_run
from danq.scoring.allele_scores import AlleleScores, Collector
from danq.scoring.blocks.pieces import Piece, gathered_run, one_piece
from danq.scoring.blocks.reading import read_blocks
from danq.scoring.options import FileKeywords, Options, ScoreKeywords
from danq.scoring.outputs.info_choice import chosen_fields
from danq.scoring.outputs.output import Output, Run
from danq.scoring.outputs.writers import check_files, open_outputs
from danq.scoring.pipeline import progress_bar, score_blocks
from danq.scoring.plan import open_plan
from danq.scoring.provenance import describe_origin, identity_of
from danq.scoring.reference_checks import warn_of_mismatches
from danq.scoring.verdict import read_verdict
from danq.vcf.formats import open_records
from danq.vcf.judging import Judge
from danq.vcf.record_count import count_records
from danq.vcf.summary import Summary

PIECES = (".blocks",)
"""How the name of a piece ends, a folder."""


@checked
def score(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath | None = None,
    *,
    resume: bool = False,
    **options: Unpack[FileKeywords],
) -> Summary:
    """Score every ALT of a VCF with a network, or with several, and write the scores.

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
        get an index unless the records are not sorted. It may be left out beside other outputs.
    resume
        Whether to continue after the blocks that an interrupted run of the same model, genome and
        records has finished. They are kept in a folder named as the output with ``.parts`` behind.

    Other Parameters
    ----------------
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
        A PNG, SVG or PDF file for a picture of the largest effects along the genome.
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
    progress
        True shows a progress bar on standard error, None only where that is a terminal.

    Returns
    -------
    Summary
        Records, alleles, those scored, and the others by reason.

    Raises
    ------
    InputError
        When an input is wrong: it names the file, the line and what was found.

    References
    ----------
    Zhou & Troyanskaya 2015, Nature Methods 12:931, Online Methods: the two scores.
    """
    chosen = Options.of(score, options, FileKeywords)
    files = _files_to_write(chosen, output)
    return _Scoring(model, genome, vcf, chosen, files=files, resume=resume).write()


@checked
def score_to_arrays(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath | None = None,
    *,
    pieces: Sequence[StrPath] = (),
    resume: bool = False,
    **options: Unpack[FileKeywords],
) -> AlleleScores:
    """Score every ALT of a VCF and return the scores, which have to fit into memory.

    Parameters
    ----------
    model, genome, vcf, output, resume, **options
        As in `score`; files are written where they are named.
    pieces
        As in `gather_pieces`, where the scores are those of pieces.

    Raises
    ------
    InputError
        As in `score`.
    """
    chosen = Options.of(score_to_arrays, options, FileKeywords)
    files = chosen.files(output)
    scoring = _Scoring(model, genome, vcf, chosen, files=files, pieces=pieces, resume=resume)
    collector = Collector(scoring.plan)
    summary = scoring.write(also=[collector])
    return collector.scores(summary)


@checked
def score_piece(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath,
    piece: str,
    *,
    resume: bool = False,
    **options: Unpack[ScoreKeywords],
) -> Summary:
    """Score one of several pieces of a VCF, for `gather_pieces`.

    Parameters
    ----------
    model, genome, vcf, resume, **options
        As in `score`.
    output
        The folder for the finished blocks; its name ends in ``.blocks``.
    piece
        ``K/N``: the k-th of n pieces.

    Returns
    -------
    Summary
        That of the piece.

    Raises
    ------
    InputError
        As in `score`.
    """
    chosen = Options.of(score_piece, options, ScoreKeywords)
    share = Piece.parsed(piece)
    check_ending(output, "piece", PIECES)
    check_distinct([output], inputs=[vcf, chosen.background, genome, model])
    scoring = _Scoring(model, genome, vcf, chosen, files={})
    return scoring.write_piece(output, share, resume=resume)


@checked
def gather_pieces(
    model: Any,
    genome: StrPath | Reference,
    vcf: StrPath,
    output: StrPath | None = None,
    *,
    pieces: Sequence[StrPath],
    **options: Unpack[FileKeywords],
) -> Summary:
    """Write the scores of all pieces of a VCF, the same files as one run of `score` writes.

    Parameters
    ----------
    model, genome, vcf, output, **options
        As in `score`, and those that the pieces were made with; nothing is computed.
    pieces
        The folders of `score_piece`, in any order.

    Returns
    -------
    Summary
        That of all records.

    Raises
    ------
    InputError
        As in `score`, or when a block is in none of the pieces.
    """
    chosen = Options.of(gather_pieces, options, FileKeywords)
    if not pieces:
        raise InputError("found no pieces to gather")
    files = _files_to_write(chosen, output)
    return _Scoring(model, genome, vcf, chosen, files=files, pieces=pieces).write()


def _files_to_write(options: Options, output: StrPath | None) -> dict[str, StrPath]:
    files = options.files(output)
    if not files:
        raise InputError("found no file to write, expected an output (score_to_arrays needs none)")
    return files


class _Scoring:
    """A run over a VCF: what is read and computed, opened in the order of how long it takes."""

    def __init__(
        self,
        model: Any,
        genome: StrPath | Reference,
        vcf: StrPath,
        options: Options,
        *,
        files: Mapping[str, StrPath],
        pieces: Sequence[StrPath] = (),
        resume: bool = False,
    ) -> None:
        if resume and "output" not in files:
            raise InputError("a run that is resumed needs an output")
        if resume and pieces:
            raise InputError("found pieces and resume: gathering computes nothing to continue with")
        inputs = [vcf, options.background, options.verdict, genome, model, list(pieces)]
        check_files(files, inputs)
        for path in files.values() if resume else ():
            clear_partials(path)
        self._vcf, self._files, self._pieces, self._resume = vcf, files, pieces, resume
        reader = open_records(vcf, files.get("output"), drop_samples=options.drop_samples)
        self.plan = open_plan(model, options)
        ensemble, has_background = self.plan.ensemble, options.background is not None
        fields = chosen_fields(options.info, ensemble, has_background=has_background)
        verdict = None
        if options.verdict is not None:
            verdict = read_verdict(options.verdict, ensemble.members)
            verdict.log()
        self._reader, self._reference = reader, self.plan.open_genome(genome)
        self._judge = Judge(self._reference, ensemble.window, options.ref_mismatch, reader=reader)
        info = options.info
        origin = describe_origin(
            self.plan,
            self._reference,
            # The default gives the same blocks whether it was given or not.
            batch_size=None if options.batch_size == DEFAULT_BATCH else options.batch_size,
            drop_samples=options.drop_samples,
            info=info if info is None or isinstance(info, str) else " ".join(info),
        )
        self._identity = identity_of(origin)
        self._run = Run(reader.name, reader.header, self.plan, origin, fields, verdict)

    def write(self, *, also: Sequence[Output] = ()) -> Summary:
        """Write the files of all records, and hand their scores to other outputs."""
        identity, former = self._identity, self.plan.ensemble.former_checksum
        output = self._files.get("output")
        with ExitStack() as stack:
            source = BlockSource()
            if self._pieces:
                source = gathered_run(self._pieces, identity, former=former)
            elif output is not None:
                kept = whole_run(output, identity, resume=self._resume, former=former)
                source = stack.enter_context(kept)
            return self._score(
                source, stack.enter_context(open_outputs(self._files, self._run, also=also))
            )

    def write_piece(self, output: StrPath, piece: Piece, *, resume: bool) -> Summary:
        """Leave the blocks of one piece as a folder."""
        everything = Output()
        everything.reads = self.plan.measures.names
        identity, former = self._identity, self.plan.ensemble.former_checksum
        with one_piece(output, identity, resume=resume, former=former) as source:
            return self._score(source, everything, piece)

    def _score(self, source: BlockSource, output: Output, piece: Piece | None = None) -> Summary:
        """Score the records, all or those of a piece."""

        def count() -> int | None:
            return count_records(self._vcf, self._reader) if piece is None else None

        summary = self._judge.summary
        blocks = read_blocks(self._reader, self._judge, piece or Piece())
        with progress_bar(self.plan.options.progress, " records", count) as bar:
            score_blocks(self.plan, self._reference, blocks, source, output=output, shown=bar)
        output.finish(summary)
        warn_of_mismatches(summary, self._reader.name)
        return summary

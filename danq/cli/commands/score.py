"""`danq score`: what each variant of a VCF changes."""

import argparse
from typing import Any

from danq.cli.options import add_ensemble, add_genome, add_prediction, add_ref_mismatch, add_resume
from danq.cli.parsing import FilePath, InputFile, OutputFile, arguments_of, name
from danq.cli.streams import show
from danq.errors import InputError
from danq.outputs import listed
from danq.scoring import gather_pieces, score, score_piece
from danq.scoring.options import Options, ScoreKeywords
from danq.scoring.outputs.writers import FILES


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "score",
        help="score the variants of a VCF",
        description="Score every ALT of a VCF: its change of each target's probability and log2 "
        "odds, averaged over both strands. Each ALT ends with scores or with a reason.",
        epilog="example:\n"
        "  danq score --model danq.keras --genome hg19.fa.gz --vcf mine.vcf.gz \\\n"
        "      --output scored.vcf.gz --scores scored.h5 --background background.h5",
    )
    add_ensemble(parser, "scores are the models' mean, with their spread")
    add_genome(parser)
    parser.add_argument(
        "--vcf",
        type=InputFile("a VCF or BCF file", or_standard_input=True),
        required=True,
        metavar="VCF",
        help="VCF or BCF, plain, gzip or bgzip, or - for standard input",
    )
    parser.add_argument(
        "--output",
        type=FilePath(),
        required=True,
        metavar="OUT",
        help=f"scored VCF to write: {listed(FILES['output'].endings)}; the latter two, compressed, "
        "get an index",
    )
    add_ref_mismatch(parser, "write a reason instead of scores")
    add_prediction(parser)
    _add_outputs(parser.add_argument_group("more outputs, and what goes into them"))
    _add_parts(parser.add_argument_group("long runs, and runs in pieces"))
    parser.set_defaults(run=run)


def _add_outputs(group: Any) -> None:
    _add_file(group, "scores", "OUT", "scores of all targets to write")
    group.add_argument(
        "--background",
        type=InputFile("a file of danq background"),
        metavar="H5",
        help="file of danq background: adds E-values and the functional score",
    )
    group.add_argument(
        "--info",
        nargs="+",
        type=name,
        metavar="WORD",
        help="scores to add to INFO: max, sd (of several models), functional, groups, all, a "
        "target's name, diff:NAME, sd:NAME, e:NAME, or none (default: max, and functional with a "
        "background)",
    )
    _add_file(
        group,
        "summary",
        "TSV",
        "table to write of how many records and alleles were scored, and why others were not",
    )
    _add_file(group, "plot", "OUT", "picture to write of the largest effects")
    _add_file(
        group,
        "top_table",
        "HTML",
        "page to write with the 200 alleles that change most, in a table that sorts",
    )
    group.add_argument(
        "--verdict",
        type=InputFile("a verdict.json of danq evaluate"),
        metavar="JSON",
        help="verdict.json of danq evaluate, which adds to the log and the page whether the model "
        "beats linear models of k-mers",
    )
    group.add_argument(
        "--drop-samples", action="store_true", help="leave FORMAT and samples out of the output"
    )


def _add_file(group: Any, kind: str, metavar: str, what: str) -> None:
    endings = FILES[kind].endings
    group.add_argument(
        f"--{kind.replace('_', '-')}",
        type=OutputFile(kind.replace("_", " "), endings),
        metavar=metavar,
        help=f"{what}: {listed(endings)}",
    )


def _add_parts(group: Any) -> None:
    add_resume(group)
    group.add_argument(
        "--piece",
        metavar="K/N",
        help="piece to score, the K-th of N; OUT is then a folder for --gather, ending in .blocks",
    )
    group.add_argument(
        "--gather",
        dest="pieces",
        type=FilePath(),
        nargs="+",
        metavar="DIR",
        help="folders of all N pieces, whose scores to write without computing any",
    )


def run(options: argparse.Namespace) -> None:
    """Score, then print the summary."""
    given = arguments_of(Options, options)
    if options.piece is not None:
        _check_piece(options)
        own = arguments_of(score_piece, options)
        shared = {
            name: value for name, value in given.items() if name in ScoreKeywords.__annotations__
        }
        summary = score_piece(**own, **shared)
    elif options.pieces:
        if options.resume:
            raise InputError("found gather and resume: gathering computes nothing to continue with")
        summary = gather_pieces(**arguments_of(gather_pieces, options), **given)
    else:
        summary = score(**arguments_of(score, options), **given)
    show(f"{options.output}\n{summary}")


def _check_piece(options: argparse.Namespace) -> None:
    """Refuse options that are for a whole run."""
    if options.pieces:
        raise InputError("found piece and gather: a run scores a piece, or gathers all of them")
    for kind in FILES:
        if kind != "output" and (path := getattr(options, kind)) is not None:
            raise InputError(
                f"a piece has no {kind.replace('_', ' ')} file: gathering writes it", path=path
            )
    if options.info or options.drop_samples:
        raise InputError("a piece holds no records: info and drop_samples are for gathering")
    if options.verdict is not None:
        raise InputError("a piece takes no verdict: gathering does")

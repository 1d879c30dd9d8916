"""`danq score`: what each variant of a VCF changes."""

from __future__ import annotations

import argparse
import logging
from typing import Any

from danq.cli.options import add_ensemble, add_prediction, add_ref_mismatch
from danq.scoring import score

logger = logging.getLogger(__name__)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "score",
        help="score the variants of a VCF",
        description="Score every ALT of a VCF: its change of each target's probability and log2 "
        "odds, averaged over both strands. Each ALT ends with scores or with a reason.",
    )
    add_ensemble(parser, "scores are the models' mean, with their spread")
    parser.add_argument("--genome", required=True, metavar="G.fa[.gz]", help="reference genome")
    parser.add_argument(
        "--vcf",
        required=True,
        metavar="IN",
        help="VCF or BCF, plain, gzip or bgzip; - is standard input",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="OUT",
        help="scored .vcf, .vcf.gz (bgzip) or .bcf; the latter two get an index",
    )
    add_ref_mismatch(parser, "a reason without scores")
    add_prediction(parser)
    _add_outputs(parser.add_argument_group("more outputs, and what goes into them"))
    _add_parts(parser.add_argument_group("long runs, and runs in pieces"))
    parser.set_defaults(run=run)


def _add_outputs(group: Any) -> None:
    group.add_argument(
        "--scores", metavar="OUT", help="scores of all targets: .h5, .parquet or .tsv.gz"
    )
    group.add_argument(
        "--background",
        metavar="B.h5",
        help="file of danq background: adds E-values and the functional score",
    )
    group.add_argument(
        "--info",
        nargs="+",
        metavar="WORD",
        help="what goes into INFO: max, sd (of several models), functional, groups, all, a "
        "target's name, diff:NAME, sd:NAME, e:NAME, or none (default: max, and functional with a "
        "background)",
    )
    group.add_argument("--summary", metavar="OUT.tsv", help="counts of what was scored and not")
    group.add_argument(
        "--plot", metavar="OUT.png", help="picture of the largest effects (or .svg, .pdf)"
    )
    group.add_argument(
        "--drop-samples", action="store_true", help="leave FORMAT and samples out of the output"
    )


def _add_parts(group: Any) -> None:
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on after the blocks that an interrupted run finished (kept in OUT.parts)",
    )
    group.add_argument(
        "--piece",
        metavar="K/N",
        help="score the K-th of N pieces only; OUT then ends in .blocks, a folder for --gather",
    )
    group.add_argument(
        "--gather",
        nargs="+",
        default=(),
        metavar="DIR",
        help="write the scores of these pieces (all N), computing nothing",
    )


def run(args: argparse.Namespace) -> None:
    """Score, then log the summary."""
    summary = score(
        args.model,
        args.genome,
        args.vcf,
        args.output,
        scores=args.scores,
        background=args.background,
        info=args.info,
        ref_mismatch=args.ref_mismatch,
        summary=args.summary,
        plot=args.plot,
        batch_size=args.batch_size,
        precision=args.mixed_precision,
        drop_samples=args.drop_samples,
        resume=args.resume,
        piece=args.piece,
        gather=args.gather,
        progress=True,
    )
    logger.info("%s\n%s", args.output, summary)

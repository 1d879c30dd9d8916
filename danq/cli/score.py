"""`danq score`: what each variant of a VCF changes."""

from __future__ import annotations

import argparse
import logging

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
    parser.add_argument(
        "--model",
        required=True,
        action="append",
        metavar="M.keras",
        help="model file; given several times, scores are the models' mean, with their spread",
    )
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
    parser.add_argument(
        "--scores", metavar="OUT", help="scores of all targets: .h5, .parquet or .tsv.gz"
    )
    parser.add_argument(
        "--background",
        metavar="B.h5",
        help="file of danq background: adds E-values and the functional score",
    )
    parser.add_argument(
        "--info",
        nargs="+",
        metavar="WORD",
        help="what goes into INFO: max, sd (of several models), functional, groups, all, a "
        "target's name, diff:NAME, sd:NAME, e:NAME, or none (default: max, and functional with a "
        "background)",
    )
    parser.add_argument(
        "--ref-mismatch",
        choices=("error", "skip"),
        default="error",
        help="a REF that differs from the genome stops the run, or is a reason without scores "
        "(default: %(default)s)",
    )
    parser.add_argument("--summary", metavar="OUT.tsv", help="counts of what was scored and not")
    parser.add_argument(
        "--plot", metavar="OUT.png", help="picture of the largest effects (or .svg, .pdf)"
    )
    parser.add_argument(
        "--batch-size", type=int, metavar="N", help="windows predicted at once (default: 256)"
    )
    parser.add_argument(
        "--mixed-precision",
        choices=("bfloat16", "float16"),
        default="float32",
        metavar="TYPE",
        help="bfloat16 or float16: let inner layers compute in it (default: float32)",
    )
    parser.add_argument(
        "--drop-samples", action="store_true", help="leave FORMAT and samples out of the output"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on after the blocks that an interrupted run finished (kept in OUT.parts)",
    )
    parser.add_argument(
        "--piece",
        metavar="K/N",
        help="score the K-th of N pieces only; OUT then ends in .blocks, a folder for --gather",
    )
    parser.add_argument(
        "--gather",
        nargs="+",
        default=(),
        metavar="DIR",
        help="write the scores of these pieces (all N), computing nothing",
    )
    parser.set_defaults(run=run)


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

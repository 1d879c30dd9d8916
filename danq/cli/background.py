"""`danq background`: how large scores are over many variants of a population."""

from __future__ import annotations

import argparse
import logging

from danq.cli.options import add_ensemble, add_prediction, add_ref_mismatch
from danq.scoring import background

logger = logging.getLogger(__name__)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "background",
        help="score many variants, for E-values of others",
        description="Score the variants of a VCF, for instance common ones of 1000 Genomes, and "
        "keep how large their scores are. danq score --background then gives every score its "
        "E-value: the share of these variants whose score is at least as large.",
    )
    add_ensemble(parser, "the background is that of their ensemble")
    parser.add_argument("--genome", required=True, metavar="G.fa[.gz]", help="reference genome")
    parser.add_argument(
        "--vcf",
        required=True,
        nargs="+",
        metavar="IN",
        help="background variants; several files are read one after the other, - is standard input",
    )
    parser.add_argument("--output", required=True, metavar="B.h5", help="background file, HDF5")
    parser.add_argument(
        "--snvs-only",
        action="store_true",
        help="leave out what is no single-nucleotide variant, as DeepSEA's background does",
    )
    parser.add_argument(
        "--max-variants", type=int, metavar="N", help="draw so many at random if there are more"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of that choice (default: %(default)s)"
    )
    add_ref_mismatch(parser, "counted and left out")
    add_prediction(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Compute the background, then log what became of the input."""
    summary = background(
        args.model,
        args.genome,
        args.vcf,
        args.output,
        snvs_only=args.snvs_only,
        max_variants=args.max_variants,
        seed=args.seed,
        ref_mismatch=args.ref_mismatch,
        batch_size=args.batch_size,
        precision=args.mixed_precision,
        progress=True,
    )
    logger.info("%s\n%s", args.output, summary)

"""`danq background`: how large scores are over many variants of a population."""

import argparse
from typing import Any

from danq.cli.options import (
    add_ensemble,
    add_genome,
    add_prediction,
    add_ref_mismatch,
    add_seed,
)
from danq.cli.parsing import InputFile, OutputFile, arguments_of, number
from danq.cli.streams import show
from danq.ranges import COUNT
from danq.scoring import background
from danq.scoring.options import Options


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "background",
        help="score many variants, so that others get E-values",
        description="Score the variants of a VCF, for instance common ones of 1000 Genomes, and "
        "keep the distribution of their scores. danq score --background then gives every score its "
        "E-value: the share of these variants whose score is at least as large.",
        epilog="example:\n"
        "  danq background --model danq.keras --genome hg19.fa.gz --vcf 1000G.vcf.gz \\\n"
        "      --snvs-only --max-variants 1000000 --output background.h5",
    )
    add_ensemble(parser, "the background is that of their ensemble")
    add_genome(parser)
    parser.add_argument(
        "--vcf",
        type=InputFile("a VCF or BCF file", or_standard_input=True),
        required=True,
        nargs="+",
        metavar="VCF",
        help="VCF or BCF, plain, gzip or bgzip, or - for standard input; several are read one "
        "after the other",
    )
    parser.add_argument(
        "--output",
        type=OutputFile("background"),
        required=True,
        metavar="H5",
        help="background file to write",
    )
    parser.add_argument(
        "--snvs-only",
        action="store_true",
        help="leave out variants that are not SNVs, as DeepSEA's background does",
    )
    parser.add_argument(
        "--max-variants",
        type=number(COUNT),
        metavar="N",
        help="maximum number of variants, drawn at random (default: all)",
    )
    add_seed(parser, default=1, shown=1)
    add_ref_mismatch(parser, "count the record and leave it out")
    add_prediction(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Compute the background, then print what became of the input."""
    summary = background(**arguments_of(background, options), **arguments_of(Options, options))
    show(f"{options.output}\n{summary}")

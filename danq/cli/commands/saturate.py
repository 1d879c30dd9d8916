"""`danq saturate`: every single-nucleotide variant of regions."""

import argparse
from typing import Any

from danq.cli.options import (
    PREDICTED,
    add_batch_size,
    add_genome,
    add_means,
    add_model,
    add_resume,
)
from danq.cli.parsing import InputFile, OutputFile, arguments_of, number
from danq.cli.streams import show
from danq.errors import counted
from danq.interpretation.methods.attribution import UNITS
from danq.interpretation.tiling import SPAN
from danq.ranges import BASES


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "saturate",
        help="predict every single-nucleotide variant of regions",
        description="Predict what every single-nucleotide variant of the regions of a BED file "
        "changes, averaged over both strands, as a table indexed for tabix and as VCF, which "
        "bcftools annotate and vep --custom read. Overlapping regions are merged.\n\n"
        f"One window stands for {SPAN} positions, so that a variant is up to {SPAN // 2} bases "
        "from its centre; danq score centres a window on each, as --span 1 does, which takes "
        "longer.",
        epilog="example:\n"
        "  danq saturate --model danq.keras --genome hg19.fa.gz --regions promoters.bed \\\n"
        "      --targets CTCF --output promoters.tsv.gz --vcf promoters.vcf.gz",
    )
    add_model(parser)
    add_genome(parser)
    parser.add_argument(
        "--regions",
        type=InputFile("a BED file"),
        required=True,
        metavar="BED",
        help="BED or narrowPeak file of regions",
    )
    parser.add_argument(
        "--output",
        type=OutputFile("table", [".tsv.gz"]),
        required=True,
        metavar="OUT",
        help="table to write, .tsv.gz, with an index beside it",
    )
    parser.add_argument(
        "--vcf",
        type=OutputFile("VCF", [".vcf.gz"]),
        metavar="OUT",
        help="VCF to write as well, .vcf.gz, with an index beside it",
    )
    add_means(parser, "predict")
    parser.add_argument(
        "--unit",
        choices=UNITS,
        default="logit",
        help="unit of changes: log2 odds (logit) or probability (default: %(default)s)",
    )
    parser.add_argument(
        "--span",
        type=number(BASES),
        metavar="N",
        help="number of positions for which one window stands, around its centre; 1 centres a "
        f"window on each, as danq score does (default: {SPAN}, or the window if shorter)",
    )
    add_batch_size(parser, PREDICTED)
    add_resume(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Predict, and print how many variants there were."""
    from danq.interpretation import saturate

    done = saturate(**arguments_of(saturate, options))
    if done.unknown:
        show(f"left out {counted(done.unknown, 'position')} whose base is unknown")
    targets = counted(len(done.outputs), "target")
    for path in done.files:
        show(f"{path}: predicted {counted(done.variants, 'variant')} for {targets}")

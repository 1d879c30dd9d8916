"""`danq init`: a config for the workflow on data of one's own."""

import argparse
from typing import Any

from danq.cli.parsing import arguments_of
from danq.cli.streams import show


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "init",
        help="write a config for the workflow on data of your own",
        description=(
            "Write a config that holds what must be set and nothing of the built-in example. What "
            "the options do not fill in is yours to edit; then danq check says what is missing."
        ),
        epilog="example:\n"
        "  danq init --output config/mine.yaml --genome hg19.fa.gz --targets targets.tsv",
    )
    parser.add_argument("--output", required=True, metavar="YAML", help="config file to write")
    parser.add_argument("--genome", metavar="FASTA", help="reference: plain, gzip or bgzip")
    parser.add_argument(
        "--targets", metavar="TSV", help="table with the columns name, path and group"
    )
    for split in ("valid", "test"):
        parser.add_argument(
            f"--{split}",
            nargs="+",
            default=[],
            metavar="REGION",
            help=f"regions of the {split} split (default: DeepSEA's, of hg19)",
        )
    parser.add_argument("--vcf", metavar="VCF", help="variants to score")
    parser.add_argument("--results", metavar="DIR", help="folder for everything that is made")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the config."""
    from danq.config.template import init

    init(**arguments_of(init, options))
    show(f"{options.output}: look through it, then danq check --config {options.output}")

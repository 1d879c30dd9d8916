"""`danq predict`: probabilities for regions of a genome or for sequences."""

import argparse
from typing import Any

from danq.cli.options import (
    add_genome,
    add_model,
    add_one_strand,
    add_prediction,
    add_sequences,
)
from danq.cli.parsing import InputFile, OutputFile, arguments_of
from danq.cli.streams import show
from danq.errors import counted
from danq.outputs import ENDINGS, listed


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "predict",
        help="predict regions of a genome, or sequences",
        description="Predict every target for the regions of a BED file or the sequences of a "
        "FASTA file, as HDF5, Parquet or TSV. The model's window is centred on each region.",
        epilog="examples:\n"
        "  danq predict --model danq.keras --genome hg19.fa.gz --regions regions.bed \\\n"
        "      --output predictions.h5\n"
        "  danq predict --model danq.keras --fasta sequences.fa --output predictions.tsv",
    )
    add_model(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--regions",
        type=InputFile("a BED file"),
        metavar="BED",
        help="BED or narrowPeak file of regions, with --genome",
    )
    add_sequences(what)
    add_genome(parser, required=False, note=", with --regions")
    parser.add_argument(
        "--output",
        type=OutputFile("predictions"),
        required=True,
        metavar="OUT",
        help=f"predictions to write: {listed(ENDINGS['predictions'])}",
    )
    add_one_strand(parser)
    add_prediction(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Predict, and print how many windows there were."""
    from danq.prediction import predict

    predictions = predict(**arguments_of(predict, options))
    show(
        f"{options.output}: predicted {counted(len(predictions), 'window')} for "
        f"{counted(len(predictions.targets), 'target')}"
    )

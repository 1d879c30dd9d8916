"""``danq predict``: probabilities for regions of a genome or for sequences."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from danq.cli.options import add_prediction


def add_parser(subparsers: Any) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "predict",
        help="predictions for regions of a genome or for sequences",
        description="Predict every target for the regions of a BED file or the sequences of a "
        "FASTA file, into HDF5. The model's window is centred on each region.",
    )
    parser.add_argument("--model", type=Path, required=True, help="model file (.keras)")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--regions", type=Path, help="BED file of regions, with --genome")
    what.add_argument(
        "--fasta", type=Path, help="sequences of exactly the window's length, U read as T"
    )
    parser.add_argument("--genome", type=Path, help="FASTA file of the genome, with --regions")
    parser.add_argument("--output", type=Path, required=True, help="HDF5 file to write")
    parser.add_argument(
        "--one-strand",
        action="store_true",
        help="predict the given strand only instead of averaging both",
    )
    add_prediction(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Predict."""
    from danq.prediction import predict

    predict(
        args.model,
        args.output,
        genome=args.genome,
        regions=args.regions,
        fasta=args.fasta,
        both_strands=not args.one_strand,
        batch_size=args.batch_size,
        precision=args.mixed_precision,
    )

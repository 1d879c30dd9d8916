"""``danq evaluate``: how well models predict the windows of a split."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "evaluate",
        help="ROC AUC and average precision of models on a split of a data set",
        description="Evaluate models on the windows of one split. Writes metrics.tsv (per target), "
        "groups.tsv (medians and means), ROC and precision-recall curves, a comparison of the "
        "models and summary.html into a folder, and prints groups.tsv.",
    )
    parser.add_argument("--dataset", type=Path, required=True, help="data set of danq windows")
    parser.add_argument(
        "--split",
        choices=("train", "valid", "test"),
        default="test",
        help="windows to evaluate (default: %(default)s)",
    )
    parser.add_argument(
        "--genome", type=Path, help="FASTA file, where it is not the one named in the data set"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to write into")
    parser.add_argument(
        "--kmer-floor",
        action="store_true",
        help="also fit a linear model of 5-mers on the training windows and evaluate it",
    )
    parser.add_argument(
        "--gapped-kmers",
        action="store_true",
        help="also fit a linear model of gapped k-mers (5 bases of up to 6) on the training "
        "windows and evaluate it, a higher floor",
    )
    parser.add_argument(
        "--one-strand",
        action="store_true",
        help="predict the given strand only instead of averaging both",
    )
    parser.add_argument("--batch-size", type=int, help="windows predicted at once")
    parser.add_argument(
        "--mixed-precision",
        choices=("bfloat16", "float16"),
        default="float32",
        metavar="TYPE",
        help="bfloat16 or float16: let inner layers compute in it (default: float32)",
    )
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.keras", help="model files")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Evaluate and print the summary by group."""
    from danq.evaluation import evaluate, groups_table

    evaluation = evaluate(
        args.dataset,
        args.models,
        args.output,
        split=args.split,
        genome=args.genome,
        kmer_floor=args.kmer_floor,
        gapped_kmers=args.gapped_kmers,
        both_strands=not args.one_strand,
        batch_size=args.batch_size,
        precision=args.mixed_precision,
    )
    sys.stdout.write(groups_table(evaluation))

"""``danq evaluate``: how well models predict the windows of a split."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from danq.cli.options import add_prediction


def add_parser(subparsers: Any) -> None:
    """Declare the options."""
    parser = subparsers.add_parser(
        "evaluate",
        help="how good models are on a split of a data set, with intervals and comparisons",
        description="Evaluate models on the windows of one split beside a floor, a linear model of "
        "5-mers. Writes into a folder: metrics (per target: ROC AUC, PR AUC, recall at 50 % FDR, "
        "calibration error, 95 % intervals), groups (medians and means), comparison and "
        "comparison_groups (every pair of models: differences, intervals, p values), reliability, "
        "each as TSV and Parquet, most as a page too; figures as PNG, SVG and PDF; verdict.json: "
        "whether each network beats the linear models; and summary.html, which holds and explains "
        "them. Logs the verdict, prints groups.tsv. docs/evaluation.md tells how each number is "
        "made.",
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
        action=argparse.BooleanOptionalAction,
        help="fit a linear model of 5-mers on the training windows and evaluate it, or not "
        "(default: do, unless there are no training windows)",
    )
    _add_intervals(parser.add_argument_group("intervals and p values"))
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
    add_prediction(parser)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL.keras", help="model files")
    parser.set_defaults(run=run)


def _add_intervals(group: Any) -> None:
    group.add_argument(
        "--resamples",
        type=int,
        default=1000,
        metavar="N",
        help="resamples of the block bootstrap, 40 to 100000; 0 for no intervals "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--block-size",
        type=int,
        metavar="BP",
        help="contig blocks that are resampled (default: 1000000, less where that makes fewer than "
        "20 blocks)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the resamples (default: %(default)s)"
    )


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
        resamples=args.resamples,
        block_size=args.block_size,
        seed=args.seed,
        both_strands=not args.one_strand,
        batch_size=args.batch_size,
        precision=args.mixed_precision,
    )
    sys.stdout.write(groups_table(evaluation).text())

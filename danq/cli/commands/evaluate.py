"""`danq evaluate`: how well models predict the windows of a split."""

import argparse
from typing import Any

from danq.cli.options import (
    add_dataset,
    add_moved_genome,
    add_one_strand,
    add_prediction,
    add_seed,
)
from danq.cli.parsing import InputFile, OutputFolder, arguments_of, number
from danq.cli.streams import show
from danq.dataset.splits import SPLITS
from danq.ranges import COUNT, whole


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "evaluate",
        help="measure models on a split of a data set, with intervals and comparisons",
        description="Evaluate models on one split next to a baseline, a linear model of 5-mers. "
        "Writes into a folder: metrics (per target: ROC AUC, PR AUC, recall at 50 % FDR, "
        "calibration error, 95 % intervals), groups (medians and means), comparison and "
        "comparison_groups (every pair of models: differences, intervals, p values), reliability, "
        "each as TSV and Parquet, most as a page too; figures as PNG, SVG and PDF; verdict.json: "
        "whether each network beats the linear models; and summary.html, which holds and explains "
        "them. Logs the verdict, prints the medians by model and group. docs/evaluation.md "
        "describes how each number is made.",
        epilog="example:\n"
        "  danq evaluate --dataset dataset.h5 --output evaluation deepsea.keras danq.keras",
    )
    add_dataset(parser)
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default="test",
        help="split to evaluate (default: %(default)s)",
    )
    add_moved_genome(parser)
    parser.add_argument(
        "--output", type=OutputFolder(), required=True, metavar="DIR", help="folder to write into"
    )
    parser.add_argument(
        "--kmer-floor",
        action=argparse.BooleanOptionalAction,
        help="fit a linear model of 5-mers on the training windows and evaluate it too "
        "(default: yes, if there are training windows)",
    )
    _add_intervals(parser.add_argument_group("intervals and p values"))
    parser.add_argument(
        "--gapped-kmers",
        action="store_true",
        help="also fit a linear model of gapped k-mers (5 bases of up to 6) on the training "
        "windows and evaluate it, a stronger baseline",
    )
    add_one_strand(parser)
    add_prediction(parser)
    parser.add_argument(
        "models",
        nargs="+",
        type=InputFile("a model file"),
        metavar="KERAS",
        help="model files",
    )
    parser.set_defaults(run=run)


def _add_intervals(group: Any) -> None:
    group.add_argument(
        "--resamples",
        type=number(whole(0, 100_000)),
        default=1000,
        metavar="N",
        help="number of resamples of the block bootstrap, 40 to 100000, or 0 for no intervals "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--block-size",
        type=number(COUNT),
        metavar="BP",
        help="length of the genome blocks that are resampled (default: 1000000, or less where "
        "that makes fewer than 20 blocks)",
    )
    add_seed(group, default=0, shown=0)


def run(options: argparse.Namespace) -> None:
    """Evaluate and print the medians by group."""
    from danq.evaluation import evaluate, medians
    from danq.evaluation.report.writing import PAGE

    evaluation = evaluate(**arguments_of(evaluate, options))
    show(f"{medians(evaluation)}\n{options.output / PAGE} shows and explains everything")

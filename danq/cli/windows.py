"""`danq windows`: FASTA and peaks to a data set of labelled windows."""

from __future__ import annotations

import argparse
import sys
from typing import Any


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults where there is one to show."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return super()._get_help_string(action) if action.default else action.help


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "windows",
        help="make a data set of labelled windows from FASTA and peaks",
        description=(
            "Make a data set: windows centred on the bins of a fixed grid, each target 1 where "
            "more than --min-overlap of the bin lies under the union of its peaks (DeepSEA's "
            "rule). Coordinates and labels are stored; sequence is read from the reference. An "
            "audit of the splits is printed; its table by target is NAME.audit.tsv beside NAME.h5."
        ),
        formatter_class=_Help,
    )
    parser.add_argument(
        "--genome", required=True, metavar="FASTA", help="reference: plain, gzip or bgzip"
    )
    parser.add_argument(
        "--targets",
        required=True,
        metavar="TSV",
        help="table with the columns name, path (BED or narrowPeak, relative to the table), group",
    )
    parser.add_argument("--output", required=True, metavar="H5", help="data set file to write")
    geometry = parser.add_argument_group("windows and labels")
    geometry.add_argument(
        "--window", type=int, default=1000, metavar="BP", help="length of a window"
    )
    geometry.add_argument("--bin", type=int, default=200, metavar="BP", help="length of a bin")
    geometry.add_argument(
        "--min-overlap",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="a target is 1 where more than this share of the bin is covered",
    )
    _add_selection(parser.add_argument_group("which windows"))
    splits = parser.add_argument_group(
        "splits",
        "REGION is contig or contig:start-end (1-based inclusive), with braces around a contig's "
        "name where it could be both. Windows across a border are dropped and counted.",
    )
    for split in ("valid", "test"):
        splits.add_argument(
            f"--{split}",
            nargs="+",
            default=[],
            metavar="REGION",
            help=f"regions of the {split} split",
        )
    parser.set_defaults(run=run)


def _add_selection(group: Any) -> None:
    group.add_argument(
        "--require",
        default="any",
        metavar="GROUP|any|none",
        help="whose peaks must touch a bin: those of a group (DeepSEA: TF), of any target, or none",
    )
    group.add_argument(
        "--exclude", metavar="BED", help="drop windows that touch these intervals (blacklists)"
    )
    group.add_argument(
        "--max-unknown",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="largest share of unknown bases in a window",
    )
    group.add_argument(
        "--negatives",
        choices=("none", "random", "matched"),
        default="none",
        help="add windows that no peak of any target touches: random ones, or matched to the "
        "others in GC content and unknown bases",
    )
    group.add_argument(
        "--negative-ratio",
        type=float,
        metavar="RATIO",
        help="negatives for each window with peaks, in every split (default: 1)",
    )
    group.add_argument(
        "--max-windows",
        type=int,
        metavar="N",
        help="keep at most so many training windows, chosen at random",
    )
    group.add_argument(
        "--drop-duplicates",
        action="store_true",
        help="drop training windows whose sequence, on either strand, a held-out window has too "
        "(and validation windows whose sequence the test has)",
    )
    group.add_argument("--seed", type=int, default=1, help="of the random choices")


def run(options: argparse.Namespace) -> None:
    """Make the data set and print the audit of its splits."""
    from danq.dataset import Selection, WindowsSummary, windows

    summary: WindowsSummary = windows(
        options.genome,
        options.targets,
        options.output,
        window=options.window,
        bin=options.bin,
        min_overlap=options.min_overlap,
        valid=options.valid,
        test=options.test,
        selection=Selection(
            require=options.require,
            max_unknown=options.max_unknown,
            exclude=options.exclude,
            negatives=options.negatives,
            negative_ratio=options.negative_ratio,
            max_windows=options.max_windows,
            drop_duplicates=options.drop_duplicates,
            seed=options.seed,
        ),
        progress=None,
    )
    sys.stdout.write(summary.table() + "\n")

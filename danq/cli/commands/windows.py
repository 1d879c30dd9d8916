"""`danq windows`: FASTA and peaks to a data set of labelled windows."""

import argparse
from typing import Any

from danq.cli.options import add_genome, add_seed
from danq.cli.parsing import InputFile, OutputFile, arguments_of, name, number
from danq.cli.streams import show
from danq.dataset import Selection, windows
from danq.dataset.bins.selection import MOST_NEGATIVES, NEGATIVES
from danq.ranges import BASES, COUNT, SHARE, SHARE_BELOW_1, Range


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "windows",
        help="make a data set of labelled windows from FASTA and peaks",
        description=(
            "Make a data set: windows centred on the bins of a fixed grid, each target 1 where "
            "more than --min-overlap of the bin lies under the union of its peaks (DeepSEA's "
            "rule). Coordinates and labels are stored; sequence is read from the reference. An "
            "audit of the splits is printed; its table by target goes to NAME.audit.tsv and "
            "NAME.audit.html, next to NAME.h5."
        ),
        epilog="example:\n"
        "  danq windows --genome hg19.fa.gz --targets targets.tsv --output dataset.h5 \\\n"
        "      --require TF --valid chr7:30508752-35296850 --test chr8 chr9",
    )
    add_genome(parser)
    parser.add_argument(
        "--targets",
        type=InputFile("a table of targets"),
        required=True,
        metavar="TSV",
        help="table with the columns name, path (BED or narrowPeak, relative to the table), group",
    )
    parser.add_argument(
        "--output",
        type=OutputFile("data set"),
        required=True,
        metavar="H5",
        help="data set file to write",
    )
    _add_geometry(parser.add_argument_group("windows and labels"))
    _add_selection(parser.add_argument_group("which windows"))
    _add_splits(parser)
    parser.set_defaults(run=run)


def _add_geometry(group: Any) -> None:
    group.add_argument(
        "--window",
        type=number(BASES),
        default=1000,
        metavar="BP",
        help="length of a window (default: %(default)s)",
    )
    group.add_argument(
        "--bin",
        type=number(BASES),
        default=200,
        metavar="BP",
        help="length of a bin (default: %(default)s)",
    )
    group.add_argument(
        "--min-overlap",
        type=number(SHARE_BELOW_1),
        default=0.5,
        metavar="SHARE",
        help="share of the bin that the peaks of a target must exceed for its label to be 1 "
        "(default: %(default)s)",
    )


def _add_splits(parser: Any) -> None:
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


def _add_selection(group: Any) -> None:
    group.add_argument(
        "--require",
        default="any",
        type=name,
        metavar="GROUP|any|none",
        help="bins to keep: those that a peak of this group touches (DeepSEA: TF), of any target "
        "(any), or all bins (none) (default: %(default)s)",
    )
    group.add_argument(
        "--exclude",
        type=InputFile("a BED file"),
        metavar="BED",
        help="BED file of intervals that no window may touch, such as a blacklist",
    )
    group.add_argument(
        "--max-unknown",
        type=number(SHARE),
        default=0.1,
        metavar="SHARE",
        help="largest share of unknown bases in a window (default: %(default)s)",
    )
    group.add_argument(
        "--negatives",
        choices=NEGATIVES,
        default="none",
        help="add windows that no peak of any target touches: random ones, or matched to the "
        "windows with peaks in GC content and unknown bases (default: %(default)s)",
    )
    group.add_argument(
        "--negative-ratio",
        type=number(Range(above=0, most=MOST_NEGATIVES)),
        metavar="RATIO",
        help="number of negatives per window with peaks, in every split (default: 1)",
    )
    group.add_argument(
        "--max-windows",
        type=number(COUNT),
        metavar="N",
        help="maximum number of training windows, drawn at random (default: all)",
    )
    group.add_argument(
        "--drop-duplicates",
        action="store_true",
        help="drop training windows whose sequence, on either strand, a held-out window has too "
        "(and validation windows whose sequence the test has)",
    )
    add_seed(group, default=1, shown=1)


def run(options: argparse.Namespace) -> None:
    """Make the data set and print the audit of its splits."""
    selection = Selection(**arguments_of(Selection, options))
    summary = windows(**arguments_of(windows, options), selection=selection, progress=None)
    show(summary.table())

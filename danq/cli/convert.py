"""`danq convert`: DeepSEA's MATLAB files to a data set, and a data set to MATLAB files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from danq.errors import InputError


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "convert",
        help="turn DeepSEA's train.mat, valid.mat and test.mat into a data set, or back",
        description="Turn DeepSEA's MATLAB files, or any with the same arrays, into a data set "
        "that holds the sequences, each once where the files have both strands; or write a data "
        "set as such files. docs/deepsea.md tells the way from the published files to the paper's "
        "table.",
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--from-mat",
        nargs="+",
        type=Path,
        metavar="MAT",
        help="train.mat, valid.mat, test.mat or some of them; the names of their arrays tell which",
    )
    way.add_argument(
        "--to-mat",
        type=Path,
        metavar="DIR",
        help="folder for train.mat, valid.mat and test.mat, in DeepSEA's layout",
    )
    parser.add_argument("--output", type=Path, metavar="H5", help="with --from-mat: file to write")
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="FILE",
        help="with --from-mat: names of the targets, a table with the columns name and perhaps "
        "group, or one name a line (default: DeepSEA's where there are 919)",
    )
    parser.add_argument(
        "--genome", type=Path, metavar="FASTA", help="with --to-mat: the reference, if it moved"
    )
    parser.add_argument(
        "dataset", nargs="?", type=Path, metavar="DATASET", help="with --to-mat: the data set"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Convert, and print what there was."""
    _check(options)
    if options.to_mat is not None:
        from danq.dataset import to_mat

        files = to_mat(options.dataset, options.to_mat, genome=options.genome, progress=None)
        sys.stdout.write("".join(f"{path}\n" for path in files.values()))
        return
    from danq.dataset import Targets, convert

    targets = None
    if options.targets is not None:
        from danq.models.published import read_names

        targets = Targets(*read_names(options.targets))
    summary = convert(options.from_mat, options.output, targets=targets, progress=None)
    sys.stdout.write(summary.table() + "\n")


def _check(options: argparse.Namespace) -> None:
    """Refuse what is missing, and options that would have no effect."""
    way, other = ("--from-mat", "--to-mat") if options.from_mat else ("--to-mat", "--from-mat")
    needed = {"--from-mat": ("--output",), "--to-mat": ("DATASET",)}
    possible = {"--from-mat": ("--output", "--targets"), "--to-mat": ("--genome", "DATASET")}
    values = {
        "--output": options.output,
        "--targets": options.targets,
        "--genome": options.genome,
        "DATASET": options.dataset,
    }
    for name in needed[way]:
        if values[name] is None:
            raise InputError(f"{name} is missing, expected it with {way}")
    for name in possible[other]:
        if values[name] is not None:
            raise InputError(f"{name} has no meaning with {way}")

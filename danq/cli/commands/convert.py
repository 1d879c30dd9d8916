"""`danq convert`: DeepSEA's MATLAB files to a data set, and a data set to MATLAB files."""

import argparse
from typing import Any

from danq.cli.options import add_moved_genome
from danq.cli.parsing import InputFile, OutputFile, OutputFolder
from danq.cli.streams import show
from danq.errors import InputError
from danq.outputs import check_output


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "convert",
        help="turn DeepSEA's train.mat, valid.mat and test.mat into a data set, or back",
        description="Turn DeepSEA's MATLAB files, or any with the same arrays, into a data set "
        "that holds the sequences, each once where the files have both strands; or write a data "
        "set as such files. docs/deepsea.md describes the way from the published files to the "
        "paper's table.",
        epilog="examples:\n"
        "  danq convert --from-mat train.mat valid.mat test.mat --output deepsea.h5\n"
        "  danq convert --to-mat folder deepsea.h5",
    )
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--from-mat",
        nargs="+",
        type=InputFile("a MATLAB file"),
        metavar="MAT",
        help="train.mat, valid.mat and test.mat, or some of them; the names of their arrays tell "
        "them apart",
    )
    way.add_argument(
        "--to-mat",
        type=OutputFolder(),
        metavar="DIR",
        help="folder for train.mat, valid.mat and test.mat, in DeepSEA's layout",
    )
    parser.add_argument(
        "--output",
        type=OutputFile("data set"),
        metavar="H5",
        help="data set file to write, with --from-mat",
    )
    parser.add_argument(
        "--targets",
        type=InputFile("a list of targets"),
        metavar="FILE",
        help="names of the targets, with --from-mat: a table with the columns name and optionally "
        "group, or one name per line (default: DeepSEA's where there are 919)",
    )
    add_moved_genome(parser, note=", with --to-mat")
    parser.add_argument(
        "dataset",
        nargs="?",
        type=InputFile("a data set of danq windows or danq convert"),
        metavar="DATASET",
        help="data set of danq windows or danq convert, with --to-mat",
    )
    parser.set_defaults(run=run, check=_check)


def run(options: argparse.Namespace) -> None:
    """Convert, and print what there was."""
    if options.to_mat is not None:
        from danq.dataset import to_mat

        files = to_mat(options.dataset, options.to_mat, genome=options.genome)
        show("\n".join(map(str, files.values())))
        return
    from danq.dataset import Targets, convert

    targets = None
    if options.targets is not None:
        from danq.models.published import read_names

        check_output(options.output, inputs=[options.targets])
        targets = Targets(*read_names(options.targets))
    summary = convert(options.from_mat, options.output, targets=targets)
    show(summary.table())


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
            raise InputError(f"{name} cannot be used with {way}")

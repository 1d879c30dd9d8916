"""`danq import`: released weights, or a network made elsewhere, to a model file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from danq.errors import InputError


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "import",
        help="turn released weights or a network made elsewhere into a model file",
        description="Turn the released weights of DanQ, DanQ-JASPAR, DeepSEA or Beluga, a DeepSEA "
        "trained with Selene, or a .keras file made elsewhere into a model file of danq. "
        "docs/published.md tells what each file is.",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the weights")
    parser.add_argument(
        "--from",
        dest="kind",
        choices=(
            "danq",
            "danq-jaspar",
            "deepsea",
            "deepsea-variant-effects",
            "beluga",
            "selene-deepsea",
            "keras",
        ),
        help="what FILE holds",
    )
    parser.add_argument("--output", type=Path, metavar="KERAS", help="model file to write")
    parser.add_argument(
        "--download",
        action="store_true",
        help="fetch the published file and check it; it is kept as FILE where FILE is named",
    )
    parser.add_argument(
        "--list", action="store_true", help="print the known files, and do nothing else"
    )
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="FILE",
        help="names of the outputs: a table with the columns name and perhaps group, or one name "
        "a line (default: the published names)",
    )
    parser.add_argument(
        "--backward",
        choices=("reversed", "forward"),
        help="how DanQ's backward half reads, an open question (default: reversed)",
    )
    parser.add_argument(
        "--window",
        type=int,
        metavar="BP",
        help="bases in the input, among those that fit the weights (default: the published)",
    )
    _add_verify(parser.add_argument_group("hold the result against labels"))
    _add_keras(parser.add_argument_group("with --from keras"))
    parser.set_defaults(run=run)


def _add_verify(group: Any) -> None:
    group.add_argument(
        "--verify",
        type=Path,
        metavar="DATA",
        help="labelled windows: a data set of danq windows (its test split), or DeepSEA's "
        "test.mat or valid.mat; prints mean AUCs, of both readings for DanQ",
    )
    group.add_argument("--genome", type=Path, help="FASTA file, where the data set's has moved")
    group.add_argument("--batch-size", type=int, help="windows predicted at once")


def _add_keras(group: Any) -> None:
    group.add_argument(
        "--channels",
        metavar="ORDER",
        help="order of the network's input channels (default: ACGT)",
    )
    group.add_argument(
        "--unknown",
        type=float,
        metavar="VALUE",
        help="what each channel of an unknown base holds (default: 0)",
    )


def run(options: argparse.Namespace) -> None:
    """Import, and verify where that is asked for."""
    if options.list:
        from danq.models.published.sources import sources_table

        sys.stdout.write(sources_table())
        return
    _check(options)
    if options.kind == "keras":
        _adopt(options)
    else:
        from danq.models.published import import_model

        import_model(
            options.kind,
            options.output,
            file=options.file,
            fetch=options.download,
            targets=options.targets,
            backward=options.backward or "reversed",
            window=options.window,
        )
    if options.verify is not None:
        from danq.evaluation.verify import verify

        found = verify(
            options.output,
            options.verify,
            genome=options.genome,
            batch_size=options.batch_size,
        )
        sys.stdout.write(found.table() + found.sentence() + "\n")


def _adopt(options: argparse.Namespace) -> None:
    from danq.models import adopt
    from danq.models.published import read_names

    names, groups = read_names(options.targets)
    adopt(
        options.file,
        options.output,
        targets=names,
        groups=groups,
        channels=options.channels or "ACGT",
        unknown=options.unknown or 0.0,
    )


def _check(options: argparse.Namespace) -> None:
    """Refuse what is missing, and options that would have no effect."""
    for name, value in (("--from", options.kind), ("--output", options.output)):
        if value is None:
            raise InputError(f"{name} is missing, expected it with every import")
    keras, verified = options.kind == "keras", options.verify is not None
    fitting = {
        "--channels": keras or options.channels is None,
        "--unknown": keras or options.unknown is None,
        "--download": not keras or not options.download,
        "--window": not keras or options.window is None,
        "--backward": options.kind in ("danq", "danq-jaspar") or options.backward is None,
    }
    for name, fits in fitting.items():
        if not fits:
            raise InputError(f"{name} has no meaning with --from {options.kind}")
    for name, value in (("--genome", options.genome), ("--batch-size", options.batch_size)):
        if value is not None and not verified:
            raise InputError(f"{name} has no meaning without --verify")
    if keras and (options.file is None or options.targets is None):
        raise InputError("--from keras needs FILE and --targets")

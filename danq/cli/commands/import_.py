"""`danq import`: released weights, or a network made elsewhere, to a model file."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from danq.cli.options import PREDICTED, add_batch_size, add_moved_genome
from danq.cli.parsing import number
from danq.errors import InputError
from danq.models.published import KINDS
from danq.outputs import check_output
from danq.ranges import BASES, SHARE

if TYPE_CHECKING:
    from danq.evaluation.verification.labelled import Labelled

logger = logging.getLogger(__name__)


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "import",
        help="turn released weights or a network made elsewhere into a model file",
        description="Turn the released weights of DanQ, DanQ-JASPAR, DeepSEA or Beluga, a DeepSEA "
        "trained with Selene, or a .keras file made elsewhere into a model file of danq. "
        "docs/published.md describes each file.",
        epilog="example:\n  danq import --from deepsea --download --output deepsea.keras",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="file of the weights")
    parser.add_argument(
        "--from",
        dest="kind",
        choices=KINDS,
        help="kind of weights in FILE",
    )
    parser.add_argument("--output", type=Path, metavar="KERAS", help="model file to write")
    parser.add_argument(
        "--download",
        action="store_true",
        help="fetch the published file (needs a network) and check it; kept where FILE is given",
    )
    parser.add_argument(
        "--list", action="store_true", help="print the published files and their addresses"
    )
    parser.add_argument(
        "--targets",
        type=Path,
        metavar="FILE",
        help="names of the outputs: a table with the columns name and optionally group, or one "
        "name per line (default: the published names)",
    )
    parser.add_argument(
        "--backward",
        choices=("reversed", "forward"),
        help="direction in which DanQ's second LSTM reads, an open question (default: reversed)",
    )
    parser.add_argument(
        "--window",
        type=number(BASES),
        metavar="BP",
        help="length of the input, where several fit the weights (default: the published one)",
    )
    _add_verify(parser.add_argument_group("compare the result with labels"))
    _add_keras(parser.add_argument_group("with --from keras"))
    parser.set_defaults(run=run, check=_check)


def _add_verify(group: Any) -> None:
    group.add_argument(
        "--verify",
        type=Path,
        metavar="DATA",
        help="labelled windows: a data set of danq windows (its test split), or DeepSEA's "
        "test.mat or valid.mat; prints mean AUCs, of both readings for DanQ",
    )
    add_moved_genome(group, note=", with --verify")
    add_batch_size(group, PREDICTED)


def _add_keras(group: Any) -> None:
    group.add_argument(
        "--channels",
        metavar="ORDER",
        help="order of the network's input channels (default: ACGT)",
    )
    group.add_argument(
        "--unknown",
        type=number(SHARE),
        metavar="VALUE",
        help="value of each channel at an unknown base (default: 0)",
    )


def run(options: argparse.Namespace) -> None:
    """Import, and verify where that is asked for."""
    if options.list:
        from danq.models.published.sources import sources_table

        sys.stdout.write(sources_table())
        return
    labelled = _open_labels(options)
    if options.kind == "keras":
        _adopt(options, labelled)
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
            check=None if labelled is None else labelled.check,
        )
    if labelled is not None:
        _verify(options, labelled)


def _open_labels(options: argparse.Namespace) -> Labelled | None:
    """Open what --verify names, before anything is fetched or built."""
    if options.verify is None:
        return None
    from danq.evaluation.verification.labelled import open_labelled

    read = [options.verify, options.genome, options.file, options.targets]
    check_output(options.output, inputs=read)
    return open_labelled(options.verify, genome=options.genome)


def _verify(options: argparse.Namespace, labelled: Labelled) -> None:
    from danq.evaluation.verification.verify import verify

    # The model file is written by now, and whatever happens to the verification, it stays.
    try:
        found = verify(options.output, labelled, batch_size=options.batch_size)
    except InputError as error:
        raise InputError(f"{error} ({options.output} was written all the same)") from error
    except BaseException:
        logger.warning("%s was written all the same, and can be used", options.output)
        raise
    lines = [found.sentence(), *([found.caution] if found.caution else [])]
    sys.stdout.write(found.table() + "".join(f"{line}\n" for line in lines))


def _adopt(options: argparse.Namespace, labelled: Labelled | None) -> None:
    from danq.models import adopt
    from danq.models.keras_files.metadata import check_channels, check_unknown
    from danq.models.published import read_names

    channels = "ACGT" if options.channels is None else options.channels
    unknown = 0.0 if options.unknown is None else options.unknown
    with _name_option("--channels"):
        check_channels(channels)
    with _name_option("--unknown"):
        check_unknown(unknown)
    check_output(options.output, inputs=[options.file, options.targets])
    names, groups = read_names(options.targets)
    if labelled is not None:
        # The window is known only when the network is read; the names are already.
        labelled.check(labelled.window, names, options.targets)
    adopt(
        options.file,
        options.output,
        targets=names,
        groups=groups,
        channels=channels,
        unknown=unknown,
    )


@contextmanager
def _name_option(option: str) -> Iterator[None]:
    """Name the option at fault before a sentence that does not."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{option}: {error}") from error


def _check(options: argparse.Namespace) -> None:
    """Refuse what is missing, and options that would have no effect."""
    if options.list:
        return
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
            raise InputError(f"{name} cannot be used with --from {options.kind}")
    for name, value in (("--genome", options.genome), ("--batch-size", options.batch_size)):
        if value is not None and not verified:
            raise InputError(f"{name} needs --verify")
    if keras and (options.file is None or options.targets is None):
        raise InputError("--from keras needs FILE and --targets")

"""The command line: options in, one call of the library, an exit status out.

Exit status 0: done; 2: wrong use or bad input, with one line on standard error; 1: anything
else.
"""

import argparse
import errno
import importlib
import logging
import re
import sys
from collections.abc import Sequence

from danq import __version__
from danq.cli.parsing import CommandParser
from danq.cli.signals import Stop
from danq.cli.streams import SIGPIPE_STATUS, complain, end_output, prepare_streams
from danq.errors import InputError, is_memory, printable
from danq.models.own_gpu import own_gpu

_COMMANDS = (
    "windows",
    "convert",
    "train",
    "evaluate",
    "predict",
    "background",
    "score",
    "explain",
    "saturate",
    "import_",
    "export",
    "info",
    "check",
    "init",
)
_DESCRIPTION = """\
Learn what DNA does from sequence, and what a variant changes.

The usual order: windows (FASTA and peaks to a data set) or convert (DeepSEA's published windows),
train (DeepSEA, DanQ or a network of yours), evaluate (ROC AUC and PR AUC per target), predict (any
regions or sequences), score (what each variant of a VCF changes; background first, to know how rare
a change of that size is), explain (which bases predictions and changes come from), saturate (every
single-nucleotide variant of regions). Networks come in with import (the papers' released weights,
or a network made elsewhere) and leave with export (ONNX, SavedModel); info prints what is in a
model file.
"""
_EPILOG = """\
Exit status: 0 done; 2 wrong use or bad input, with one line on standard error; 1 anything else.

`danq COMMAND --help` lists a command's options, with an example."""


def parser() -> CommandParser:
    """Build the parser of `danq` and all its subcommands."""
    top = CommandParser(prog="danq", description=_DESCRIPTION, epilog=_EPILOG)
    top.add_argument("--version", action="version", version=f"danq {__version__}")
    volume = top.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="print warnings and errors only")
    volume.add_argument(
        "-v", "--verbose", action="store_true", help="print more, tracebacks included"
    )
    top.add_argument(
        "--own-gpu",
        action="store_true",
        help="run on one graphics card that no other run with this option uses",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        importlib.import_module(f"danq.cli.commands.{command}").add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of `arguments`, by default those of this process; return the exit status."""
    prepare_streams()
    stop = Stop()
    stop.listen()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        # Commands are imported here and not above, so that Ctrl-C is answered meanwhile.
        try:
            options = _parse(words)
        except SystemExit as end:
            raise SystemExit(_final(int(end.code or 0))) from None
        _configure_logging(options)
        stop.begin()
        if options.own_gpu:
            own_gpu()
        return _final(_run(options, stop))
    finally:
        stop.forget()


def _parse(words: list[str]) -> argparse.Namespace:
    top = parser()
    if not words:
        top.print_help(sys.stderr)
        raise SystemExit(2)
    return top.parse_args(words)


def _final(status: int) -> int:
    """Return the exit status, which is another one if standard output took not all."""
    lost = end_output()
    return status if lost is None or status else _lost(lost)


def _lost(error: OSError) -> int:
    """Return the exit status of a command whose standard output could not be written."""
    if error.errno == errno.EPIPE:
        return SIGPIPE_STATUS
    complain(f"standard output: {error.strerror}")
    return 2


def _run(options: argparse.Namespace, stop: Stop) -> int:
    """Run a command and report what went wrong in one sentence."""
    try:
        options.parser.check_files(options)
        options.run(options)
    except KeyboardInterrupt as error:
        # A training that was asked to stop tells how it can be resumed.
        status = getattr(error, "status", stop.status)
        return _fail(str(error) or stop.sentence, options=options, status=status)
    except Exception as error:
        # An interrupted import raises whatever its library makes of it.
        if stop.signal is not None:
            return _fail(stop.sentence, options=options, status=stop.status)
        if isinstance(error, OSError) and end_output() is not None:
            # It was standard output that could not be written.
            return _lost(error)
        if is_memory(error):
            return _fail(_no_memory(options), options=options, status=1)
        status = _status(error)
        if status is None:
            raise
        sentence = _os_sentence(error) if isinstance(error, OSError) else str(error)
        # A config tells all that is wrong with it at once.
        return _fail(*getattr(error, "sentences", [sentence]), options=options, status=status)
    return 0


def _no_memory(options: argparse.Namespace) -> str:
    names = [f"--{name.replace('_', '-')}" for name in ("batch_size", "width") if name in options]
    hint = f": a smaller {' or '.join(names)} needs less" if names else ""
    return f"there is not enough memory for this{hint}"


def _status(error: Exception) -> int | None:
    """Return the exit status of an error that a sentence can tell, None for any other."""
    if isinstance(error, (InputError, OSError)):
        return 2
    is_own = isinstance(error, RuntimeError) and type(error).__module__.startswith("danq.")
    return 1 if is_own else None


class _Formatter(logging.Formatter):
    """Escapes what files bring into messages and a terminal would obey."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        text = super().formatMessage(record)
        return re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text)


def _configure_logging(options: argparse.Namespace) -> None:
    level = logging.WARNING if options.quiet else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(message)s"))
    logger = logging.getLogger("danq")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG if options.verbose else level)
    logger.propagate = False


def _os_sentence(error: OSError) -> str:
    cause = error.strerror or str(error)
    return f"{error.filename}: {cause}" if error.filename else cause


def _fail(*messages: str, options: argparse.Namespace, status: int) -> int:
    if options.verbose:
        logging.getLogger("danq").debug("traceback", exc_info=True)
    for message in messages:
        complain(message)
    return status

"""The command line: options in, one call of the library, an exit status out.

Exit status 0: done; 2: wrong use or bad input, told in one line on standard error; 1: anything
else.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence

from danq import __version__
from danq.cli import convert, evaluate, export, import_, predict, score, train, windows
from danq.errors import InputError

_COMMANDS = (windows, convert, train, evaluate, predict, score, import_, export)
_DESCRIPTION = """\
Learn what DNA does from sequence, and what a variant changes.

The usual order: windows (FASTA and peaks to a data set) or convert (DeepSEA's published windows),
train (DeepSEA, DanQ or a network of yours), evaluate (ROC AUC and PR AUC a target), predict (any
regions or sequences), score (what each variant of a VCF changes). Networks come in with import (the
papers' released weights, or a network made elsewhere) and leave with export (ONNX, SavedModel).
"""


def parser() -> argparse.ArgumentParser:
    """Build the parser of `danq` and all its subcommands."""
    top = argparse.ArgumentParser(
        prog="danq",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"danq {__version__}")
    volume = top.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="say warnings and errors only")
    volume.add_argument(
        "-v", "--verbose", action="store_true", help="say more, and show tracebacks"
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        What follows `danq` on the command line; by default that of this process.

    Returns
    -------
    int
        The exit status.
    """
    options = parser().parse_args(arguments)
    _configure_logging(options)
    try:
        options.run(options)
    except InputError as error:
        return _fail(str(error), options, status=2)
    except OSError as error:
        return _fail(_os_sentence(error), options, status=2)
    except KeyboardInterrupt as error:
        status = getattr(error, "status", 128 + signal.SIGINT)
        return _fail(str(error) or "interrupted", options, status=status)
    except RuntimeError as error:
        if type(error).__module__.startswith("danq."):
            return _fail(str(error), options, status=1)
        raise
    return 0


def _configure_logging(options: argparse.Namespace) -> None:
    level = logging.WARNING if options.quiet else logging.INFO
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("danq")
    logger.handlers = [handler]
    logger.setLevel(logging.DEBUG if options.verbose else level)
    logger.propagate = False


def _os_sentence(error: OSError) -> str:
    cause = error.strerror or str(error)
    return f"{error.filename}: {cause}" if error.filename else cause


def _fail(message: str, options: argparse.Namespace, *, status: int) -> int:
    if options.verbose:
        logging.getLogger("danq").debug("traceback", exc_info=True)
    sys.stderr.write(f"danq: error: {' '.join(message.split())}\n")
    return status

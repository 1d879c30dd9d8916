"""`danq info`: what is in a model file."""

import argparse
import json
import sys
from typing import Any

from danq.cli.parsing import InputFile


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "info",
        help="print what is in a model file",
        description="Print what is in a model file: network, parameters, window, channels, targets "
        "by group, what it was trained on and how, and the checksum that backgrounds and scores "
        "name. Keras loads only where the file is not as danq wrote it, to tell whether it can be "
        "used.",
        epilog="example:\n  danq info danq.keras --json",
    )
    parser.add_argument("model", type=InputFile("a model file"), metavar="KERAS", help="model file")
    parser.add_argument(
        "--json", action="store_true", help="print JSON, with the name and group of each target"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print."""
    from danq.models import describe

    info = describe(options.model)
    text = json.dumps(info.to_dict(), indent=1) + "\n" if options.json else info.text()
    sys.stdout.write(text)

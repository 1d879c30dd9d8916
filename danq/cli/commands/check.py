"""`danq check`: whether a config of the workflow and its files fit together."""

import argparse
import sys
from typing import Any

from danq.cli.parsing import InputFile, arguments_of


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "check",
        help="check a config of the workflow and the files that it names",
        description=(
            "Check a config of the workflow before anything runs: its keys and values, that every "
            "file exists, the held-out contigs, the peaks, functions that build networks (they are "
            "imported), options of training that exclude each other, and for each VCF the "
            "header's lengths and the REF of its first 1,000 records. All problems are "
            "listed, one per line. Paths are relative to the current folder, as for Snakemake."
        ),
        epilog="example:\n  danq check --config config/mine.yaml",
    )
    parser.add_argument(
        "--config",
        type=InputFile("a config", or_standard_input=True),
        required=True,
        metavar="YAML",
        help="config file, or - for standard input",
    )
    parser.add_argument(
        "--stamp",
        metavar="FILE",
        help="file to keep the outcome in, so that nothing is read again until the config or a "
        "file changes; missing files may then be made later; an existing FILE must be an "
        "earlier stamp",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Check, and print what was read."""
    try:
        from danq.config.check import check
    except ModuleNotFoundError as error:
        if error.name not in ("yaml", "jsonschema"):
            raise
        from danq.errors import InputError

        raise InputError(
            f"danq check needs {error.name}, which comes with Snakemake: "
            "pip install 'danq[workflow]'"
        ) from error
    sys.stdout.write("\n".join([*check(**arguments_of(check, options)), ""]))

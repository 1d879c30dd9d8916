"""`danq export`: a model file for programs that have no Keras."""

import argparse
from typing import Any

from danq.cli.options import add_model
from danq.cli.parsing import arguments_of


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "export",
        help="write a model as ONNX or TensorFlow SavedModel",
        description=(
            "Write a model for programs that have no Keras, and check that its outputs are the "
            "same. Input: sequence, float32 one-hot (batch, window, 4). Outputs: probabilities "
            "and logits. Targets and the other metadata travel along."
        ),
        epilog="example:\n  danq export --model danq.keras --to onnx --output danq.onnx",
    )
    add_model(parser)
    parser.add_argument(
        "--to",
        required=True,
        choices=("onnx", "saved_model"),
        help="format to write; onnx needs the extra danq[onnx]",
    )
    parser.add_argument(
        "--output",
        required=True,
        metavar="PATH",
        help="file to write, ending in .onnx, or for saved_model a folder to make",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Export."""
    from danq.models.export import export

    export(**arguments_of(export, options))

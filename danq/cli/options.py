"""Options that several commands share, so that they mean and say the same in each."""

from __future__ import annotations

from typing import Any


def add_ensemble(parser: Any, several: str) -> None:
    """Declare ``--model``, given once or several times; `several` says what that makes."""
    parser.add_argument(
        "--model",
        required=True,
        action="append",
        metavar="M.keras",
        help=f"model file; given several times, {several}",
    )


def add_ref_mismatch(parser: Any, skipped: str) -> None:
    """Declare ``--ref-mismatch``; `skipped` says what becomes of a record that is skipped."""
    parser.add_argument(
        "--ref-mismatch",
        choices=("error", "skip"),
        default="error",
        help=f"a REF that differs from the genome stops the run, or is {skipped} "
        "(default: %(default)s)",
    )


def add_prediction(parser: Any) -> None:
    """Declare ``--batch-size`` and ``--mixed-precision`` of a network that predicts."""
    parser.add_argument(
        "--batch-size", type=int, metavar="N", help="windows predicted at once (default: 256)"
    )
    parser.add_argument(
        "--mixed-precision",
        choices=("bfloat16", "float16"),
        default="float32",
        metavar="TYPE",
        help="bfloat16 or float16: let inner layers compute in it (default: float32)",
    )

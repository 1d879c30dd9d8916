"""Options that several commands share, so that they mean and say the same in each."""

from typing import Any

from danq.cli.parsing import InputFile, name, number
from danq.models import CARD_BATCH, DEFAULT_BATCH, PRECISIONS
from danq.ranges import BATCH_SIZE, SEED


def add_genome(parser: Any, *, note: str = "", required: bool = True) -> None:
    """Declare ``--genome`` of a command that reads a reference; `note` says when."""
    parser.add_argument(
        "--genome",
        type=InputFile("a FASTA file"),
        required=required,
        metavar="FASTA",
        help=f"reference genome: FASTA, plain, gzip or bgzip{note}",
    )


def add_moved_genome(parser: Any, *, note: str = "") -> None:
    """Declare ``--genome`` of a command whose data set names the reference; `note` says when."""
    parser.add_argument(
        "--genome",
        type=InputFile("a FASTA file"),
        metavar="FASTA",
        help=f"reference genome, if it is no longer where the data set says{note}",
    )


def add_dataset(parser: Any) -> None:
    """Declare ``--dataset``."""
    parser.add_argument(
        "--dataset",
        type=InputFile("a data set of danq windows or danq convert"),
        required=True,
        metavar="H5",
        help="data set of danq windows or danq convert",
    )


def add_model(parser: Any) -> None:
    """Declare ``--model``, given once."""
    parser.add_argument(
        "--model", type=InputFile("a model file"), required=True, metavar="KERAS", help="model file"
    )


def add_ensemble(parser: Any, several: str) -> None:
    """Declare ``--model``, given once or several times; `several` says what that makes."""
    parser.add_argument(
        "--model",
        type=InputFile("a model file"),
        required=True,
        action="append",
        metavar="KERAS",
        help=f"model file; given several times, {several}",
    )


def add_sequences(parser: Any) -> None:
    """Declare ``--fasta``, sequences in place of regions of a genome."""
    parser.add_argument(
        "--fasta",
        type=InputFile("a FASTA file"),
        metavar="FASTA",
        help="sequences of exactly the window's length, U read as T: FASTA, plain, gzip or bgzip",
    )


def add_means(parser: Any, verb: str) -> None:
    """Declare ``--targets`` of a command that takes groups for the mean over their targets."""
    parser.add_argument(
        "--targets",
        nargs="+",
        type=name,
        metavar="NAME",
        help=f"targets to {verb}; the name of a group, or all, is the mean over its targets "
        "(default: every target of a model with up to 20, otherwise every group)",
    )


def add_resume(parser: Any) -> None:
    """Declare ``--resume``."""
    parser.add_argument(
        "--resume",
        action="store_true",
        help="resume after the blocks that an interrupted run finished (kept in OUT.parts)",
    )


def add_ref_mismatch(parser: Any, skipped: str) -> None:
    """Declare ``--ref-mismatch``; `skipped` says what becomes of a record that is skipped."""
    parser.add_argument(
        "--ref-mismatch",
        choices=("error", "skip"),
        default="error",
        help=f"what to do where REF differs from the genome: stop (error), or {skipped} (skip) "
        "(default: %(default)s)",
    )


def add_one_strand(parser: Any) -> None:
    """Declare ``--one-strand``."""
    parser.add_argument(
        "--one-strand",
        dest="both_strands",
        action="store_false",
        help="predict the given strand only instead of averaging both",
    )


PREDICTED = f"(default: {DEFAULT_BATCH}, on a graphics card {CARD_BATCH})"


def add_prediction(parser: Any) -> None:
    """Declare ``--batch-size`` and ``--mixed-precision`` of a network that predicts."""
    add_batch_size(parser, PREDICTED)
    add_mixed_precision(parser)


def add_batch_size(parser: Any, default: str) -> None:
    """Declare ``--batch-size``; `default` names its default."""
    parser.add_argument(
        "--batch-size",
        type=number(BATCH_SIZE),
        metavar="N",
        help=f"number of windows in a batch {default}",
    )


def add_mixed_precision(parser: Any) -> None:
    """Declare ``--mixed-precision``."""
    parser.add_argument(
        "--mixed-precision",
        dest="precision",
        choices=PRECISIONS[1:],
        default="float32",
        metavar="TYPE",
        help="type in which inner layers compute: bfloat16 or float16 (default: %(default)s)",
    )


def add_seed(parser: Any, default: int | None, shown: int) -> None:
    """Declare ``--seed``; `shown` is the default where None leaves it to the library."""
    parser.add_argument(
        "--seed",
        type=number(SEED),
        default=default,
        metavar="N",
        help=f"random seed (default: {shown})",
    )

"""`danq train`: a data set to a trained network."""

import argparse
from typing import Any

from danq.cli.options import (
    add_batch_size,
    add_dataset,
    add_mixed_precision,
    add_moved_genome,
    add_seed,
)
from danq.cli.parsing import InputFile, OutputFile, OutputFolder, arguments_of, number
from danq.cli.streams import show
from danq.dataset import Dataset
from danq.errors import InputError
from danq.outputs import check_distinct
from danq.training.history import files_of
from danq.training.settings import CHOICES, RANGES, Settings, settings_for
from danq.training.start import (
    CHECKPOINT_RANGE,
    DEVICES,
    MOTIF_SHARE,
    NETWORKS,
    WIDTH,
    Start,
    check_model,
    check_start,
)


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "train",
        help="train DeepSEA, DanQ or a network of yours",
        description=(
            "Train a network and keep its best epoch on the validation windows. Optimizer, "
            "learning rate, batch size and epochs default to those of the model's paper. The "
            "model's folder also gets NAME.history.tsv, and that as .html, .png, .svg and .pdf."
        ),
        epilog="example:\n"
        "  danq train --dataset dataset.h5 --model danq --output danq.keras --epochs 20",
    )
    add_dataset(parser)
    parser.add_argument(
        "--model",
        required=True,
        metavar="NAME",
        help=f"{', '.join(NETWORKS)}, or MODULE:FUNCTION that returns a keras.Model",
    )
    parser.add_argument(
        "--output",
        type=OutputFile("model"),
        required=True,
        metavar="KERAS",
        help="model file to write",
    )
    add_moved_genome(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="resume from the checkpoint of an interrupted run, if there is one",
    )
    parser.add_argument(
        "--checkpoint-minutes",
        type=number(CHECKPOINT_RANGE),
        default=10.0,
        metavar="N",
        help="minutes between checkpoints within an epoch; there is also one after each epoch "
        "(default: %(default)g)",
    )
    parser.add_argument(
        "--devices",
        type=_devices,
        metavar="N",
        help="number of GPUs that share each batch, or all (default: 1; TensorFlow and JAX)",
    )
    parser.add_argument(
        "--tensorboard", type=OutputFolder(), metavar="DIR", help="folder for TensorBoard's curves"
    )
    _add_start(parser.add_argument_group("the network and what it starts from"))
    _add_settings(parser.add_argument_group("hyper-parameters"))
    _add_rate(parser.add_argument_group("learning rate"))
    _add_loss(parser.add_argument_group("loss and gradients"))
    parser.set_defaults(run=run)


def _add_start(group: Any) -> None:
    group.add_argument(
        "--width",
        type=number(WIDTH),
        metavar="FACTOR",
        help="factor on the numbers of filters, recurrent and hidden units (default: 1, the "
        "paper's; with --init that model's)",
    )
    group.add_argument(
        "--init",
        type=InputFile("a model file"),
        metavar="KERAS",
        help="model file to start from; the last layer starts from scratch where the targets "
        "differ",
    )
    group.add_argument(
        "--motifs",
        type=InputFile("a MEME or JASPAR file"),
        metavar="FILE",
        help="MEME or JASPAR file of motifs that kernels of the first convolution start from",
    )
    group.add_argument(
        "--motif-share",
        type=number(MOTIF_SHARE),
        metavar="SHARE",
        help="largest share of the kernels that start from motifs (default: 0.5)",
    )
    group.add_argument(
        "--motif-strands",
        choices=("both", "forward"),
        help="strands of each motif that get a kernel (default: forward for danq-jaspar, as in "
        "its paper, both for any other network)",
    )


def _add_settings(group: Any) -> None:
    _add(group, "epochs", "N", "maximum number of epochs (default: the paper's)")
    add_batch_size(group, "(default: the paper's)")
    group.add_argument(
        "--optimizer",
        choices=CHOICES["optimizer"],
        help="optimizer (default: the paper's, sgd for DeepSEA and rmsprop for DanQ); adam does "
        "better on small data sets",
    )
    _add(
        group,
        "patience",
        "N",
        "number of epochs without improvement that end the training (default: 5)",
    )
    group.add_argument(
        "--monitor",
        choices=CHOICES["monitor"],
        help="figure of the validation windows that chooses the best epoch (default: loss)",
    )
    _add(group, "max_jitter", "BP", "largest random shift of a training window (default: 0)")
    add_seed(group, default=None, shown=1)
    add_mixed_precision(group)


def _add_rate(group: Any) -> None:
    _add(group, "learning_rate", "RATE", "learning rate after the warm-up (default: the paper's)")
    group.add_argument(
        "--scale-learning-rate",
        choices=CHOICES["scale_learning_rate"],
        help="how the learning rate follows a batch larger than the recipe's: not at all, in "
        "proportion, or by its root, with a warm-up of at least 0.05 (default: none)",
    )
    group.add_argument(
        "--schedule",
        choices=CHOICES["schedule"],
        help="how the learning rate falls: not at all (constant), to zero over all epochs (cosine, "
        "one-cycle), by --decay every --decay-epochs at once (step) or evenly (exponential), or "
        "after --decay-epochs epochs without improvement (plateau) (default: constant)",
    )
    _add(
        group,
        "warm_up",
        "SHARE",
        "share of all steps in which the learning rate rises (default: 0.3 for one-cycle, 0.02 "
        "for cosine, otherwise 0)",
    )
    _add(
        group,
        "decay",
        "FACTOR",
        "factor on the learning rate where it falls (default: 0.25 for plateau, otherwise 0.1)",
    )
    _add(
        group,
        "decay_epochs",
        "N",
        "number of epochs after which the learning rate falls (default: 2 for plateau, otherwise "
        "a third of all epochs)",
    )


def _add_loss(group: Any) -> None:
    group.add_argument(
        "--loss",
        choices=CHOICES["loss"],
        help="cross-entropy (bce), or focal loss, in which well predicted labels count less "
        "(default: bce)",
    )
    _add(group, "focal_gamma", "GAMMA", "strength of the focal loss (default: 2)")
    group.add_argument(
        "--class-weights",
        choices=CHOICES["class_weights"],
        help="weight of a positive label: 1 (none), or the number of negatives per positive of its "
        "target (positive) (default: none)",
    )
    _add(group, "max_class_weight", "WEIGHT", "largest weight of a positive label (default: 20)")
    _add(
        group,
        "label_smoothing",
        "SHARE",
        "share of each label that is replaced by one half (default: 0)",
    )
    _add(
        group,
        "clip_norm",
        "NORM",
        "largest norm of all gradients together, to which they are scaled down (default: no limit)",
    )
    _add(
        group,
        "clip_value",
        "VALUE",
        "largest absolute value of a gradient, at which it is cut (default: no limit)",
    )
    _add(
        group,
        "weight_decay",
        "SHARE",
        "share of themselves, times the learning rate, that kernels lose per step (decoupled; "
        "default: 0)",
    )


def _add(group: Any, name: str, metavar: str, text: str) -> None:
    """Declare the option of a hyper-parameter that is a number."""
    option = f"--{name.replace('_', '-')}"
    group.add_argument(option, type=number(RANGES[name]), metavar=metavar, help=text)


def _devices(text: str) -> float | str:
    try:
        return text if text == "all" else DEVICES.parse(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(f"{error}, or all") from error


def run(options: argparse.Namespace) -> None:
    """Train, with a progress bar on a terminal, and print which epoch was kept."""
    settings = settings_for(options.model, **arguments_of(Settings, options))
    start = Start(**arguments_of(Start, options))
    read = [options.dataset, options.genome, options.init, options.motifs]
    check_distinct(files_of(options.output), inputs=read)
    if options.init is None:
        check_model(options.model)
    with Dataset.open(options.dataset, genome=options.genome) as data:
        check_start(options.model, data, start)
    # Keras loads here, after everything that can be checked without it.
    from danq.training import train

    history = train(**arguments_of(train, options), settings=settings, progress=None)
    show(f"{options.output}: {history.sentence()}")

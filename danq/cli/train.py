"""`danq train`: a data set to a trained network."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "train",
        help="train DeepSEA, DanQ or a network of yours",
        description=(
            "Train a network and keep its best epoch on the validation windows. Optimizer, "
            "learning rate, batch size and epochs default to those of the model's paper. The "
            "model's folder also gets NAME.history.tsv and its picture, .png, .svg and .pdf."
        ),
    )
    parser.add_argument("--dataset", required=True, metavar="H5", help="made by danq windows")
    parser.add_argument(
        "--model",
        required=True,
        metavar="NAME",
        help="deepsea, danq, danq-jaspar, beluga, or MODULE:FUNCTION that returns a keras.Model",
    )
    parser.add_argument("--output", required=True, metavar="KERAS", help="model file to write")
    parser.add_argument("--genome", metavar="FASTA", help="where the reference lies, if it moved")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the checkpoint of an interrupted run, if there is one",
    )
    parser.add_argument(
        "--checkpoint-minutes",
        type=float,
        default=10.0,
        metavar="N",
        help="write a checkpoint after so many minutes of an epoch, and after each epoch (default: "
        "%(default)g)",
    )
    parser.add_argument(
        "--devices",
        type=_devices,
        metavar="N",
        help="let so many GPUs (or all) share each batch (default: 1; TensorFlow and JAX)",
    )
    parser.add_argument("--tensorboard", metavar="DIR", help="write curves for TensorBoard there")
    _add_start(parser.add_argument_group("the network and what it starts from"))
    _add_settings(parser.add_argument_group("hyper-parameters (default: the paper's)"))
    _add_rate(parser.add_argument_group("learning rate"))
    _add_loss(parser.add_argument_group("loss and gradients"))
    parser.set_defaults(run=run)


def _add_start(group: Any) -> None:
    group.add_argument(
        "--width",
        type=float,
        metavar="FACTOR",
        help="multiply filters, recurrent and hidden units (default: 1, the paper's; with --init "
        "that model's)",
    )
    group.add_argument(
        "--init",
        metavar="KERAS",
        help="start from this model's weights; the last layer is new when the targets differ",
    )
    group.add_argument(
        "--motifs",
        metavar="FILE",
        help="MEME or JASPAR file: kernels of the first convolution start from its motifs",
    )
    group.add_argument(
        "--motif-share",
        type=float,
        metavar="SHARE",
        help="at most this share of the kernels does (default: 0.5)",
    )
    group.add_argument(
        "--motif-strands",
        choices=("both", "forward"),
        help="two kernels for a motif, one for either strand, or one (default: forward for "
        "danq-jaspar, as in its paper, both for any other network)",
    )


def _add_settings(group: Any) -> None:
    group.add_argument("--epochs", type=int, metavar="N", help="at most so many")
    group.add_argument("--batch-size", type=int, metavar="N", help="windows a step")
    group.add_argument(
        "--optimizer",
        choices=("sgd", "rmsprop", "adam"),
        help="DeepSEA's is sgd, DanQ's rmsprop; adam does better on small data sets",
    )
    group.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop after so many epochs without a better one",
    )
    group.add_argument(
        "--monitor",
        choices=("loss", "pr_auc"),
        help="what makes an epoch better on the validation windows (default: loss)",
    )
    group.add_argument(
        "--max-jitter", type=int, metavar="BP", help="largest random shift of a training window"
    )
    group.add_argument("--seed", type=int, help="of weights, order, strands, shifts and dropout")
    group.add_argument(
        "--mixed-precision",
        choices=("bfloat16", "float16"),
        metavar="TYPE",
        help="bfloat16 or float16: let inner layers compute in it (default: float32); weights, "
        "logits and the model file stay float32",
    )


def _add_rate(group: Any) -> None:
    group.add_argument("--learning-rate", type=float, metavar="RATE", help="after the warm-up")
    group.add_argument(
        "--scale-learning-rate",
        choices=("none", "linear", "sqrt"),
        help="multiply the rate by how many times larger the batch is than the recipe's, or by the "
        "root of that, with a warm-up of at least 0.05 (default: none)",
    )
    group.add_argument(
        "--schedule",
        choices=("constant", "cosine", "one-cycle", "step", "exponential", "plateau"),
        help="how the rate falls (default: constant): to zero over all epochs (cosine, one-cycle), "
        "by --decay every --decay-epochs at once (step) or evenly (exponential), or after so many "
        "epochs without a better one (plateau)",
    )
    group.add_argument(
        "--warm-up",
        type=float,
        metavar="SHARE",
        help="share of all steps in which the rate rises (default: 0.3 for one-cycle, 0.02 for "
        "cosine, otherwise 0)",
    )
    group.add_argument(
        "--decay",
        type=float,
        metavar="FACTOR",
        help="by which the rate is multiplied (default: 0.25 for plateau, otherwise 0.1)",
    )
    group.add_argument(
        "--decay-epochs",
        type=float,
        metavar="N",
        help="(default: 2 for plateau, otherwise a third of all epochs)",
    )


def _add_loss(group: Any) -> None:
    group.add_argument(
        "--loss",
        choices=("bce", "focal"),
        help="cross-entropy, or focal loss, which takes weight from what is predicted well "
        "(default: bce)",
    )
    group.add_argument(
        "--focal-gamma", type=float, metavar="GAMMA", help="how much of it (default: 2)"
    )
    group.add_argument(
        "--class-weights",
        choices=("none", "positive"),
        help="let positives count as many times as there are negatives to each, by target "
        "(default: none)",
    )
    group.add_argument(
        "--max-class-weight",
        type=float,
        metavar="WEIGHT",
        help="but not more than so many times (default: 20)",
    )
    group.add_argument(
        "--label-smoothing",
        type=float,
        metavar="SHARE",
        help="replace this share of each label by one half (default: 0)",
    )
    group.add_argument(
        "--clip-norm",
        type=float,
        metavar="NORM",
        help="scale gradients down to this norm, of all of them together",
    )
    group.add_argument(
        "--clip-value", type=float, metavar="VALUE", help="cut each gradient at plus or minus this"
    )
    group.add_argument(
        "--weight-decay",
        type=float,
        metavar="SHARE",
        help="let kernels shrink by this times the learning rate a step (decoupled; default: 0)",
    )


def _devices(text: str) -> int | str:
    try:
        return text if text == "all" else int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a number or all") from error


def run(options: argparse.Namespace) -> None:
    """Train, with a progress bar on a terminal."""
    from danq.training import Settings, settings_for, train

    changes = {
        item.name: getattr(options, item.name)
        for item in fields(Settings)
        if item.name != "precision"
    }
    settings = settings_for(options.model, precision=options.mixed_precision, **changes)
    train(
        options.dataset,
        options.output,
        model=options.model,
        settings=settings,
        width=options.width,
        init=options.init,
        motifs=options.motifs,
        motif_share=options.motif_share,
        motif_strands=options.motif_strands,
        resume=options.resume,
        genome=options.genome,
        checkpoint_minutes=options.checkpoint_minutes,
        devices=options.devices,
        tensorboard=options.tensorboard,
        progress=None,
    )

"""`danq train`: a data set to a trained network."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(commands: Any) -> None:
    """Declare the options."""
    parser = commands.add_parser(
        "train",
        help="train DeepSEA, DanQ or a network of yours",
        description=(
            "Train a network and keep its best epoch on the validation windows. Optimizer, "
            "learning rate, batch size and epochs default to those of the model's paper. Beside "
            "the model appear NAME.history.tsv and NAME.history.png."
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
        "--init",
        metavar="KERAS",
        help="start from this model's weights; the last layer is new when the targets differ",
    )
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
        "--width",
        type=float,
        metavar="FACTOR",
        help="multiply filters, recurrent and hidden units (default: 1, the paper's; with --init "
        "that model's)",
    )
    parser.add_argument(
        "--motifs",
        metavar="FILE",
        help="MEME or JASPAR file: kernels of the first convolution start from its motifs",
    )
    parser.add_argument(
        "--motif-share",
        type=float,
        metavar="SHARE",
        help="at most this share of the kernels does (default: 0.5)",
    )
    parser.add_argument(
        "--motif-strands",
        choices=("both", "forward"),
        help="two kernels for a motif, one for either strand, or one (default: forward for "
        "danq-jaspar, as in its paper, both for any other network)",
    )
    _add_settings(parser.add_argument_group("hyper-parameters (default: the paper's)"))
    parser.set_defaults(run=run)


def _add_settings(group: Any) -> None:
    group.add_argument("--epochs", type=int, metavar="N", help="at most so many")
    group.add_argument("--batch-size", type=int, metavar="N", help="windows a step")
    group.add_argument(
        "--optimizer",
        choices=("sgd", "rmsprop", "adam"),
        help="DeepSEA's is sgd, DanQ's rmsprop; adam does better on small data sets",
    )
    group.add_argument("--learning-rate", type=float, metavar="RATE", help="at the first step")
    group.add_argument(
        "--schedule",
        choices=("constant", "cosine"),
        help="leave the learning rate as it is, or let it fall to zero over all epochs",
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


def run(options: argparse.Namespace) -> None:
    """Train, with a progress bar on a terminal."""
    from danq.training import settings_for, train

    settings = settings_for(
        options.model,
        epochs=options.epochs,
        batch_size=options.batch_size,
        optimizer=options.optimizer,
        learning_rate=options.learning_rate,
        schedule=options.schedule,
        patience=options.patience,
        max_jitter=options.max_jitter,
        monitor=options.monitor,
        seed=options.seed,
        precision=options.mixed_precision,
    )
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
        progress=None,
    )

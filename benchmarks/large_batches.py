"""Large batches with and without a learning-rate rule: validation losses on real peaks of chr22.

Claim measured: trained for the same number of epochs, so with 8 and 16 times fewer steps, a network
whose learning rate follows the batch (``danq train --scale-learning-rate``) comes to the validation
loss that the recipe's batch reaches, and one whose rate stays does not.

Each network is trained at its recipe's batch (DanQ: RMSprop, 0.001, 100 windows; DeepSEA: SGD, 1.0,
16 windows) and at multiples of it under each rule, all from the same first weights, on the data set
of ``benchmarks/real_chr22.py`` (121 targets). The figure is the lowest validation loss of all
epochs, and that of the last. ``--seeds`` trains each run from other first weights too, and in
another order, so that a difference can be told from chance: the table gives the mean over the
seeds, the lowest and the highest.

    python benchmarks/large_batches.py --dataset training.h5 [--motifs motifs.meme] [--work DIR]
        [--models danq deepsea] [--multiples 8 16] [--rules none sqrt linear]
        [--schedule cosine] [--epochs 20] [--seeds 3] [--optimizer NAME] [--learning-rate RATE]
        [--json FILE]

``real_chr22.py --work DIR`` leaves ``training.h5`` and ``motifs.meme`` in DIR. Without the data set
the script says so and stops.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from pathlib import Path
from statistics import mean
from typing import NamedTuple

import danq
from danq.training import settings_for
from danq.training.settings import RECIPES


class Run(NamedTuple):
    """A batch so many times the recipe's, and the rule that its rate follows."""

    times: int
    rule: str


def main() -> None:
    """Train every combination, print the table."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if options.dataset is None or not options.dataset.is_file():
        print(
            f"no data set at {options.dataset}: nothing was measured (see the script's first lines)"
        )
        return
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        for model in options.models:
            runs = {"recipe": Run(1, "none")}
            runs |= {
                f"{times}x {rule}": Run(times, rule)
                for times in options.multiples
                for rule in options.rules
            }
            losses: dict[str, list[list[float]]] = {name: [] for name in runs}
            for seed in range(1, options.seeds + 1):
                for name, run in runs.items():
                    losses[name].append(_train(model, run, seed, options, work))
            figures |= _report(model, losses, runs, options)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", type=Path)
    parser.add_argument("--motifs", type=Path, help="kernels start from these")
    parser.add_argument("--work", type=Path, help="keep models here; runs found there are used")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--width", type=float, default=0.125, help="of the networks")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--schedule", default="constant", help="of every run, the recipe's too")
    parser.add_argument("--optimizer", choices=("sgd", "rmsprop", "adam"), help="not the recipe's")
    parser.add_argument("--learning-rate", type=float, help="at the recipe's batch, not its own")
    parser.add_argument(
        "--seeds",
        type=int,
        default=1,
        help="of every run: what chance does",
    )
    parser.add_argument("--models", nargs="+", choices=("danq", "deepsea"), default=["danq"])
    parser.add_argument("--multiples", nargs="+", type=int, default=[8, 16])
    parser.add_argument("--rules", nargs="+", default=["none", "sqrt", "linear"])
    return parser.parse_args()


def _train(model: str, run: Run, seed: int, options: argparse.Namespace, work: Path) -> list[float]:
    """Return the validation loss of every epoch."""
    name = f"w{options.width}.e{options.epochs}.{options.schedule}.x{run.times}.{run.rule}"
    changed = {"optimizer": options.optimizer, "learning_rate": options.learning_rate}
    changed = {key: value for key, value in changed.items() if value is not None}
    name += "".join(f".{value}" for value in changed.values())
    output = work / f"{model}.{name}.s{seed}.keras"
    table = output.with_suffix(".history.tsv")
    if not table.exists():
        settings = settings_for(
            model,
            batch_size=RECIPES[model].batch_size * run.times,
            scale_learning_rate=run.rule,
            schedule=options.schedule,
            epochs=options.epochs,
            patience=options.epochs,
            seed=seed,
            **changed,
        )
        danq.train(
            options.dataset,
            output,
            model=model,
            width=options.width,
            settings=settings,
            motifs=options.motifs,
            motif_share=0.85 if options.motifs else None,
            resume=True,
        )
    head, *rows = (line.split("\t") for line in table.read_text().splitlines())
    return [float(row[head.index("val_loss")]) for row in rows]


def _report(
    model: str,
    losses: dict[str, list[list[float]]],
    runs: dict[str, Run],
    options: argparse.Namespace,
) -> dict[str, float]:
    recipe = RECIPES[model]
    base_rate = options.learning_rate or recipe.learning_rate
    base = [min(epochs) for epochs in losses["recipe"]]
    figures = {}
    print(f"\n{model}, {options.epochs} epochs, validation loss (nats a target)")
    print(
        f"{'run':<12}{'batch':>7}{'rate':>9}{'lowest':>10}{'over the seeds':>20}{'last':>10}"
        f"{'to recipe':>11}"
    )
    for name, (times, rule) in runs.items():
        rate = base_rate * {"none": 1, "sqrt": times**0.5, "linear": times}[rule]
        lowest = [min(epochs) for epochs in losses[name]]
        last = mean(epochs[-1] for epochs in losses[name])
        ratio = mean(lowest) / mean(base)
        print(
            f"{name:<12}{recipe.batch_size * times:>7}{rate:>9.4g}{mean(lowest):>10.5f}"
            f"{f'{min(lowest):.5f} to {max(lowest):.5f}':>20}{last:>10.5f}{ratio:>11.4f}"
        )
        key = f"{model}_{name.replace(' ', '_')}"
        figures[f"{key}_val_loss"] = mean(lowest)
        figures[f"{key}_val_loss_last"] = last
        figures[f"{key}_to_recipe"] = ratio
    return figures


if __name__ == "__main__":
    main()

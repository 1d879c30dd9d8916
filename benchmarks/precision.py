"""Scores in half precision against scores in float32, over the example's variants.

Claim measured: with ``danq score --mixed-precision bfloat16`` every target ranks the variants as
float32 does: Spearman's correlation of `diff` and of `logit` is at least .999 on each target. All
records of ``data/variants`` are scored (6,890 of 1000 Genomes, substitutions and short indels), in
the example's genome, with the models that are named; targets are those of the model.

    python benchmarks/precision.py MODEL.keras [MODEL.keras …] [--precision float16] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from common.variants import EXAMPLE
from scipy.stats import rankdata

import danq

VCF = EXAMPLE / "variants" / "1000G_phase1_chr22_50.3-51.0Mb.vcf.gz"
CLAIM = 0.999

Array = np.ndarray


def main() -> None:
    """Score in both precisions, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.keras")
    parser.add_argument("--precision", choices=("bfloat16", "float16"), default="bfloat16")
    parser.add_argument(
        "--throughout", action="store_true", help="also let alleles share nothing but precision"
    )
    parser.add_argument("--vcf", type=Path, default=VCF, help="of the example's genome")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    options.models = options.models or sorted(
        (EXAMPLE.parent / "results" / "models").glob("*.keras")
    )
    if not options.models:
        print("no model named and none in results/models: nothing was measured")
        return
    figures: dict[str, float] = {}
    print(f"{options.precision} against float32; rank correlation by target, claim {CLAIM}")
    print(
        f"{'model, score':<28}{'lowest':>9}{'median':>9}{'reach it':>12}{'largest difference':>20}"
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("DANQ_CACHE", scratch)
        for model in options.models:
            figures |= compare(model, Path(scratch), options)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def compare(model: Path, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Compare one model's scores; print two lines a way of scoring."""
    network = danq.models.load(model)
    ways: dict[str, dict[str, bool]] = {"": {}}
    if options.throughout:
        ways["throughout"] = {"share_alleles": False}
    full, full_s = scores(network, folder / "full", options, precision="float32")
    figures: dict[str, float] = {}
    for way, said in ways.items():
        half, half_s = scores(
            network, folder / "half", options, precision=options.precision, **said
        )
        name = " ".join(filter(None, (model.stem, way)))
        key = name.replace(" ", "_")
        for score, expected in full.items():
            found = correlations(expected, half[score])
            difference = float(np.abs(expected - half[score]).max())
            reached = f"{(found >= CLAIM).sum()} of {len(found)}"
            low, middle = float(found.min()), float(np.median(found))
            row = f"{name + ', ' + score:<28}{low:>9.5f}{middle:>9.5f}"
            print(f"{row}{reached:>12}{difference:>20.5f}")
            figures |= {
                f"{key}_{score}_lowest_correlation": low,
                f"{key}_{score}_median_correlation": middle,
                f"{key}_{score}_share_reached": float((found >= CLAIM).mean()),
                f"{key}_{score}_largest_difference": difference,
            }
        figures[f"{key}_processor_time_ratio"] = half_s / full_s
        print(f"  {half_s / full_s:.2f} of float32's processor time")
    changes = np.abs(full["logit"])
    middle, largest = np.median(changes), changes.max()
    print(f"  {len(changes)} alleles; |logit|: median {middle:.4f}, largest {largest:.2f}")
    return figures


def scores(
    network: keras.Model, folder: Path, options: argparse.Namespace, **said: Any
) -> tuple[dict[str, Array], float]:
    """Return diff and logit of all scored alleles, and the processor seconds they took."""
    folder.mkdir(exist_ok=True)
    predictor = danq.models.Predictor(network, batch_size=options.batch_size, **said)
    begun = time.process_time()
    danq.score(
        predictor,
        EXAMPLE / "chr22.fa.gz",
        options.vcf,
        folder / "scored.vcf",
        scores=folder / "scores.h5",
    )
    taken = time.process_time() - begun
    with h5py.File(folder / "scores.h5") as file:
        found = {key: file[key][:] for key in ("diff", "logit")}
    return {key: values[~np.isnan(values[:, 0])] for key, values in found.items()}, taken


def correlations(one: Array, other: Array) -> Array:
    """Return Spearman's correlation of each column."""
    ranks = [rankdata(values, axis=0) for values in (one, other)]
    ranks = [values - values.mean(axis=0) for values in ranks]
    product = (ranks[0] * ranks[1]).sum(axis=0)
    return product / np.sqrt((ranks[0] ** 2).sum(axis=0) * (ranks[1] ** 2).sum(axis=0))


if __name__ == "__main__":
    main()

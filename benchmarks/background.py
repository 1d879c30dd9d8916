"""A background of DeepSEA's size: how small, how fast, and how near to the exact E-values.

Claim measured: what `danq background` keeps of 1,000,000 variants and 919 targets takes a small
part of the sorted float32 scores (the exact peer: NumPy's ``sort`` and ``searchsorted``), E-values
among the 1,024 largest scores of a target are those of the peer, the others differ by less than a
percent, and looking them up is not slower. Scores are drawn: logit changes with heavy tails, whose
scale and whose probability differ by target. The peer sorts and searches 8 of the targets; its
size and its time are scaled up to all.

    python benchmarks/background.py [--variants N] [--targets N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from danq.scoring.e_values.background_file import Background, write_background
from danq.scoring.e_values.exceedance import LARGEST_KEPT, Tally, magnitudes

BLOCK = 4096
CHECKED = 8
ROUNDS = 5


class Drawn:
    """Draws blocks of scores, the same distribution for every block."""

    def __init__(self, targets: int, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        shape = np.random.default_rng(0)
        self._scale = shape.lognormal(-3, 0.7, targets).astype(np.float32)
        self._odds = shape.lognormal(-4, 1, targets).astype(np.float32)

    def block(self, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Return diff and logit of some variants."""
        shape = (rows, len(self._scale))
        logit = np.exp(self._random.standard_normal(shape, np.float32))
        logit *= self._random.standard_normal(shape, np.float32)
        logit *= self._scale
        p = self._odds / (1 + self._odds)
        return (p * (1 - p) * np.float32(np.log(2)) * logit).astype(np.float32), logit


def main() -> None:
    """Count, write, look up, compare, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variants", type=int, default=1_000_000)
    parser.add_argument("--targets", type=int, default=919)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    tally, exact, seconds = count(options.variants, options.targets)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "background.h5"
        write(path, tally)
        size = path.stat().st_size
        begun = time.perf_counter()
        background = Background(path)
        opening = time.perf_counter() - begun
    figures = {
        "counted_variants_per_s": options.variants / seconds,
        "file_mb": size / 1e6,
        "sorted_mb": tally.n * options.targets * 4 / 1e6,
        "ratio_sorted_to_file": tally.n * options.targets * 4 / size,
        "opening_s": opening,
        **look_up(background, exact, options.targets),
        **differences(background, exact, options.targets),
    }
    show(figures, options.variants, options.targets)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def count(variants: int, targets: int) -> tuple[Tally, np.ndarray, float]:
    """Count a background; keep the scores of some targets, sorted."""
    drawn, tally, kept, seconds = Drawn(targets, 1), Tally(targets), [], 0.0
    for first in range(0, variants, BLOCK):
        values = magnitudes(*drawn.block(min(BLOCK, variants - first)))
        kept.append(values[:, :CHECKED].T.copy())
        begun = time.perf_counter()
        tally.add(values)
        seconds += time.perf_counter() - begun
    return tally, np.sort(np.concatenate(kept, axis=1), axis=1), seconds


def write(path: Path, tally: Tally) -> None:
    """Write the background file as `danq background` does."""
    texts = ("model", "model_checksum", "genome", "genome_checksum", "precision")
    names = [f"target {place}" for place in range(len(tally.counts))]
    write_background(path, tally, names, [("variants", tally.n)], dict.fromkeys(texts, ""))


def look_up(background: Background, exact: np.ndarray, targets: int) -> dict[str, float]:
    """Time E-values of one block, alternating with the peer."""
    drawn, ours, theirs = Drawn(targets, 2), [], []
    for _ in range(ROUNDS):
        diff, logit = drawn.block(BLOCK)
        begun = time.perf_counter()
        background.e_values(diff, logit)
        between = time.perf_counter()
        values = magnitudes(diff, logit)
        for target in range(CHECKED):
            np.searchsorted(exact[target], values[:, target])
        ours.append(between - begun)
        theirs.append((time.perf_counter() - between) * targets / CHECKED)
    return {
        "looked_up_variants_per_s": BLOCK / float(np.median(ours)),
        "searchsorted_variants_per_s": BLOCK / float(np.median(theirs)),
        "ratio_vs_searchsorted": float(np.median(theirs) / np.median(ours)),
    }


def differences(background: Background, exact: np.ndarray, targets: int) -> dict[str, float]:
    """Compare E-values with the peer's, in the tail and elsewhere."""
    drawn, n = Drawn(targets, 3), exact.shape[1]
    tail, rest = [0.0], [0.0]
    for _ in range(ROUNDS):
        diff, logit = drawn.block(BLOCK)
        found, values = background.e_values(diff, logit), magnitudes(diff, logit)
        for target in range(min(CHECKED, targets)):
            at_least = n - np.searchsorted(exact[target], values[:, target])
            e_values = np.where(at_least > 0, at_least / n, 1 / (n + 1))
            off = np.abs(found[:, target] / e_values - 1)
            is_tail = at_least < LARGEST_KEPT
            tail.append(float(off[is_tail].max(initial=0)))
            rest.append(float(off[~is_tail].max(initial=0)))
    return {"off_in_tail_percent": 100 * max(tail), "off_elsewhere_percent": 100 * max(rest)}


def show(figures: dict[str, float], variants: int, targets: int) -> None:
    """Print the table."""
    rows = [
        ("size", "file_mb", "sorted_mb", "MB", "ratio_sorted_to_file"),
        (
            "look-up",
            "looked_up_variants_per_s",
            "searchsorted_variants_per_s",
            "variants/s",
            "ratio_vs_searchsorted",
        ),
    ]
    print(f"{variants:,} variants, {targets} targets")
    print(f"{'':<12}{'danq':>12}{'sorted':>12}  {'':<12}{'ratio':>8}")
    for what, ours, theirs, unit, ratio in rows:
        print(
            f"{what:<12}{figures[ours]:>12,.0f}{figures[theirs]:>12,.0f}  {unit:<12}"
            f"{figures[ratio]:>8.1f}"
        )
    print(f"counted at {figures['counted_variants_per_s']:,.0f} variants/s")
    print(f"file opened in {figures['opening_s']:.1f} s")
    print(
        f"E-values off by at most {figures['off_in_tail_percent']:.5f} % among the "
        f"{LARGEST_KEPT:,} largest scores, {figures['off_elsewhere_percent']:.2f} % elsewhere"
    )


if __name__ == "__main__":
    main()

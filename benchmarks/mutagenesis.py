"""In-silico mutagenesis of whole windows against plain passes, and against tangermeme's.

Claims measured, for networks of the papers' sizes (919 targets, random weights, float32), every
substitution of every position of a window on both strands, for one target and for all:

- `substitution_effects`, which `danq explain` and `danq saturate` call, predicts as many times the
  substitutions a second of plain passes as `CLAIMS` says; the limits by multiplications are printed
  beside. Logits are those of plain passes within 1e-5 (of the largest where that is above 1); they
  are scaled to a standard deviation of 2, as wide as those of trained networks.
- At least 8 times (DeepSEA) and 4 times (DanQ) as many as tangermeme's `saturation_mutagenesis`
  with the same weights in PyTorch where that passes every copy whole; its option ``fast``, which
  shares the work of convolutions, is timed as well.

All of it is timed by turns in one process (tangermeme's share in its own, from its call on).
Loading and compiling are not counted, except for what tangermeme's ``fast`` captures and compares.
A ratio is the median over the rounds, by the clock and by the processor time of the process.

tangermeme is optional: ``--tangermeme`` names a Python that has it and PyTorch (install it with
``--no-deps`` behind PyTorch, numba and pandas). Without it its rows say so.

The last lines say what a region of 1 kb (a window) and a VCF of 1,000 variants (maps of REF and ALT
of 201 positions) take, both strands; the second is the time of 4 variants, times 250.

    python benchmarks/mutagenesis.py [--models NAME ...] [--repeats N] [--batch-size N]
                                     [--tangermeme PYTHON] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from common.arithmetic import work
from common.sharing_limit import shared_share
from keras import layers

from danq import models
from danq.genome import reverse_complement
from danq.interpretation.maps import ExplainedOutput
from danq.interpretation.methods.mutagenesis import substitution_effects
from danq.models import Predictor
from danq.models.devices import prepare_devices
from danq.models.sharing import Edits, Span

TARGETS = 919
LOGIT_DEVIATION = 2.0
CLAIMS = {"deepsea": 6.0, "danq": 2.6, "beluga": 6.0, "basset": 10.0}
PEER_CLAIMS = {"deepsea": 8.0, "danq": 4.0}
PEER = Path(__file__).parent / "common" / "tangermeme_mutagenesis.py"
SAMPLE = 512
"""Copies that pass whole in a round."""
VARIANTS, MAP = 1_000, 201
TIMED_VARIANTS = 4

Figures = dict[str, float]
Taken = tuple[float, float]


def main() -> None:
    """Measure each network, print its table."""
    options = _options()
    print(
        f"{os.cpu_count()} cores, {prepare_devices()}; keras on {keras.backend.backend()}, batches "
        f"of {options.batch_size}, {options.repeats} rounds"
    )
    figures: Figures = {}
    for name in options.models:
        figures |= {f"{name}_{key}": value for key, value in Case(name, options).measure().items()}
        keras.backend.clear_session()
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=CLAIMS, default=[*CLAIMS])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--tangermeme", metavar="PYTHON", help="a Python that has tangermeme")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def basset(outputs: int) -> keras.Model:
    """Build a network like Basset for windows of 1,000 bases."""
    inputs = tensor = keras.Input((1000, 4))
    for filters, width, pool in ((300, 19, 3), (200, 11, 4), (200, 7, 4)):
        tensor = layers.Conv1D(filters, width, padding="same", activation="relu")(tensor)
        tensor = layers.MaxPooling1D(pool)(tensor)
    tensor = layers.Flatten()(tensor)
    for units in (1000, 1000):
        tensor = layers.Dense(units, activation="relu")(tensor)
    logits = layers.Dense(outputs, name="logits")(tensor)
    return keras.Model(inputs, layers.Activation("sigmoid")(logits))


class Case:
    """One network, and what is measured of it."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name, self._options = name, options
        build = basset if name == "basset" else getattr(models, name)
        random = np.random.default_rng(1)
        network = build(outputs=TARGETS)
        self._window = network.input_shape[1]
        self._codes = random.integers(0, 4, (2 * TIMED_VARIANTS, self._window), np.uint8)
        self._network = scaled(network, self._codes)
        batch = options.batch_size
        self._plain = Predictor(network, batch_size=batch, share_alleles=False)
        self._shared = Predictor(network, batch_size=batch)
        self._all = [ExplainedOutput(str(place), (place,)) for place in range(TARGETS)]
        self._edits = 2 * 3 * self._window

    def measure(self) -> Figures:
        """Time the rounds and print them."""
        edits = sampled_edits(self._codes[0], SAMPLE)
        copies = edits.applied(self._codes[:1], slice(None))
        runs: dict[str, Callable[[], Taken]] = {
            "plain": lambda: seconds(lambda: self._plain.logits(copies)),
            "one": lambda: seconds(lambda: self._effects(self._all[:1])),
            "all": lambda: seconds(lambda: self._effects(self._all)),
        }
        done = {"plain": SAMPLE, "one": self._edits, "all": self._edits}
        self._shared.edit_logits(self._codes[:1], edits, Span(0, self._window))
        runs["plain"]()
        rounds: list[dict[str, np.ndarray]] = []
        why: list[str] = []
        with tempfile.TemporaryDirectory() as scratch:
            for _ in range(self._options.repeats):
                speeds = {key: done[key] / np.array(run()) for key, run in runs.items()}
                if self._options.tangermeme and self.name in PEER_CLAIMS:
                    peer, *why = self._peer(Path(scratch))
                    speeds |= peer
                rounds.append(speeds)
            figures = self._report({key: np.array([r[key] for r in rounds]) for key in rounds[0]})
            figures |= self._differences(edits, copies)
            if why:
                print(f"tangermeme took fast: {why[0]}")
                figures["difference_from_tangermeme"] = self._peer_difference(Path(scratch))
        return figures | self._costs(figures)

    def _effects(
        self, outputs: list[ExplainedOutput], windows: int = 1, span: Span | None = None
    ) -> None:
        whole = Span(0, self._window)
        substitution_effects(self._shared, self._codes[:windows], outputs, span=span or whole)

    def _report(self, speeds: dict[str, np.ndarray]) -> Figures:
        """Print one network's table; `speeds` are (rounds, by clock and processor)."""
        network = self._network
        limit = 1 / shared_share(network, work(network))
        print(f"\n{self.name:<44}{'per s':>9}{'ratio':>8}{'CPU time':>10}{'claim':>8}{'limit':>8}")
        figures: Figures = {"limit": limit}
        for key in speeds:
            figures[f"{key}_per_s"] = float(np.median(speeds[key][:, 0]))
        print(f"{'plain passes':<44}{figures['plain_per_s']:>9.0f}")
        claim = CLAIMS[self.name]
        for key, text in (("one", "one target"), ("all", f"all {TARGETS}")):
            figures |= _row(f"substitution_effects, {text}", speeds, key, "plain", claim, limit)
        if "tangermeme" not in speeds:
            if self.name in PEER_CLAIMS:
                print(f"{'tangermeme':<44}{'not given (--tangermeme)':>25}")
            return figures
        for key in ("tangermeme", "tangermeme_fast"):
            print(f"{key.replace('_', ', '):<44}{figures[f'{key}_per_s']:>9.0f}")
            text = f"all {TARGETS} against {key.replace('_', ', ')}"
            figures |= _row(text, speeds, "all", key, PEER_CLAIMS[self.name])
        return figures

    def _differences(self, edits: Edits, copies: np.ndarray) -> Figures:
        expected = self._plain.logits(copies)
        _, found = self._shared.edit_logits(self._codes[:1], edits, Span(0, self._window))
        largest = float(np.abs(expected).max())
        difference = float(np.abs(expected - found).max())
        print(
            f"largest difference from plain passes {difference:.1e}, largest logit {largest:.1f}: "
            f"{difference / max(1, largest):.1e} (limit 1e-5)"
        )
        return {"difference": difference, "largest_logit": largest}

    def _costs(self, figures: Figures) -> Figures:
        """Print the seconds of a region and of a VCF."""
        first = (self._window - 1) // 2 - (MAP - 1) // 2
        span = Span(first, first + MAP)
        some = self._all[:1]
        self._effects(some, 2, span)
        taken, _ = seconds(lambda: self._effects(some, 2 * TIMED_VARIANTS, span))
        region = self._edits / figures["one_per_s"] * 1000 / self._window
        vcf = taken * VARIANTS / TIMED_VARIANTS
        print(f"a region of 1 kb: {region:.1f} s; a VCF of {VARIANTS:,} variants: {vcf:.0f} s")
        return {"region_s": region, "vcf_s": vcf}

    def _peer(self, folder: Path) -> tuple[dict[str, np.ndarray], str]:
        """Run tangermeme; return its speeds, and whether it took its fast way."""
        names = ["layers.json", "weights.npz", "codes.npy", "logits.npy"]
        paths = [folder / name for name in names]
        paths[0].write_text(json.dumps(_layers(self._network)))
        np.savez(paths[1], *self._network.get_weights())
        codes = self._codes[:1]
        np.save(paths[2], np.concatenate([codes, reverse_complement(codes)]))
        command = [self._options.tangermeme, PEER, *paths, self._options.batch_size]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{self._options.tangermeme}: {done.stderr.strip()}")
        lines = [line.split(maxsplit=4) for line in done.stdout.splitlines() if "RESULT" in line]
        slow, fast = (float(line[1]) / np.array(line[2:4], float) for line in lines)
        return {"tangermeme": slow, "tangermeme_fast": fast}, lines[1][4]

    def _peer_difference(self, folder: Path) -> float:
        """Compare logits of substitutions in the middle with tangermeme's."""
        theirs = np.load(folder / "logits.npy")
        first = (self._window - theirs.shape[1]) // 2
        at = np.arange(0, theirs.shape[1], 10)
        bases = (self._codes[0, first + at] + 1) % 4
        edits = Edits(np.zeros_like(at, np.int32), (first + at).astype(np.int32), bases[:, None])
        ours = self._plain.logits(edits.applied(self._codes[:1], slice(None)))
        difference = float(np.abs(ours - theirs[bases, at]).max())
        print(f"largest difference between tangermeme's logits and danq's: {difference:.1e}")
        return difference


def _row(
    text: str,
    speeds: dict[str, np.ndarray],
    one: str,
    other: str,
    claim: float,
    limit: float | None = None,
) -> Figures:
    clock, processor = np.median(speeds[one] / speeds[other], axis=0)
    speed = np.median(speeds[one][:, 0])
    end = "" if limit is None else f"{limit:>8.2f}"
    print(f"{text:<44}{speed:>9.0f}{clock:>8.2f}{processor:>10.2f}{claim:>8.1f}{end}")
    name = f"{one}_vs_{other}"
    return {f"{name}_ratio": float(clock), f"{name}_processor_ratio": float(processor)}


def _layers(network: keras.Model) -> list[list[Any]]:
    """List a network's layers as the peer's script builds them."""
    found: list[list[Any]] = []
    positions = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv1D):
            found += [["convolution", layer.padding], ["relu"]]
        elif isinstance(layer, layers.MaxPooling1D):
            found.append(["pool", layer.pool_size[0]])
        elif isinstance(layer, layers.Bidirectional):
            found.append(["lstm"])
        elif isinstance(layer, layers.Flatten):
            positions = 0 if ["lstm"] in found else layer.input.shape[1]
            found.append(["flatten"])
        elif isinstance(layer, layers.Dense):
            found.append(["dense", positions])
            positions = 0
            if layer.name != "logits":
                found.append(["relu"])
    return found


def sampled_edits(codes: np.ndarray, count: int) -> Edits:
    """Return substitutions spread over a window."""
    at = np.linspace(0, len(codes) - 1, count).round().astype(np.int32)
    bases = ((codes[at] + 1 + np.arange(count) % 3) % 4).astype(np.uint8)
    return Edits(np.zeros(count, np.int32), at, bases[:, None])


def scaled(network: keras.Model, codes: np.ndarray) -> keras.Model:
    """Scale the last layer so that logits of windows deviate by `LOGIT_DEVIATION`."""
    deviation = Predictor(network, batch_size=len(codes)).logits(codes).std()
    dense = network.get_layer("logits")
    kernel, bias = dense.get_weights()
    dense.set_weights([kernel * (LOGIT_DEVIATION / deviation), bias])
    return network


def seconds(function: Callable[[], object]) -> Taken:
    """Time one call by the clock and by the processor."""
    begun = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - begun[0], time.process_time() - begun[1]


if __name__ == "__main__":
    main()

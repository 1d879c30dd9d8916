"""``danq score`` against its own network, and against Selene's variant scoring.

Claims measured, for DeepSEA and DanQ of the papers' sizes (919 targets, random weights, float32)
on substitutions:

- End to end (VCF in; VCF and HDF5 with `diff` and `logit` of all targets out) and without sharing,
  `danq score` reaches at least 95 % of the variants a second that the network alone would, counted
  as four forward passes a variant (two alleles, two strands).
- With sharing, which is the default, it is at least 1.6 times (DeepSEA) and 1.35 times (DanQ) as
  fast as those four passes, still end to end, and more with three ALTs a record; its scores are
  those of four whole passes within 1e-5. Logits are scaled to a standard deviation of 2, as wide
  as those of trained networks, so the 1e-5 is of probabilities and of log2 odds as they are.
- At least 2.5 times as many variants a second as Selene's variant scoring with the same DeepSEA and
  the same weights, wrapped for both strands, that reads the same VCF and writes the same scores.

All of it is timed by turns in one process (Selene's share in its own, from its reading of the VCF
on); starting up, loading and compiling are not counted. A ratio is the median over the rounds, by
the clock and by the processor time of the whole process; on a machine that does other things beside
the second is the one to trust.

Selene is optional: ``--selene`` names a Python that has selene-sdk 0.6.0 and PyTorch. Its build
wants NumPy 1.26, Cython below 3.1, six and setuptools below 81 installed before, and pip's
``--no-build-isolation --no-deps``. Without it its rows say so.

Any backend will do: with ``KERAS_BACKEND=jax`` or ``torch``, or on a GPU, the script is the same
(there ``--variants 65536 --repeats 3``). The last lines say what one million substitutions would
take here: by the network, and by what reads and writes around it. The limit is 90 s on an H100.

    python benchmarks/score.py [--variants N] [--repeats N] [--batch-size N] [--width F]
                               [--precision bfloat16] [--selene PYTHON] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import keras
import numpy as np
from common.variants import unpacked_genome, write_substitutions

import danq
from danq.models import Predictor
from danq.models.devices import prepare_devices

TARGETS = 919
LOGIT_DEVIATION = 2.0
CLAIMS = {"deepsea": 1.6, "danq": 1.35}
SHARE_CLAIM, PEER_CLAIM, LIMIT_S = 0.95, 2.5, 90
PEER = Path(__file__).parent / "common" / "selene_variants.py"
PEER_BATCHES = (64, 256)
AROUND = 8_192
"""Substitutions for what reads and writes around a network."""

ROWS = {
    "plain": ("end_to_end", "danq score, nothing shared"),
    "shared": ("sharing", "danq score"),
    "triple": ("three_alts", "danq score, three ALTs a record"),
}

Figures = dict[str, float]
Taken = tuple[float, float]


def main() -> None:
    """Measure each network, print its table."""
    options = _options()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["DANQ_CACHE"] = scratch
        case = Case(folder, options)
        print(
            f"{os.cpu_count()} cores, "
            f"{prepare_devices()}; {options.variants} substitutions, "
            f"batches of {options.batch_size}, {options.repeats} rounds"
        )
        for name in options.models:
            figures |= {f"{name}_{key}": value for key, value in case.measure(name).items()}
        around = case.around()
    figures["around_s_a_million"] = around * 1e6
    print(
        f"\none million substitutions, {TARGETS} targets, HDF5 written (limit on an H100: "
        f"{LIMIT_S} s)\n  reading, cutting, comparing and writing alone: {around * 1e6:.0f} s"
    )
    for name in options.models:
        print(f"  danq score with {name}: {figures[f'{name}_s_a_million']:.0f} s")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=CLAIMS, default=[*CLAIMS])
    parser.add_argument("--variants", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--width", type=float, default=1.0, help="of the networks")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--selene", metavar="PYTHON", help="a Python that has selene-sdk")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


class Case:
    """The input, and what is measured on it."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self._genome = danq.genome.Reference(unpacked_genome(folder))
        self._single = self._substitutions("single.vcf", options.variants)
        # As many ALTs as fill whole batches, like the single ones.
        self._triple = self._substitutions("triple.vcf", options.variants // 4, alts=3)

    def _substitutions(self, name: str, records: int, alts: int = 1) -> Path:
        path = self._folder / name
        return write_substitutions(path, self._genome, records=records, alts=alts)

    def measure(self, name: str) -> Figures:
        """Time one network's rounds and print them."""
        build = getattr(danq.models, name)
        network = scaled(build(outputs=TARGETS, width=self._options.width), self._genome)
        batch, precision = self._options.batch_size, self._options.precision
        plain = Predictor(network, batch_size=batch, share_alleles=False, precision=precision)
        shared = Predictor(network, batch_size=batch, precision=precision)
        variants = self._options.variants
        codes = np.random.default_rng(2).integers(0, 4, (4 * variants, plain.window), np.uint8)
        runs: dict[str, Callable[[], Taken]] = {
            "network": lambda: seconds(lambda: plain.logits(codes)),
            "plain": lambda: seconds(lambda: self._score(plain, self._single, "plain")),
            "shared": lambda: seconds(lambda: self._score(shared, self._single, "shared")),
            "triple": lambda: seconds(lambda: self._score(shared, self._triple, "triple")),
        }
        if name == "deepsea" and self._options.selene:
            self._write_weights(network)
            for size in PEER_BATCHES:
                runs[f"Selene, batches of {size}"] = partial(self._peer, size)
        for key in ("plain", "shared", "triple"):
            runs[key]()
        self._score(plain, self._triple, "plain_triple")
        rounds = [{key: run() for key, run in runs.items()} for _ in range(self._options.repeats)]
        return self._report(name, {key: np.array([one[key] for one in rounds]) for key in runs})

    def _score(self, predictor: Predictor | Instant, vcf: Path, name: str) -> None:
        output = self._folder / f"{name}_scored.vcf.gz"
        danq.score(predictor, self._genome, vcf, output, scores=self._folder / f"{name}.h5")

    def _write_weights(self, network: keras.Model) -> None:
        """Write DeepSEA's weights in PyTorch's layout."""
        *convolutions, hidden, hidden_bias, last, last_bias = network.get_weights()
        kernels = [array.transpose(2, 1, 0) if array.ndim == 3 else array for array in convolutions]
        filters = convolutions[-1].size
        hidden = hidden.reshape(-1, filters, hidden.shape[1]).transpose(2, 1, 0)
        flat = hidden.reshape(len(hidden), -1)
        np.savez(self._folder / "weights.npz", *kernels, flat, hidden_bias, last.T, last_bias)

    def _peer(self, batch: int) -> Taken:
        arguments = ["weights.npz", "chr22.fa", self._single.name, "selene", batch]
        (self._folder / "selene").mkdir(exist_ok=True)
        for old in (self._folder / "selene").glob("single*"):
            old.unlink()
        done = subprocess.run(
            [self._options.selene, PEER, *map(str, arguments)],
            cwd=self._folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{self._options.selene}: {done.stderr.strip()}")
        clock, processor = done.stdout.split()[-2:]
        return float(clock), float(processor)

    def _report(self, name: str, taken: dict[str, np.ndarray]) -> Figures:
        """Print one network's table; `taken` is (rounds, clock and processor) seconds."""
        variants = self._options.variants
        alleles = dict.fromkeys(taken, variants) | {"triple": variants // 4 * 3}
        speeds = Speeds({key: alleles[key] / times for key, times in taken.items()})
        figures: Figures = {"network_per_s": speeds.median("network")}
        print(f"\n{name:<40}{'alleles/s':>10}{'ratio':>9}{'CPU time':>10}{'claim':>9}")
        print(f"{'network alone, four passes an allele':<40}{figures['network_per_s']:>10.1f}")
        claims = {"plain": SHARE_CLAIM, "shared": CLAIMS[name], "triple": CLAIMS[name]}
        for key, claim in claims.items():
            figures |= speeds.row(*ROWS[key], key, "network", claim)
        figures["s_a_million"] = 1e6 / speeds.median("shared")
        if name == "deepsea":
            figures |= self._report_peer(speeds)
        for kind, plain, shared in (
            ("", "plain", "shared"),
            ("three_alts_", "plain_triple", "triple"),
        ):
            found = self._differences(plain, shared)
            told = ", ".join(f"{key.replace('_', ' ')} {value:.1e}" for key, value in found.items())
            print(f"{kind.replace('_', ' ')}against whole passes: {told}")
            figures |= {kind + key: value for key, value in found.items()}
        return figures

    def _report_peer(self, speeds: Speeds) -> Figures:
        peers = [key for key in speeds.values if key.startswith("Selene")]
        if not peers:
            print(f"{'Selene':<40}{'not given (--selene)':>29}")
            return {}
        for key in peers:
            print(f"{key:<40}{speeds.median(key):>10.1f}")
        best = max(peers, key=speeds.median)
        text = "danq score against the faster Selene"
        figures = speeds.row("vs_selene", text, "shared", best, PEER_CLAIM)
        with h5py.File(self._folder / "selene" / "single_diffs.h5") as theirs:
            difference = np.abs(theirs["data"][:] - self._scores("shared")["diff"]).max()
        print(f"largest difference between Selene's diff and danq's: {difference:.1e}")
        figures |= {"selene_per_s": speeds.median(best)}
        return figures | {"diff_difference_from_selene": float(difference)}

    def _scores(self, name: str) -> dict[str, np.ndarray]:
        with h5py.File(self._folder / f"{name}.h5") as file:
            return {key: file[key][:] for key in ("diff", "logit")}

    def _differences(self, plain: str, shared: str) -> Figures:
        expected, found = self._scores(plain), self._scores(shared)
        figures = {}
        for key in expected:
            figures[f"{key}_difference"] = float(np.abs(expected[key] - found[key]).max())
            figures[f"median_{key}"] = float(np.median(np.abs(expected[key])))
            figures[f"largest_{key}"] = float(np.abs(expected[key]).max())
        return figures

    def around(self) -> float:
        """Return the seconds an allele takes beside its network: with one that answers at once."""
        vcf = self._substitutions("around.vcf", AROUND)
        instant = Instant()
        times = [seconds(lambda: self._score(instant, vcf, "around"))[0] for _ in range(3)]
        return float(np.median(times)) / AROUND


class Speeds:
    """Alleles a second, by what was timed: (rounds, by the clock and by the processor)."""

    def __init__(self, values: dict[str, np.ndarray]) -> None:
        self.values = values

    def median(self, key: str) -> float:
        """Return the median over the rounds, by the clock."""
        return float(np.median(self.values[key][:, 0]))

    def row(self, figure: str, text: str, one: str, other: str, claim: float) -> Figures:
        """Print how many times as fast the one is as the other; give it as figures."""
        clock, processor = np.median(self.values[one] / self.values[other], axis=0)
        print(f"{text:<40}{self.median(one):>10.1f}{clock:>9.2f}{processor:>10.2f}{claim:>9.2f}")
        return {
            f"{figure}_per_s": self.median(one),
            f"{figure}_ratio": float(clock),
            f"{figure}_processor_ratio": float(processor),
        }


class Instant:
    """A predictor whose answers are there before they are asked for."""

    window, n_targets = 1000, TARGETS

    def __init__(self) -> None:
        random = np.random.default_rng(3)
        self._logits = random.normal(-3, LOGIT_DEVIATION, (1 << 14, TARGETS)).astype(np.float32)

    def logits(self, codes: np.ndarray) -> np.ndarray:
        """Return the logits of as many windows."""
        return self._logits[: len(codes)]


def scaled(network: keras.Model, genome: danq.genome.Reference) -> keras.Model:
    """Scale the last layer so that logits of real windows deviate by `LOGIT_DEVIATION`."""
    starts = np.arange(64) * 10_000 + 25_000_000
    windows = genome.windows(np.zeros(64, np.int64), starts, 1000)
    deviation = Predictor(network, batch_size=64).logits(windows).std()
    dense = network.layers[-2]
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

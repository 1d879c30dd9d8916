"""Does the input hold the device back? Batches alone, and training against its bare step.

Claims measured:

1. With a network that costs nothing the batches of an epoch (codes and 919 labels, shuffled, half
   of them reverse complements) come at 200,000 windows/s or more on 2 cores. Beside it a loader
   that fetches one window after the other from the same memory map, as a PyTorch Dataset does.
2. Training as ``danq train`` does it (batches read, sent and turned into one-hot, losses taken in,
   progress, time looked at) runs at 95 % or more of the speed of the compiled train step on one
   batch that lies on the device already. DeepSEA and DanQ at the papers' sizes and batches.

Both sides take the same number of steps by turns in one process, with the same compiled step; the
figures are medians. The checkpoint, once in ten minutes, is measured apart: training waits only
while the state is copied, and that share is taken off. Validation, which both would need, is not
part of it, and neither is the compilation.

Works on every backend and device: ``KERAS_BACKEND=jax python benchmarks/train.py --batch-size 1024
--steps 50 --precision bfloat16``.

On a card the last columns say what an epoch of 4.4 million windows takes at that speed, and how
much of the time the card was busy meanwhile.

    python benchmarks/train.py [--models deepsea danq] [--steps N] [--batch-size N] [--width F]
                               [--precision bfloat16] [--windows N] [--bases N] [--repeats N]
                               [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from common import device
from common.simulated import contig_lengths, write_genome

from danq.dataset import Dataset
from danq.dataset.batches import Batches
from danq.dataset.writing import write_dataset
from danq.genome import Reference, reverse_complement
from danq.targets.table import Targets

TARGETS, WINDOW, EPOCH = 919, 1000, 4_400_000
LIMIT, SHARE = 200_000, 0.95
BATCHES = (16, 100, 1024)
NAIVE_WINDOWS = 5_000


def main() -> None:
    """Measure both claims and print their tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="*", default=["deepsea", "danq"])
    parser.add_argument("--steps", type=int, default=10, help="a turn (default: %(default)s)")
    parser.add_argument("--batch-size", type=int, help="default: the model's paper's")
    parser.add_argument("--width", type=float, help="default: 1, the paper's")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--windows", type=int, default=1_000_000, help="in the data set of claim 1")
    parser.add_argument("--bases", type=int, default=500_000_000, help="of the genome")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DANQ_CACHE"] = folder
        write_genome(Path(folder) / "genome.fa", contig_lengths(options.bases))
        figures = pipeline(Path(folder), options)
        if options.models:
            print(f"\n{'':<10}{'batch':>6}{'bare ms':>10}{'danq ms':>10}{'share':>8}", end="")
            print(f"{'waits s':>10}{'writes s':>10}{'with it':>9}{'windows/s':>11}", end="")
            print(f"{'epoch s':>9}{'busy':>6}")
        for model in options.models:
            figures |= training(Path(folder), model, options)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def simulated(folder: Path, *, windows: int, valid: int = 32) -> Dataset:
    """Make a data set of windows at random places, with 2 % of the labels positive."""
    reference = Reference(folder / "genome.fa")
    lengths = np.array(list(reference.contigs.values()))
    random = np.random.default_rng(1)
    count = windows + valid
    contig = np.sort(random.integers(0, len(lengths), count))
    some = np.packbits(random.random((4096, TARGETS)) < 0.02, axis=1)
    path = folder / f"{windows}.h5"
    write_dataset(
        path,
        reference=reference,
        window=WINDOW,
        bin=200,
        min_overlap=0.5,
        targets=Targets([f"target{n}" for n in range(TARGETS)], ["TF"] * TARGETS, {}),
        contig=contig,
        start=random.integers(0, lengths[contig] - WINDOW),
        split=(np.arange(count) >= windows).astype(np.uint8),
        labels=(some[: count - first] for first in range(0, count, len(some))),
    )
    return Dataset.open(path)


def pipeline(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Measure the batches alone."""
    data = simulated(folder, windows=options.windows)
    rows = data.indices("train")
    speeds: dict[str, list[tuple[float, float]]] = {}
    for _ in range(options.repeats):
        for size in BATCHES:
            batches = Batches(data, rows, size).epoch(1)
            speeds.setdefault(f"batches_of_{size}", []).append(speed(batches, len(rows)))
        naive = one_by_one(data, rows)
        speeds.setdefault("one_by_one", []).append(speed(naive, NAIVE_WINDOWS))
    medians = {name: np.median(found, axis=0) for name, found in speeds.items()}
    slow = medians["one_by_one"][0]
    print(f"{len(rows):,} windows of {WINDOW} bp, {TARGETS} targets, {os.cpu_count()} cores")
    print(f"{'':<18}{'windows/s':>12}{'a CPU second':>14}{'of the limit':>14}{'of the naive':>14}")
    figures: dict[str, float] = {}
    for name, (clock, processor) in medians.items():
        figures |= {f"{name}_windows_s": clock, f"{name}_windows_cpu_s": processor}
        print(f"{name:<18}{clock:>12,.0f}{processor:>14,.0f}", end="")
        print(f"{clock / LIMIT:>14.2f}{clock / slow:>14.1f}")
    figures["ratio_vs_limit"] = min(figures[f"batches_of_{size}_windows_s"] for size in BATCHES)
    figures["ratio_vs_limit"] /= LIMIT
    figures["ratio_vs_one_by_one"] = medians["batches_of_100"][0] / slow
    return figures


def speed(batches: Iterator[Any], most: int) -> tuple[float, float]:
    """Return windows a second and windows a second of processor time, until `most` have come."""
    begun, processor, count = time.perf_counter(), time.process_time(), 0
    for codes, _ in batches:
        count += len(codes)
        if count >= most:
            break
    return count / (time.perf_counter() - begun), count / (time.process_time() - processor)


def one_by_one(data: Dataset, rows: np.ndarray, size: int = 100) -> Iterator[Any]:
    """Fetch each window and its labels by itself and stack them, as a plain loader does."""
    random = np.random.default_rng(1)
    order, contigs = random.permutation(rows), data.contigs
    for first in range(0, len(order), size):
        codes, labels = [], []
        for row in order[first : first + size]:
            start = int(data.start[row])
            window = data.reference.codes(contigs[data.contig[row]], start, start + WINDOW)
            codes.append(reverse_complement(window) if random.random() < 0.5 else window)
            labels.append(data.labels(np.array([row]))[0])
        yield np.stack(codes), np.stack(labels)


def training(folder: Path, model: str, options: argparse.Namespace) -> dict[str, float]:
    """Measure the steps of a run against the same steps on one batch."""
    from danq.models import load_backend

    load_backend()
    from danq.training import settings_for
    from danq.training.checkpoint import Position
    from danq.training.loop import Loop
    from danq.training.run import CHECKPOINT_MINUTES, Run
    from danq.training.setup import Setup
    from danq.training.start import Start
    from danq.training.step.parallel import OneDevice

    settings = settings_for(model, batch_size=options.batch_size, precision=options.precision)
    data = simulated(folder, windows=options.steps * settings.batch_size)
    checkpoint = folder / f"{model}.checkpoint"
    start = Start(options.width)
    setup = Setup(data, model, settings, start=start, parallel=OneDevice())
    run = Run(setup, checkpoint=checkpoint)
    batch = setup.place(next(setup.batches.epoch(1)))

    def bare() -> None:
        for _ in range(options.steps):
            loss = setup.step(*batch)
        float(loss)

    def full() -> None:
        Loop(setup.batches, setup.step, setup.place, run).run(1, Position())

    turns: dict[str, list[float]] = {"bare": [], "full": []}
    busy: list[float] = []
    for repeat in range(options.repeats + 1):
        for name, take in (("bare", bare), ("full", full)):
            watch: AbstractContextManager[list[float]] = (
                device.watched() if name == "full" else nullcontext([])
            )
            with watch as seen:
                begun = time.perf_counter()
                take()
                taken = time.perf_counter() - begun
            if repeat:  # The first compiles.
                turns[name].append(taken)
                busy += seen
    bare_s, full_s = (float(np.median(turns[name])) / options.steps for name in ("bare", "full"))
    begun = time.perf_counter()
    state = run._state()
    waits = time.perf_counter() - begun
    state.write(checkpoint)
    writes = time.perf_counter() - begun - waits
    share = bare_s / full_s
    whole = share * (1 - waits / (60 * CHECKPOINT_MINUTES))
    rate = settings.batch_size / full_s
    print(f"{model:<10}{settings.batch_size:>6}{1e3 * bare_s:>10.1f}{1e3 * full_s:>10.1f}", end="")
    print(f"{share:>8.1%}{waits:>10.2f}{writes:>10.2f}{whole:>9.1%}{rate:>11,.0f}", end="")
    print(f"{EPOCH / rate:>9,.0f}" + (f"{np.mean(busy) / 100:>6.0%}" if busy else f"{'-':>6}"))
    return {
        f"{model}_bare_ms": 1e3 * bare_s,
        f"{model}_full_ms": 1e3 * full_s,
        f"{model}_epoch_s": EPOCH / rate,
        f"{model}_busy": float(np.mean(busy)) / 100 if busy else float("nan"),
        f"{model}_checkpoint_wait_s": waits,
        f"{model}_checkpoint_write_s": writes,
        f"{model}_share_of_bare": whole,
        f"{model}_ratio_vs_limit": whole / SHARE,
    }


if __name__ == "__main__":
    main()

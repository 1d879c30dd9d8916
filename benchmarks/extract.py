"""Random windows out of a genome: as codes and as float32 one-hot, against peers and a memory copy.

Claims measured:

- codes of random 1,000 bp windows come at 1,000,000 a second or more on one core, at least 5 times
  as fast as tangermeme's ``extract_loci`` and Selene's ``get_encoding_from_coords``, and at least
  100 times as fast as the same codes by a pyfaidx fetch for each window (a slice, its letters
  looked up in a table) from plain FASTA in memory, the peer's best case; from bgzip, as the example
  keeps its genome, more than 1,000 times. pyfaidx's fetch of raw text without codes has a row of
  its own: it takes 6 microseconds, in which some 75 such windows can be copied at all (the row of a
  plain copy), so no gather is 100 times as fast as that. tangermeme gives one-hot of one byte; how
  fast danq's codes become the same is shown beside;
- float32 one-hot of these codes reaches at least 80 % of what a plain copy of the result does. Both
  give a new array; both into an array that is there already are shown beside.

Windows are taken in batches of 512. Peers are optional, and rows of those that are missing say
so: ``pip install tangermeme`` (beside PyTorch), ``selene-sdk`` (beside NumPy 1.26, with which danq
reads genomes too), ``biopython`` (with which pyfaidx reads bgzip).

    python benchmarks/extract.py [--genome FASTA] [--repeats N] [--json FILE]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyfaidx
import pysam

from danq.genome import UNKNOWN, Reference, decode, one_hot

GENOME = Path(__file__).parents[1] / "data" / "chr22.fa.gz"
WINDOW, COUNT, BATCH, FEW = 1000, 131_072, 512, 10_000
THREADS = os.cpu_count() or 1


def main() -> None:
    """Measure by turns and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--genome", type=Path, default=GENOME, help="plain or gzip")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DANQ_CACHE", folder)
        # The peers read plain FASTA, or write their index beside it.
        plain = Path(folder) / "genome.fa"
        opened = gzip.open if options.genome.suffix == ".gz" else open
        with opened(options.genome, "rb") as source:
            plain.write_bytes(source.read())
        figures = extraction(plain, options.repeats) | encoding(plain, options.repeats)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def places(reference: Reference, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw windows that hold no unknown base."""
    random = np.random.default_rng(seed)
    contig = np.empty(0, np.int64)
    start = np.empty(0, np.int64)
    lengths = np.array(list(reference.contigs.values()))
    while len(start) < count:
        some = random.integers(0, len(lengths), 2 * count)
        begin = random.integers(0, lengths[some] - WINDOW)
        kept = (reference.windows(some, begin, WINDOW) != UNKNOWN).all(axis=1)
        contig, start = np.append(contig, some[kept]), np.append(start, begin[kept])
    return contig[:count], start[:count]


def by_turns(works: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Return the median seconds of each, measured one after the other in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in seconds.items()}


def extraction(fasta: Path, repeats: int) -> dict[str, float]:
    """Compare windows a second with the peers'."""
    reference = Reference(fasta)
    contig, start = places(reference, COUNT, seed=1)
    names = np.array(list(reference.contigs))[contig]
    few = list(zip(names[:FEW].tolist(), start[:FEW].tolist(), strict=True))
    ours = reference.windows(contig[:FEW], start[:FEW], WINDOW)
    batches = [slice(first, first + BATCH) for first in range(0, COUNT, BATCH)]
    copied = reference.windows(contig, start, WINDOW)

    def take(batch: slice) -> np.ndarray:
        return reference.windows(contig[batch], start[batch], WINDOW)

    pool = ThreadPoolExecutor(THREADS)
    works: dict[str, tuple[int, Callable[[], Any] | None]] = {
        "danq, codes": (COUNT, lambda: [take(batch) is None for batch in batches]),
        f"danq, {THREADS} threads": (
            COUNT,
            lambda: list(pool.map(lambda batch: take(batch) is None, batches)),
        ),
        "danq, one-hot of one byte": (
            COUNT,
            lambda: [one_hot(take(batch), dtype=np.int8) is None for batch in batches],
        ),
        "a copy of the same bytes": (
            COUNT,
            lambda: [copied[batch].copy() is None for batch in batches],
        ),
        "pyfaidx": (FEW, pyfaidx_fetches(fasta, few, ours)),
        "pyfaidx, as codes": (FEW, pyfaidx_codes(fasta, few, ours)),
        "pyfaidx, bgzip": (FEW // 50, pyfaidx_fetches(bgzipped(fasta), few[: FEW // 50], ours)),
        "tangermeme": (COUNT, tangermeme(fasta, names, start, ours)),
        "selene": (FEW // 50, selene(fasta, few[: FEW // 50], ours)),
    }
    present = {name: work for name, (_, work) in works.items() if work is not None}
    seconds = by_turns(present, repeats)
    print(f"windows of {WINDOW} bp a second")
    figures: dict[str, float] = {}
    codes = COUNT / seconds["danq, codes"]
    for name, (count, _) in works.items():
        if name not in seconds:
            print(f"{name:<34}{'not installed':>14}")
            continue
        rate = count / seconds[name]
        key = re.sub(r"\W+", "_", name)
        figures[f"{key}_per_s"] = rate
        if name.startswith("danq"):
            print(f"{name:<34}{rate:>14,.0f}")
        else:
            figures[f"ratio_vs_{key}"] = codes / rate
            print(f"{name:<34}{rate:>14,.0f}   danq's codes are {codes / rate:,.1f} times")
    return figures


def bgzipped(fasta: Path) -> Path:
    """Compress a FASTA file as genomes are."""
    path = fasta.with_suffix(".fa.bgz")
    pysam.tabix_compress(str(fasta), str(path))
    return path


def pyfaidx_fetches(fasta: Path, few: list[tuple[str, int]], ours: np.ndarray) -> Callable[[], Any]:
    """Return pyfaidx's fetch of some windows in its fastest way, checked against ours."""
    peer = pyfaidx.Fasta(str(fasta), sequence_always_upper=True, as_raw=True)

    def work() -> Any:
        return [peer[name][first : first + WINDOW] for name, first in few]

    assert work() == [decode(row) for row in ours[: len(few)]], "pyfaidx reads other windows"
    return work


def pyfaidx_codes(fasta: Path, few: list[tuple[str, int]], ours: np.ndarray) -> Callable[[], Any]:
    """Return what danq gives: pyfaidx's fetch in its usual way, then its letters looked up."""
    peer = pyfaidx.Fasta(str(fasta))
    table = np.full(256, UNKNOWN, np.uint8)
    for code, letters in enumerate((b"Aa", b"Cc", b"Gg", b"Tt")):
        table[list(letters)] = code

    def codes(name: str, first: int) -> np.ndarray:
        letters = peer[name][first : first + WINDOW].seq.encode()
        return np.take(table, np.frombuffer(letters, np.uint8))

    def work() -> Any:
        return [codes(name, first) for name, first in few]

    assert np.array_equal(work(), ours[: len(few)]), "pyfaidx reads other windows"
    return work


def tangermeme(
    fasta: Path, names: np.ndarray, start: np.ndarray, ours: np.ndarray
) -> Callable[[], Any] | None:
    """Return tangermeme's extraction of all windows, checked against ours."""
    try:
        import pandas as pd
        from tangermeme.io import extract_loci
    except ImportError:
        return None
    loci = pd.DataFrame({"chrom": names, "start": start, "end": start + WINDOW})

    def work() -> Any:
        return extract_loci(loci, str(fasta), in_window=WINDOW, n_jobs=1)

    # (windows, channels, length), in the order of the loci.
    found = work()[: len(ours)].numpy().transpose(0, 2, 1)
    assert np.array_equal(found, one_hot(ours)), "tangermeme reads other windows"
    return work


def selene(fasta: Path, few: list[tuple[str, int]], ours: np.ndarray) -> Callable[[], Any] | None:
    """Return Selene's loading of some windows, one by one as its samplers do."""
    try:
        from selene_sdk.sequences import Genome
    except ImportError:
        return None
    genome = Genome(str(fasta))

    def work() -> Any:
        return [genome.get_encoding_from_coords(name, first, first + WINDOW) for name, first in few]

    assert np.array_equal(work(), one_hot(ours[: len(few)])), "Selene reads other windows"
    return work


def encoding(fasta: Path, repeats: int) -> dict[str, float]:
    """Compare one-hot of float32 with a copy of what it gives."""
    reference = Reference(fasta)
    codes = reference.windows(*places(reference, COUNT // 32, seed=2), WINDOW)
    given = one_hot(codes)
    target = np.empty_like(given)
    seconds = by_turns(
        {
            "one_hot": lambda: one_hot(codes),
            "copy": given.copy,
            "one_hot_into": lambda: one_hot(codes, out=target),
            "copy_into": lambda: np.copyto(target, given),
        },
        repeats,
    )
    gigabytes = given.nbytes / 1e9
    print(f"\nfloat32 one-hot of {len(codes):,} windows, GB/s")
    figures = {}
    for kind, text in (("", "into a new array"), ("_into", "into an array that is there")):
        one, copy = gigabytes / seconds[f"one_hot{kind}"], gigabytes / seconds[f"copy{kind}"]
        print(f"{text:<34}{one:>8.2f}   a copy{copy:>8.2f}   share {one / copy:.0%}")
        figures[f"one_hot{kind}_share_of_copy"] = one / copy
    return figures


if __name__ == "__main__":
    main()

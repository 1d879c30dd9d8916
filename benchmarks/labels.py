"""Labels of peak files against ``bedtools coverage -sorted``, on the same files.

Claim measured: from sorted narrowPeak files to labels (more than half of a 200 bp bin covered by
the union of a target's peaks), reading included, danq takes at most a fifteenth of what bedtools
does, with the same labels. Both work on as many files at a time as there are cores; bedtools writes
its coverage into a pipe from which the covered share is read, as any labelling with it must.

The genome and the peaks are simulated (``benchmarks/common/simulated.py``), scaled down to a
twentieth of human. bedtools has to be on the PATH; without it only danq's time is printed.

    python benchmarks/labels.py [--targets N] [--repeats N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from common.simulated import Peaks, contig_lengths, write_genome, write_targets

from danq.dataset.bins.labels import Grid
from danq.dataset.bins.overlaps import read_overlaps
from danq.genome import Reference

BASES = 155_000_000
BIN = 200
PEAKS = 5_000
WORKERS = os.cpu_count() or 1


def main() -> None:
    """Time both by turns, compare the labels, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--targets", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DANQ_CACHE"] = folder
        measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Make the input, then time."""
    lengths = contig_lengths(BASES, contigs=5)
    write_genome(folder / "genome.fa", lengths)
    peaks = Peaks(lengths, sites=200_000)
    write_targets(folder, peaks, targets=options.targets, count=PEAKS, suffix=".narrowPeak")
    paths = [folder / f"target{number}.narrowPeak" for number in range(options.targets)]
    grid = Grid(Reference(folder / "genome.fa"), BIN)
    write_bins(folder / "bins.bed", lengths)
    peer = shutil.which("bedtools")
    ours, theirs = [], []
    for _ in range(options.repeats):
        begun = time.perf_counter()
        found = [
            one.positive for one in read_overlaps(paths, grid, min_overlap=0.5, progress=False)
        ]
        ours.append(time.perf_counter() - begun)
        if peer:
            begun = time.perf_counter()
            expected = covered(folder / "bins.bed", paths)
            theirs.append(time.perf_counter() - begun)
    report(ours, theirs, paths, options)
    if peer:
        equal = all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
        print(f"labels equal: {equal} ({sum(map(len, found)):,} positive bins)")
        if not equal:
            raise SystemExit(1)


def write_bins(path: Path, lengths: dict[str, int]) -> None:
    """Write the grid as BED."""
    with open(path, "w") as file:
        for name, length in lengths.items():
            starts = range(0, length // BIN * BIN, BIN)
            file.writelines(f"{name}\t{start}\t{start + BIN}\n" for start in starts)


def covered(bins: Path, paths: list[Path]) -> list[np.ndarray]:
    """Return the bins of which bedtools says that more than half is covered."""

    def one(path: Path) -> np.ndarray:
        command = f"bedtools coverage -sorted -a {bins} -b {path} | cut -f7"
        done = subprocess.run(command, shell=True, check=True, capture_output=True)
        shares = np.array(done.stdout.split(), dtype=np.float64)
        return np.flatnonzero(shares > 0.5)

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, paths))


def report(
    ours: list[float], theirs: list[float], paths: list[Path], options: argparse.Namespace
) -> None:
    """Print medians and their ratio."""
    figures = {"targets": len(paths), "danq_s": float(np.median(ours))}
    print(f"{len(paths)} targets of {PEAKS:,} peaks, {BASES // BIN:,} bins, {WORKERS} at a time")
    print(f"danq                       {figures['danq_s']:8.3f} s")
    if theirs:
        figures["bedtools_s"] = float(np.median(theirs))
        figures["ratio_vs_bedtools"] = figures["bedtools_s"] / figures["danq_s"]
        print(f"bedtools coverage -sorted  {figures['bedtools_s']:8.3f} s")
        print(f"ratio                      {figures['ratio_vs_bedtools']:8.1f}")
    else:
        print("bedtools coverage -sorted       not installed")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""``danq windows`` at the scale of a genome: time and memory, reading included.

Claim measured: with a reference of 3.1 Gb and 919 peak files of 100,000 peaks each, ``danq
windows`` finishes in under 4 minutes and under 4 GB of anonymous memory on 2 cores. The first run
also reads the FASTA file into its cache; a second finds it there. Memory is the largest sum of
RssAnon over the process and its children, looked at every 0.2 s; the mapped genome is no part of
it, as the kernel can drop it at any time.

Genome and peaks are simulated (``benchmarks/common/simulated.py``), about 14 GB in all with
``--suffix .narrowPeak``, 5 GB gzipped.

    python benchmarks/windows.py [--work DIR] [--scale F] [--suffix .narrowPeak.gz] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import psutil
from common.simulated import Peaks, contig_lengths, write_genome, write_targets

BASES, TARGETS, PEAKS, SITES = 3_100_000_000, 919, 100_000, 600_000
LIMIT_S, LIMIT_GB = 240, 4


def main() -> None:
    """Make the input where it is missing, run twice, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, help="keep the simulated input here")
    parser.add_argument("--scale", type=float, default=1.0, help="of genome, targets and peaks")
    parser.add_argument("--suffix", default=".narrowPeak.gz", help="of the peak files")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        figures = measure(folder, options)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Run and print."""
    if not (folder / "targets.tsv").exists():
        simulate(folder, options)
    figures: dict[str, float] = {}
    print(f"{'':<22}{'seconds':>10}{'share':>8}{'anonymous GB':>16}{'share':>8}")
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        for name in ("first run", "genome cached"):
            seconds, gigabytes = run(folder, cache)
            key = name.replace(" ", "_")
            figures |= {f"{key}_s": seconds, f"{key}_gb": gigabytes}
            print(
                f"{name:<22}{seconds:>10.1f}{seconds / LIMIT_S:>8.0%}"
                f"{gigabytes:>16.2f}{gigabytes / LIMIT_GB:>8.0%}"
            )
    with h5py.File(folder / "dataset.h5") as file:
        figures["windows"] = len(file["start"])
        figures["bytes_a_window"] = os.path.getsize(folder / "dataset.h5") / len(file["start"])
    print(f"{figures['windows']:,} windows, {figures['bytes_a_window']:.1f} bytes each")
    return figures


def simulate(folder: Path, options: argparse.Namespace) -> None:
    """Write genome, peaks and targets."""
    lengths = contig_lengths(int(BASES * options.scale))
    write_genome(folder / "genome.fa", lengths)
    peaks = Peaks(lengths, sites=int(SITES * options.scale))
    write_targets(
        folder,
        peaks,
        targets=max(1, int(TARGETS * options.scale)),
        count=int(PEAKS * options.scale),
        suffix=options.suffix,
    )


def run(folder: Path, cache: str) -> tuple[float, float]:
    """Run the command; give its seconds and its most anonymous memory in GB."""
    command = [sys.executable, "-m", "danq", "windows", "--genome", "genome.fa"]
    command += ["--targets", "targets.tsv", "--output", "dataset.h5", "--require", "TF"]
    command += ["--valid", "chr7", "--test", "chr8", "chr9"]
    begun = time.perf_counter()
    process = psutil.Popen(
        command, cwd=folder, env={**os.environ, "DANQ_CACHE": cache}, stdout=subprocess.DEVNULL
    )
    most = 0
    while process.poll() is None:
        most = max(most, anonymous(process))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.perf_counter() - begun, most / 1e9


def anonymous(process: psutil.Process) -> int:
    """Sum the anonymous resident memory of a process and its children, in bytes."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            status = Path(f"/proc/{one.pid}/status").read_text()
        except FileNotFoundError:
            continue
        total += sum(
            int(line.split()[1]) * 1024
            for line in status.splitlines()
            if line.startswith("RssAnon")
        )
    return total


if __name__ == "__main__":
    main()

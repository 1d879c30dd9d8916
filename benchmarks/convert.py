"""``danq convert`` at the size of DeepSEA's bundle: time and memory, both ways.

Claim measured: the bundle (4,400,000, 8,000 and 455,024 rows of 1,000 bases and 919 labels) is read
below 3 GB of memory, and memory does not grow with the number of rows. Windows are random, labels
2 % positive; ``--to-mat`` writes them as train.mat, valid.mat and test.mat, ``--from-mat`` reads
them, and what comes out is compared with what went in. Memory is the largest sum over the process
and its children, looked at every 0.1 s, mapped files included.

At full size it takes about 20 GB of disk.

    python benchmarks/convert.py [--work DIR] [--scale F ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from common.memory import Usage, measured

from danq.dataset import Targets
from danq.dataset.writing import Block, write_codes

WINDOWS = {"train": 2_200_000, "valid": 4_000, "test": 227_512}
WINDOW, TARGETS = 1000, 919
LIMIT_GB = 3


def main() -> None:
    """Measure each scale and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--work", type=Path, help="folder for the files, a temporary one by default"
    )
    parser.add_argument("--scale", type=float, nargs="+", default=[0.125, 1.0], help="of the rows")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    print(f"{'rows':>11}  {'':<10}{'seconds':>9}{'rows/s':>11}{'anonymous GB':>14}{'all GB':>8}")
    for scale in options.scale:
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            figures |= measure(Path(folder), scale)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def measure(folder: Path, scale: float) -> dict[str, float]:
    """Write files of one size, read them, and compare."""
    counts = {name: max(1, int(count * scale)) for name, count in WINDOWS.items()}
    rows = 2 * sum(counts.values())
    simulate(folder / "first.h5", counts)
    danq = [sys.executable, "-m", "danq", "--quiet", "convert"]
    mats = [str(folder / f"{name}.mat") for name in counts]
    commands = {
        "--to-mat": [*danq, "--to-mat", str(folder), str(folder / "first.h5")],
        "--from-mat": [*danq, "--from-mat", *mats, "--output", str(folder / "second.h5")],
    }
    figures: dict[str, float] = {}
    for name, command in commands.items():
        usage = measured(command, stdout=subprocess.DEVNULL)
        show(rows, name, usage)
        key = f"{name[2:].replace('-', '_')}_{scale:g}"
        figures |= {f"{key}_s": usage.seconds, f"{key}_gb": usage.resident}
        figures[f"{key}_share_of_limit"] = usage.resident / LIMIT_GB
    with h5py.File(folder / "first.h5") as first, h5py.File(folder / "second.h5") as second:
        if first.attrs["codes_checksum"] != second.attrs["codes_checksum"]:
            raise SystemExit("the windows read are not those written")
        if not np.array_equal(first["labels"], second["labels"]):
            raise SystemExit("the labels read are not those written")
    return figures


def show(rows: int, name: str, usage: Usage) -> None:
    """Print one row of the table."""
    print(
        f"{rows:>11,}  {name:<10}{usage.seconds:>9.1f}{rows / usage.seconds:>11,.0f}"
        f"{usage.anonymous:>14.2f}{usage.resident:>8.2f}",
        flush=True,
    )


def simulate(path: Path, counts: dict[str, int]) -> None:
    """Write a data set of random windows."""
    names = [f"target_{place}" for place in range(1, TARGETS + 1)]
    write_codes(
        path,
        targets=Targets(names, ["all targets"] * TARGETS),
        window=WINDOW,
        split=np.repeat(np.arange(3, dtype=np.uint8), list(counts.values())),
        blocks=blocks(sum(counts.values())),
        sources=[],
    )


def blocks(count: int, size: int = 1 << 15) -> Iterator[Block]:
    """Draw random windows with labels."""
    random = np.random.default_rng(1)
    for first in range(0, count, size):
        rows = min(size, count - first)
        codes = random.integers(0, 4, (rows, WINDOW), np.uint8)
        labels = random.integers(0, 256, (rows, TARGETS), np.uint8) < 5
        yield codes, np.packbits(labels, axis=1)


if __name__ == "__main__":
    main()

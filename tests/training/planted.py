"""A data set that a small network learns in seconds: bins with a planted motif are positive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import danq
from danq.dataset import Selection
from tests.conftest import write_fasta

MOTIF = "TGACTCATTACGGCA"


def planted(folder: Path, *, window: int = 60) -> Path:
    """400 windows, of which a third hold the motif (target A) and a few have target B."""
    random = np.random.default_rng(3)
    letters = np.array(list("ACGT"))
    bins = ["".join(random.choice(letters, 20)) for _ in range(420)]
    positive = [number for number in range(420) if number % 3 == 0]
    for number in positive:
        bins[number] = MOTIF + bins[number][len(MOTIF) :]
    write_fasta(folder / "genome.fa", {"chr1": "".join(bins)})
    (folder / "a.bed").write_text("".join(f"chr1\t{n * 20}\t{n * 20 + 20}\n" for n in positive))
    (folder / "b.bed").write_text("chr1\t100\t140\nchr1\t7000\t7100\n")
    (folder / "targets.tsv").write_text("name\tpath\tgroup\nA\ta.bed\tTF\nB\tb.bed\tTF\n")
    return planted_on(folder, folder / "dataset.h5", window=window)


def planted_on(folder: Path, path: Path, *, window: int = 60) -> Path:
    """Make the data set anew, after the genome has been changed or for another window."""
    danq.windows(
        folder / "genome.fa",
        folder / "targets.tsv",
        path,
        window=window,
        bin=20,
        valid=["chr1:6001-8400"],
        selection=Selection(require="none"),
    )
    return path

"""Genomes and peak files of any size, shaped like real ones.

Peaks of many assays stand at the same places: here all but a few of a target's peaks are drawn from
one list of sites, the others anywhere. Lengths are log-normal around 290 bp, which is what
narrowPeak files of ENCODE's transcription factors look like (240 to 400 bp, few beyond 1 kb).
"""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
LINE, LINES = 60, 1 << 18


def contig_lengths(total: int, *, contigs: int = 24) -> dict[str, int]:
    """Share a genome's length out over contigs, from long to short as in human."""
    shares = np.linspace(5, 1, contigs)
    lengths = (shares / shares.sum() * total).astype(int) // LINE * LINE
    return {f"chr{number}": int(length) for number, length in enumerate(lengths, start=1)}


def write_genome(path: Path, lengths: dict[str, int], *, seed: int = 1) -> None:
    """Write random sequence as FASTA; lengths are whole lines of 60 bases."""
    random = np.random.default_rng(seed)
    with open(path, "wb") as file:
        for name, length in lengths.items():
            file.write(f">{name}\n".encode())
            for first in range(0, length // LINE, LINES):
                count = min(LINES, length // LINE - first)
                lines = np.full((count, LINE + 1), ord("\n"), dtype=np.uint8)
                codes = random.integers(0, 4, (count, LINE), dtype=np.uint8)
                lines[:, :LINE] = BASES[codes]
                file.write(lines.tobytes())


class Peaks:
    """Draws the peaks of one target after the other.

    Parameters
    ----------
    lengths
        Of the contigs.
    sites
        Number of places that targets share.
    scattered
        Share of a target's peaks that stand anywhere.
    seed
        Of everything drawn.
    """

    def __init__(
        self, lengths: dict[str, int], *, sites: int, scattered: float = 0.03, seed: int = 1
    ) -> None:
        self._names = list(lengths)
        self._ends = np.cumsum(list(lengths.values()))
        self._random = np.random.default_rng(seed)
        self._sites = self._random.integers(0, self._ends[-1], sites)
        self._scattered = scattered

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return contig (place in the genome), start and end of some `count` peaks, sorted."""
        random = self._random
        centre = random.choice(self._sites, count) + random.integers(-60, 61, count)
        anywhere = random.random(count) < self._scattered
        centre[anywhere] = random.integers(0, self._ends[-1], anywhere.sum())
        length = np.exp(random.normal(np.log(290), 0.35, count)).astype(int) + 20
        centre = np.sort(np.clip(centre, 0, self._ends[-1] - 1))
        contig = np.searchsorted(self._ends, centre, side="right")
        begin = self._ends[contig] - np.diff(self._ends, prepend=0)[contig]
        start = np.maximum(centre - length // 2, begin)
        end = np.minimum(start + length, self._ends[contig])
        order = np.lexsort((start, contig))
        return contig[order], (start - begin)[order], (end - begin)[order]

    def lines(self, count: int) -> pa.Buffer:
        """Return a target's narrowPeak file as text."""
        contig, start, end = self.draw(count)
        names = pa.DictionaryArray.from_arrays(contig.astype(np.int32), self._names)
        signal = np.round(self._random.gamma(2, 10, count), 5)
        one, dot = np.ones(count, np.int8), pa.array(["."] * count)
        columns = [names.cast(pa.string()), start, end, dot, one * 0, dot, signal, -one, signal / 4]
        table = pa.table(
            [*(pa.array(column) for column in columns), pa.array((end - start) // 2)],
            names=[str(number) for number in range(10)],
        )
        options = pyarrow.csv.WriteOptions(
            include_header=False, delimiter="\t", quoting_style="none"
        )
        text = pa.BufferOutputStream()
        pyarrow.csv.write_csv(table, text, options)
        return text.getvalue()


def write_targets(folder: Path, peaks: Peaks, *, targets: int, count: int, suffix: str) -> Path:
    """Write peak files and the table that lists them; give the table."""
    rows = ["name\tpath\tgroup"]
    paths = [folder / f"target{number}{suffix}" for number in range(targets)]
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        # A few at a time, since texts are drawn faster than they are compressed.
        for first in range(0, targets, cores):
            few = paths[first : first + cores]
            list(pool.map(_write, few, [peaks.lines(count) for _ in few]))
    for number, path in enumerate(paths):
        rows.append(f"target{number}\t{path.name}\t{'TF' if number % 4 else 'DNase'}")
    table = folder / "targets.tsv"
    table.write_text("\n".join(rows) + "\n")
    return table


def _write(path: Path, content: pa.Buffer) -> None:
    """Write text, gzipped at the level of the gzip program where the name says so."""
    path.write_bytes(gzip.compress(content, 6) if path.suffix == ".gz" else content)

"""Write the built-in example's targets: peaks around motif sites, found in silico on one contig.

These peaks were computed, not measured. Each target is a rule over motif sites: a site of its own
(`Single`), several sites of one motif close together (`Cluster`), or two motifs in a given
arrangement (`Pair`). A rule says how many of the best-scoring sites of a motif count as sites at
all; whatever satisfies the rule becomes a peak of 200 bp around the middle of its sites, and the
same sites in any other arrangement stay unlabelled.

All coordinates are 0-based half-open. The same input gives byte-identical output.
"""

from __future__ import annotations

import argparse
import gzip
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from Bio import motifs
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from danq.errors import InputError
from danq.outputs import whole

logger = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parent
PEAK = 200  # bp
CONTEXT = 1000  # bp: the networks' window, which should hold real sequence too
MAX_UNKNOWN = 0.1  # of CONTEXT
MIN_DISTANCE = 100  # bp between the middles of two peaks of one target
PSEUDOCOUNT = 0.01  # of a motif's counts, added to each letter
FLOOR = 3.0  # bits; weaker matches are no candidates for sites


@dataclass(frozen=True)
class Sites:
    """Matches of one motif on both strands, in order of position.

    Attributes
    ----------
    start : (n,) int64
        Leftmost base of each site.
    strand : (n,) int8
        1 where the motif reads along the contig, -1 where along its reverse complement.
    score : (n,) float64
        Log-odds score against equal base frequencies, in bits, rounded to 0.001.
    length : int
        Bases in a site.
    """

    start: NDArray[np.int64]
    strand: NDArray[np.int8]
    score: NDArray[np.float64]
    length: int

    def best(self, count: int) -> Sites:
        """Give the `count` best-scoring sites, and all that tie with the last of them."""
        if len(self.score) < count:
            raise InputError(f"{len(self.score)} sites reach {FLOOR} bits, expected {count}")
        keep = self.score >= np.sort(self.score)[-count]
        return Sites(self.start[keep], self.strand[keep], self.score[keep], self.length)

    @property
    def ends(self) -> NDArray[np.int64]:
        """Half-open ends of each site: (n, 2) int64."""
        return np.stack([self.start, self.start + self.length], axis=1)

    @property
    def margin(self) -> NDArray[np.float64]:
        """Bits by which each site beats the worst one: (n,) float64."""
        return self.score - self.score.min()


Found = tuple[NDArray[np.int64], NDArray[np.float64]]  # middles and strengths of candidate peaks


class Rule(ABC):
    """What sites must be like, and lie like, to become a peak."""

    group: ClassVar[str]

    @abstractmethod
    def arrange(self, sites: Mapping[str, Sites]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what satisfies the rule.

        Returns
        -------
        ends
            int64 (n, sites, 2): half-open ends of the sites of each candidate.
        strengths
            float64 (n,).
        """

    def find(self, sites: Mapping[str, Sites]) -> Found:
        """Return the middles and strengths of what satisfies the rule."""
        ends, strengths = self.arrange(sites)
        return middles(ends), strengths


@dataclass(frozen=True)
class Single(Rule):
    """The best sites of one motif."""

    motif: str
    peaks: int
    group: ClassVar[str] = "motif"

    def arrange(self, sites: Mapping[str, Sites]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Take the motif's best sites, twice as many as peaks are wanted; strengths are scores."""
        chosen = sites[self.motif].best(2 * self.peaks)
        return chosen.ends[:, None], chosen.score


@dataclass(frozen=True)
class Cluster(Rule):
    """`copies` sites of one motif, on either strand and not overlapping, within `span` bases."""

    motif: str
    sites: int
    copies: int
    span: int
    group: ClassVar[str] = "cluster"

    def arrange(self, sites: Mapping[str, Sites]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Take the clusters; the tighter, the stronger."""
        chosen = sites[self.motif].best(self.sites)
        start = apart(chosen.start, chosen.length)
        start = start[np.arange(len(start) - self.copies + 1)[:, None] + np.arange(self.copies)]
        ends = np.stack([start, start + chosen.length], axis=2)
        spans = ends[:, -1, 1] - ends[:, 0, 0]
        near = spans <= self.span
        return ends[near], -spans[near].astype(np.float64)


@dataclass(frozen=True)
class Pair(Rule):
    """A site of `first` and a site of `second` with `gap` (least, most) bases between them.

    `order` "downstream" wants the second site downstream of the first one, read along the strand of
    the first; `orientation` "opposite" wants the two on opposite strands, so that downstream and
    opposite together mean that they point at each other (convergent). Both read the same from
    either strand of the contig.
    """

    first: str
    second: str
    sites: int
    gap: tuple[int, int]
    order: Literal["any", "downstream"] = "any"
    orientation: Literal["any", "opposite"] = "any"
    group: ClassVar[str] = "grammar"

    def arrange(self, sites: Mapping[str, Sites]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Take the pairs, as strong as the weaker of their two sites."""
        one, two = sites[self.first].best(self.sites), sites[self.second].best(self.sites)
        least, most = self.gap
        right = neighbours(two.start, one.ends[:, 1] + least, one.ends[:, 1] + most)
        left = neighbours(two.ends[:, 1], one.start - most, one.start - least)
        i, j = np.concatenate([right, left], axis=1)
        side = np.repeat([1, -1], [right.shape[1], left.shape[1]])
        fits = np.ones(len(i), dtype=bool)
        if self.order == "downstream":
            fits &= one.strand[i] == side
        if self.orientation == "opposite":
            fits &= one.strand[i] != two.strand[j]
        i, j = i[fits], j[fits]
        ends = np.stack([one.ends[i], two.ends[j]], axis=1)
        return ends, np.minimum(one.margin[i], two.margin[j])


MOTIFS = {  # JASPAR 2026 CORE vertebrates
    "AP1": "MA0099.4",
    "CTCF": "MA0139.2",
    "ETS1": "MA0098.4",
    "FOXA1": "MA0148.5",
    "REST": "MA0138.3",
    "RUNX1": "MA0002.3",
    "SP1": "MA0079.5",
    "SPI1": "MA0080.7",
    "STAT3": "MA0144.3",
    "YY1": "MA0095.4",
}

TARGETS: dict[str, Rule] = {
    "CTCF": Single("CTCF", peaks=1400),
    "REST": Single("REST", peaks=1400),
    "SPI1": Single("SPI1", peaks=1400),
    "ETS1": Single("ETS1", peaks=1400),
    "RUNX1": Single("RUNX1", peaks=1400),
    "STAT3": Single("STAT3", peaks=1400),
    "FOXA1": Single("FOXA1", peaks=1400),
    "SP1x3": Cluster("SP1", sites=52_000, copies=3, span=100),
    "ETS-RUNX": Pair("ETS1", "RUNX1", sites=18_500, gap=(0, 60)),
    "YY1-SP1": Pair("YY1", "SP1", sites=22_500, gap=(40, 180), order="downstream"),
    "RUNX-STAT": Pair("RUNX1", "STAT3", sites=18_000, gap=(20, 150), order="downstream"),
    "ETS-AP1": Pair("ETS1", "AP1", sites=19_500, gap=(20, 180), order="downstream"),
    "FOX-ETS-convergent": Pair(
        "FOXA1", "ETS1", sites=20_500, gap=(10, 210), order="downstream", orientation="opposite"
    ),
}


def middles(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Middles (n,) of sites that lie together, from their half-open ends (n, sites, 2)."""
    return (ends[:, :, 0].min(axis=1) + ends[:, :, 1].max(axis=1)) // 2


def apart(start: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Of sites of `length` bases, those that do not overlap, taken from left to right."""
    kept: list[int] = []
    for position in start.tolist():
        if not kept or position >= kept[-1] + length:
            kept.append(position)
    return np.array(kept, dtype=np.int64)


def neighbours(
    places: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> NDArray[np.int64]:
    """All (i, j) with low[i] <= places[j] <= high[i], as a (2, n) array; `places` is sorted."""
    begin = np.searchsorted(places, low)
    count = np.searchsorted(places, high, side="right") - begin
    i = np.repeat(np.arange(len(low)), count)
    within = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([i, np.repeat(begin, count) + within])


def read_contig(path: Path) -> tuple[str, str]:
    """Name and upper-case sequence of the one contig of a FASTA file (gzip or bgzip)."""
    with gzip.open(path, "rt") as file:
        records = list(SimpleFastaParser(file))
    if len(records) != 1:
        raise InputError(f"{len(records)} sequences, expected one", path=path)
    title, sequence = records[0]
    return title.split()[0], sequence.upper()


def read_motifs(path: Path) -> dict[str, motifs.matrix.PositionSpecificScoringMatrix]:
    """Log-odds matrices of `MOTIFS` from a MEME file, keyed by short name."""
    with path.open() as file:
        by_id = {motif.name: motif for motif in motifs.parse(file, "minimal")}
    matrices = {}
    for name, identifier in MOTIFS.items():
        if identifier not in by_id:
            raise InputError(f"no motif {identifier} ({name})", path=path)
        motif = by_id[identifier]
        frequencies = motif.counts.normalize(pseudocounts=PSEUDOCOUNT * motif.num_occurrences)
        matrices[name] = frequencies.log_odds()
    return matrices


def scan(sequence: str, matrix: motifs.matrix.PositionSpecificScoringMatrix) -> Sites:
    """Find a motif's matches on both strands that reach `FLOOR` bits and hold no unknown base."""
    both = []
    for oriented in (matrix, matrix.reverse_complement()):
        score = np.atleast_1d(oriented.calculate(sequence))
        start = np.flatnonzero(score >= FLOOR)  # NaN at unknown bases compares false
        # the last bits of a sum depend on its order; rounding makes equal words score equal
        both.append((start, np.round(score[start].astype(np.float64), 3)))
    (forward, forward_score), (reverse, reverse_score) = both
    start = np.concatenate([forward, reverse])
    score = np.concatenate([forward_score, reverse_score])
    strand = np.repeat(np.array([1, -1], dtype=np.int8), [len(forward), len(reverse)])
    order = np.argsort(start, kind="stable")
    return Sites(start[order], strand[order], score[order], matrix.length)


def unknown_before(sequence: str) -> NDArray[np.int64]:
    """Count the letters other than A, C, G, T before each position: (length + 1,) int64."""
    letters = np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)
    return np.concatenate([[0], np.cumsum(~np.isin(letters, list(b"ACGT")))])


def select(found: Found, unknown: NDArray[np.int64], limit: int | None) -> NDArray[np.int64]:
    """Sorted starts of peaks: strongest first, apart from each other, in real sequence.

    Parameters
    ----------
    found
        Middles and strengths of the candidates, each (n,).
    unknown
        What `unknown_before` gives for the contig.
    limit
        The number of peaks to stop at, None for all.
    """
    length = len(unknown) - 1
    middle, strength = found
    inside = (middle >= CONTEXT // 2) & (middle + CONTEXT // 2 <= length)
    middle, strength = middle[inside], strength[inside]
    real = unknown[middle + PEAK // 2] == unknown[middle - PEAK // 2]
    around = unknown[middle + CONTEXT // 2] - unknown[middle - CONTEXT // 2]
    real &= around <= MAX_UNKNOWN * CONTEXT
    middle, strength = middle[real], strength[real]
    taken = np.zeros(length, dtype=bool)
    kept: list[int] = []
    for place in middle[np.lexsort((middle, -strength))].tolist():
        if len(kept) == limit:
            break
        if not taken[place]:
            kept.append(place - PEAK // 2)
            taken[place - MIN_DISTANCE + 1 : place + MIN_DISTANCE] = True
    return np.sort(np.array(kept, dtype=np.int64))


def bed(contig: str, starts: NDArray[np.int64]) -> str:
    """Give the text of a BED file of peaks that begin at `starts`."""
    return "".join(f"{contig}\t{start}\t{start + PEAK}\n" for start in starts.tolist())


def write_targets(genome: Path, motif_file: Path, output: Path) -> None:
    """Find the peaks of every target and write `targets/NAME.bed` and `targets.tsv` to `output`."""
    contig, sequence = read_contig(genome)
    unknown = unknown_before(sequence)
    sites = {}
    for name, matrix in read_motifs(motif_file).items():
        logger.info("scanning for %s", name)
        sites[name] = scan(sequence, matrix)
    rows = ["name\tpath\tgroup"]
    for name, rule in TARGETS.items():
        limit = rule.peaks if isinstance(rule, Single) else None
        starts = select(rule.find(sites), unknown, limit)
        logger.info("%s: %d peaks", name, len(starts))
        with whole(output / "targets" / f"{name}.bed") as path:
            path.write_text(bed(contig, starts))
        rows.append(f"{name}\ttargets/{name}.bed\t{rule.group}")
    with whole(output / "targets.tsv") as path:
        path.write_text("\n".join(rows) + "\n")


def main() -> None:
    """Read the command line and write the targets."""
    parser = argparse.ArgumentParser(description="Write the built-in example's in-silico targets.")
    parser.add_argument("--genome", type=Path, default=HERE / "chr22.fa.gz", help="gzipped FASTA")
    parser.add_argument("--motifs", type=Path, default=HERE / "motifs.meme", help="MEME file")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    write_targets(arguments.genome, arguments.motifs, arguments.output)


if __name__ == "__main__":
    main()

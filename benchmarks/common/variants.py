"""Records to score in any number: substitutions at places of the example's real sequence."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np

from danq.genome import Reference
from danq.genome.sequence import UNKNOWN, decode

EXAMPLE = Path(__file__).parents[2] / "data"
CONTIG = "chr22"
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def unpacked_genome(folder: Path) -> Path:
    """Unpack the example's genome, which some programs read in no other way."""
    path = folder / "chr22.fa"
    with gzip.open(EXAMPLE / "chr22.fa.gz") as packed, open(path, "wb") as unpacked:
        shutil.copyfileobj(packed, unpacked)
    return path


def write_substitutions(
    path: Path, genome: Reference, *, records: int, alts: int = 1, window: int = 1000, seed: int = 1
) -> Path:
    """Write records of `alts` ALTs each, sorted, at different places amid known bases."""
    random = np.random.default_rng(seed)
    codes = genome.codes(CONTIG, 0, genome.contigs[CONTIG])
    unknown = np.concatenate([[0], np.cumsum(codes == UNKNOWN)])
    clear = unknown[window:] == unknown[:-window]
    places = np.flatnonzero(clear) + window // 2
    places = np.sort(random.choice(places, records, replace=False))
    lines = []
    for place in places:
        others = [base for base in "ACGT" if base != decode(codes[place : place + 1])]
        chosen = random.permutation(others)[:alts]
        ref = decode(codes[place : place + 1])
        lines.append(f"{CONTIG}\t{place + 1}\t.\t{ref}\t{','.join(chosen)}\t.\t.\t.\n")
    path.write_text(HEADER + "".join(lines))
    return path

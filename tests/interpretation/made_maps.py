"""Maps made by hand, and what a run says of itself."""

from __future__ import annotations

import numpy as np

from danq.interpretation.files.contribution_files import open_files, plan_files
from danq.interpretation.maps import ExplainedOutput, Maps, Stretch

TARGETS = ["CTCF", "Pol2", "γ/globin", "REST"]
CTCF = ExplainedOutput("CTCF", (0,))
POLYMERASES = ExplainedOutput("Pol2|all", (1, 3))
CONTIGS = {"chr1": 1000, "chr10": 500, "chr2": 300}
ORIGIN = {
    "method": "ism",
    "unit": "logit",
    "model": "models/m.keras",
    "model_checksum": "abc",
    "genome": "genome.fa",
    "genome_checksum": "def",
    "window": 40,
    "steps": np.int64(50),
    "share": 0.25,
    "is_seeded": True,
    "baseline": "mean",
    "seed": None,
}


def make_maps(stretches, outputs=(CTCF,), seed=1):
    """Random maps whose bases are unknown here and there."""
    random = np.random.default_rng(seed)
    length = stretches[0].end - stretches[0].start
    shape = (len(stretches), len(outputs), length, 4)
    hypothetical = random.normal(size=shape).astype(np.float32)
    codes = random.integers(0, 5, (len(stretches), length)).astype(np.uint8)
    predicted = random.normal(size=shape[:2]).astype(np.float32)
    return Maps(outputs, stretches, codes, hypothetical, predicted)


def some_stretches(count, length=20):
    return [Stretch("chr1", 7 * i, 7 * i + length, f"peak {i}") for i in range(count)]


def write_files(output, blocks, *, contigs=CONTIGS, origin=ORIGIN, npz=None, bigwig=None):
    """Write blocks of maps and return the paths."""
    outputs, stretches = blocks[0].outputs, blocks[0].stretches
    paths = plan_files(output, outputs, npz=npz, bigwig=bigwig)
    span = stretches[0].end - stretches[0].start
    with open_files(
        paths, outputs, targets=TARGETS, span=span, origin=origin, contigs=contigs
    ) as files:
        for maps in blocks:
            files.write(maps)
    return paths


def onehot_of(codes):
    """The oracle: (n, 4, L), one base after the other."""
    result = np.zeros((len(codes), 4, codes.shape[1]), np.int8)
    for row, column in np.ndindex(codes.shape):
        if codes[row, column] < 4:
            result[row, codes[row, column], column] = 1
    return result

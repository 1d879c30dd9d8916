"""Programs of others take our files as they are: TF-MoDISco, Fi-NeMo and pyBigWig.

``make test-downstream`` makes an environment of their own and runs these tests, in about 2 minutes.
Elsewhere they look for the programs in ``DANQ_DOWNSTREAM``, a folder of a Python environment, or on
PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest

from danq.genome.sequence import encode
from danq.interpretation.maps import Maps, Stretch
from tests.interpretation.made_maps import CTCF, onehot_of, write_files

MOTIFS = ("TGACTCAGCA", "CCACGTGGTA")
COUNT, LENGTH = 300, 400
CONTIGS = {"chr1": 400_000, "chr2": 5000}


def programs():
    """The folder of the programs, None where they are missing."""
    chosen = os.environ.get("DANQ_DOWNSTREAM")
    path = None if chosen is None else os.pathsep.join([chosen, str(Path(chosen) / "bin")])
    found = [shutil.which(name, path=path) for name in ("modisco", "finemo")]
    return Path(found[0]).parent if all(found) else None


PROGRAMS = programs()
pytestmark = pytest.mark.skipif(
    PROGRAMS is None, reason="needs modisco, finemo and pyBigWig (make test-downstream)"
)


def run(folder, program, *arguments):
    """Run a program of that environment in a folder."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    done = subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=folder,
        env={**environment, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def planted():
    """Maps with one of two motifs in each, and where it begins."""
    random = np.random.default_rng(3)
    codes = random.integers(0, 4, (COUNT, LENGTH)).astype(np.uint8)
    hypothetical = random.normal(0, 0.01, (COUNT, 1, LENGTH, 4)).astype(np.float32)
    firsts = random.integers(80, LENGTH - 80, COUNT)
    for row, first in enumerate(firsts):
        bases = encode(MOTIFS[row % 2])
        places = np.arange(first, first + len(bases))
        codes[row, places] = bases
        hypothetical[row, 0, places] -= 0.3
        hypothetical[row, 0, places, bases] += 1.2
    # Some bases are unknown, and contribute nothing.
    codes[:, :20] = 4
    stretches = [
        Stretch("chr1", 1000 * row, 1000 * row + LENGTH, f"r{row}") for row in range(COUNT)
    ]
    predicted = hypothetical.sum(axis=(2, 3))
    return Maps([CTCF], stretches, codes, hypothetical, predicted), firsts


@pytest.fixture(scope="module")
def maps():
    return planted()[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, maps):
    folder = tmp_path_factory.mktemp("downstream")
    write_files(folder / "x.h5", [maps], contigs=CONTIGS, npz=folder / "p", bigwig=folder)
    return folder


@pytest.fixture(scope="module")
def motifs(folder):
    arrays = ("-s", "p.ohe.npz", "-a", "p.contributions.npz")
    run(folder, "modisco", "motifs", *arrays, "-n", "2000", "-w", str(LENGTH), "-o", "modisco.h5")
    return folder / "modisco.h5"


@pytest.fixture(scope="module")
def regions(folder):
    files = ("-c", "x.h5", "-p", "x.interpreted_regions.bed", "-w", str(LENGTH))
    run(folder, "finemo", "extract-regions-chrombpnet-h5", *files, "-o", "regions.npz")
    return folder / "regions.npz"


def consensus(frequencies):
    """The bases of a motif that nearly all its sites share."""
    return "".join("ACGT"[place.argmax()] if place.max() > 0.9 else "." for place in frequencies)


def reverse_complement(bases):
    return bases[::-1].translate(str.maketrans("ACGT", "TGCA"))


def test_modisco_finds_the_planted_motifs(motifs):
    with h5py.File(motifs) as file:
        assert "neg_patterns" not in file
        found = {consensus(one["sequence"][:]).strip(".") for one in file["pos_patterns"].values()}
    expected = [{motif, reverse_complement(motif)} for motif in MOTIFS]
    assert len(found) == len(expected)
    assert all(both & found for both in expected)


def test_modisco_takes_the_contribution_file_too(folder, motifs):
    run(folder, "modisco", "motifs", "-i", "x.h5", "-n", "2000", "-w", str(LENGTH), "-o", "of.h5")
    assert (folder / "of.h5").read_bytes() == motifs.read_bytes()


def test_finemo_takes_the_contribution_file(regions, maps):
    with np.load(regions) as arrays:
        assert np.array_equal(arrays["sequences"], onehot_of(maps.codes))
        hypothetical = maps.hypothetical[:, 0].transpose(0, 2, 1)
        assert np.array_equal(arrays["contributions"], hypothetical.astype(np.float16))
        assert arrays["chr"].tolist() == [stretch.contig for stretch in maps.stretches]
        assert arrays["start"].tolist() == [stretch.start for stretch in maps.stretches]
        assert arrays["peak_name"].tolist() == [stretch.name for stretch in maps.stretches]


def test_finemo_calls_the_planted_sites(folder, regions, motifs):
    run(folder, "finemo", "call-hits", "-r", regions, "-m", motifs, "-o", "hits")
    head, *lines = (folder / "hits" / "hits.tsv").read_text().splitlines()
    hits = [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]
    called = [(hit["chr"], int(hit["start"]), hit["peak_name"]) for hit in hits]
    _, firsts = planted()
    assert called == [("chr1", 1000 * row + first, f"r{row}") for row, first in enumerate(firsts)]


READ = """
import sys, numpy, pyBigWig
track = pyBigWig.open(sys.argv[1])
print(track.chroms())
numpy.save("track.npy", track.values("chr1", 0, track.chroms("chr1"), numpy=True))
"""


def test_pybigwig_reads_the_track(folder, maps):
    assert run(folder, "python", "-c", READ, "CTCF.bw") == "{'chr1': 400000}\n"
    expected = np.full(CONTIGS["chr1"], np.nan, np.float32)
    for stretch, values in zip(maps.stretches, maps.contributions[:, 0], strict=True):
        expected[stretch.start : stretch.end] = values
    assert np.array_equal(np.load(folder / "track.npy"), expected, equal_nan=True)

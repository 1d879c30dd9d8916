from __future__ import annotations

import numpy as np
import pytest

from danq.errors import InputError
from danq.genome import Reference, decode
from tests.conftest import write_fasta


def test_positions_outside_a_contig_are_unknown(tmp_path):
    reference = Reference(write_fasta(tmp_path / "g.fa", {"a": "ACGT", "b": "TTTT"}))
    assert decode(reference.codes("a", -2, 6)) == "NNACGTNN"
    assert decode(reference.codes("b", 9, 11)) == "NN"
    rows = reference.windows(np.array([0, 0, 1]), np.array([-1, 1, 2]), 3)
    assert [decode(row) for row in rows] == ["NAC", "CGT", "TTN"]


def test_windows_equal_single_reads(genome):
    reference = Reference(genome)
    random = np.random.default_rng(1)
    contig = random.integers(0, 2, 50)
    start = random.integers(-50, 10_000, 50)
    rows = reference.windows(contig, start, 100)
    names = list(reference.contigs)
    for row, place, first in zip(rows, contig, start, strict=True):
        assert np.array_equal(row, reference.codes(names[place], first, first + 100))


def test_windows_at_the_edges_of_a_contig_and_of_no_length(tmp_path):
    reference = Reference(write_fasta(tmp_path / "g.fa", {"a": "ACGT", "b": "TTTT"}))
    both, first = np.array([0, 1]), np.array([0, 0])
    whole = reference.windows(both, first, 4)
    assert [decode(row) for row in whole] == ["ACGT", "TTTT"]
    whole[0] = 0  # the caller's own
    assert decode(reference.codes("a", 0, 4)) == "ACGT"
    # "a" is followed by "b" in the cache, and "b" by nothing; no window may read on.
    assert [decode(row) for row in reference.windows(both, first, 5)] == ["ACGTN", "TTTTN"]
    assert [decode(row) for row in reference.windows(both, first, 9)] == ["ACGTNNNNN", "TTTTNNNNN"]
    assert reference.windows(both, first, 0).shape == (2, 0)
    assert reference.windows(both, np.array([0, -1]), 0).shape == (2, 0)
    assert reference.windows(both[:0], first[:0], 3).shape == (0, 3)


def test_unknown_stretches(tmp_path):
    reference = Reference(write_fasta(tmp_path / "g.fa", {"a": "NNACNGTN", "b": "ACGT"}))
    stretches = reference.unknown("a")
    assert list(zip(stretches.start, stretches.end, strict=True)) == [(0, 2), (4, 5), (7, 8)]
    assert len(reference.unknown("b").start) == 0


def test_contig_names_are_bridged(tmp_path):
    ucsc = Reference(write_fasta(tmp_path / "u.fa", {"chr22": "ACGT", "chrM": "ACGTA"}))
    assert ucsc.resolve("chr22") == "chr22"
    assert ucsc.resolve("22") == "chr22"
    assert ucsc.resolve("chr2") is None
    assert ucsc.resolve("MT") is None
    assert ucsc.resolve("MT", 5) == "chrM"
    assert ucsc.resolve("MT", 6) is None
    ensembl = Reference(write_fasta(tmp_path / "e.fa", {"22": "ACGT", "MT": "ACGTA"}))
    assert ensembl.resolve("chr22") == "22"
    assert ensembl.resolve("chrM", 5) == "MT"
    assert ensembl.resolve("chrM", 16_571) is None


@pytest.mark.parametrize("here", ["M", "MT", "chrM", "chrMT"])
@pytest.mark.parametrize("there", ["M", "MT", "chrM", "chrMT"])
def test_mitochondria_are_bridged_where_lengths_agree(tmp_path, here, there):
    reference = Reference(write_fasta(tmp_path / "g.fa", {here: "ACGTA", "1": "A"}))
    assert reference.resolve(there, 5) == here
    assert reference.resolve(there, 4) == (here if here == there else None)
    assert reference.resolve(there) == (here if here == there else None)


def test_two_mitochondria_of_one_length_are_not_chosen_from(tmp_path):
    contigs = {"chrM": "ACGTA", "MT": "ACGTT", "M": "ACG"}
    reference = Reference(write_fasta(tmp_path / "g.fa", contigs))
    with pytest.raises(
        InputError, match='has chrM and MT, each of 5 bases, so that contig "chrMT"'
    ):
        reference.resolve("chrMT", 5)
    assert reference.resolve("chrMT", 3) == "M"
    assert reference.resolve("chrMT", 4) is None
    assert reference.resolve("MT", 3) == "MT"


def test_an_unknown_contig_is_named(genome):
    with pytest.raises(InputError, match=r'contig "chrZ" not found \(it has chr1, chr2\)'):
        Reference(genome).codes("chrZ", 0, 10)

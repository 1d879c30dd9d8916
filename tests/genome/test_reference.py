from __future__ import annotations

import gzip
import os

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyfaidx import Fasta

from danq.errors import InputError
from danq.genome import Reference, decode
from tests.conftest import write_fasta


def _write(tmp_path, text: str | bytes, name: str = "g.fa"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_plain_gzip_and_bgzip_hold_the_same_sequence(tmp_path):
    plain = write_fasta(tmp_path / "g.fa", {"a": "ACGTN" * 50, "b": "ggtt"})
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(plain.read_bytes()))
    pysam.tabix_compress(str(plain), str(tmp_path / "g.fa.bgz"))
    references = [Reference(tmp_path / name) for name in ("g.fa", "g.fa.gz", "g.fa.bgz")]
    assert len({reference.checksum for reference in references}) == 1
    for reference in references:
        assert reference.contigs == {"a": 250, "b": 4}
        assert decode(reference.codes("b", 0, 4)) == "GGTT"


def test_the_checksum_follows_the_sequence_alone(tmp_path):
    one = Reference(_write(tmp_path, ">a x\nACGT\nAC\n", "1.fa"))
    same = Reference(_write(tmp_path, ">a\r\nacg\r\ntac\r\n\r\n", "2.fa"))
    other = Reference(_write(tmp_path, ">a\nACGTAG\n", "3.fa"))
    renamed = Reference(_write(tmp_path, ">b\nACGTAC\n", "4.fa"))
    assert one.checksum == same.checksum
    assert len({one.checksum, other.checksum, renamed.checksum}) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.text("ACGTNacgtn", min_size=1, max_size=70), min_size=1, max_size=4),
    st.integers(1, 30),
)
def test_equals_pyfaidx(tmp_path, sequences, width):
    contigs = {f"contig{number}": text for number, text in enumerate(sequences)}
    path = tmp_path / "g.fa"
    path.unlink(missing_ok=True)
    path.with_suffix(".fa.fai").unlink(missing_ok=True)
    write_fasta(path, contigs, width)
    os.utime(path, ns=(0, hash((width, *sequences)) % 10**15))
    reference = Reference(path)
    with Fasta(str(path)) as fasta:
        assert reference.contigs == {name: len(fasta[name]) for name in fasta.keys()}  # noqa: SIM118
        for name, length in reference.contigs.items():
            assert decode(reference.codes(name, 0, length)) == str(fasta[name][:]).upper()


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "is empty, expected FASTA", id="Empty"),
        pytest.param("ACGT\n", r"line 1: found b'ACGT', expected a FASTA header", id="NoHeader"),
        pytest.param(">a\nAC\n>a\nAC\n", r'line 3: found a second contig named "a"', id="Twice"),
        pytest.param(">a\nACGT\nAC\nACGT\n", r"line 4: found a line after one", id="ShortInside"),
        pytest.param(">a\nAC\nACGT\n", r"line 3: found a line of 4 bases where", id="LongInside"),
        pytest.param(">a\nAC\n\nAC\n", r"line 4: found a line after one", id="BlankInside"),
        pytest.param(">a\nACGT\nACEA\n", r"line 3: found 'E', expected an IUPAC", id="Letter"),
        pytest.param(">a\n>b\nACGT\n", r'line 1: contig "a" has no bases', id="NoBases"),
        pytest.param(">a\nACGT\n>b\n", r'line 3: contig "b" has no bases', id="NoBasesAtEnd"),
        pytest.param("> a\nACGT\n", r"line 1: found a header without a name", id="NoName"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        Reference(_write(tmp_path, text))


def test_missing_and_truncated_files(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Reference(tmp_path / "absent.fa")
    packed = gzip.compress(b">a\n" + os.urandom(5_000).hex().replace("e", "a").encode())
    with pytest.raises(InputError, match="truncated or damaged"):
        Reference(_write(tmp_path, packed[:2_000], "cut.fa.gz"))
    plain = write_fasta(tmp_path / "g.fa", {"a": "ACGT" * 40_000})
    pysam.tabix_compress(str(plain), str(tmp_path / "g.fa.gz"))
    whole = (tmp_path / "g.fa.gz").read_bytes()
    with pytest.raises(InputError, match="without its end marker"):
        Reference(_write(tmp_path, whole[:-28], "cut.bgz"))


def test_the_cache_follows_the_file(tmp_path, monkeypatch):
    monkeypatch.delenv("DANQ_CACHE")
    path = write_fasta(tmp_path / "g.fa", {"a": "ACGT"})
    Reference(path)
    first = set((tmp_path / ".danq").iterdir())
    Reference(path)
    assert set((tmp_path / ".danq").iterdir()) == first
    write_fasta(path, {"a": "TTTTT"})
    assert decode(Reference(path).codes("a", 0, 5)) == "TTTTT"
    assert len(list((tmp_path / ".danq").iterdir())) == 1, "the stale cache stays"


@pytest.mark.parametrize("member", ["codes.u8", "index.json"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_cache_is_made_again(tmp_path, monkeypatch, member, damage):
    monkeypatch.setenv("DANQ_CACHE", str(tmp_path / "cache"))
    path = write_fasta(tmp_path / "g.fa", {"a": "ACGTTGCA"})
    Reference(path)
    (file,) = (tmp_path / "cache").glob(f"*/{member}")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:3])
    else:
        file.unlink()
    assert decode(Reference(path).codes("a", 0, 8)) == "ACGTTGCA"


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


def test_an_unknown_contig_is_named(genome):
    with pytest.raises(InputError, match=r'contig "chrZ" not found \(it has chr1, chr2\)'):
        Reference(genome).codes("chrZ", 0, 10)

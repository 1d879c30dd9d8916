"""Damaged FASTA, BED, regions, targets tables and caches, against readers that go line by line."""

import gzip
import os
import re
import shutil

import numpy as np
import pysam
import pytest

from danq.dataset.bins.labels import Grid
from danq.dataset.bins.overlaps import read_overlaps
from danq.errors import InputError
from danq.genome import Reference, cache, decode, parse_region, read_bed
from danq.genome.fasta import read_fasta
from danq.targets.table import read_targets
from tests.conftest import write_fasta
from tests.fuzz.mutations import mutate

FASTA = b">chr1 a\nACGTN\nACGTN\nAC\n>chr2\nTTTTT\nGG\n> HLA-A*01:01\nccccc\n"
FAI = b"chr1\t12\t8\t5\t6\nchr2\t7\t29\t5\t6\nHLA-A*01:01\t5\t53\t5\t6\n"
BED = b"#c\nchr1\t0\t9\tx\nchr2\t1 \t5\ntrack a\n\nchr1 3 12\r\nchr2\t0\t7\tname\t5\n"
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\udc80-\udcff]")
BASES = set(b"ACGTURYSWKMBDHVNacgturyswkmbdhvn")


def fasta_by_line(data: bytes, *, strict: bool) -> list[tuple[str, str]] | None:
    """What a FASTA file holds, or None where it breaks a rule."""
    contigs: list[tuple[str, list[bytes]]] = []
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        line = line.removesuffix(b"\r")
        words = line[1:].decode(errors="surrogateescape").split()
        if b"\r" in line or (line and not contigs and line[:1] != b">"):
            return None
        if line[:1] == b">":
            if not words or CONTROLS.search(words[0]) or (strict and words[0] in dict(contigs)):
                return None
            contigs.append((words[0], []))
        elif contigs:
            contigs[-1][1].append(line)
    sequences = [(name, joined(lines, strict)) for name, lines in contigs]
    return sequences if sequences and all(text for _, text in sequences) else None


def joined(lines: list[bytes], strict: bool) -> str | None:
    """The bases of a contig, U as T and the other letters as N."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    widths = [len(line) for line in lines]
    is_even = widths and set(widths[:-1]) <= {widths[0]} and widths[-1] <= widths[0]
    text = b"".join(lines)
    if (strict and not is_even) or not set(text) <= BASES:
        return None
    return re.sub("[^ACGT]", "N", text.decode().upper().replace("U", "T"))


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("kind", ["plain", "gzip", "bgzip"])
def test_damaged_fasta(tmp_path, fuzz, kind, strict):
    path, scratch = tmp_path / "g.fa", tmp_path / "scratch"

    def case(random):
        data = mutate(FASTA, random)
        path.write_bytes(data)
        if kind == "gzip":
            path.write_bytes(gzip.compress(data))
        if kind == "bgzip":
            pysam.tabix_compress(str(path), str(tmp_path / "packed"), force=True)
            (tmp_path / "packed").replace(path)
        index = tmp_path / "g.fa.fai"
        index.unlink(missing_ok=True)
        if random.integers(2):
            index.write_bytes(mutate(FAI, random) if random.integers(4) else FAI)
            os.utime(index, (2**31, 2**31))
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        expected = fasta_by_line(data, strict=strict)
        try:
            pieces = list(read_fasta(path, scratch, strict=strict))
        except InputError:
            assert expected is None
            raise
        assert [(piece.name, decode(piece.codes)) for piece in pieces] == expected

    fuzz(case)


@pytest.mark.parametrize("pack", [gzip.compress, None], ids=["gzip", "bgzip"])
def test_damaged_compression(tmp_path, fuzz, pack):
    path, scratch = tmp_path / "g.fa", tmp_path / "scratch"
    path.write_bytes(FASTA)
    pysam.tabix_compress(str(path), str(tmp_path / "packed"))
    whole = pack(FASTA) if pack else (tmp_path / "packed").read_bytes()

    def case(random):
        path.write_bytes(mutate(whole, random))
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        pieces = list(read_fasta(path, scratch))
        text = path.read_bytes()
        text = gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text
        assert [(p.name, decode(p.codes)) for p in pieces] == fasta_by_line(text, strict=True)

    fuzz(case)


def bed_by_line(data: bytes) -> list[tuple[str, int, int, int]] | None:
    """What a BED file holds, or None where a line is wrong."""
    rows = []
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip() or re.match(rb"#|(track|browser)(\s|$)", line):
            continue
        fields = re.split(rb"[ \t]+", line.rstrip(b" \t"))
        if len(fields) < 3 or not fields[0]:
            return None
        if not all(re.fullmatch(rb"[0-9]{1,18}", field) for field in fields[1:3]):
            return None
        start, end = int(fields[1]), int(fields[2])
        if start > end:
            return None
        if start < end:
            try:
                rows.append((fields[0].decode(), start, end, number))
            except UnicodeDecodeError:
                return None
    return rows


def test_damaged_bed(tmp_path, fuzz):
    path = tmp_path / "p.bed"

    def case(random):
        data = mutate(BED, random)
        path.write_bytes(data)
        expected = bed_by_line(data)
        try:
            found = read_bed(path, drop_empty=True)
        except InputError:
            assert expected is None
            raise
        names = [found.contigs[number] for number in found.contig]
        columns = map(np.ndarray.tolist, (found.start, found.end, found.line))
        assert list(zip(names, *columns, strict=True)) == expected

    fuzz(case)


def test_damaged_regions(fuzz):
    contigs = {"chr1": 9, "HLA-A*01:01": 5, "chr1:1-5": 7}

    def case(random):
        seed = (b"chr1:2-3", b"chr1", b"HLA-A*01:01", b"HLA-A*01:01:1-1,0", b"{chr1:1-5}:2-4")
        text = mutate(seed[random.integers(len(seed))], random).decode(errors="surrogateescape")
        region = parse_region(text, contigs)
        if region.start is None:
            assert text.strip() in (region.contig, f"{{{region.contig}}}")
        else:
            name, _, numbers = text.strip().rpartition(":")
            assert name in (region.contig, f"{{{region.contig}}}")
            bounds = [int(number.replace(",", "")) for number in numbers.split("-")]
            assert bounds == [region.start + 1, region.end]
            assert 0 <= region.start < region.end < 10**18

    fuzz(case)


def bins_by_line(rows: list[tuple[str, int, int, int]]) -> list[int]:
    """The bins of four bases that peaks touch: nine on chr1, four and a rest of two on 2."""
    numbers = {"chr1": (36, 0), "1": (36, 0), "chr2": (18, 9), "2": (18, 9)}
    bins = set()
    for name, start, end, _ in rows:
        size, first = numbers.get(name, (0, 0))
        bins |= {first + base // 4 for base in range(start, min(end, size // 4 * 4))}
    return sorted(bins)


def test_damaged_targets_and_peaks(tmp_path, fuzz):
    grid = Grid(Reference(write_fasta(tmp_path / "g.fa", {"chr1": "ACGT" * 9, "2": "GG" * 9})), 4)
    table, peaks = tmp_path / "t.tsv", tmp_path / "p.bed"

    def case(random):
        text = b"name\tpath\tgroup\nCTCF\tp.bed\tTF\nH3K4me3\tp.bed\thistone\n"
        table.write_bytes(mutate(text, random) if random.integers(2) else text)
        peaks.write_bytes(mutate(BED, random) if random.integers(2) else BED)
        targets, paths = read_targets(table)
        assert len(targets) == len(paths) > 0
        overlaps = read_overlaps(paths, grid, min_overlap=0.5)
        expected = bins_by_line(bed_by_line(peaks.read_bytes()))
        for path, overlap in zip(paths, overlaps, strict=True):
            assert overlap.bins.tolist() == expected or not path.samefile(peaks)

    fuzz(case)


def test_a_damaged_cache(tmp_path, monkeypatch, fuzz):
    monkeypatch.setenv("DANQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "_TICK", 0)
    path = write_fasta(tmp_path / "g.fa", {"chr1": "ACGTN" * 9, "chr2": "GG"})
    Reference(path)
    (folder,) = (tmp_path / "cache").iterdir()

    def case(random):
        member = folder / ("codes.u8", "index.json")[random.integers(2)]
        # A file of its own, as times do not tell changes of one millisecond apart.
        (tmp_path / "damaged").write_bytes(mutate(member.read_bytes(), random))
        (tmp_path / "damaged").replace(member)
        reference = Reference(path)
        assert reference.contigs == {"chr1": 45, "chr2": 2}
        assert decode(reference.codes("chr1", 0, 45)) == "ACGTN" * 9
        assert decode(reference.codes("chr2", 0, 2)) == "GG"

    fuzz(case)

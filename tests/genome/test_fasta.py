"""FASTA files against pyfaidx, spellings of one sequence, and each kind of fault by its line."""

from __future__ import annotations

import gzip
import os
import shutil
import threading

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyfaidx import Fasta

from danq.errors import InputError
from danq.genome import Reference, decode, fasta, files
from tests.conftest import write_fasta


def _write(tmp_path, text: str | bytes, name: str = "g.fa"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _sequences(path) -> dict[str, str]:
    reference = Reference(path)
    return {name: decode(reference.codes(name, 0, n)) for name, n in reference.contigs.items()}


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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(">a\nACGT\nAC\n>b\nTT\n", id="Plain"),
        pytest.param(">a\r\nACGT\r\nAC\r\n>b\r\nTT\r\n", id="CarriageReturns"),
        pytest.param(">a\nACGT\r\nAC\n>b\r\nTT\n", id="MixedEnds"),
        pytest.param(">a\nACGT\nAC\n>b\nTT", id="NoLastEnd"),
        pytest.param("> a\nACGT\nAC\n>\tb x\nTT\n", id="BlankBeforeName"),
        pytest.param("\n\r\n>a\nACGT\nAC\n>b\nTT\n", id="BlankLinesFirst"),
        pytest.param(">a\nACGT\nAC\n\n\n\n>b\nTT\n", id="BlankLinesBetween"),
        pytest.param(">a\nACGT\nAC\n>b\nTT\n\n\r\n\n", id="BlankLinesLast"),
        pytest.param("\ufeff>a\nACGT\nAC\n>b\nTT\n", id="ByteOrderMark"),
        pytest.param("\ufeff\n>a\nACGT\nAC\n>b\nTT\n", id="ByteOrderMarkBlankLine"),
        pytest.param(">a é\nACGT\nAC\n>b\nTT\n", id="Utf8"),
        pytest.param(b">a \xe9\nACGT\nAC\n>b\nTT\n", id="Latin1"),
        pytest.param(">a\nACGU\nac\n>b\nuU\n", id="Rna"),
    ],
)
@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_spellings_of_one_sequence(tmp_path, monkeypatch, text, block):
    monkeypatch.setattr(files, "BLOCK", block)
    path = _write(tmp_path, text)
    expected = {"a": "ACGTAC", "b": "TT"}
    assert _sequences(path) == expected
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert _sequences(tmp_path / "g.fa.gz") == expected


def test_a_carriage_return_inside_a_line_shifts_nothing_unseen(tmp_path):
    path = _write(tmp_path, ">c\nACGTACGTAC\nAC\rTACGTAC\nACGT\n")
    with pytest.raises(InputError, match=r"g\.fa, line 3: found a carriage return inside a line"):
        Reference(path)


@pytest.mark.parametrize("name", ["g.fa.gz", "g.zip", "g.bz2", "g", "g[1]*?.fa", "x" * 255])
@pytest.mark.parametrize("compressed", [False, True])
def test_the_name_does_not_matter(tmp_path, name, compressed):
    text = b">a\nACGT\n"
    path = _write(tmp_path, gzip.compress(text) if compressed else text, name)
    assert _sequences(path) == {"a": "ACGT"}


def test_names_that_are_not_utf8(tmp_path, monkeypatch):
    monkeypatch.delenv("DANQ_CACHE")
    path = tmp_path / os.fsdecode(b"g\xff.fa")
    path.write_text(">a\nACGT\n")
    assert _sequences(path) == {"a": "ACGT"}
    path.write_text(">a\nACGE\n")
    with pytest.raises(InputError, match=r"g\\xff\.fa, line 2") as caught:
        Reference(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("width", [1, 7, 60, 10**6])
def test_pieces_follow_one_another(tmp_path, monkeypatch, width):
    monkeypatch.setattr(fasta, "_PIECE", 7)
    contigs = {"a": "ACGTNTTGACA" * 20, "b": "C", "c": "GGT" * 7}
    assert _sequences(write_fasta(tmp_path / "g.fa", contigs, width)) == contigs


def test_nothing_is_written_beside_the_file(tmp_path):
    folder = tmp_path / "genome"
    folder.mkdir()
    Reference(_write(folder, ">a\nACGT\n"))
    Reference(_write(folder, gzip.compress(b">a\nACGT\n"), "g.fa.gz"))
    assert sorted(path.name for path in folder.iterdir()) == ["g.fa", "g.fa.gz"]


def _index(tmp_path, text: str, *, age: int) -> None:
    """Write an index that is some seconds older or newer than g.fa."""
    index = _write(tmp_path, text, "g.fa.fai")
    made = (tmp_path / "g.fa").stat().st_mtime_ns
    os.utime(index, ns=(made, made + age * 10**9))


@pytest.mark.parametrize(
    "index",
    [
        pytest.param("a\t6\t3\t4\t5\nb\t2\t14\t2\t3\n", id="Right"),
        pytest.param("a\t6\t3\t4\t5\n", id="ContigMissing"),
        pytest.param("b\t6\t3\t4\t5\na\t2\t14\t2\t3\n", id="NamesSwapped"),
        pytest.param("a\t5\t3\t4\t5\nb\t2\t14\t2\t3\n", id="Shorter"),
        pytest.param("a\t6\t2\t4\t5\nb\t2\t14\t2\t3\n", id="Shifted"),
        pytest.param("a\t6\t3\t3\t4\nb\t2\t14\t2\t3\n", id="OtherWidth"),
        pytest.param("a\t6\t3\t5\t6\nb\t2\t14\t2\t3\n", id="OtherWidthSameSize"),
        pytest.param(f"a\t6\t3\t4\t5\nb\t{10**30}\t14\t2\t3\n", id="Huge"),
        pytest.param(f"a\t{'9' * 5000}\t3\t4\t5\n", id="ManyDigits"),
        pytest.param("a\t6\t-3\t4\t5\n", id="Negative"),
        pytest.param("a\t6\t3\t0\t0\nb\t2\t14\t2\t3\n", id="NoWidth"),
        pytest.param("not an index\n", id="Text"),
        pytest.param("", id="Empty"),
    ],
)
@pytest.mark.parametrize("age", [-10, 10])
def test_an_index_changes_nothing(tmp_path, index, age):
    path = _write(tmp_path, ">a\nACGT\nAC\n>b\nTT\n")
    _index(tmp_path, index, age=age)
    assert _sequences(path) == {"a": "ACGTAC", "b": "TT"}
    assert (tmp_path / "g.fa.fai").read_text() == index


@pytest.mark.parametrize(("age", "is_used"), [(10, True), (-10, False), (0, False)])
def test_only_a_newer_index_is_used(tmp_path, monkeypatch, age, is_used):
    path = _write(tmp_path, ">a\nACGT\nAC\n>b\nTT\n")
    _index(tmp_path, "a\t6\t3\t4\t5\nb\t2\t14\t2\t3\n", age=age)
    opened = []
    monkeypatch.setattr(
        fasta,
        "Faidx",
        lambda *a, _open=fasta.Faidx, **k: opened.append(k["indexname"]) or _open(*a, **k),
    )
    Reference(path)
    assert [index == tmp_path / "g.fa.fai" for index in opened] == [is_used]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "is empty, expected FASTA", id="Empty"),
        pytest.param("\n\n", "is empty, expected FASTA", id="OnlyBlankLines"),
        pytest.param("ACGT\n", r'line 1: found "ACGT", expected a FASTA header', id="NoHeader"),
        pytest.param("\n;x\n>a\nA\n", r'line 2: found ";x", expected a FASTA', id="Comment"),
        pytest.param(">a\nAC\n>a\nAC\n", r'line 3: found a second contig named "a"', id="Twice"),
        pytest.param(">a\nACGT\nAC\nACGT\n", r"line 4: found a line after one", id="ShortInside"),
        pytest.param(">a\nAC\nACGT\n", r"line 3: found a line of 4 bases where", id="LongInside"),
        pytest.param(">a\nAC\nACG\n", r"line 3: found a line of 3 bases where", id="LongerLast"),
        pytest.param(">a\nAC\nACG", r"line 3: found a line of 3 bases", id="LongerLastNoEnd"),
        pytest.param(">a\nAC\nACG\n>b\nA\n", r"line 3: found a line of 3", id="LongerBetween"),
        pytest.param(">a\nACG\nAC\nACG\nA", r"line 4: found a line after one", id="ShortThenOne"),
        pytest.param(">a\nAC\n\nAC\n", r"line 4: found a line after one", id="BlankInside"),
        pytest.param(">a\n\nAC\n", r"line 3: found a line after one", id="BlankFirst"),
        pytest.param(">a\nACGT\nACEA\n", r'line 3: found "E", expected an IUPAC', id="Letter"),
        pytest.param(">a\nACGT\nAC A\n", r'line 3: found " ", expected an IUPAC', id="Blank"),
        pytest.param(">a\nACGT \n", r'line 2: found " ", expected an IUPAC', id="BlankAtEnd"),
        pytest.param(">a\nACGT\nAé\n", r'line 3: found ".xc3", expected an IUPAC', id="NoAscii"),
        pytest.param(">a\n>b\nACGT\n", r'line 1: contig "a" has no bases', id="NoBases"),
        pytest.param(">a\nACGT\n>b\n", r'line 3: contig "b" has no bases', id="NoBasesAtEnd"),
        pytest.param(">\nACGT\n", r"line 1: found a header without a name", id="NoName"),
        pytest.param(">a\rACGT\r", r"line 1: found a carriage return inside", id="OnlyReturns"),
        pytest.param(">a\nAC\r\r\nAC\n", r"line 2: found a carriage return", id="TwoReturns"),
        pytest.param(">a\n" + "A" * 99 + "\n>" + "b" * 99 + "\n", r'3: contig "b{40}…"', id="Long"),
        pytest.param("@a\nAC\n+\nII\n", r'line 1: found "@a", expected a FASTA', id="Fastq"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, message):
    path = _write(tmp_path, text)
    with pytest.raises(InputError, match=message):
        Reference(path)
    shutil.move(path, tmp_path / "plain")
    path.write_bytes(gzip.compress(text.encode()))
    with pytest.raises(InputError, match=message):
        Reference(path)


def test_missing_and_truncated_files(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Reference(tmp_path / "absent.fa")
    with pytest.raises(InputError, match="cannot be read"):
        Reference("g\0.fa")
    with pytest.raises(InputError, match="is a folder"):
        Reference(tmp_path)
    packed = gzip.compress(b">a\n" + os.urandom(5_000).hex().replace("e", "a").encode())
    with pytest.raises(InputError, match="truncated or damaged"):
        Reference(_write(tmp_path, packed[:2_000], "cut.fa.gz"))
    plain = write_fasta(tmp_path / "g.fa", {"a": "ACGT" * 40_000})
    pysam.tabix_compress(str(plain), str(tmp_path / "g.fa.gz"))
    whole = (tmp_path / "g.fa.gz").read_bytes()
    with pytest.raises(InputError, match="without its end marker"):
        Reference(_write(tmp_path, whole[:-28], "cut.bgz"))


def test_a_pipe_is_no_genome(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is a pipe or device"):
        Reference(tmp_path / "pipe")


@pytest.fixture
def piped(tmp_path):
    """Read a text through a pipe, as `danq predict --fasta` may."""

    def read(text: str) -> list[fasta.Piece]:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "scratch").mkdir()
        writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
        writer.start()
        try:
            return list(fasta.read_fasta(tmp_path / "pipe", tmp_path / "scratch", strict=False))
        finally:
            writer.join()

    return read


def test_a_pipe_is_read_once(piped):
    pieces = piped("\n>a\nACGT\nAC\n>a\nTT\n")
    read = [(piece.name, piece.start, decode(piece.codes)) for piece in pieces]
    assert read == [("a", 0, "ACGTAC"), ("a", 0, "TT")]


def test_a_fault_in_a_pipe_is_named(piped):
    with pytest.raises(InputError, match=r'pipe: found "!", expected an IUPAC base'):
        piped(">a\nACGT\nA!\n>a\nTT\n")


@pytest.mark.parametrize("compressed", [False, True])
def test_lines_of_any_length_up_to_the_bound(tmp_path, monkeypatch, compressed):
    pack = gzip.compress if compressed else bytes
    sequence = "ACGT" * 5_000
    path = _write(tmp_path, pack(f">a\n{sequence}\n>b\nTT\n".encode()))
    assert _sequences(path) == {"a": sequence, "b": "TT"}
    monkeypatch.setattr(files, "BLOCK", 1_000)
    monkeypatch.setattr(files.whole_lines, "__kwdefaults__", {"longest": 10_000})
    os.utime(path, ns=(0, 0))
    with pytest.raises(InputError, match=r"g\.fa, line 2: is longer than"):
        Reference(path)


@pytest.mark.parametrize("lines", ["ACG\nACGTN\nA", "ACGT\nACGT\nAC\nA", "ACG\nACGTN\nA\n"])
def test_lines_that_become_uneven_just_before_the_end(tmp_path, lines):
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{lines}")
    with pytest.raises(InputError, match=r"g\.fa, line [35]"):
        Reference(path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["Plain", "Gzip"])
def test_contigs_that_are_not_utf8_are_not_taken_for_each_other(tmp_path, pack):
    path = _write(tmp_path, pack(b">a\xe9 x\nACGT\n>a\xff x\nAC\n"))
    with pytest.raises(InputError, match=r'line 1: found "a\\xe9 x", expected a contig.s name in'):
        Reference(path)
    path = _write(tmp_path, pack(">a\N{REPLACEMENT CHARACTER} x\nACGT\n".encode()), "other.fa")
    assert _sequences(path) == {"a\N{REPLACEMENT CHARACTER}": "ACGT"}


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["Plain", "Gzip"])
@pytest.mark.parametrize("letters", [(1 << 20) - 4, 12 << 20])
def test_a_header_without_end_is_refused(tmp_path, pack, letters):
    path = _write(tmp_path, pack(b">a\nACGT\n>b " + b"x" * letters + b"\nACGT\n"))
    if letters < 1 << 20:
        assert _sequences(path) == {"a": "ACGT", "b": "ACGT"}
    else:
        with pytest.raises(InputError, match=r"line 3: found a header of 12,582,914 bytes, expe"):
            Reference(path)

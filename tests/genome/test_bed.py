"""BED files against a reader that goes line by line, and each kind of bad line by name."""

from __future__ import annotations

import gzip

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danq.errors import InputError
from danq.genome import files, read_bed


def test_a_bed_file_with_all_that_is_allowed(tmp_path):
    path = tmp_path / "peaks.bed.gz"
    path.write_bytes(
        gzip.compress(
            b"# comment\r\nbrowser position chr1:1-100\r\ntrack name=x\r\n\r\n"
            b"chr2\t10\t20\tname\t0\t.\t1.5\t-1\t-1\t5\r\nchr1 5 6\r\nchr2\t0\t15"
        )
    )
    peaks = read_bed(path)
    assert peaks.contigs == ["chr2", "chr1"]
    assert peaks.contig.tolist() == [0, 1, 0]
    assert peaks.start.tolist() == [10, 5, 0]
    assert peaks.end.tolist() == [20, 6, 15]
    assert peaks.line.tolist() == [5, 6, 7]


def test_an_empty_bed_file_has_no_intervals(tmp_path):
    (tmp_path / "none.bed").write_text("")
    assert len(read_bed(tmp_path / "none.bed")) == 0


def test_a_byte_order_mark_is_no_part_of_a_contigs_name(tmp_path):
    for name, line in (("data", "chr1\t1\t2\n"), ("comment", "# peaks\nchr1\t1\t2\n")):
        path = tmp_path / f"{name}.bed"
        path.write_text(line, encoding="utf-8-sig")
        assert read_bed(path).contigs == ["chr1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("chr1\t5", "found 2 columns, expected at least", id="Columns"),
        pytest.param("chr1\tfive\t6", 'found "five", "6", expected start and end', id="Letters"),
        pytest.param("chr1\t1_0\t60", 'found "1_0", "60", expected start', id="Underscore"),
        pytest.param(f"chr1\t1\t{10**20}", f'found "1", "{10**20}", expected', id="Huge"),
        pytest.param(f"chr1\t1\t{'9' * 5000}", r'found "1", "9{40}…" \(5000', id="ManyDigits"),
        pytest.param("chr1\t6\t6", "found start 6 and end 6, expected an interval", id="Empty"),
        pytest.param("chr1\t-1\t6", 'found "-1", "6", expected start and end', id="Negative"),
        pytest.param("chr1\t7\t6\tname", "found start 7 and end 6, expected", id="Backward"),
        pytest.param("chr1\t\t6", "found 2 columns, expected at least", id="Missing"),
        pytest.param("chr1\t\t6\tx", 'found "6", "x", expected start and end', id="Shifted"),
        pytest.param("chr1\v5\t6", "found 2 columns, expected at least", id="VerticalTab"),
        pytest.param(" chr1\t5\t6", 'found " chr1.*", expected a line that', id="Blank"),
        pytest.param(" \t5\t6", 'found " .t5.t6", expected a line that', id="BlankContig"),
        pytest.param("\t5\t6", 'found ".t5.t6", expected a line that', id="NoContig"),
        pytest.param("tracks\t5", "found 2 columns, expected at least", id="NoTrackLine"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "bad.bed"
    path.write_text(f"chr1\t1\t2\n{line}\n")
    with pytest.raises(InputError, match=rf"bad\.bed, line 2: {message}"):
        read_bed(path)


@pytest.mark.parametrize(
    "line",
    [
        "chr1\t600 \t800",
        "chr1 \t600\t800",
        "chr1\t\t600\t800",
        "chr1 600\t800\t900",
        "chr1 600 800 ",
        "chr1\t600\t800 \t",
        "chr1  \t 600 \t\t800 name",
    ],
)
def test_fields_are_separated_by_any_tabs_and_spaces(tmp_path, line):
    (tmp_path / "p.bed").write_text(f"chr2\t1\t2\tname\n{line}\nchr1\t7\t9\ta name\n")
    peaks = read_bed(tmp_path / "p.bed")
    assert peaks.contigs == ["chr2", "chr1"]
    assert peaks.start.tolist() == [1, 600, 7]
    assert peaks.end.tolist() == [2, 800, 9]


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path):
    with gzip.open(tmp_path / "p.bed.gz", "wb", compresslevel=1) as out:
        out.write(b"chr1\t1\t2\nchr1\t3\t4\t")
        for _ in range(64):
            out.write(b"x" * (1 << 20))
    with pytest.raises(InputError, match=r"gz, line 2: is longer than 16 MiB, expected shorter"):
        read_bed(tmp_path / "p.bed.gz")


def test_intervals_of_no_length_are_left_out_and_counted(tmp_path, caplog):
    path = tmp_path / "peaks.bed"
    path.write_text("chr1\t1\t2\nchr1\t6\t6\nchr2\t0\t0\nchr1\t3\t9\n")
    found = read_bed(path, drop_empty=True)
    assert found.contigs == ["chr1"]
    assert found.start.tolist() == [1, 3]
    assert found.line.tolist() == [1, 4]
    assert "peaks.bed: left out 2 intervals of no length, the first in line 2" in caplog.text


NAMES = st.sampled_from(
    ["chr1", "chr10", "1", "chrUn_gl000220", "tiny", "browserish", "x" * 70, "1\0"]
)
DATA = st.tuples(NAMES, st.integers(0, 10**9), st.integers(1, 10**6)).map(
    lambda row: f"{row[0]}\t{row[1]}\t{row[1] + row[2]}"
)
FURTHER = st.integers(0, 9).map(lambda count: "\tmore" * count)
LINES = st.one_of(
    st.tuples(DATA, FURTHER).map("".join),
    DATA.map(lambda line: line.replace("\t", "  ")),
    st.tuples(DATA, st.sampled_from([" \t", "\t ", "\t\t", " "])).map(
        lambda pair: pair[0].replace("\t", pair[1], 1) + pair[1]
    ),
    st.sampled_from(
        [
            "",
            "  ",
            "# chr1\t1\t2",
            "track name=a\tb\tc",
            "browser\thide all",
            "track",
            "track\t1\t2",
        ]
    ),
)


def by_line(text):
    """What each line holds, the plain way."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words and not line.startswith("#") and words[0] not in ("track", "browser"):
            rows.append((words[0], int(words[1]), int(words[2]), number))
    return rows


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block", [1, 40, 1 << 20])
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(lines=st.lists(LINES, max_size=30), whole=st.booleans())
def test_any_file_reads_as_line_by_line(tmp_path, block, ending, lines, whole):
    text = ending.join(lines) + ending * whole
    path = tmp_path / "any.bed"
    path.write_bytes(text.encode())
    before, files.BLOCK = files.BLOCK, block
    try:
        found = read_bed(path)
    finally:
        files.BLOCK = before
    names = [found.contigs[number] for number in found.contig]
    rows = list(
        zip(names, *map(np.ndarray.tolist, (found.start, found.end, found.line)), strict=True)
    )
    assert rows == by_line(text)
    assert found.contigs == list(dict.fromkeys(names))


@pytest.mark.parametrize("bad", [0, 1, 700, 1999])
def test_the_first_bad_line_is_told_wherever_it_stands(tmp_path, bad):
    lines = [f"chr{number % 7}\t{number}\t{number + 50}\tname" for number in range(2000)]
    lines[bad] = "chr1\t9\tx"
    lines[1999] = lines[1999] if bad == 1999 else "chr1\t5"
    (tmp_path / "bad.bed").write_text("\n".join(lines))
    with pytest.raises(InputError, match=rf'bad\.bed, line {bad + 1}: found "9", "x"'):
        read_bed(tmp_path / "bad.bed")


def test_compressed_files_read_alike(tmp_path):
    text = b"chr2\t10\t20\nchr1\t0\t5\n" * 3
    (tmp_path / "p.bed").write_bytes(text)
    (tmp_path / "p.bed.gz").write_bytes(gzip.compress(text))
    pysam.tabix_compress(str(tmp_path / "p.bed"), str(tmp_path / "p.bgz"))
    plain, *packed = (read_bed(tmp_path / name) for name in ("p.bed", "p.bed.gz", "p.bgz"))
    for other in packed:
        assert other.contigs == plain.contigs
        for column in ("contig", "start", "end", "line"):
            assert np.array_equal(getattr(other, column), getattr(plain, column))


def test_numbers_up_to_the_largest(tmp_path):
    (tmp_path / "p.bed").write_text(f"chr1\t{10**18 - 2}\t{10**18 - 1}\nchr1\t000\t{'0' * 17}7\n")
    found = read_bed(tmp_path / "p.bed")
    assert found.start.tolist() == [10**18 - 2, 0]
    assert found.end.tolist() == [10**18 - 1, 7]


@pytest.mark.parametrize("rows", ["chr\t1\t2\n", "chr  1  2\n"], ids=["Tabs", "Blanks"])
def test_contigs_that_are_not_utf8_are_not_taken_for_each_other(tmp_path, rows):
    path = tmp_path / "p.bed"
    lines = rows.encode() * 4
    path.write_bytes(lines + rows.encode().replace(b"chr", b"chr\xff"))
    with pytest.raises(InputError, match=r'p\.bed, line 5: found "chr\\xff", expected .* UTF-8'):
        read_bed(path)
    path.write_bytes(lines + b"# \xff\nchr\t3\t4\t\xff\n")
    assert read_bed(path).contigs == ["chr"]

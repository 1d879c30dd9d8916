from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.errors import InputError
from danq.genome import Region, parse_region, read_bed
from danq.genome.intervals import Coverage


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


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("chr1\t5", "found 2 columns, expected at least", id="Columns"),
        pytest.param("chr1\tfive\t6", "found 'five', '6', expected start and end", id="Letters"),
        pytest.param("chr1\t1_0\t60", "found '1_0', '60', expected start", id="Underscore"),
        pytest.param(f"chr1\t1\t{10**20}", f"found '1', '{10**20}', expected", id="Huge"),
        pytest.param("chr1\t6\t6", "found start 6 and end 6, expected", id="Empty"),
        pytest.param("chr1\t-1\t6", "found '-1', '6', expected start and end", id="Negative"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "bad.bed"
    path.write_text(f"chr1\t1\t2\n{line}\n")
    with pytest.raises(InputError, match=rf"bad\.bed, line 2: {message}"):
        read_bed(path)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("chr8", Region("chr8")),
        ("chr22:40,000,001-42,000,000", Region("chr22", 40_000_000, 42_000_000)),
        ("1:1-1", Region("1", 0, 1)),
    ],
)
def test_regions_are_one_based_inclusive(text, region):
    assert parse_region(text) == region
    assert parse_region(str(region)) == region


@pytest.mark.parametrize("text", ["", "chr1:5", "chr1:5-4", "chr1:0-4", "chr1:a-b", "chr1:,-,"])
def test_what_is_no_region_is_refused(text):
    with pytest.raises(InputError, match="found region"):
        parse_region(text)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=8),
    st.lists(st.integers(0, 60), min_size=1, max_size=5),
)
def test_coverage_equals_painting_bases(pairs, positions):
    painted = np.zeros(64, dtype=int)
    for start, length in pairs:
        painted[start : start + length] = 1
    starts = np.array([start for start, _ in pairs], dtype=np.int64)
    ends = starts + np.array([length for _, length in pairs], dtype=np.int64)
    coverage = Coverage(starts, ends)
    expected = [painted[:position].sum() for position in positions]
    assert coverage.before(np.array(positions)).tolist() == expected
    assert (coverage.start[1:] > coverage.end[:-1]).all()

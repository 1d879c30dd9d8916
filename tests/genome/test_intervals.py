from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.errors import InputError
from danq.genome import Region, parse_region
from danq.genome.intervals import Coverage


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("chr8", Region("chr8")),
        ("chr22:40,000,001-42,000,000", Region("chr22", 40_000_000, 42_000_000)),
        ("1:1-1", Region("1", 0, 1)),
        ("{chr1}", Region("chr1")),
        ("{HLA-A*01:01:01:01}", Region("HLA-A*01:01:01:01")),
        ("{HLA-A*01:01:01:01}:2-3", Region("HLA-A*01:01:01:01", 1, 3)),
        ("HLA-A*01:01:01:01:2-3", Region("HLA-A*01:01:01:01", 1, 3)),
        (f"chr1:1-{10**18 - 1}", Region("chr1", 0, 10**18 - 1)),
    ],
)
def test_regions_are_one_based_inclusive(text, region):
    assert parse_region(text) == region
    assert parse_region(str(region)) == region


@pytest.mark.parametrize(
    "text",
    ["", "chr1:5", "chr1:5-4", "chr1:0-4", "chr1:a-b", "chr1:,-,", "{chr1", "{}", "{a}b", "a\nb"]
    + ["chr1:٣-٤", "HLA-A*01:01"]
    + [f"chr1:{number}-{number}" for number in (10**18, "9" * 30, "9" * 5000)],
)
def test_what_is_not_a_region_is_refused(text):
    with pytest.raises(InputError, match="found region") as caught:
        parse_region(text)
    assert len(str(caught.value)) < 200
    assert str(caught.value).isprintable()


NAMES = ["chr1", "chr2:1-60", "HLA-A*01:01:01:01", "chrUn:5"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_colons_is_a_contig_where_there_is_one(name):
    assert parse_region(name, NAMES) == Region(name)
    assert parse_region(f"{name}:1-9", NAMES) == Region(name, 0, 9)
    assert parse_region(str(Region(name)), ()) == Region(name)


def test_a_region_that_could_be_two_things_is_refused_as_in_samtools():
    names = ["chr1", "chr1:1-60"]
    message = r'which is a contig .* expected "{chr1:1-60}" or "{chr1}:1-60"'
    with pytest.raises(InputError, match=message):
        parse_region("chr1:1-60", names)
    assert parse_region("{chr1:1-60}", names) == Region("chr1:1-60")
    assert parse_region("{chr1}:1-60", names) == Region("chr1", 0, 60)
    assert parse_region("chr1:1-59", names) == Region("chr1", 0, 59)


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

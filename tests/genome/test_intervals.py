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

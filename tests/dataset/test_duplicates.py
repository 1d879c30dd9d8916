"""Equal sequences across splits, against a dictionary of strings."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.dataset import duplicates
from danq.dataset.duplicates import count_shared, equal_sequences, find_leaks
from danq.dataset.splits import SPLITS
from danq.genome import decode, encode, reverse_complement


def _canonical(row):
    return min(decode(row), decode(reverse_complement(row)))


def _oracle(codes, split):
    """Windows by sequence, and the splits that each stands in."""
    rows = defaultdict(list)
    for row, window in enumerate(codes):
        rows[_canonical(window)].append(row)
    first = np.full(len(codes), -1)
    for places in rows.values():
        if len({split[place] for place in places}) > 1:
            first[places] = places[0]
    return first


def _check(codes, split):
    first = equal_sequences(lambda rows: codes[rows], split)
    expected = _oracle(codes, split)
    assert first.tolist() == expected.tolist()
    for one in count_shared(first, split):
        a, b = (split == SPLITS.index(name) for name in one.splits)
        texts = [{_canonical(row) for row in codes[rows]} for rows in (a, b)]
        both = texts[0] & texts[1]
        counts = [sum(_canonical(row) in both for row in codes[rows]) for rows in (a, b)]
        assert list(one.windows) == counts
    kept = ~find_leaks(first, split)
    assert not any(
        any(one.windows) for one in count_shared(_oracle(codes[kept], split[kept]), split[kept])
    )
    # Nothing goes but what a later split has.
    for row in np.flatnonzero(~kept):
        text = _canonical(codes[row])
        assert any(
            split[other] > split[row] and _canonical(codes[other]) == text
            for other in range(len(codes))
        )
    assert kept[split == SPLITS.index("test")].all()


@given(st.integers(0, 10**6), st.integers(1, 20), st.integers(0, 60), st.integers(2, 5))
def test_short_windows_of_few_letters(seed, length, count, letters):
    random = np.random.default_rng(seed)
    codes = random.integers(0, letters, (count, length), dtype=np.uint8)
    _check(codes, random.integers(0, 3, count).astype(np.uint8))


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_copies_on_either_strand(monkeypatch, block):
    monkeypatch.setattr(duplicates, "BLOCK", block)
    random = np.random.default_rng(3)
    codes = random.integers(0, 5, (200, 97), dtype=np.uint8)
    for row in range(0, 60, 3):
        codes[100 + row] = codes[row]
        codes[101 + row] = reverse_complement(codes[row])
        codes[102 + row] = codes[row]
        codes[102 + row, 50] = (codes[row, 50] + 1) % 5
    _check(codes, random.integers(0, 3, 200).astype(np.uint8))


@pytest.mark.parametrize("same", [lambda words: 0, lambda words: words[:, 0] % np.uint64(3)])
def test_equal_hashes_are_not_equal_windows(monkeypatch, same):
    monkeypatch.setattr(
        duplicates, "_hash", lambda words: np.zeros(len(words), np.uint64) + same(words)
    )
    random = np.random.default_rng(4)
    codes = random.integers(0, 4, (60, 8), dtype=np.uint8)
    codes[40:] = codes[:20]
    _check(codes, random.integers(0, 3, 60).astype(np.uint8))


def test_a_hand_worked_case():
    codes = np.stack([encode(text) for text in ("AACG", "CGTT", "AACG", "ACGT", "AACN", "NGTT")])
    split = np.array([0, 2, 0, 1, 0, 1], np.uint8)
    first = equal_sequences(lambda rows: codes[rows], split)
    assert first.tolist() == [0, 0, 0, -1, 4, 4]
    assert [one.windows for one in count_shared(first, split)] == [(1, 1), (2, 1), (0, 0)]
    assert find_leaks(first, split).tolist() == [True, False, True, False, True, False]

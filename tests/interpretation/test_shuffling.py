"""Dinucleotide shuffles: the pairs stay, and every sequence that has them is equally likely."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.genome import encode
from danq.genome.sequence import UNKNOWN, decode
from danq.interpretation.methods.shuffling import shuffle_dinucleotides

SEQUENCES = st.text("ACGTN", max_size=60)


def shuffles(text, number, seed=1):
    rows = shuffle_dinucleotides(encode(text), number, np.random.default_rng(seed))
    assert (rows.shape, rows.dtype) == ((number, len(text)), np.uint8)
    return [decode(row) for row in rows]


def pairs(text):
    return Counter(itertools.pairwise(text))


@given(SEQUENCES, st.integers(0, 2**32 - 1))
def test_pairs_ends_and_unknown_bases_stay(text, seed):
    for shuffled in shuffles(text, 3, seed):
        assert pairs(shuffled) == pairs(text)
        runs, originals = shuffled.split("N"), text.split("N")
        assert [len(run) for run in runs] == [len(run) for run in originals]
        for run, original in zip(runs, originals, strict=True):
            assert pairs(run) == pairs(original)
            assert run[:1] + run[-1:] == original[:1] + original[-1:]


@pytest.mark.parametrize("text", ["AACAGACTA", "AAAAACAAC", "TGTGGTTTG", "ACGTCATGC", "ACACGCATC"])
def test_every_sequence_of_the_same_pairs_is_equally_likely(text):
    middles = set(itertools.permutations(text[1:-1]))
    possible = {text[0] + "".join(middle) + text[-1] for middle in middles}
    possible = {other for other in possible if pairs(other) == pairs(text)}
    assert len(possible) > 3
    number = 2_000 * len(possible)
    drawn = Counter(shuffles(text, number))
    assert drawn.keys() == possible
    # Chi-squared, whose mean is the number of degrees of freedom: five deviations above it.
    freedom = len(possible) - 1
    off = sum((count - 2_000) ** 2 for count in drawn.values()) / 2_000
    assert off < freedom + 5 * np.sqrt(2 * freedom)


def test_a_long_sequence_is_shuffled_all_over():
    codes = np.random.default_rng(3).integers(0, 4, 1_000).astype(np.uint8)
    rows = shuffle_dinucleotides(codes, 25, np.random.default_rng(1))
    assert len(np.unique(rows, axis=0)) == 25
    agree = (rows == codes).mean(axis=0)
    # By chance a quarter of them agree, whichever part of the sequence is looked at.
    assert agree.reshape(10, 100).mean(axis=1) == pytest.approx(0.25, abs=0.1)


def test_the_seed_decides():
    text = "ACGTTGCAAGCTTACGGATCCA" * 3
    assert shuffles(text, 5, seed=4) == shuffles(text, 5, seed=4)
    assert shuffles(text, 5, seed=4) != shuffles(text, 5, seed=5)


@pytest.mark.parametrize("text", ["", "A", "AC", "ACG", "AAAAAAAA", "N", "NNNNN", "ACNNGTNA"])
def test_what_has_no_other_order_stays(text):
    assert shuffles(text, 4) == [text] * 4


def test_no_shuffles():
    assert shuffles("ACGTACGT", 0) == []


def test_what_is_shuffled_stays_as_it_was():
    codes = encode("ACGTTGCAAGNTTACG")
    before = codes.copy()
    shuffle_dinucleotides(codes, 3, np.random.default_rng(1))
    assert np.array_equal(codes, before)
    assert UNKNOWN in codes

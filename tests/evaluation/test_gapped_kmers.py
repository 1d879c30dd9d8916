from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from danq.evaluation import (
    GappedKmerBaseline,
    KmerBaseline,
    canonical_kmers,
    kmer_counts,
    per_target,
)
from danq.evaluation.baselines import gapped_kmers as module
from danq.evaluation.baselines.gapped_kmers import (
    canonical_gapped_kmers,
    gapped_kmer_counts,
    gapped_kmer_features,
)
from danq.genome import decode, encode, reverse_complement
from tests.evaluation.test_kmers import random_codes


def words_of(text, length, k):
    """Every gapped word of a text: choose where, choose which bases are told."""
    for span in range(k, length + 1):
        for inner in combinations(range(1, span - 1), max(0, k - 2)):
            told = {0, *inner, span - 1}
            if len(told) != k:
                continue
            for start in range(len(text) - span + 1):
                piece = text[start : start + span]
                word = "".join(base if i in told else "." for i, base in enumerate(piece))
                if "N" not in word:
                    yield word


def other_strand(word):
    return word[::-1].translate(str.maketrans("ACGT", "TGCA"))


@pytest.mark.parametrize(("length", "k"), [(6, 4), (5, 3), (4, 4), (7, 2), (3, 1)])
def test_counts_are_those_of_a_loop(length, k, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 3)
    codes = random_codes(np.random.default_rng(0), 7, 40, unknown=0.05)
    names = canonical_gapped_kmers(length, k)
    known = set(names)
    expected = np.zeros((len(codes), len(names)), int)
    for row, text in enumerate(map(decode, codes)):
        tally = Counter(
            word if word in known else other_strand(word) for word in words_of(text, length, k)
        )
        assert set(tally) <= known
        expected[row] = [tally[name] for name in names]
    assert expected.sum() > 0
    np.testing.assert_array_equal(gapped_kmer_counts(codes, length=length, k=k), expected)


@pytest.mark.parametrize(
    ("length", "k", "number"),
    [(1, 1, 2), (3, 2, 10 + 10), (6, 4, 1312), (6, 6, 2080)],
)
def test_a_word_and_its_reverse_complement_are_one(length, k, number):
    names = canonical_gapped_kmers(length, k)
    assert len(names) == len(set(names)) == number
    assert not {other_strand(name) for name in names if other_strand(name) != name} & set(names)
    assert all(name[0] != "." != name[-1] for name in names)
    assert {len(name.replace(".", "")) for name in names} == {k}


def test_words_without_gaps_are_kmers():
    codes = random_codes(np.random.default_rng(1), 5, 60, unknown=0.02)
    assert canonical_gapped_kmers(5, 5) == canonical_kmers(5)
    np.testing.assert_array_equal(gapped_kmer_counts(codes, length=5, k=5), kmer_counts(codes))


def test_both_strands_have_the_same_words():
    codes = random_codes(np.random.default_rng(2), 20, 50, unknown=0.02)
    np.testing.assert_array_equal(
        gapped_kmer_counts(codes), gapped_kmer_counts(reverse_complement(codes))
    )


def test_an_unknown_base_spoils_the_words_that_tell_it_and_no_others():
    counts = gapped_kmer_counts(encode("ACNTG")[None], length=5, k=4)
    assert counts.sum() == 1
    assert canonical_gapped_kmers(5, 4)[int(counts.argmax())] in ("AC.TG", "CA.GT")


def test_features_are_gapped_words_of_the_middle_and_kmers_of_the_whole():
    codes = encode("A" * 350 + "C" * 300 + "G" * 350)[None]
    features = gapped_kmer_features(codes)
    assert features.dtype == np.float32
    middle, whole = np.split(features[0], [len(canonical_gapped_kmers())])
    assert middle.sum() == pytest.approx(1)
    seen = np.array(canonical_gapped_kmers())[np.flatnonzero(middle)]
    assert {word.replace(".", "") for word in seen} <= {"CCCCC", "GGGGG"}
    np.testing.assert_allclose(whole, kmer_counts(codes)[0] / 996, rtol=1e-6)
    assert not gapped_kmer_features(np.full((1, 50), 4, np.uint8)).any()


@pytest.mark.parametrize(
    ("bases", "length", "k", "message"),
    [(5, 6, 4, "5 bases hold no gapped word of 6"), (9, 3, 4, "words of 3 bases cannot have 4")],
)
def test_what_cannot_be_counted_is_refused(bases, length, k, message):
    with pytest.raises(ValueError, match=message):
        gapped_kmer_counts(np.zeros((1, bases), np.uint8), length=length, k=k)


def test_fit_equals_ridge_of_scikit_learn():
    rng = np.random.default_rng(3)
    codes = random_codes(rng, 300, 80, unknown=0.01)
    labels = (rng.random((300, 3)) < 0.3).astype(np.uint8)
    baseline = GappedKmerBaseline.fit(
        [(codes[:100], labels[:100]), (codes[100:], labels[100:])], length=4, k=3, central=60
    )
    features = gapped_kmer_features(codes, length=4, k=3, central=60).astype(np.float64)
    scale = features.std(axis=0)
    scale[scale == 0] = 1
    scaled = (features - features.mean(axis=0)) / scale
    expected = Ridge(alpha=baseline.penalty * 300).fit(scaled, labels).predict(scaled)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(baseline.predict(codes), expected, atol=1e-5)


def degenerate(rng, rows):
    """Random windows; half hold two words of four told bases, any other one between."""
    codes = random_codes(rng, rows, 60)
    labels = (np.arange(rows) % 2).astype(np.uint8)[:, None]
    for row in np.flatnonzero(labels):
        for start in rng.integers(0, 55, 2):
            codes[row, start + np.array([0, 1, 3, 4])] = encode("GCGA")
    return codes, labels


def test_learns_a_word_with_gaps_that_kmers_miss():
    rng = np.random.default_rng(5)
    training, validation, test = (degenerate(rng, rows) for rows in (600, 200, 400))
    kmers = KmerBaseline.fit([training], [validation], k=4)
    gapped = GappedKmerBaseline.fit([training], [validation], length=5, k=4)
    found, missed = (
        per_target(test[1], baseline.predict(test[0])).roc_auc[0] for baseline in (gapped, kmers)
    )
    assert found > 0.85
    assert found > missed + 0.05

from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from danq.evaluation import KmerBaseline, canonical_kmers, kmer_counts, kmer_features, per_target
from danq.evaluation.baselines import kmers, ridge
from danq.genome import decode, encode, reverse_complement


def random_codes(rng, rows, length, unknown=0.0):
    codes = rng.integers(0, 4, (rows, length)).astype(np.uint8)
    codes[rng.random(codes.shape) < unknown] = 4
    return codes


def counted_by_loop(codes, k):
    rows = []
    for row in codes:
        text = decode(row)
        words = [text[i : i + k] for i in range(len(text) - k + 1)]
        both = [(word, decode(reverse_complement(encode(word)))) for word in words]
        rows.append(Counter(min(pair) for pair in both if "N" not in pair[0]))
    return np.array([[row[word] for word in canonical_kmers(k)] for row in rows])


def planted(rng, rows, word="GATTACAG"):
    """Random windows; half hold a word, on either strand, and are positive."""
    codes = random_codes(rng, rows, 120)
    labels = (np.arange(rows) % 2).astype(np.uint8)[:, None]
    for row in np.flatnonzero(labels):
        place = rng.integers(0, 110)
        site = encode(word)
        codes[row, place : place + len(site)] = (
            site if rng.random() < 0.5 else reverse_complement(site)
        )
    return codes, labels


@pytest.mark.parametrize(("k", "number"), [(1, 2), (2, 10), (5, 512)])
def test_number_of_canonical_kmers(k, number):
    assert len(canonical_kmers(k)) == number
    assert list(canonical_kmers(k)) == sorted(canonical_kmers(k))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_counts_equal_a_plain_loop(k, monkeypatch):
    monkeypatch.setattr(kmers, "BLOCK", 7)
    codes = random_codes(np.random.default_rng(k), 20, 60, unknown=0.05)
    np.testing.assert_array_equal(kmer_counts(codes, k), counted_by_loop(codes, k))


def test_a_word_and_its_reverse_complement_share_a_column():
    forward, reverse = kmer_counts(np.stack([encode("GATTA"), encode("TAATC")]))
    np.testing.assert_array_equal(forward, reverse)
    assert forward[canonical_kmers().index("GATTA")] == 1


def test_words_with_unknown_bases_are_not_counted():
    assert kmer_counts(encode("ACGTNACGT")[None]).sum() == 0
    assert kmer_counts(encode("ACGTANACGTA")[None]).sum() == 2


def test_sequences_shorter_than_the_word_are_refused():
    with pytest.raises(ValueError, match="4 bases hold no 5-mer"):
        kmer_counts(encode("ACGT")[None])


def test_features_are_frequencies_of_the_window_and_of_its_middle():
    codes = encode("A" * 350 + "C" * 300 + "G" * 350)[None]
    whole, middle = np.split(kmer_features(codes)[0], 2)
    assert whole.sum() == pytest.approx(1)
    assert middle[canonical_kmers().index("CCCCC")] == 1
    # C and G runs are one word on two strands: 296 + 346 of 996 words.
    assert whole[canonical_kmers().index("CCCCC")] == pytest.approx(642 / 996)


def test_window_of_unknown_bases_has_no_frequencies():
    assert not kmer_features(np.full((1, 50), 4, np.uint8)).any()


def test_fit_equals_ridge_of_scikit_learn(monkeypatch):
    monkeypatch.setattr(ridge, "BLOCK", 64)
    rng = np.random.default_rng(3)
    codes = random_codes(rng, 300, 80, unknown=0.01)
    codes[:, :4] = 0
    labels = (rng.random((300, 3)) < 0.3).astype(np.uint8)
    baseline = KmerBaseline.fit(
        [(codes[:100], labels[:100]), (codes[100:], labels[100:])], central=30, k=3
    )
    assert baseline.penalty == ridge.DEFAULT_PENALTY
    features = kmer_features(codes, central=30, k=3)
    scale = features.std(axis=0)
    scale[scale == 0] = 1
    scaled = (features - features.mean(axis=0)) / scale
    expected = Ridge(alpha=ridge.DEFAULT_PENALTY * 300).fit(scaled, labels).predict(scaled)
    np.testing.assert_allclose(baseline.predict(codes), expected, atol=1e-5)


def test_recovers_a_planted_word():
    rng = np.random.default_rng(4)
    baseline = KmerBaseline.fit([planted(rng, 800)], [planted(rng, 200)])
    codes, labels = planted(rng, 400)
    assert per_target(labels, baseline.predict(codes)).roc_auc[0] > 0.85
    shuffled = rng.permutation(labels)
    assert per_target(shuffled, baseline.predict(codes)).roc_auc[0] < 0.65


def test_both_strands_get_the_same_prediction():
    rng = np.random.default_rng(5)
    baseline = KmerBaseline.fit([planted(rng, 200)], k=4)
    codes, _ = planted(rng, 50)
    np.testing.assert_allclose(
        baseline.predict(codes), baseline.predict(reverse_complement(codes)), atol=1e-6
    )


def test_penalty_has_the_highest_roc_auc_on_validation_windows():
    rng = np.random.default_rng(6)
    training, validation = planted(rng, 300), planted(rng, 300)
    penalties = (1e-4, 1e-2, 1.0, 1e6)
    scores = []
    for penalty in penalties:
        one = KmerBaseline.fit([training], [validation], k=4, penalties=(penalty,))
        assert one.penalty == penalty
        scores.append(per_target(validation[1], one.predict(validation[0])).roc_auc[0])
    assert len(set(scores)) == len(penalties)
    chosen = KmerBaseline.fit([training], [validation], k=4, penalties=penalties)
    assert chosen.penalty == penalties[int(np.argmax(scores))]


def test_validation_stops_reading_when_it_knows_enough(monkeypatch):
    monkeypatch.setattr(ridge, "MOST_VALIDATION", 150)
    rng = np.random.default_rng(8)
    read = []

    def batches():
        for number in range(5):
            read.append(number)
            yield planted(rng, 100)

    KmerBaseline.fit([planted(rng, 100)], batches(), k=3)
    assert read == [0, 1]


def test_validation_without_positives_leaves_the_default_penalty():
    rng = np.random.default_rng(7)
    codes, labels = planted(rng, 100)
    baseline = KmerBaseline.fit([(codes, labels)], [(codes, np.zeros_like(labels))], k=4)
    assert baseline.penalty == ridge.DEFAULT_PENALTY


def test_no_training_windows():
    with pytest.raises(ValueError, match="needs training windows"):
        KmerBaseline.fit([])

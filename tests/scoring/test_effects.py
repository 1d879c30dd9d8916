import math

import numpy as np
import pytest

from danq import models
from danq.errors import InputError
from danq.genome import Reference, encode, reverse_complement
from danq.genome.variants import Change
from danq.models import Metadata
from danq.scoring import effects, score_alleles
from tests.scoring.toy import Toy, random_toy

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def oracle(toy, with_ref, with_alt):
    """The two scores of one change from its two windows as text, in plain NumPy."""
    diffs, logits = [], []
    for read in (lambda text: text, lambda text: text.translate(COMPLEMENT)[::-1]):
        z_ref, z_alt = (
            sum(toy.weights[i, "ACGTN".index(base)].astype(float) for i, base in enumerate(read(w)))
            for w in (with_ref, with_alt)
        )
        diffs.append(1 / (1 + np.exp(-z_alt)) - 1 / (1 + np.exp(-z_ref)))
        logits.append(np.log2(np.exp(z_alt)) - np.log2(np.exp(z_ref)))
    return np.mean(diffs, axis=0), np.mean(logits, axis=0)


@pytest.mark.parametrize(
    ("pos", "ref", "alt"),
    [
        (1500, "C", "G"),
        (1500, "CTA", "C"),
        (1500, "C", "CGT"),
        (1500, "CTA", "GG"),
        (1, "A", "T"),
        (1, "AATC", "A"),
        (1, "A", "AG"),
        (3000, "A", "C"),
        (2999, "TA", "T"),
        (3000, "A", "AC"),
    ],
)
def test_scores_against_plain_numpy(toy, genome, bases, pos, ref, alt):
    text = bases["chr1"]
    found = score_alleles(toy, genome, [("chr1", pos, ref, alt)])
    # These alleles are the shortest already and stand leftmost; the centre is index 9 of 20.
    edited = text[: pos - 1] + alt + text[pos - 1 + len(ref) :]
    begin = 40 + pos - 1 - 9
    windows = [("N" * 40 + t + "N" * 40)[begin : begin + 20] for t in (text, edited)]
    diff, logit = oracle(toy, *windows)
    np.testing.assert_allclose(found.diff[0], diff, atol=1e-6)
    np.testing.assert_allclose(found.logit[0], logit, atol=1e-5)


def test_worked_by_hand(tmp_path):
    """A>G doubles the odds on the forward strand; T>C quarters them on the reverse strand."""
    (tmp_path / "g.fa").write_text(">c\nCCACC\n")
    weights = np.zeros((3, 5, 1))
    weights[1, encode("G")[0]] = math.log(2)
    weights[1, encode("T")[0]] = math.log(3)
    weights[1, encode("C")[0]] = math.log(3) - math.log(4)
    found = score_alleles(Toy(weights), tmp_path / "g.fa", [("c", 3, "A", "G")])
    assert found.logit[0, 0] == pytest.approx((1 - 2) / 2)
    forward, reverse = 2 / 3 - 1 / 2, (3 / 4) / (1 + 3 / 4) - 3 / (1 + 3)
    assert found.diff[0, 0] == pytest.approx((forward + reverse) / 2)


def test_logits_are_clipped_at_odds_of_a_trillion(tmp_path):
    (tmp_path / "g.fa").write_text(">c\nCCACC\n")
    weights = np.zeros((3, 5, 2))
    weights[1, encode("G")[0]] = weights[1, encode("C")[0]] = [100, -1000]
    found = score_alleles(Toy(weights), tmp_path / "g.fa", [("c", 3, "A", "G")])
    np.testing.assert_allclose(found.logit[0], [math.log2(1e12), -math.log2(1e12)], rtol=1e-6)
    np.testing.assert_allclose(found.diff[0], [0.5, -0.5], rtol=1e-6)


def test_small_probabilities_keep_their_difference(tmp_path):
    (tmp_path / "g.fa").write_text(">c\nCCACC\n")
    weights = np.full((3, 5, 1), -8.0)
    weights[1, encode("G")[0]] = weights[1, encode("C")[0]] = -8 + math.log(2)
    found = score_alleles(Toy(weights), tmp_path / "g.fa", [("c", 3, "A", "G")])
    assert found.diff[0, 0] == pytest.approx(math.exp(-24), rel=1e-4)


def test_exchanging_the_strands_changes_nothing(toy, genome, bases):
    text = bases["chr1"]
    alleles = [("chr1", p, text[p - 1], text[p - 1] + "ACG") for p in range(500, 600)]
    mirrored = random_toy()
    mirrored.logits = lambda codes: toy.logits(reverse_complement(codes))
    one, other = score_alleles(toy, genome, alleles), score_alleles(mirrored, genome, alleles)
    np.testing.assert_allclose(one.diff, other.diff, atol=1e-6)
    np.testing.assert_allclose(one.logit, other.logit, atol=1e-6)


def test_swapping_ref_and_alt_negates(toy, tmp_path, genome, bases):
    text = bases["chr1"]
    alt = "A" if text[999] != "A" else "C"
    (tmp_path / "g.fa").write_text(f">chr1\n{text[:999]}{alt}{text[1000:]}\n")
    one = score_alleles(toy, genome, [("chr1", 1000, text[999], alt)])
    other = score_alleles(toy, Reference(tmp_path / "g.fa"), [("chr1", 1000, alt, text[999])])
    np.testing.assert_allclose(one.diff, -other.diff, atol=1e-7)
    np.testing.assert_allclose(one.logit, -other.logit, atol=1e-6)


def test_alleles_of_one_place_share_their_reference_window(toy, genome, bases):
    ref = bases["chr1"][999]
    changes = [Change("chr1", 999, ref, alt) for alt in "ACGT" if alt != ref]
    effects(toy, genome, changes)
    assert toy.calls == [2 * (1 + 3)]


def test_neighbours_keep_their_own_windows(toy, genome, bases):
    text = bases["chr1"]
    alleles = [
        ("chr1", p, text[p - 1], "A" if text[p - 1] != "A" else "C") for p in range(700, 720)
    ]
    alleles += [("chr2", p, bases["chr2"][p - 1], "GATTACA") for p in (5, 6)]
    together = score_alleles(toy, genome, alleles)
    apart = [score_alleles(toy, genome, [allele]).logit[0] for allele in alleles]
    np.testing.assert_allclose(together.logit, apart, atol=1e-6)


def test_alleles_without_scores_are_nan_and_have_a_reason(toy, genome, bases):
    ref = bases["chr1"][999]
    alleles = [("1", 1000, ref, "<DEL>"), ("1", 1000, ref, ref + "A"), ("9", 1, "A", "C")]
    found = score_alleles(toy, genome, alleles, targets=["a", "b", "c"])
    assert found.reasons == ["SYMBOLIC", None, "NO_CONTIG"]
    assert found.targets == ["a", "b", "c"]
    for scores in (found.diff, found.logit):
        assert scores.dtype == np.float32
        np.testing.assert_array_equal(np.isnan(scores).all(axis=1), [True, False, True])
        np.testing.assert_array_equal(np.isnan(scores).any(axis=1), [True, False, True])


def test_no_alleles_give_empty_arrays(toy, genome):
    found = score_alleles(toy, genome, [])
    assert found.diff.shape == found.logit.shape == (0, 3)


def test_more_alleles_than_a_block(toy, genome, bases):
    text = bases["chr1"]
    alleles = [("chr1", p, text[p - 1], text[p - 1] + "A") for p in range(100, 2300)]
    found = score_alleles(toy, genome, alleles)
    some = score_alleles(toy, genome, alleles[1020:1030])
    np.testing.assert_array_equal(found.logit[1020:1030], some.logit)


def test_wrong_ref_in_a_list_is_an_error(toy, genome, bases):
    wrong = "A" if bases["chr1"][999] != "A" else "C"
    with pytest.raises(
        InputError, match=f'found REF "{wrong}" at "chr1:1000", where the genome has'
    ):
        score_alleles(toy, genome, [("chr1", 1000, wrong, "G")])
    found = score_alleles(toy, genome, [("chr1", 1000, wrong, "G")], ref_mismatch="skip")
    assert found.reasons == ["REF_MISMATCH"]


def test_a_network_without_numbers_is_an_error(toy, genome, bases):
    toy.weights[:] = np.nan
    with pytest.raises(InputError, match="not numbers"):
        score_alleles(toy, genome, [("chr1", 1000, bases["chr1"][999], "ACGT")])


def test_names_must_fit_the_network(toy, genome):
    with pytest.raises(InputError, match="2 targets named, expected the network's 3"):
        score_alleles(toy, genome, [], targets=["a", "b"])
    with pytest.raises(InputError, match="batch_size"):
        score_alleles(toy, genome, [], batch_size=8)


def test_names_that_contradict_the_models_own_are_refused(toy, genome):
    toy.metadata = Metadata(["a", "b", "a"], ["x"] * 3, toy.window)
    assert score_alleles(toy, genome, []).targets == ["a", "b", "a"]
    assert score_alleles(toy, genome, [], targets=["a", "b", "a"]).targets == ["a", "b", "a"]
    with pytest.raises(InputError, match="Toy: predicts the same targets in another order: target"):
        score_alleles(toy, genome, [], targets=["b", "a", "a"])
    with pytest.raises(InputError, match='"b" as target 2, the names given have "c"'):
        score_alleles(toy, genome, [], targets=["a", "c", "a"])


def test_sharing_work_between_alleles_moves_no_score(genome, bases):
    """SNVs of one place and of neighbours, a triple, an insertion and a deletion, to 1e-5."""
    network = models.danq(sequence_length=120, outputs=3, width=0.05)
    random = np.random.default_rng(4)
    network.set_weights([random.normal(0, 0.3, weights.shape) for weights in network.get_weights()])
    alleles = [
        ("chr1", pos, bases["chr1"][pos - 1], alt)
        for pos in (1, 700, 701, 1500, 2990)
        for alt in "ACGT"
        if alt != bases["chr1"][pos - 1]
    ]
    base = bases["chr1"][1499]
    alleles += [("chr1", 1500, base, base + "GA"), ("chr1", 1500, bases["chr1"][1499:1502], base)]
    shared, plain = (
        score_alleles(models.Predictor(network, share_alleles=share), genome, alleles)
        for share in (True, False)
    )
    assert np.abs(plain.logit).max(axis=1).min() > 1e-3
    np.testing.assert_allclose(shared.logit, plain.logit, atol=1e-5)
    np.testing.assert_allclose(shared.diff, plain.diff, atol=1e-5)

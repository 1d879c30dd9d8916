"""Several networks as one, and groups of targets, against plain NumPy."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from danq.errors import InputError
from danq.models import Metadata
from danq.scoring import score_alleles
from danq.scoring.scorers.effects import cut
from danq.scoring.scorers.ensemble import Ensemble, open_ensemble
from danq.scoring.scorers.groups import Groups
from danq.scoring.scorers.measures import GroupSummaries, Measures
from danq.scoring.scorers.scorer import Scorer
from tests.scoring.toy import random_toy


@pytest.fixture
def alleles(bases):
    text = bases["chr1"]
    return [("chr1", p, text[p - 1], text[p - 1] + "ACG") for p in range(500, 520)]


@pytest.fixture
def changes(genome, alleles):
    from danq.genome.variants import judge

    return [judge(genome, c, pos, ref, [alt], longest=10)[0] for c, pos, ref, alt in alleles]


def test_mean_and_spread_over_networks(genome, alleles, changes):
    toys = [random_toy(seed=seed) for seed in (1, 2, 3)]
    alone = [score_alleles(toy, genome, alleles) for toy in toys]
    ensemble = open_ensemble(toys)
    windows = cut(genome, changes, ensemble.window)
    found = ensemble.predict(windows).scores()
    for name in ("diff", "logit"):
        each = np.array([getattr(one, name) for one in alone], dtype=float)
        mean, spread = found[name], found[f"{name}_sd"]
        assert mean.dtype == spread.dtype == np.float32
        np.testing.assert_allclose(mean, each.mean(axis=0), atol=1e-6)
        deviations = np.sqrt(((each - each.mean(axis=0)) ** 2).mean(axis=0))
        np.testing.assert_allclose(spread, deviations, atol=1e-6)
        assert spread.min() > 1e-4


def test_one_network_is_itself_and_has_no_spread(toy, genome, alleles, changes):
    ensemble = open_ensemble(toy)
    windows = cut(genome, changes, ensemble.window)
    found = ensemble.predict(windows).scores()
    np.testing.assert_array_equal(found["logit"], score_alleles(toy, genome, alleles).logit)
    assert set(found) == {"diff", "logit", "p_ref", "p_alt"}


def test_target_of_the_largest_change_has_both_probabilities(genome, changes):
    toys = [random_toy(seed=seed) for seed in (1, 2)]
    ensemble = open_ensemble(toys)
    windows = cut(genome, changes, ensemble.window)
    scores = Measures(ensemble.quantities, ensemble.groups).of(ensemble.predict(windows).scores())
    strands = np.split(windows.references, 2), np.split(windows.alternatives, 2)
    p_ref, p_alt = (
        np.mean([expit(toy.logits(codes)) for toy in toys for codes in both], axis=0)
        for both in strands
    )
    best = np.abs(scores["logit"]).argmax(axis=1)
    rows = np.arange(len(changes))
    np.testing.assert_allclose(scores["best_p_ref"], p_ref[windows.rows, best], rtol=1e-5)
    np.testing.assert_allclose(scores["best_p_alt"], p_alt[rows, best], rtol=1e-5)


def named(toy, name, targets=("a", "b", "c"), checksum=""):
    path = Path("models", f"{name}.keras")
    return Scorer(lambda: toy, toy.window, list(targets), path.name, checksum, path=path)


def test_networks_that_differ_do_not_score_together():
    one = named(random_toy(), "one")
    with pytest.raises(
        InputError,
        match=r"models/two.keras: reads windows of 24 bases, models/one.keras 20: they cannot",
    ):
        Ensemble([one, named(random_toy(window=24), "two")])
    with pytest.raises(
        InputError,
        match=r'models/two.keras: predicts "x" as target 2, models/one.keras has "b" \(1 of 3',
    ):
        Ensemble([one, named(random_toy(), "two", ("a", "x", "c"))])
    with pytest.raises(InputError, match=r"predicts 2 targets, models/one.keras has 3"):
        Ensemble([one, named(random_toy(targets=2), "two", ("a", "b"))])


def test_a_model_that_is_given_twice_is_refused():
    with pytest.raises(InputError, match=r"models/two.keras: is given twice as a model"):
        Ensemble([named(random_toy(), name, checksum="f00") for name in ("one", "two")])


def test_no_model_is_refused():
    with pytest.raises(InputError, match="no model"):
        open_ensemble([])


def test_names_and_checksums_of_all_members():
    members = [named(random_toy(), name, checksum=name * 3) for name in ("a", "b")]
    assert (Ensemble(members).name, Ensemble(members).checksum) == ("a.keras,b.keras", "aaa,bbb")
    members.append(named(random_toy(), "c"))
    assert Ensemble(members).checksum == ""


def test_groups_summarise_their_targets():
    groups = Groups(["DNase", "TF", "DNase", "TF", "histone"])
    assert groups.names == ["DNase", "TF", "histone"]
    logit = np.array([[0.5, -1, -2, 0.25, 3], [1, 0, -1, 0, -0.5]], np.float32)
    summarise = GroupSummaries(groups, None)
    found = summarise({"logit": logit})
    np.testing.assert_array_equal(found["group_logit"], [[-2, -1, 3], [1, 0, -0.5]])
    np.testing.assert_array_equal(found["group_target"], [[2, 1, 4], [0, 1, 4]])
    np.testing.assert_array_equal(found["group_mean"], [[1.25, 0.625, 3], [1, 0, 0.5]])
    assert summarise({"logit": logit[:0]})["group_logit"].shape == (0, 3)


def test_groups_are_the_models_own_or_one(toy):
    assert open_ensemble(toy).groups.names == ["all"]
    toy.metadata = Metadata(["a", "b", "c"], ["TF", "DNase", "TF"], toy.window)
    assert open_ensemble(toy).groups.names == ["TF", "DNase"]

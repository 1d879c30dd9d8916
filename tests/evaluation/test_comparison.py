"""Differences of two models, their intervals and p values."""

import numpy as np
import pytest
from scipy import stats

from danq.evaluation import Comparison, compare, measure
from danq.evaluation.statistics.comparison import holm, p_values
from danq.evaluation.statistics.genome_blocks import draw
from tests.evaluation.scored import blocks, evaluation, scored


def two(labels, first, second, *, count=30, resamples=300, seed=0):
    resampling = draw(blocks(len(labels), count), resamples=resamples, seed=seed)
    found = [measure(labels, rows, resampling=resampling) for rows in (first, second)]
    return [(one.metrics, one.resamples) for one in found]


def test_holm_by_hand():
    # Sorted: .01 * 4, .02 * 3, .03 * 2, .5; none below the one before.
    p = np.array([0.02, np.nan, 0.01, 0.5, 0.03])
    np.testing.assert_allclose(holm(p), [0.06, np.nan, 0.04, 0.5, 0.06])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])
    assert np.isnan(holm(np.array([np.nan]))).all()
    assert holm(np.array([])).size == 0


def test_difference_is_paired_in_every_resample():
    labels, first = scored(600, [0.3, 0.1])
    second = np.clip(first - 0.2 * labels, 0, 1)
    one, other = two(labels, first, second)
    found = compare(one, other, ["a", "b"], metric="roc_auc")
    np.testing.assert_allclose(found.difference, one[0].roc_auc - other[0].roc_auc)
    resampled = one[1].values["roc_auc"] - other[1].values["roc_auc"]
    many = one[1].support
    assert 2 < many[1] < many[0] <= 30
    error = resampled.std(axis=0) * np.sqrt(many / (many - 1))
    np.testing.assert_allclose(found.p, 2 * stats.t.sf(found.difference / error, many - 1))
    quantiles = np.quantile(resampled, (0.025, 0.975), axis=0) - resampled.mean(axis=0)
    np.testing.assert_allclose(found.interval.lower, found.difference + quantiles[0])
    np.testing.assert_allclose(found.interval.upper, found.difference + quantiles[1])
    # The two err together: what each errs by itself is not a measure of how they differ.
    alone = np.hypot(*(np.nanstd(each[1].values["roc_auc"][:, 0]) for each in (one, other)))
    assert error[0] < alone / 2


def test_equal_models_do_not_differ():
    labels, predictions = scored(300, [0.3, 0.5])
    one, other = two(labels, predictions, predictions / 2)
    found = compare(one, other, ["a", "a"], metric="pr_auc")
    assert found.difference.tolist() == [0, 0]
    assert found.p.tolist() == [1, 1]
    everything = found.groups[-1]
    assert (everything.won, everything.lost, everything.share, everything.p) == (0, 0, 0.0, 1.0)


def test_groups_count_who_wins():
    labels, first = scored(900, [0.3] * 6 + [0.3] * 3, seed=1)
    labels[:, 5] = 0
    second = first.copy()
    rng = np.random.default_rng(0)
    second[:, :6] = rng.random((900, 6))
    second[:, 6:8] = (labels[:, 6:8] + 0.1 * rng.random((900, 2))) / 2
    found = compare(*two(labels, first, second), ["x"] * 6 + ["y"] * 3, metric="roc_auc")
    x, y, everything = found.groups
    assert (x.targets, x.won, x.lost, x.won_significantly) == (5, 5, 0, 5)
    assert (y.targets, y.won, y.lost, y.won_significantly, y.lost_significantly) == (3, 0, 2, 0, 2)
    assert (everything.targets, everything.share) == (8, 5 / 8)
    assert x.mean == pytest.approx(np.nanmean(found.difference[:6]))
    assert 0 < x.interval.lower < x.mean < x.interval.upper
    assert x.p < 1e-6
    assert np.isnan(found.p_holm[5])


def test_without_resamples_there_are_differences_only():
    labels, first = scored(200, [0.3, 0.5])
    metrics = [(measure(labels, rows).metrics, None) for rows in (first, first / 2 + labels / 2)]
    found = compare(*metrics, ["a", "a"], metric="roc_auc")
    assert (found.difference < 0).all()
    for values in (found.p, found.p_holm, found.interval.lower):
        assert np.isnan(values).all()
    # Nothing was tested: not known is something else than none.
    assert (found.groups[-1].lost, found.groups[-1].lost_significantly) == (2, None)
    assert not Comparison("a", "b", {"roc_auc": found}).has_p_values


def test_a_count_of_resamples_could_not_survive_the_correction_but_the_p_values_can():
    rng = np.random.default_rng(0)
    resampled = 0.05 + 0.005 * rng.normal(size=(1000, 919))
    p = p_values(np.full(919, 0.05), resampled, np.full(919, 200))
    assert holm(p).max() < 0.05
    counted = np.full(919, 2 / 1001)
    assert holm(counted).min() == 1


def test_few_blocks_make_p_values_large():
    resampled = np.array([[0.0], [0.2]] * 50)
    p = [p_values(np.array([0.3]), resampled, np.array([blocks]))[0] for blocks in (1, 2, 5, 1000)]
    assert np.isnan(p[0])
    assert p[1] > p[2] > p[3]
    assert p[1] == pytest.approx(2 * stats.t.sf(3 / np.sqrt(2), 1))


def test_p_values_are_uniform_where_there_is_no_difference():
    """Two models with noise of one kind; neighbours share labels and noise, blocks are apart."""
    rng = np.random.default_rng(11)
    windows, count, targets = 1200, 40, 500
    block = np.arange(windows) * count // windows
    labels = np.repeat(rng.random((windows // 3, targets)) < 0.1, 3, axis=0).astype(np.uint8)
    rows = [
        labels
        + rng.normal(size=labels.shape)
        + np.repeat(rng.normal(size=(windows // 3, targets)), 3, axis=0)
        + 0.5 * rng.normal(size=(count, targets))[block]
        for _ in range(2)
    ]
    resampling = draw(block.astype(np.int32), resamples=200, seed=0)
    one, other = (
        (found.metrics, found.resamples)
        for found in (
            measure(labels, each.astype(np.float32), resampling=resampling) for each in rows
        )
    )
    for metric in ("roc_auc", "pr_auc"):
        found = compare(one, other, ["a"] * targets, metric=metric)
        # 500 draws: 0.05 plus or minus 0.02 is two standard errors.
        assert 0.03 <= np.mean(found.p < 0.05) <= 0.07
        assert 0.44 <= np.mean(found.p < 0.5) <= 0.56
        assert np.mean((found.interval.lower < 0) & (found.interval.upper > 0)) > 0.9
        assert found.p_holm.min() > 0.05


def test_evaluation_compares_every_pair():
    found = evaluation(4, ["a", "b", "kmer"])
    pairs = [(pair.first, pair.second) for pair in found.comparisons()]
    assert pairs == [("a", "b"), ("a", "kmer"), ("b", "kmer")]
    assert found.comparison("kmer", "a") is found.comparisons()[1]
    metrics = {result.model: result.metrics for result in found.results}
    np.testing.assert_allclose(
        found.comparisons()[2].differences["pr_auc"].difference,
        metrics["b"].pr_auc - metrics["kmer"].pr_auc,
    )

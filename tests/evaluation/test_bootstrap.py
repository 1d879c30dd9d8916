"""Every resample against scikit-learn with weights for the windows."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from danq.evaluation.statistics import bootstrap
from danq.evaluation.statistics.bootstrap import Resampler, interval
from danq.evaluation.statistics.calibration import BINS, sums_by_block
from danq.evaluation.statistics.genome_blocks import draw
from danq.evaluation.statistics.metric import Target
from danq.ranking import rank
from tests.evaluation.scored import blocks, scored


def resampled(labels, predictions, resampling):
    """The metrics of one target in every resample, by name."""
    sums = sums_by_block(labels != 0, predictions, resampling.block, resampling.blocks)
    target = Target(labels != 0, predictions, rank(labels, predictions), sums)
    return Resampler(resampling).values(target)


def weighted(labels, predictions, weights):
    """The figures of windows that count as often as they are drawn."""
    if not (weights * labels).any() or not (weights * (1 - labels)).any():
        return [np.nan] * 3
    given = {"sample_weight": weights}
    precision, recall, _ = precision_recall_curve(labels, predictions, **given)
    return [
        roc_auc_score(labels, predictions, **given),
        average_precision_score(labels, predictions, **given),
        np.max(recall[:-1], where=precision[:-1] >= 0.5, initial=0),
    ]


def expected_error(labels, predictions, weights):
    """Calibration error of windows that count as often as they are drawn."""
    bins = np.minimum(np.floor(predictions.astype(float) * BINS), BINS - 1)
    gaps = 0.0
    for place in range(BINS):
        chosen = bins == place
        gaps += abs((weights * (labels - predictions.astype(float)))[chosen].sum())
    return gaps / weights.sum()


@pytest.mark.parametrize("rows", [1, 7, bootstrap.ROWS])
@pytest.mark.parametrize(("rate", "levels"), [(0.02, None), (0.3, None), (0.3, 12), (0.97, 5)])
def test_resamples_equal_scikit_learn_with_weights(monkeypatch, rows, rate, levels):
    monkeypatch.setattr(bootstrap, "ROWS", rows)
    labels, predictions = (a[:, 0] for a in scored(600, [rate], levels=levels, seed=3))
    resampling = draw(blocks(600, 25), resamples=40, seed=1)
    found = resampled(labels, predictions, resampling)
    expected = np.array(
        [weighted(labels, predictions, row[resampling.block]) for row in resampling.weights]
    ).T
    for name, values in zip(("roc_auc", "pr_auc", "recall_at_fdr50"), expected, strict=True):
        np.testing.assert_allclose(found[name], values, rtol=0, atol=2e-6)
    assert min(found["roc_auc"].std(), found["pr_auc"].std()) > 0


def test_resamples_without_positives_are_not_defined():
    labels, predictions = np.zeros(100, np.uint8), np.arange(100, dtype=np.float32)
    labels[[3, 5]] = 1
    resampling = draw((np.arange(100) // 10).astype(np.int32), resamples=200, seed=0)
    found = resampled(labels, predictions / 100, resampling)
    drawn = resampling.weights[:, 0] > 0
    assert 0 < drawn.sum() < 200
    for values in found.values():
        assert np.array_equal(np.isnan(values), ~drawn)
        # The first block is not drawn by more than a third of them.
        assert np.isnan(interval(values[:, None]).lower).all()


def test_calibration_in_resamples():
    labels, predictions = (a[:, 0] for a in scored(500, [0.3], seed=4))
    resampling = draw(blocks(500, 21), resamples=30, seed=2)
    found = resampled(labels, predictions, resampling)["calibration_error"]
    expected = [
        expected_error(labels, predictions, row[resampling.block]) for row in resampling.weights
    ]
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_observed_shares_in_resamples():
    labels, predictions = (a[:, 0] for a in scored(500, [0.5], seed=5))
    resampling = draw(blocks(500, 21), resamples=50, seed=2)
    sums = sums_by_block(labels != 0, predictions, resampling.block, 21)
    found = Resampler(resampling).observed(sums)
    bins = np.minimum((predictions.astype(float) * BINS).astype(int), BINS - 1)
    place = int(np.bincount(bins).argmax())
    shares = [
        np.average(labels[bins == place], weights=row[resampling.block][bins == place])
        for row in resampling.weights
    ]
    assert found.lower[place] == pytest.approx(np.quantile(shares, 0.025))
    assert found.upper[place] == pytest.approx(np.quantile(shares, 0.975))


def test_support_counts_the_blocks_that_hold_the_rarer_kind():
    block = (np.arange(12) // 3).astype(np.int32)
    resampler = Resampler(draw(block, resamples=2, seed=0))
    rare = np.isin(np.arange(12), [0, 1, 5])
    assert resampler.support(rare) == 2
    assert resampler.support(~rare) == 2
    assert resampler.support(np.arange(12) % 3 == 0) == 4


def test_quantiles_are_laid_around_the_figure():
    values = np.linspace(0.2, 0.6, 1001)[:, None]
    plain = interval(values)
    assert (plain.lower[0], plain.upper[0]) == (pytest.approx(0.21), pytest.approx(0.59))
    moved = interval(values, np.array([0.3]))
    assert (moved.lower[0], moved.upper[0]) == (pytest.approx(0.11), pytest.approx(0.49))
    at_the_edge = interval(values, np.array([0.05]))
    assert at_the_edge.lower[0] == 0
    assert interval(values, np.array([0.05]), bounds=(-1, 1)).lower[0] == pytest.approx(-0.14)
    assert interval(values, np.array([0.95])).upper[0] == 1


def test_no_interval_without_resamples_or_with_too_many_undefined():
    assert np.isnan(interval(np.empty((0, 3))).lower).all()
    values = np.full((100, 2), 0.5)
    values[:3, 0] = np.nan
    values[:4, 1] = np.nan
    found = interval(values)
    assert found.lower[0] == 0.5
    assert np.isnan(found.lower[1])

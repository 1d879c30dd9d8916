"""All targets of a model at once, with resamples."""

import numpy as np
import pytest

from danq.evaluation import measure, per_target, summarise
from danq.evaluation.statistics.bootstrap import Resampler, interval
from danq.evaluation.statistics.calibration import sums_by_block
from danq.evaluation.statistics.genome_blocks import draw
from danq.evaluation.statistics.metric import Target
from danq.evaluation.statistics.registry import METRICS
from danq.ranking import rank
from tests.evaluation.scored import blocks, scored

RATES = np.linspace(0.02, 0.6, 37)
GROUPS = ["a"] * 20 + ["b"] * 17


@pytest.fixture(scope="module")
def measured():
    labels, predictions = scored(700, RATES)
    labels[:, 3] = 0
    resampling = draw(blocks(700, 30), resamples=120, seed=0)
    found = measure(labels, predictions, groups=GROUPS, resampling=resampling)
    return labels, predictions, resampling, found


def test_resamples_change_no_figure(measured):
    labels, predictions, _, found = measured
    alone = per_target(labels, predictions)
    for name in METRICS:
        np.testing.assert_array_equal(getattr(found.metrics, name), getattr(alone, name))
    assert measure(labels, predictions).resamples is None


def test_every_target_is_resampled_as_it_is_alone(measured):
    labels, predictions, resampling, found = measured
    resampler = Resampler(resampling)
    for target in (0, 20, 36):
        positive, scores = labels[:, target] != 0, predictions[:, target]
        sums = sums_by_block(positive, scores, resampling.block, resampling.blocks)
        alone = resampler.values(Target(positive, scores, rank(positive, scores), sums))
        for name, values in alone.items():
            np.testing.assert_array_equal(found.resamples.values[name][:, target], values)
        assert found.resamples.support[target] == resampler.support(labels[:, target] != 0)
    assert found.resamples.values["roc_auc"].shape == (120, 37)


def test_intervals_hold_the_figures_and_widen_with_rareness(measured):
    *_, found = measured
    for name in METRICS:
        bounds, values = found.resamples.intervals[name], getattr(found.metrics, name)
        told = ~np.isnan(bounds.lower)
        assert told.sum() >= 35
        assert (bounds.lower[told] <= values[told]).all()
        assert (values[told] <= bounds.upper[told]).all()
    width = found.resamples.intervals["roc_auc"].upper - found.resamples.intervals["roc_auc"].lower
    assert np.nanmean(width[:5]) > 2 * np.nanmean(width[-5:])


def test_target_without_positives_has_curves_intervals_and_resamples_of_none(measured):
    *_, found = measured
    assert found.roc[3] is None
    assert found.pr[3] is None
    for name in METRICS:
        assert np.isnan(getattr(found.metrics, name)[3])
        assert np.isnan(found.resamples.values[name][:, 3]).all()
        assert np.isnan(found.resamples.intervals[name].upper[3])


def test_group_means_have_the_intervals_of_their_targets_means(measured):
    *_, found = measured
    first, _, everything = summarise(found.metrics, GROUPS, found.resamples)
    values = found.resamples.values["pr_auc"]
    chosen = [target for target in range(20) if target != 3]
    expected = interval(np.nanmean(values[:, chosen], axis=1), first.pr_auc_mean)
    assert first.intervals["pr_auc_mean"].lower == pytest.approx(expected.lower)
    assert first.intervals["pr_auc_mean"].upper == pytest.approx(expected.upper)
    alone = found.resamples.intervals["roc_auc"]
    width = everything.intervals["roc_auc_mean"].upper - everything.intervals["roc_auc_mean"].lower
    assert width < np.nanmedian(alone.upper - alone.lower) / 2


def test_reliability_is_pooled_over_the_targets_that_are_averaged(measured):
    labels, predictions, resampling, found = measured
    first, *_ = summarise(found.metrics, GROUPS, found.resamples)
    chosen = [target for target in range(20) if target != 3]
    assert first.reliability.windows.sum() == 700 * 19
    tops = predictions[:, chosen] >= 14 / 15
    shares = []
    for weights in resampling.weights:
        each = np.where(tops, weights[resampling.block][:, None], 0)
        shares.append((each * labels[:, chosen]).sum() / each.sum())
    assert first.observed.lower[-1] == pytest.approx(np.quantile(shares, 0.025))
    assert first.observed.upper[-1] == pytest.approx(np.quantile(shares, 0.975))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    labels, predictions = scored(20, [0.5, 0.5])
    predictions[3] = [value, -value]
    with pytest.raises(ValueError, match="not finite"):
        measure(labels, predictions)


def test_no_windows_are_refused():
    with pytest.raises(ValueError, match=r"hold some, found \(0, 2\) and \(0, 2\)"):
        measure(np.zeros((0, 2), np.uint8), np.zeros((0, 2), np.float32))

"""Reliability and calibration error by hand, and against scikit-learn's curve."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from danq.evaluation import measure, per_target
from danq.evaluation.statistics.calibration import BINS, EDGES, binned
from tests.evaluation.scored import scored


def test_by_hand():
    predictions = np.array([[0.01], [0.03], [0.95], [0.97]], np.float32)
    labels = np.array([[0], [1], [1], [1]], np.uint8)
    metrics = per_target(labels, predictions)
    # First bin: 0.02 predicted, 1 of 2 true. Last bin: 0.96 predicted, all true.
    assert metrics.calibration_error[0] == pytest.approx((2 * 0.48 + 2 * 0.04) / 4)
    reliability = metrics.reliability.of(0)
    assert reliability.windows.tolist() == [2] + [0] * (BINS - 2) + [2]
    assert reliability.predicted[[0, -1]] == pytest.approx([0.02, 0.96])
    assert reliability.observed[[0, -1]].tolist() == [0.5, 1.0]
    assert np.isnan(reliability.observed[1:-1]).all()


def test_curve_equals_scikit_learn():
    labels, predictions = scored(5000, [0.2, 0.5])
    reliability = per_target(labels, predictions).reliability
    for target in range(2):
        observed, predicted = calibration_curve(
            labels[:, target], predictions[:, target], n_bins=BINS
        )
        filled = reliability.windows[target] > 0
        np.testing.assert_allclose(reliability.observed[target][filled], observed)
        np.testing.assert_allclose(reliability.predicted[target][filled], predicted, rtol=1e-5)


def test_targets_are_pooled_by_adding_their_windows():
    labels, predictions = scored(400, [0.2, 0.5, 0.3])
    every = per_target(labels, predictions).reliability
    pooled = every.pooled(np.array([True, False, True]))
    two = labels[:, [0, 2]].reshape(-1, 1), predictions[:, [0, 2]].reshape(-1, 1)
    alone = per_target(*two)
    assert np.array_equal(pooled.windows, alone.reliability.windows[0])
    assert pooled.error == pytest.approx(alone.calibration_error[0])


def test_bins_hold_their_lower_edge():
    bins = binned(np.array([0, 1 / 3, np.nextafter(np.float32(1 / 3), 0), 1], np.float32))
    # The float32 next to a third from above is in the bin that begins there.
    assert bins.tolist() == [0, 5, 4, BINS - 1]
    assert EDGES[5] == pytest.approx(1 / 3)


def test_scores_that_are_not_meant_as_probabilities_have_none_either():
    labels, predictions = scored(50, [0.5])
    found = measure(labels, predictions, are_probabilities=False).metrics
    assert np.isnan(found.calibration_error[0])
    assert found.roc_auc[0] == per_target(labels, predictions).roc_auc[0]


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_what_is_no_probability_has_no_calibration(value):
    labels, predictions = scored(50, [0.5, 0.5])
    predictions[0, 1] = value
    metrics = per_target(labels, predictions)
    assert np.isnan(metrics.calibration_error).tolist() == [False, True]
    assert np.isnan(metrics.roc_auc).tolist() == [False, False]
    assert not metrics.reliability.windows[1].any()
    assert np.isnan(measure(labels, predictions).metrics.reliability.error[1])

import numpy as np
import pytest

from danq.evaluation import per_target
from danq.evaluation.curves import POINTS, Curve, median_curve, target_curves


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    labels = (rng.random((20_000, 1)) < 0.1).astype(np.uint8)
    return labels, (labels + rng.normal(size=labels.shape)).astype(np.float32)


def test_thinned_roc_curve_keeps_its_ends_and_its_area(scored):
    (curve,) = target_curves(*scored, kind="roc")
    assert len(curve.x) <= POINTS + 1
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    area = np.trapezoid(curve.y, curve.x)
    assert area == pytest.approx(per_target(*scored).roc_auc[0], abs=2e-3)


def test_thinned_precision_recall_curve_keeps_its_ends_and_its_area(scored):
    (curve,) = target_curves(*scored, kind="pr")
    assert len(curve.x) <= POINTS + 2
    assert np.all(np.diff(curve.x) >= 0)
    assert (curve.x[0], curve.x[-1]) == (0, 1)
    assert curve.y[-1] == pytest.approx(scored[0].mean())
    area = np.sum(np.diff(curve.x) * curve.y[1:])
    assert area == pytest.approx(per_target(*scored).pr_auc[0], abs=5e-3)


def test_no_curve_without_positives_or_negatives():
    labels = np.array([[0, 1, 0], [0, 1, 1]], dtype=np.uint8)
    curves = target_curves(labels, np.array([[0, 0, 0], [1, 1, 1]], np.float32), kind="roc")
    assert [curve is None for curve in curves] == [True, True, False]


def test_median_is_pointwise():
    low, mid, high = (
        Curve(np.array([0.0, 1.0]), np.array([value, value])) for value in (0.1, 0.5, 0.6)
    )
    median = median_curve([high, low, mid], points=5)
    assert median.x.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert median.y.tolist() == [0.5] * 5

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from danq.evaluation import measure
from danq.evaluation.statistics.curves import POINTS, Curve, median_curve, precision_recall, roc
from danq.ranking import rank
from tests.evaluation.scored import scored


@pytest.fixture
def many():
    labels, predictions = scored(20_000, [0.1])
    return rank(labels[:, 0], predictions[:, 0])


def test_curves_of_few_points_are_scikit_learns():
    labels, predictions = (a[:, 0] for a in scored(200, [0.3], levels=50))
    ranking = rank(labels, predictions)
    false, true, _ = roc_curve(labels, predictions, drop_intermediate=False)
    curve = roc(ranking)
    np.testing.assert_allclose([curve.x, curve.y], [false, true])
    precision, recall, _ = precision_recall_curve(labels, predictions)
    found = dict(zip(recall[::-1], precision[::-1], strict=True))
    curve = precision_recall(ranking)
    assert (curve.x[0], curve.y[0]) == (0, curve.y[1])
    for x, y in zip(curve.x[1:], curve.y[1:], strict=True):
        assert y == pytest.approx(max(p for r, p in zip(recall, precision, strict=True) if r == x))
    assert set(curve.x) == set(found)


def test_thinned_roc_curve_keeps_its_ends_and_its_area(many):
    curve = roc(many)
    assert len(curve.x) <= POINTS + 1
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    area = np.trapezoid(curve.y, curve.x)
    assert area == pytest.approx(many.roc_auc(), abs=2e-3)


def test_thinned_precision_recall_curve_keeps_its_ends_and_its_area(many):
    curve = precision_recall(many)
    assert len(curve.x) <= POINTS + 2
    assert np.all(np.diff(curve.x) >= 0)
    assert (curve.x[0], curve.x[-1]) == (0, 1)
    last = np.flatnonzero(many.positive)[-1]
    assert curve.y[-1] == pytest.approx(many.positives / (last + 1))
    area = np.sum(np.diff(curve.x) * curve.y[1:])
    assert area == pytest.approx(many.average_precision(), abs=5e-3)


def test_no_curve_without_positives_or_negatives():
    labels = np.array([[0, 1, 0], [0, 1, 1]], dtype=np.uint8)
    found = measure(labels, np.array([[0, 0, 0], [1, 1, 1]], np.float32))
    for curves in (found.roc, found.pr):
        assert [curve is None for curve in curves] == [True, True, False]


def test_median_is_pointwise():
    low, mid, high = (
        Curve(np.array([0.0, 1.0]), np.array([value, value])) for value in (0.1, 0.5, 0.6)
    )
    median = median_curve([high, low, mid], points=5)
    assert median.x.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert median.y.tolist() == [0.5] * 5

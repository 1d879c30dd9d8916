"""The figures of one target against scikit-learn and against thresholds tried one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from danq.evaluation import per_target
from tests.evaluation.scored import scored


def figures(labels, predictions):
    """ROC AUC, average precision and recall at 50 % FDR of one target."""
    metrics = per_target(labels[:, None], predictions[:, None])
    return metrics.roc_auc[0], metrics.pr_auc[0], metrics.recall_at_fdr50[0]


def recall_at_fdr50(labels, predictions):
    """Try every predicted value as a threshold."""
    best = 0.0
    for threshold in np.unique(predictions):
        called = predictions >= threshold
        true = labels[called].sum()
        if true >= called.sum() - true:
            best = max(best, true / labels.sum())
    return best


@pytest.mark.parametrize("levels", [None, 40, 3])
@pytest.mark.parametrize("rate", [0.01, 0.3, 0.98])
def test_figures_equal_scikit_learn(levels, rate):
    labels, predictions = (a[:, 0] for a in scored(3000, [rate], levels=levels))
    roc_auc, pr_auc, recall = figures(labels, predictions)
    assert roc_auc == pytest.approx(roc_auc_score(labels, predictions), abs=1e-12)
    assert pr_auc == pytest.approx(average_precision_score(labels, predictions), abs=1e-12)
    assert recall == recall_at_fdr50(labels, predictions)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=30).filter(
        lambda rows: len({label for label, _ in rows}) == 2
    )
)
def test_ties_of_any_kind(rows):
    labels = np.array([label for label, _ in rows], np.uint8)
    predictions = np.array([value for _, value in rows], np.float32)
    roc_auc, pr_auc, recall = figures(labels, predictions)
    assert roc_auc == pytest.approx(roc_auc_score(labels, predictions), abs=1e-12)
    assert pr_auc == pytest.approx(average_precision_score(labels, predictions), abs=1e-12)
    assert recall == recall_at_fdr50(labels, predictions)


def test_recall_by_hand():
    # From the top: + - | + + - - - | +, ties stand and fall together.
    predictions = np.array([9, 8, 5, 5, 5, 5, 5, 1], np.float32)
    labels = np.array([1, 0, 1, 1, 0, 0, 0, 1], np.uint8)
    # 1 of 2 calls right at 8; 3 of 7 at 5, too few; 4 of 8 at 1, all positives found.
    assert figures(labels, predictions)[2] == 1.0
    assert figures(labels[:-1], predictions[:-1])[2] == pytest.approx(1 / 3)


def test_recall_is_zero_where_every_threshold_calls_more_negatives():
    labels = np.array([0, 0, 0, 1], np.uint8)
    assert figures(labels, np.array([4, 3, 2, 1], np.float32))[2] == 0.0


@pytest.mark.parametrize("label", [0, 1])
def test_nothing_to_rank(label):
    found = figures(np.full(5, label, np.uint8), np.arange(5, dtype=np.float32))
    assert np.isnan(found).all()

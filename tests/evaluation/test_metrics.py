import logging

import numpy as np
import pytest

from danq.evaluation import per_target, summarise
from danq.evaluation.statistics.metrics import warn_undefined


def column(*values, dtype):
    return np.array(values, dtype=dtype)[:, None]


def rank_auc(labels, predictions):
    """Share of (positive, negative) pairs in the right order, ties counting a half."""
    positive = predictions[labels == 1][:, None]
    negative = predictions[labels == 0][None, :]
    return np.mean((positive > negative) + 0.5 * (positive == negative))


def average_precision(labels, predictions):
    """Precision at every distinct threshold, times the positives it adds."""
    total, reached = 0.0, 0
    for threshold in np.unique(predictions)[::-1]:
        called = predictions >= threshold
        hits = labels[called].sum()
        total += (hits - reached) * hits / called.sum()
        reached = hits
    return total / labels.sum()


def test_worked_by_hand():
    labels = column(0, 0, 1, 1, dtype=np.uint8)
    predictions = column(0.1, 0.4, 0.35, 0.8, dtype=np.float32)
    metrics = per_target(labels, predictions)
    assert metrics.windows == 4
    assert metrics.positives.tolist() == [2]
    # Of the four pairs only (0.35, 0.4) is in the wrong order.
    assert metrics.roc_auc[0] == pytest.approx(3 / 4)
    # First hit at rank 1, second at rank 3.
    assert metrics.pr_auc[0] == pytest.approx((1 / 1 + 2 / 3) / 2)


def test_equals_rank_formula_with_ties():
    rng = np.random.default_rng(1)
    labels = (rng.random((300, 4)) < [0.5, 0.1, 0.9, 0.02]).astype(np.uint8)
    labels[0] = 1
    predictions = rng.integers(0, 20, (300, 4)).astype(np.float32) / 20
    metrics = per_target(labels, predictions)
    for target in range(4):
        one = labels[:, target], predictions[:, target]
        assert metrics.roc_auc[target] == pytest.approx(rank_auc(*one))
        assert metrics.pr_auc[target] == pytest.approx(average_precision(*one))


def test_targets_without_positives_or_negatives_are_undefined_named_and_not_averaged(caplog):
    labels = np.array([[0, 1, 0], [0, 1, 1], [0, 1, 0]], dtype=np.uint8)
    predictions = np.array([[0.1, 0.2, 0.1], [0.2, 0.3, 0.9], [0.3, 0.1, 0.2]], dtype=np.float32)
    metrics = per_target(labels, predictions)
    assert np.isnan(metrics.roc_auc).tolist() == [True, True, False]
    assert np.isnan(metrics.pr_auc).tolist() == [True, True, False]
    with caplog.at_level(logging.WARNING):
        warn_undefined(["CTCF", "CTCF", "REST"], metrics)
    assert "2 of 3 targets" in caplog.text
    assert "CTCF#0 (no positives), CTCF#1 (no negatives)" in caplog.text
    assert "REST" not in caplog.text
    first, second, everything = summarise(metrics, ["a", "b", "b"])
    assert (first.group, first.targets) == ("a", 0)
    assert np.isnan(first.roc_auc_median)
    assert (second.group, second.targets, second.roc_auc_mean) == ("b", 1, 1.0)
    assert (everything.group, everything.targets, everything.pr_auc_median) == ("all", 1, 1.0)


def test_nothing_is_said_when_every_target_is_defined(caplog):
    labels = column(0, 1, dtype=np.uint8)
    warn_undefined(["CTCF"], per_target(labels, labels.astype(np.float32)))
    assert not caplog.records


def test_long_lists_of_undefined_targets_are_cut_with_their_number(caplog):
    labels = np.zeros((2, 30), np.uint8)
    warn_undefined([f"T{i}" for i in range(30)], per_target(labels, np.zeros((2, 30), np.float32)))
    assert "T19 (no positives)" in caplog.text
    assert "T20" not in caplog.text
    assert "and 10 more" in caplog.text


def test_medians_and_means_by_group():
    labels = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], dtype=np.uint8)
    predictions = np.array([[1, 0, 1, 0], [0, 1, 0, 1]], dtype=np.float32)
    one, two, everything = summarise(per_target(labels, predictions), ["x", "x", "x", "y"])
    assert (one.roc_auc_median, one.roc_auc_mean) == (1.0, pytest.approx(2 / 3))
    assert (two.roc_auc_median, two.pr_auc_mean) == (0.0, 0.5)
    assert (everything.targets, everything.roc_auc_median) == (4, 0.5)


def test_group_called_all_is_not_doubled():
    labels = column(0, 1, dtype=np.uint8)
    rows = summarise(per_target(labels, labels.astype(np.float32)), ["all"])
    assert [row.group for row in rows] == ["all"]


def test_refuses_other_shapes_and_values_that_are_not_finite():
    labels = column(0, 1, dtype=np.uint8)
    with pytest.raises(ValueError, match=r"found \(2, 1\) and \(2, 2\)"):
        per_target(labels, np.zeros((2, 2), np.float32))
    with pytest.raises(ValueError, match="not finite"):
        per_target(labels, column(0, np.nan, dtype=np.float32))

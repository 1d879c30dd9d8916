"""The paired difference of two readings of a network on the same windows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from danq.evaluation import measure
from danq.evaluation.statistics.genome_blocks import LEAST_BLOCKS
from danq.evaluation.verification.verify import compare_readings, resample


def compared(labels, *readings):
    resampling = resample(len(labels))
    return compare_readings(*(measure(labels, rows, resampling=resampling) for rows in readings))


@pytest.mark.parametrize(
    ("windows", "blocks", "size"),
    [(20, 20, 1), (50, 50, 1), (51, 26, 2), (60, 30, 2), (240, 48, 5), (227_512, 50, 4551)],
)
def test_blocks_are_stretches_of_one_length(windows, blocks, size):
    block = resample(windows).block
    sizes = np.bincount(block)
    assert (len(block), len(sizes)) == (windows, blocks)
    assert (np.diff(block) >= 0).all()
    assert set(sizes[:-1]) <= {size}
    assert 0 < sizes[-1] <= size


def weighted_auc(labels, scores, weights):
    """ROC AUC for each row of weights, (resamples, windows), as a share of pairs."""
    positive, negative = scores[labels == 1][:, None], scores[labels == 0]
    right = (positive > negative) + (positive == negative) / 2
    positives, negatives = weights[:, labels == 1], weights[:, labels == 0]
    return ((positives @ right) * negatives).sum(1) / (positives.sum(1) * negatives.sum(1))


@pytest.mark.parametrize("windows", [40, 60, 333])
@pytest.mark.parametrize("digits", [0, 1, 7], ids=["AllButTied", "Ties", "NoTies"])
def test_the_interval_is_that_of_windows_drawn_again(windows, digits):
    random = np.random.default_rng(windows)
    labels = (random.random((windows, 3)) < [0.5, 0.3, 0.6]).astype(np.uint8)
    first, second = np.round(labels + 2 * random.random((2, windows, 3)), digits).astype(np.float32)
    found = compared(labels, first, second)
    resampling = resample(windows)
    drawn = resampling.weights[:, resampling.block]
    areas = [
        np.mean([weighted_auc(labels[:, t], rows[:, t], drawn) for t in range(3)], axis=0)
        for rows in (first, second)
    ]
    each = areas[0] - areas[1]
    mean = np.mean(
        [
            np.subtract(*(roc_auc_score(labels[:, t], r[:, t]) for r in (first, second)))
            for t in range(3)
        ]
    )
    assert found.mean == pytest.approx(mean, abs=1e-12)
    ends = np.quantile(each, (0.025, 0.975)) + mean - np.mean(each)
    np.testing.assert_allclose([found.interval.lower, found.interval.upper], ends, atol=2e-6)
    assert ends[1] - ends[0] > 0.001


@pytest.mark.parametrize("shared", [False, True], ids=["TargetsApart", "TargetsAlike"])
def test_models_that_are_equally_good_are_seldom_told_apart(shared):
    random = np.random.default_rng(5)
    told, rounds = [], 50
    for _ in range(rounds):
        truth = random.normal(size=(100, 1 if shared else 8))
        labels = np.repeat(truth > 0.5, 8 // truth.shape[1], axis=1).astype(np.uint8)
        guesses = truth + random.normal(size=(2, *truth.shape))
        first, second = np.repeat(guesses, 8 // truth.shape[1], axis=2).astype(np.float32)
        told.append(compared(labels, first, second).interval.excludes(0))
    assert np.sum(told) <= 0.1 * rounds


def test_the_interval_is_that_of_the_difference_and_not_of_the_two():
    random = np.random.default_rng(6)
    truth = random.normal(size=(200, 4))
    labels = (truth > 0.5).astype(np.uint8)
    hard = 2 * random.normal(size=truth.shape)
    first = (truth + hard).astype(np.float32)
    second = (truth + hard + 0.1 * random.normal(size=truth.shape)).astype(np.float32)
    half = (truth + random.permutation(hard)).astype(np.float32)
    alike, apart = (compared(labels, first, other).interval for other in (second, half))
    assert alike.upper - alike.lower < (apart.upper - apart.lower) / 5


def test_too_little_to_judge_by_tells_nothing():
    labels = np.tile([[0], [1]], (LEAST_BLOCKS // 2, 3)).astype(np.uint8)
    perfect = labels.astype(np.float32)
    assert compared(labels, perfect, -perfect).interval.excludes(0)
    fewer = compared(labels[1:], perfect[1:], -perfect[1:])
    assert (fewer.mean, fewer.interval.excludes(0)) == (1.0, False)
    none = compared(0 * labels, perfect, -perfect)
    assert (none.targets, none.interval.excludes(0)) == (0, False)


def test_the_other_way_round_winners_are_losers():
    random = np.random.default_rng(7)
    labels = (random.random((80, 5)) < 0.5).astype(np.uint8)
    first, second = (labels * rate + random.random((80, 5)) for rate in (0.8, 0.2))
    one, other = (
        compared(labels, *(rows.astype(np.float32) for rows in pair))
        for pair in ((first, second), (second, first))
    )
    turned = one.reversed()
    assert (turned.won, turned.lost) == (one.lost, one.won) == (other.won, other.lost)
    assert turned.mean == pytest.approx(other.mean)
    assert turned.interval.lower == pytest.approx(other.interval.lower)
    assert turned.interval.upper == pytest.approx(other.interval.upper)

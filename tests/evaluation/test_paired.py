"""The paired difference of two models against scikit-learn, one block left out at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from danq.evaluation.statistics import paired
from danq.evaluation.statistics.measuring import per_target
from danq.evaluation.statistics.paired import block_of, leave_out_aucs, paired_difference


def _brute(labels, predictions, block):
    """Rank again without every block."""
    result = np.full((labels.shape[1], block.max() + 1), np.nan)
    for target, left in np.ndindex(result.shape):
        kept = block != left
        if len(set(labels[kept, target])) == 2:
            result[target, left] = roc_auc_score(labels[kept, target], predictions[kept, target])
    return result


def _compared(labels, first, second):
    block = block_of(len(labels))
    aucs = [per_target(labels, rows).roc_auc for rows in (first, second)]
    return paired_difference(*aucs, *(leave_out_aucs(labels, p, block) for p in (first, second)))


@pytest.mark.parametrize("windows", [7, 50, 60, 120, 333])
@pytest.mark.parametrize("digits", [0, 1, 7], ids=["AllButTied", "Ties", "NoTies"])
def test_each_block_left_out_is_ranked_as_if_it_never_was(windows, digits):
    random = np.random.default_rng(windows)
    labels = (random.random((windows, 5)) < [0.5, 0.1, 0.9, 0, 0]).astype(np.uint8)
    labels[3, 4] = 1
    scores = np.round(random.random((windows, 5)), digits).astype(np.float32)
    block = block_of(windows)
    found = leave_out_aucs(labels, scores, block)
    expected = _brute(labels, scores, block)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.isnan(expected[3]).all()
    assert np.isfinite(expected[0]).all()
    assert np.isnan(expected[4]).sum() == 1, "a single positive is lost with its block"


@pytest.mark.parametrize(
    ("windows", "blocks", "size"),
    [(1, 1, 1), (50, 50, 1), (51, 26, 2), (60, 30, 2), (240, 48, 5), (227_512, 50, 4551)],
)
def test_blocks_are_stretches_of_one_length(windows, blocks, size):
    block = block_of(windows)
    sizes = np.bincount(block)
    assert (len(block), len(sizes)) == (windows, blocks)
    assert (np.diff(block) >= 0).all()
    assert set(sizes[:-1]) <= {size}
    assert 0 < sizes[-1] <= size


def test_the_error_is_the_jackknifes():
    random = np.random.default_rng(4)
    labels = (random.random((90, 6)) < 0.3).astype(np.uint8)
    labels[:, 5] = 0
    labels[4:6, 5] = 1  # one block holds all positives of the last target
    first, second = (np.round(labels + 2 * random.random((90, 6)), 1).astype("f4") for _ in "ab")
    found = _compared(labels, first, second)
    block = block_of(90)
    each = (_brute(labels, first, block) - _brute(labels, second, block))[:5].mean(axis=0)
    error = ((len(each) - 1) * np.mean((each - each.mean()) ** 2)) ** 0.5
    aucs = [
        [roc_auc_score(labels[:, t], scores[:, t]) for t in range(5)] for scores in (first, second)
    ]
    differences = np.subtract(*aucs)
    assert found.targets == 5
    assert found.difference == pytest.approx(differences.mean(), abs=1e-12)
    assert found.error == pytest.approx(error, abs=1e-12)
    assert error > 0.001
    assert found.first == pytest.approx((differences > 0).mean())
    assert found.second == pytest.approx((differences < 0).mean())


@pytest.mark.parametrize("shared", [False, True], ids=["TargetsApart", "TargetsAlike"])
def test_models_that_are_equally_good_are_seldom_told_apart(shared):
    random = np.random.default_rng(5)
    told, rounds = [], 80
    for _ in range(rounds):
        truth = random.normal(size=(100, 1 if shared else 8))
        labels = np.repeat(truth > 0.5, 8 // truth.shape[1], axis=1).astype(np.uint8)
        guesses = truth + random.normal(size=(2, *truth.shape))
        first, second = np.repeat(guesses, 8 // truth.shape[1], axis=2).astype(np.float32)
        told.append(_compared(labels, first, second).is_told)
    assert np.sum(told) <= 0.1 * rounds


def test_the_error_is_that_of_the_difference_and_not_of_the_two():
    random = np.random.default_rng(6)
    truth = random.normal(size=(200, 4))
    labels = (truth > 0.5).astype(np.uint8)
    hard = 2 * random.normal(size=truth.shape)
    first = (truth + hard).astype(np.float32)
    second = (truth + hard + 0.1 * random.normal(size=truth.shape)).astype(np.float32)
    half = (truth + random.permutation(hard)).astype(np.float32)
    assert _compared(labels, first, second).error < _compared(labels, first, half).error / 5


def test_too_little_to_judge_by_tells_nothing():
    labels = np.tile([[0], [1]], (paired.LEAST_BLOCKS // 2, 3)).astype(np.uint8)
    perfect = labels.astype(np.float32)
    assert _compared(labels, perfect, -perfect).is_told
    fewer = _compared(labels[1:], perfect[1:], -perfect[1:])
    assert (fewer.difference, fewer.is_told) == (1.0, False)
    none = _compared(0 * labels, perfect, -perfect)
    assert (none.targets, none.is_told) == (0, False)

"""E-values against sorted arrays in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danq.scoring.e_values import exceedance
from danq.scoring.e_values.exceedance import BINS, Exceedance, Tally, bins, edges, functional_scores

RESOLUTION = 2**-9


def at_least(background, values):
    """How many of a column's background values are at least as large as each of the values."""
    ordered = np.sort(background)
    return len(ordered) - np.searchsorted(ordered, values, side="left")


def share(background, values):
    """The E-values of one target, from the definition."""
    n, count = len(background), at_least(background, values)
    return np.where(count > 0, count / n, 1 / (n + 1))


def looked_up(background, values, block=700):
    tally = Tally(background.shape[1])
    for first in range(0, len(background), block):
        tally.add(background[first : first + block])
    assert tally.n == len(background)
    return Exceedance(tally.counts, tally.largest(), tally.n).e_values(values)


def draw(n, targets, seed):
    return np.exp(np.random.default_rng(seed).normal(-8, 4, (n, targets))).astype(np.float32)


@pytest.mark.parametrize("n", [1, 900, exceedance.ALL_KEPT])
def test_small_backgrounds_are_exact(n):
    background, values = draw(n, 5, 0), draw(4000, 5, 1)
    values[:50] = background[:50]
    found = looked_up(background, values)
    assert found.dtype == np.float32
    expected = np.stack([share(background[:, t], values[:, t]) for t in range(5)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_large_backgrounds_are_exact_in_the_tail_and_never_too_small():
    background, values = draw(30_000, 3, 2), draw(2_000, 3, 3)
    values[:500] = background[:500]
    found = looked_up(background, values)
    for target in range(3):
        column, x, e = background[:, target], values[:, target], found[:, target]
        exact = share(column, x)
        tail = exact < exceedance.LARGEST_KEPT / 30_000
        assert 20 < tail.sum() < 1000
        np.testing.assert_allclose(e[tail], exact[tail], rtol=1e-6)
        assert (e >= exact * (1 - 1e-6)).all()
        assert (e <= share(column, x * (1 - RESOLUTION)) * (1 + 1e-6)).all()
        assert (e != exact.astype(np.float32)).any()


@settings(max_examples=60, deadline=None)
@given(
    background=st.lists(st.floats(0, 100, width=32), min_size=1, max_size=60),
    value=st.floats(0, 100, width=32),
    kept=st.integers(1, 5),
)
def test_bounds_hold_for_any_values_and_ties(background, value, kept):
    column, x = np.array(background, np.float32), np.array([value], np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exceedance, "LARGEST_KEPT", kept)
        patch.setattr(exceedance, "ALL_KEPT", 2 * kept)
        (found,) = looked_up(column[:, None], x[:, None], block=7)[0]
    lower = x * 0 if value < exceedance.SMALLEST else x * (1 - RESOLUTION)
    assert share(column, x)[0] * (1 - 1e-6) <= found <= share(column, lower)[0] * (1 + 1e-6)


def test_a_tie_with_the_smallest_score_that_is_kept(monkeypatch):
    monkeypatch.setattr(exceedance, "LARGEST_KEPT", 2)
    monkeypatch.setattr(exceedance, "ALL_KEPT", 3)
    background = np.array([[3.0], [2.0], [2.0], [2.0], [1.0]], np.float32)
    values = np.array([[4.0], [3.0], [2.0], [1.0], [0.0]], np.float32)
    found = looked_up(background, values)
    np.testing.assert_allclose(found[:, 0], [1 / 6, 1 / 5, 4 / 5, 1, 1], rtol=1e-6)


def test_nothing_at_least_as_large_is_one_over_n_plus_one():
    found = looked_up(np.full((9, 2), 0.5, np.float32), np.array([[1, 0]], np.float32))
    np.testing.assert_allclose(found, [[1 / 10, 1]], rtol=1e-6)


def test_bins_are_logarithmic_and_cover_every_score():
    lower = edges()
    assert lower.shape == (BINS,)
    np.testing.assert_array_equal(bins(lower), np.arange(BINS))
    ratio = lower[2:] / lower[1:-1]
    assert ratio.min() > 1 + RESOLUTION / 2
    assert ratio.max() <= 1 + RESOLUTION
    largest = np.float32(2 * np.log2(1e12))
    assert bins(np.array([0, 1e-30, largest], np.float32)).tolist()[:2] == [0, 0]
    assert bins(np.array([largest]))[0] < BINS - 1


def test_the_functional_score_is_the_geometric_mean():
    e_values = np.array([[0.1, 0.001], [1, 1], [0.5, 0.5]], np.float32)
    np.testing.assert_allclose(functional_scores(e_values), [0.01, 1, 0.5], rtol=1e-6)
    many = np.full((1, 919), 1e-6, np.float32)
    np.testing.assert_allclose(functional_scores(many), 1e-6, rtol=1e-5)

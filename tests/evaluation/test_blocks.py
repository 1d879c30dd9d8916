"""Which windows are resampled together."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from danq.errors import InputError
from danq.evaluation.statistics.genome_blocks import (
    LEAST_BLOCKS,
    MOST_BLOCKS,
    blocks_of,
    check_options,
    draw,
    plan,
)


def data(contig=None, start=None, window=1000):
    """As much of a data set as blocks are made from."""
    return SimpleNamespace(
        has_coordinates=contig is not None,
        contig=None if contig is None else np.array(contig, np.uint32),
        start=None if start is None else np.array(start, np.int64),
        window=window,
    )


def test_a_window_is_in_the_block_of_its_middle():
    found = data([1, 1, 1, 2, 2], [0, 998_000, 999_600, 999_400, 2_500_000])
    assert blocks_of(found, np.arange(5), 1_000_000).tolist() == [0, 0, 1, 2, 3]
    assert blocks_of(found, np.array([2, 4, 0]), 1_000_000).tolist() == [1, 2, 0]


def test_windows_without_coordinates_are_taken_in_a_row():
    found = blocks_of(data(), np.arange(2000), 1_000_000)
    assert np.bincount(found).tolist() == [800, 800, 400]
    assert np.bincount(blocks_of(data(), np.arange(50), 25_000)).tolist() == [20, 20, 10]


def test_every_resample_has_as_many_blocks_and_all_are_drawn_alike():
    found = draw((np.arange(90) // 3).astype(np.int32), resamples=4000, seed=0)
    assert found.weights.shape == (4000, 30)
    assert (found.weights.sum(axis=1) == 30).all()
    np.testing.assert_allclose(found.weights.mean(axis=0), 1, atol=0.1)
    # As often as a block is missing from a sample of 30 with replacement.
    assert (found.weights == 0).mean() == pytest.approx((29 / 30) ** 30, abs=0.01)
    again = draw(found.block, resamples=4000, seed=0)
    assert np.array_equal(found.weights, again.weights)
    assert not np.array_equal(found.weights, draw(found.block, resamples=4000, seed=1).weights)


@pytest.mark.parametrize(("megabases", "size"), [(30, 1_000_000), (12, 500_000), (2, 100_000)])
def test_blocks_shrink_until_they_are_enough(megabases, size, caplog):
    start = np.arange(0, megabases * 1_000_000, 500)
    found, resampling = plan(data(np.zeros(len(start)), start), np.arange(len(start)))
    assert found.block_size == size
    assert found.blocks == resampling.blocks >= LEAST_BLOCKS
    assert ("may be too narrow" in caplog.text) == (size < 1_000_000)


def test_too_few_blocks_give_no_resamples(caplog):
    start = np.arange(0, 5_000_000, 1000)
    windows = data(np.zeros(len(start)), start)
    found, resampling = plan(windows, np.arange(len(start)), size=1_000_000)
    assert (found.blocks, found.is_enough, resampling) == (5, False, None)
    assert "in 5 blocks of 1000000 bases; intervals need 20 or more" in caplog.text
    few = data(np.zeros(100), np.arange(100) * 1000)
    assert plan(few, np.arange(100))[1] is None


def test_what_stands_for_a_block_without_coordinates_is_said(caplog):
    with caplog.at_level(logging.INFO):
        found, resampling = plan(data(), np.arange(20_000), resamples=50)
    assert "800 in a row stand for a block of 1000000 bases" in caplog.text
    assert (found.has_coordinates, resampling.weights.shape) == (False, (50, 25))


def test_neighbours_are_put_together_where_blocks_are_very_many():
    many = 2 * MOST_BLOCKS + 2
    windows = data(np.arange(many), np.zeros(many))
    found, resampling = plan(windows, np.arange(many), resamples=40)
    assert (found.together, found.block_size) == (3, 1_000_000)
    assert found.blocks == resampling.blocks == -(-many // 3)
    assert np.bincount(resampling.block)[:-1].tolist() == [3] * (found.blocks - 1)


def test_blocks_are_never_shorter_than_ten_windows():
    start = np.arange(0, 600_000, 1000)
    windows = data(np.zeros(len(start)), start, window=2500)
    # 20,000 bases would make 30 blocks, 50,000 make 12.
    found, resampling = plan(windows, np.arange(len(start)))
    assert (found.is_enough, resampling) == (False, None)
    # In a row: 16 windows stand for 20,000 bases, 8 would for 10,000.
    assert plan(data(), np.arange(400))[0].block_size == 20_000
    assert plan(data(), np.arange(300))[1] is None
    windows = data(np.zeros(len(start)), start, window=2000)
    assert plan(windows, np.arange(len(start)))[0].block_size == 20_000


def test_no_bootstrap_is_asked_for():
    assert plan(data(), np.arange(10), resamples=0) == (None, None)


@pytest.mark.parametrize(
    ("resamples", "size", "seed", "text"),
    [
        (-1, None, 0, "found -1 resamples, expected 0 for none or 40 to 100000"),
        (39, None, 0, "found 39 resamples"),
        (10**20, None, 0, f"found {10**20} resamples"),
        (500, 0, 0, "found blocks of 0 bases, expected 1 to 1000000000"),
        (500, 10**20, 0, f"found blocks of {10**20} bases"),
        (0, 1000, 0, "found a block size, but no resamples"),
        (500, None, -1, "found seed -1, expected at least 0"),
    ],
)
def test_options_that_cannot_be(resamples, size, seed, text):
    with pytest.raises(InputError, match=text):
        check_options(resamples, size, seed)
    check_options(0, None, 0)


def test_how_many_windows_stand_for_a_block_is_told(caplog):
    with caplog.at_level("INFO", logger="danq"):
        plan(data(), np.arange(12), size=1_000_000)
    assert "no coordinates: 800 in a row stand for a block of 1000000 bases" in caplog.text

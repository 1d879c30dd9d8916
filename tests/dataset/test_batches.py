from __future__ import annotations

import numpy as np
import pytest

import danq
from danq.dataset import Dataset, Selection
from danq.dataset.batches import Batches
from danq.errors import InputError
from danq.genome import reverse_complement


@pytest.fixture
def data(tmp_path, genome, targets) -> Dataset:
    danq.windows(genome, targets, tmp_path / "d.h5", selection=Selection(require="none"))
    return Dataset.open(tmp_path / "d.h5")


def _epoch(batches: Batches, number: int) -> tuple[np.ndarray, np.ndarray]:
    codes, labels = zip(*batches.epoch(number), strict=True)
    return np.concatenate(codes), np.concatenate(labels)


def test_an_epoch_holds_each_window_once_with_its_labels(data):
    rows = data.indices("train")[:96]
    batches = Batches(data, rows, 32, reverse_complement=False)
    codes, labels = _epoch(batches, 1)
    plain = {
        code.tobytes(): label
        for code, label in zip(data.codes(rows), data.labels(rows), strict=True)
    }
    assert {code.tobytes() for code in codes} == set(plain)
    for code, label in zip(codes, labels, strict=True):
        assert np.array_equal(plain[code.tobytes()], label)


def test_about_half_are_turned_around(data):
    rows = data.indices("train")[:200]
    codes, _ = _epoch(Batches(data, rows, 50), 1)
    forward = {code.tobytes() for code in data.codes(rows)}
    backward = {code.tobytes() for code in reverse_complement(data.codes(rows))}
    turned = sum(code.tobytes() in backward for code in codes)
    assert turned + sum(code.tobytes() in forward for code in codes) == 200
    assert 60 < turned < 140


def test_jitter_moves_windows_and_keeps_labels(data):
    rows = data.indices("train")[10:60]
    batches = Batches(data, rows, 50, reverse_complement=False, max_jitter=3)
    codes, labels = _epoch(batches, 1)
    shifted = {
        (code.tobytes(), label.tobytes())
        for shift in range(-3, 4)
        for code, label in zip(data.codes(rows, shift=shift), data.labels(rows), strict=True)
    }
    pairs = zip(codes, labels, strict=True)
    assert all((code.tobytes(), label.tobytes()) in shifted for code, label in pairs)
    plain = {code.tobytes() for code in data.codes(rows)}
    assert sum(code.tobytes() not in plain for code in codes) > 20


def test_jitter_reaches_into_no_other_split(tmp_path, genome, targets):
    path = tmp_path / "split.h5"
    regions = {"valid": ["chr1:10001-12000"], "test": ["chr2:5001-6000"]}
    danq.windows(genome, targets, path, selection=Selection(require="none"), **regions)
    data = Dataset.open(path)
    rows = data.indices("train")
    batches = Batches(data, rows, len(rows), reverse_complement=False, max_jitter=200)
    seen = {
        code.tobytes()
        for number in (1, 2, 3)
        for codes, _ in batches.epoch(number)
        for code in codes
    }
    # These hold at least one base of [10000, 12000) on chr1 or of [5000, 6000) on chr2.
    for contig, first, last in ((0, 9_001, 12_000), (1, 4_001, 6_000)):
        starts = np.arange(first, last)
        forbidden = data.reference.windows(np.full(len(starts), contig), starts, 1_000)
        assert seen.isdisjoint(code.tobytes() for code in forbidden)
    # Others are moved right up to the border.
    starts = np.arange(8_801, 9_001)
    allowed = data.reference.windows(np.zeros(len(starts), dtype=int), starts, 1_000)
    assert not seen.isdisjoint(code.tobytes() for code in allowed)


def test_the_seed_and_the_epoch_fix_everything(data):
    rows = data.indices("train")

    def first(seed: int, epoch: int) -> bytes:
        return next(Batches(data, rows, 16, seed=seed, max_jitter=5).epoch(epoch))[0].tobytes()

    assert first(1, 2) == first(1, 2)
    assert len({first(1, 1), first(1, 2), first(2, 1)}) == 3


@pytest.mark.parametrize("size", [7, 16, 100, 2000])
def test_an_epoch_is_what_window_by_window_would_give(data, size):
    rows = np.resize(data.indices("train"), 2_500)
    batches = Batches(data, rows, size, seed=3, max_jitter=4)
    random = np.random.default_rng([3, 2])
    order, turned = random.permutation(rows), random.random(len(rows)) < 0.5
    shift = random.integers(-4, 5, len(rows))
    found = list(batches.epoch(2))
    assert len(found) == len(batches) == len(rows) // size
    codes, labels = (np.concatenate(part) for part in zip(*found, strict=True))
    for place in range(0, len(codes), 13):
        row = order[place : place + 1]
        window = data.codes(row, shift=shift[place])[0]
        expected = reverse_complement(window) if turned[place] else window
        assert np.array_equal(codes[place], expected)
        assert np.array_equal(labels[place], data.labels(row)[0])


def test_an_epoch_begins_at_any_batch(data):
    batches = Batches(data, np.resize(data.indices("train"), 2_500), 100, max_jitter=4)
    whole = list(batches.epoch(3))
    for first in (0, 1, 9, 10, 24, 25):
        rest = list(batches.epoch(3, first=first))
        assert len(rest) == 25 - first
        for one, other in zip(rest, whole[first:], strict=True):
            assert np.array_equal(one[0], other[0])
            assert np.array_equal(one[1], other[1])


@pytest.mark.parametrize("window", [96, 97])
def test_windows_of_any_length_are_turned_around(tmp_path, genome, targets, window):
    path = tmp_path / "w.h5"
    every = Selection(require="none", max_unknown=1.0)
    danq.windows(genome, targets, path, window=window, bin=window % 2 + 20, selection=every)
    data = Dataset.open(path)
    rows = data.indices("train")
    assert (data.codes(rows) == 4).any()
    random = np.random.default_rng([1, 1])
    order, turned = random.permutation(rows), random.random(len(rows)) < 0.5
    codes, _ = _epoch(Batches(data, rows, len(rows)), 1)
    expected = data.codes(order)
    expected[turned] = reverse_complement(expected[turned])
    assert np.array_equal(codes, expected)


def test_every_batch_is_full(data):
    rows = data.indices("train")[:70]
    assert [len(codes) for codes, _ in Batches(data, rows, 32).epoch(1)] == [32, 32]
    assert [len(codes) for codes, _ in Batches(data, rows, 1_000).epoch(1)] == [70]


def test_wrong_numbers_are_refused(data):
    rows = data.indices("train")
    with pytest.raises(InputError, match="max_jitter 1000, expected at least 0 and less than"):
        Batches(data, rows, 1, max_jitter=1_000)
    with pytest.raises(InputError, match="batch size 0"):
        Batches(data, rows, 0)
    with pytest.raises(InputError, match="max_jitter -1"):
        Batches(data, rows, 1, max_jitter=-1)

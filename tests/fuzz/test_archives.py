"""Damaged checkpoints are noticed or make no difference; damaged blocks are computed again."""

import numpy as np
import pytest

from danq.errors import InputError
from danq.genome.variants import Change
from danq.parts import Parts
from danq.scoring.blocks.block import Block
from danq.training import Epoch
from danq.training.checkpoint import Checkpoint, Position
from danq.training.history import History
from danq.vcf.record import Record
from tests.fuzz.mutations import mutate

READS = frozenset(["diff", "largest"])


@pytest.fixture
def state():
    weights = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)]
    history = History([Epoch(1, 0.7, 0.6, 0.5, 0.5, 0.1, 1.5)])
    return Checkpoint({"monitor": "loss"}, history, Position(3, 2.5, 0.1), weights, weights, [], [])


def same(one, other):
    return all(
        len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        for a, b in ((one.weights, other.weights), (one.best, other.best))
    ) and (one.history.records(), one.position) == (other.history.records(), other.position)


def test_a_damaged_checkpoint(tmp_path, state, fuzz):
    path = tmp_path / "m.checkpoint"
    state.write(path)
    whole = path.read_bytes()
    assert same(Checkpoint.read(path, state), state)

    def case(random):
        path.write_bytes(mutate(whole, random))
        assert same(Checkpoint.read(path, state), state)

    fuzz(case)


def test_a_damaged_block(tmp_path, fuzz):
    records = [Record(1, "chr1", 5, ".", "A", ("C",), 1)]
    block = Block(0, 0, records, [[Change("chr1", 4, "A", "C")]])
    scores = {"diff": np.ones((1, 3), np.float32), "largest": np.zeros(1, np.float32)}
    parts = Parts(tmp_path, {"model_checksum": "a"})
    parts.begin()
    parts.save(block, scores, READS)
    path = tmp_path / "block-00000000.npz"
    whole, run = path.read_bytes(), (tmp_path / "run.json").read_bytes()

    def case(random):
        path.write_bytes(mutate(whole, random))
        found = parts.load(block, READS)
        assert found is None or all(np.array_equal(found[name], scores[name]) for name in READS)
        (tmp_path / "run.json").write_bytes(mutate(run, random))
        parts.check()

    fuzz(case)
    (tmp_path / "run.json").write_bytes(b"[" * 100_000)
    with pytest.raises(InputError, match=r"its run\.json cannot be read"):
        parts.check()

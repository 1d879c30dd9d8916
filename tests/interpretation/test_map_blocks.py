"""Finished blocks of maps: a run takes those of an interrupted one, and refuses another's."""

import numpy as np
import pytest

from danq.errors import InputError
from danq.interpretation.map_blocks import MapBlock, load_maps, save_maps
from danq.resuming import whole_run
from tests.interpretation.made_maps import CTCF, POLYMERASES, make_maps, some_stretches

OUTPUTS = [CTCF, POLYMERASES]
IDENTITY = {"model_checksum": "abc", "method": "ism", "targets": "CTCF Pol2|all", "span": 20}


def blocks(count=4, seed=5):
    """Blocks of three maps, whose windows are wider than what is explained."""
    random = np.random.default_rng(seed)
    stretches = some_stretches(3 * count)
    for number in range(count):
        some = stretches[3 * number : 3 * number + 3]
        yield MapBlock(number, 3 * number, some, random.integers(0, 5, (3, 50)).astype(np.uint8))


def explain(output, run_blocks, *, resume, stop=None, identity=IDENTITY):
    """A run that computes what is not there; it returns all maps and what it computed."""
    computed, results = [], []
    with whole_run(output, identity, resume=resume) as source:
        for block in run_blocks:
            maps = load_maps(source, block, OUTPUTS)
            if maps is None:
                if block.number == stop:
                    raise KeyboardInterrupt
                maps = make_maps(block.stretches, OUTPUTS, seed=int(block.windows.sum()))
                computed.append(block.number)
                save_maps(source, block, maps)
            results.append(maps)
    return results, computed


@pytest.fixture
def interrupted(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        explain(tmp_path / "x.h5", blocks(), resume=False, stop=2)
    return tmp_path / "x.h5"


def test_a_resumed_run_takes_finished_blocks(interrupted):
    whole, all_computed = explain(interrupted.with_name("other.h5"), blocks(), resume=False)
    resumed, computed = explain(interrupted, blocks(), resume=True)
    assert (all_computed, computed) == ([0, 1, 2, 3], [2, 3])
    for one, other in zip(resumed, whole, strict=True):
        assert (list(one.stretches), list(one.outputs)) == (list(other.stretches), OUTPUTS)
        for name in ("codes", "hypothetical", "predicted"):
            assert getattr(one, name).dtype == getattr(other, name).dtype
            assert np.array_equal(getattr(one, name), getattr(other, name))
    assert list(interrupted.parent.iterdir()) == []


def test_a_run_that_does_not_resume_starts_from_scratch(interrupted):
    assert explain(interrupted, blocks(), resume=False)[1] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("model_checksum", "xyz", r'its model checksum is "abc", now it is "xyz"$'),
        ("method", "saliency", r'its method is "ism", now it is "saliency"$'),
        ("steps", 50, r'its "?steps"? is not given, now it is "50"$'),
    ],
)
def test_blocks_of_another_run_are_refused(interrupted, key, value, sentence):
    identity = {**IDENTITY, key: value}
    with pytest.raises(InputError, match=rf"x\.h5\.parts: holds blocks of another run: {sentence}"):
        explain(interrupted, blocks(), resume=True, identity=identity)


def test_blocks_of_other_bases_are_computed_again(interrupted):
    """Outside the stretch that is explained, too."""
    some = list(blocks())
    some[1].windows[2, 49] ^= 1
    assert explain(interrupted, some, resume=True)[1] == [1, 2, 3]


def test_blocks_of_other_regions_are_computed_again(interrupted):
    some = list(blocks())
    moved = [stretch._replace(allele="REF") for stretch in some[0].stretches]
    some[0] = MapBlock(0, 0, moved, some[0].windows)
    assert explain(interrupted, some, resume=True)[1] == [0, 2, 3]


def test_damaged_blocks_are_computed_again(interrupted):
    path = interrupted.with_name("x.h5.parts") / "block-00000001.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert explain(interrupted, blocks(), resume=True)[1] == [1, 2, 3]

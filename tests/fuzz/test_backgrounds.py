"""Damaged background files are noticed, or make no difference."""

import numpy as np
import pytest

from danq.scoring.background_file import Background, write_background
from danq.scoring.exceedance import Tally
from tests.fuzz.hdf5_mutations import has_attribute, mutate_hdf5

SCORES = np.random.default_rng(2).lognormal(size=(50, 3)).astype(np.float32)


@pytest.fixture
def whole(tmp_path):
    tally = Tally(3)
    tally.add(SCORES)
    texts = ("model", "model_checksum", "genome", "genome_checksum", "precision")
    said = dict.fromkeys(texts, "a") | {"seed": 3}
    write_background(tmp_path / "b.h5", tally, ["x", "y", "z"], [("variants", 50)], said)
    return (tmp_path / "b.h5").read_bytes()


def contents(path):
    background = Background(path)
    e_values = background.e_values(SCORES, np.ones_like(SCORES))
    return background.variants, background.targets, e_values.tolist()


def test_a_damaged_background(whole, tmp_path, fuzz):
    path = tmp_path / "b.h5"
    expected = contents(path)

    def case(random):
        path.write_bytes(whole)
        mutate_hdf5(path, random)
        is_checked = has_attribute(path, "checksum")
        assert contents(path) == expected or not is_checked

    fuzz(case)

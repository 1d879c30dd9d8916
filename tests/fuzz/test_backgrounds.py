"""Damaged background files are noticed, or make no difference."""

import numpy as np
import pytest

from danq.scoring.e_values.background_file import Background, write_background
from danq.scoring.e_values.exceedance import Tally
from tests.fuzz.hdf5_mutations import has_format, mutate_hdf5

SCORES = np.random.default_rng(2).lognormal(size=(50, 3)).astype(np.float32)


@pytest.fixture
def whole(tmp_path):
    tally = Tally(3)
    tally.add(SCORES)
    texts = ("model", "model_checksum", "genome", "genome_checksum", "vcf", "vcf_checksum")
    said = dict.fromkeys((*texts, "version", "units"), "a") | {
        "precision": "float32",
        "ref_mismatch": "error",
        "snvs_only": False,
        "window": 400,
        "max_variants": 0,
        "seed": 3,
    }
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
        # Files of format 1 may lack the checksum.
        assert contents(path) == expected or has_format(path, {1})

    fuzz(case)

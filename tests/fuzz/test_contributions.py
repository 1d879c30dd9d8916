"""Damaged contribution files are noticed, or make no difference."""

import numpy as np

from danq.interpretation.files.contribution_file import read_contributions
from tests.fuzz.hdf5_mutations import mutate_hdf5
from tests.interpretation.made_maps import make_maps, some_stretches, write_files

ARRAYS = ("one_hot", "hypothetical", "projected", "predicted")


def test_a_damaged_contribution_file(tmp_path, fuzz):
    path = tmp_path / "x.h5"
    write_files(path, [make_maps(some_stretches(3))])
    whole, expected = path.read_bytes(), read_contributions(path)

    def texts(read):
        return read.output, read.targets, read.attributes, read.stretches

    def case(random):
        path.write_bytes(whole)
        mutate_hdf5(path, random)
        read = read_contributions(path)
        assert texts(read) == texts(expected)
        for name in ARRAYS:
            assert np.array_equal(getattr(read, name), getattr(expected, name))

    fuzz(case)

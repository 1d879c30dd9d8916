"""Damaged data set files are noticed, or make no difference."""

import numpy as np
import pytest

import danq
from danq.dataset import Dataset, Selection, convert
from tests.deepsea_bundle import random_split, write_bundle
from tests.fuzz.hdf5_mutations import has_format, mutate_hdf5


@pytest.fixture(params=["coordinates", "sequences"])
def whole(request, tmp_path):
    path = tmp_path / "whole.h5"
    if request.param == "coordinates":
        genome, targets = (request.getfixturevalue(name) for name in ("genome", "targets"))
        danq.windows(genome, targets, path, window=400, selection=Selection(require="any"))
    else:
        convert(write_bundle(tmp_path, {"train": random_split(3, 40, 12, 11)}), path)
    return path


def contents(path):
    """Everything that training and evaluation take from a data set."""
    with Dataset.open(path) as data:
        rows = np.arange(len(data))
        return (
            data.targets,
            data.window,
            data.codes(rows).tolist(),
            data.labels(rows).tolist(),
            [data.rows(split).tolist() for split in ("train", "valid", "test")],
        )


def test_a_damaged_data_set(whole, tmp_path, fuzz):
    expected, data = contents(whole), whole.read_bytes()
    path = tmp_path / "damaged.h5"

    def case(random):
        path.write_bytes(data)
        mutate_hdf5(path, random)
        # Files of the formats 1 and 2 may lack the checksum.
        assert contents(path) == expected or has_format(path, {1, 2})

    fuzz(case)

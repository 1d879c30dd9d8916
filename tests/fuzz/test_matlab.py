"""Damaged MATLAB files of both versions: the windows that were written, or one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat

from danq.dataset.matlab.deepsea_mat import read_mat
from tests.deepsea_bundle import random_split, write_v73
from tests.fuzz.conftest import CASES
from tests.fuzz.mutations import mutate

SPLIT = random_split(3, 31, 9, 19)


def _plain(path):
    savemat(path, SPLIT.arrays("test"))


def _compressed(path):
    savemat(path, SPLIT.arrays("test"), do_compression=True)


def _hdf5(path):
    write_v73(path, SPLIT.arrays("test"))


@pytest.mark.parametrize("write", [_plain, _compressed, _hdf5])
def test_a_damaged_file_ends_in_windows_or_a_sentence(fuzz, tmp_path, write):
    write(tmp_path / "whole.mat")
    whole = (tmp_path / "whole.mat").read_bytes()

    def case(random):
        path = tmp_path / "t.mat"
        path.write_bytes(mutate(whole, random))
        found = read_mat(path)
        # Version 5 without compression has no checksum: other bases and labels are possible.
        assert found.codes.dtype == found.labels.dtype == np.uint8
        assert found.codes.ndim == found.labels.ndim == 2
        assert len(found.codes) == len(found.labels)
        assert found.codes.max() <= 4
        assert found.labels.max() <= 1

    # A file of version 5 is read by a process of its own, in a third of a second.
    fuzz(case, number=CASES if write is _hdf5 else max(1, CASES // 15))

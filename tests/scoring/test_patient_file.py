"""A file that a full disk does not break, against a plain one."""

import errno
import io
import os

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danq.scoring.patient_file import PatientFile

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.binary(min_size=1, max_size=40)),
        st.tuples(st.just("seek"), st.integers(0, 120)),
        st.tuples(st.just("read"), st.integers(0, 60)),
        st.tuples(st.just("fail"), st.just(0)),
    ),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(steps=STEPS)
def test_it_reads_what_was_written_also_after_the_disk_is_full(tmp_path_factory, steps):
    file = PatientFile(tmp_path_factory.mktemp("f") / "file")
    expected = io.BytesIO()
    is_full = wrote_after = False
    with pytest.MonkeyPatch.context() as patch:
        for what, value in steps:
            if what == "write":
                assert file.write(value) == expected.write(value)
                wrote_after |= is_full
            elif what == "seek":
                assert file.seek(value) == expected.seek(value)
            elif what == "read":
                assert file.read(value) == expected.read(value)
            else:
                is_full = True
                patch.setattr(os, "pwrite", full)
    if wrote_after:
        with pytest.raises(OSError, match="No space left"):
            file.check()
    else:
        file.check()
    file.close()


def full(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_hdf5_closes_whole_and_the_error_is_kept(tmp_path, monkeypatch):
    file = PatientFile(tmp_path / "file.h5")
    numbers = np.random.default_rng(0).normal(size=(500, 100))
    with h5py.File(file, "w") as hdf5:
        data = hdf5.create_dataset("x", (0, 100), "f8", maxshape=(None, 100), compression="gzip")
        for number in range(4):
            if number == 2:
                monkeypatch.setattr(os, "pwrite", full)
            data.resize(500 * (number + 1), axis=0)
            data[-500:] = numbers
        np.testing.assert_array_equal(data[:], np.concatenate([numbers] * 4))
    with pytest.raises(OSError, match="No space left"):
        file.check()
    file.close()

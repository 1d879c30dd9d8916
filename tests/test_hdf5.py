"""A file that a full disk does not break, against a plain one, and a data set on such a disk."""

import errno
import io
import os
import resource
import subprocess
import sys

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danq.dataset.writing import write_codes, write_dataset
from danq.genome import Reference
from danq.hdf5.writing import PatientFile, new_hdf5
from danq.targets.table import Targets
from tests.conftest import write_fasta

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


def test_a_new_file_equals_one_that_h5py_makes_and_tells_of_a_full_disk(tmp_path, monkeypatch):
    numbers = np.arange(100_000)
    with new_hdf5(tmp_path / "ours.h5", userblock_size=512) as (file, disk):
        file["x"] = numbers
        disk.check()
    with h5py.File(tmp_path / "ours.h5") as file:
        assert file.userblock_size == 512
        np.testing.assert_array_equal(file["x"][:], numbers)
    monkeypatch.setattr(os, "pwrite", full)
    with (
        pytest.raises(OSError, match="No space left"),
        new_hdf5(tmp_path / "late.h5") as (file, _),
    ):
        file["x"] = numbers


@pytest.mark.parametrize("write", ["labels", "codes"])
def test_a_full_disk_ends_the_run_at_the_next_block(tmp_path, monkeypatch, write):
    """What the disk does not take is held in memory, so nothing more may come."""
    taken = []

    def blocks():
        for number in range(100):
            taken.append(number)
            rows = np.zeros((1_000, 1), np.uint8)
            yield rows if write == "labels" else (rows, rows)

    common = {"targets": Targets(["A"], ["g"]), "window": 1, "split": np.zeros(100_000, np.uint8)}
    reference = Reference(write_fasta(tmp_path / "g.fa", {"chr1": "ACGT"}))
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):  # noqa: PT012
        if write == "labels":
            write_dataset(
                tmp_path / "d.h5",
                **common,
                reference=reference,
                bin=1,
                min_overlap=0.5,
                contig=common["split"],
                start=common["split"],
                labels=blocks(),
            )
        else:
            write_codes(tmp_path / "d.h5", **common, blocks=blocks(), sources=[])
    assert len(taken) == 1


@pytest.mark.parametrize("size", [0, 2_000, 20_000])
def test_a_data_set_that_may_not_grow_is_one_sentence(tmp_path, size):
    """A real limit, in a process of its own, since HDF5 could crash it."""
    bases = "".join(np.random.default_rng(0).choice(list("ACGT"), 60_000))
    genome = write_fasta(tmp_path / "g.fa", {"chr1": bases})
    (tmp_path / "a.bed").write_text("chr1\t0\t60000\n")
    (tmp_path / "targets.tsv").write_text("name\tpath\nA\ta.bed\n")
    words = f"--genome {genome} --targets {tmp_path}/targets.tsv --window 20 --bin 10"
    command = [sys.executable, "-m", "danq", "-q", "windows", *words.split()]
    subprocess.run([*command, "--output", tmp_path / "whole" / "d.h5"], check=True)
    assert (tmp_path / "whole" / "d.h5").stat().st_size > 20_000
    stopped = subprocess.run(
        [*command, "--output", tmp_path / "out" / "d.h5"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert stopped.returncode == 2, stopped.stderr
    sentence = f"danq: error: {tmp_path}/out/d.h5: cannot be written (File too large)"
    assert stopped.stderr.splitlines() == [sentence]
    assert not list((tmp_path / "out").iterdir())

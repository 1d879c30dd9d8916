"""Data set files that somebody or something changed after danq wrote them."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

import danq
from danq.dataset import Dataset, Selection, Targets, convert
from danq.dataset.matlab.deepsea_mat import read_mat
from danq.errors import InputError
from tests.dataset.earlier import make_earlier
from tests.deepsea_bundle import random_split, write_bundle


@pytest.fixture
def coordinates(tmp_path, genome, targets):
    danq.windows(genome, targets, tmp_path / "d.h5", window=400, selection=Selection(require="any"))
    return tmp_path / "d.h5"


@pytest.fixture
def sequences(tmp_path):
    convert(write_bundle(tmp_path, {"train": random_split(3, 40, 12, 11)}), tmp_path / "c.h5")
    return tmp_path / "c.h5"


@pytest.fixture(params=["coordinates", "sequences"])
def path(request):
    return request.getfixturevalue(request.param)


def assert_refused(path, sentence):
    with pytest.raises(InputError) as raised:
        Dataset.open(path)
    assert str(raised.value).startswith(f"{path}: {sentence}")


def test_any_changed_byte_of_the_contents_is_noticed(path):
    whole = path.read_bytes()
    with h5py.File(path) as file:
        names = [name for name in file if isinstance(file[name], h5py.Dataset)]
        places = {name: (file[name].id.get_offset(), file[name].nbytes) for name in names}
    assert {"split", "labels"} < set(places)
    random = np.random.default_rng(5)
    for offset, size in places.values():
        for place in random.integers(offset, offset + size, 8):
            changed = bytearray(whole)
            changed[place] ^= 1
            path.write_bytes(changed)
            assert_refused(path, "")
    path.write_bytes(whole)
    assert len(Dataset.open(path))


@pytest.mark.parametrize("name", ["split", "labels", "targets", "targets/name", "targets/group"])
def test_a_member_that_is_missing_is_named(path, name):
    with h5py.File(path, "r+") as file:
        del file[name]
    missing = "targets/name" if name == "targets" else name
    assert_refused(path, f"lacks {missing}, expected a data set of danq")


@pytest.mark.parametrize("name", ["window", "format", "channels", "version", "checksum"])
def test_an_attribute_that_is_missing_is_named(path, name):
    with h5py.File(path, "r+") as file:
        del file.attrs[name]
    assert_refused(path, f"lacks the attribute {name}, expected a data set of danq")


def test_a_row_fewer(path):
    with h5py.File(path, "r+") as file:
        labels = file["labels"][:-1]
        del file["labels"]
        file["labels"] = labels
    assert_refused(
        path, f"holds labels as uint8 of shape {labels.shape}, expected uint8 of shape ("
    )


def test_files_of_earlier_formats_are_read_as_before(path):
    with Dataset.open(path) as data:
        before = data.checksum
    with h5py.File(path, "r+") as file:
        assert file.attrs["checksum"].decode() == before
        make_earlier(file)
        assert file.attrs["format"] in (1, 2)
    assert Dataset.open(path).checksum == before
    with h5py.File(path, "r+") as file:
        file.attrs["checksum"] = "0" * 64
    assert_refused(path, "is damaged: its contents differ from its checksum")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("min_overlap", 1.0, "holds 1.0 as the attribute min_overlap, expected at least 0 and le"),
        ("min_overlap", np.nan, "holds nan as the attribute min_overlap, expected"),
        (
            "min_overlap",
            "x",
            "holds the attribute min_overlap as object of shape (), expected one ",
        ),
        ("bin", 0, "holds 0 as the attribute bin, expected at least 1"),
        ("window", 2**40, "holds 1099511627776 as the attribute window, expected at least 1 and"),
        ("version", 5, "holds the attribute version as int64 of shape (), expected one text"),
        ("version", "\x1b[2J", 'holds "\\x1b[2J" in the attribute version, expected text without'),
        ("reference", 5, "holds the attribute reference as int64 of shape (), expected one path"),
    ],
)
def test_attributes_outside_the_checksum(coordinates, name, value, sentence):
    with h5py.File(coordinates, "r+") as file:
        file.attrs[name] = value
    assert_refused(coordinates, sentence)


def edit(path, name, row, value):
    with h5py.File(path, "r+") as file:
        make_earlier(file)
        file[name][row] = value


def test_windows_off_the_reference(coordinates):
    edit(coordinates, "contig", 3, 7)
    assert_refused(coordinates, "holds a window on contig number 8, the reference has 2")
    edit(coordinates, "contig", 3, 0)
    for start in (-400, 40_000, 2**62):
        edit(coordinates, "start", 3, start)
        assert_refused(coordinates, f"holds a window at {start}, outside its contig")
    edit(coordinates, "start", 3, -399)
    assert Dataset.open(coordinates).codes(np.array([3])).tolist()[0][:399] == [4] * 399


def test_codes_are_compared_with_their_checksum(sequences):
    edit(sequences, "codes", (2, 5), 7)
    assert_refused(sequences, "is damaged: its codes differ from their checksum")


def test_a_split_that_there_is_not(sequences):
    edit(sequences, "split", 2, 3)
    assert_refused(sequences, "holds 3 in split, expected at most 2")


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("name", "a\tb", 'holds "a\\tb" in targets/name, expected text without control'),
        ("name", "", "holds a target without a name"),
        ("group", "all", 'found a group named "all"'),
        ("name", b"\xff", "cannot be read (it is not an HDF5 file, or a damaged one)"),
    ],
)
def test_names_that_no_table_can_hold(sequences, column, value, sentence):
    edit(sequences, f"targets/{column}", 0, value)
    assert_refused(sequences, sentence)


def test_names_that_would_be_refused_are_not_written(tmp_path):
    bundle = write_bundle(tmp_path, {"train": random_split(3, 4, 12, 1)})
    with pytest.raises(InputError, match=r"c\.h5: holds \"a\\nb\" in the column name"):
        convert(bundle, tmp_path / "c.h5", targets=Targets(["a\nb"], ["g"]))
    assert not list(tmp_path.glob("*.h5"))


def test_a_reference_whose_name_is_not_utf8(tmp_path, genome, targets):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/g\xff\n.fa"))
    odd.write_bytes(genome.read_bytes())
    danq.windows(odd, targets, tmp_path / "d.h5", window=400)
    with Dataset.open(tmp_path / "d.h5") as data:
        assert data.reference.path == odd.resolve()


def test_a_matlab_file_that_unpacks_to_far_more_than_it_has_is_refused(tmp_path):
    """160 MB of zeros, honestly packed into 160 kB."""
    zeros = np.zeros((40_000, 4, 1000), np.uint8)
    savemat(tmp_path / "t.mat", {"testxdata": zeros}, do_compression=True)
    with pytest.raises(
        InputError, match=r"bytes for an array of shape \(40000|it unpacks to far more"
    ):
        read_mat(tmp_path / "t.mat")

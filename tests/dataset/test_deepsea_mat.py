"""DeepSEA's MATLAB files."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from danq.dataset.deepsea_mat import is_mat, read_mat
from danq.errors import InputError
from danq.genome import decode, reverse_complement


def _one_hot(texts):
    """(n, 4, length), channels A, G, C, T, as the authors have it."""
    rows = [[[letter == base for letter in text] for base in "AGCT"] for text in texts]
    return np.array(rows, dtype=np.uint8)


FORWARD = ["ACGTNA", "GGATCC", "TTTTTA"]
REVERSE = ["TNACGT", "GGATCC", "TAAAAA"]
LABELS = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.uint8)


@pytest.mark.parametrize("name", ["test", "valid"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_each_window_counts_once(tmp_path, name, dtype):
    rows = _one_hot(FORWARD + REVERSE).astype(dtype)
    labels = np.concatenate([LABELS, LABELS]).astype(dtype)
    savemat(tmp_path / "t.mat", {f"{name}xdata": rows, f"{name}data": labels})
    found = read_mat(tmp_path / "t.mat")
    assert [decode(codes) for codes in found.codes] == FORWARD
    assert found.codes.dtype == found.labels.dtype == np.uint8
    assert np.array_equal(found.labels, LABELS)
    assert [decode(codes) for codes in reverse_complement(found.codes)] == REVERSE


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (FORWARD, LABELS),
        (FORWARD + FORWARD, np.concatenate([LABELS, LABELS])),
        (FORWARD + REVERSE, np.concatenate([LABELS, 1 - LABELS])),
    ],
    ids=["OddNumber", "NotComplements", "OtherLabels"],
)
def test_rows_that_are_no_pairs_all_count(tmp_path, texts, labels):
    savemat(tmp_path / "t.mat", {"testxdata": _one_hot(texts), "testdata": labels})
    found = read_mat(tmp_path / "t.mat")
    assert [decode(codes) for codes in found.codes] == texts
    assert np.array_equal(found.labels, labels)


def _two_letters(rows):
    rows[1, :2, 3] = 1
    return rows


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": LABELS}, "holds x, expected testxdata and testdata"),
        ({"testxdata": _one_hot(FORWARD)}, "holds testxdata, expected testxdata and testdata"),
        (
            {"testxdata": _one_hot(FORWARD), "testdata": LABELS[:2]},
            r"windows of shape \(3, 4, 6\) and labels of shape \(2, 2\), expected \(N, 4, length\)",
        ),
        (
            {"testxdata": _one_hot(FORWARD).transpose(0, 2, 1), "testdata": LABELS},
            r"windows of shape \(3, 6, 4\)",
        ),
        (
            {"testxdata": _one_hot(FORWARD), "testdata": csc_matrix(LABELS.astype(float))},
            r"holds testdata as csc_\w+, expected a full array of numbers",
        ),
        (
            {"testxdata": np.array(["ACGT"]), "testdata": LABELS},
            "holds testxdata as ndarray of str, expected a full array of numbers",
        ),
        ({"testxdata": _one_hot(FORWARD), "testdata": LABELS * 2}, "labels other than 0 and 1"),
        (
            {"testxdata": _two_letters(_one_hot(FORWARD)), "testdata": LABELS},
            "not one-hot, among rows 1 to 3",
        ),
        (
            {"testxdata": _one_hot(FORWARD) * 2, "testdata": LABELS},
            "not one-hot, among rows 1 to 3",
        ),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, message):
    savemat(tmp_path / "t.mat", arrays)
    with pytest.raises(InputError, match=message):
        read_mat(tmp_path / "t.mat")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"t\.mat: does not exist"):
        read_mat(tmp_path / "t.mat")
    with pytest.raises(InputError, match="is a folder, expected a MATLAB file"):
        read_mat(tmp_path)
    (tmp_path / "t.mat").write_text("no matrix")
    with pytest.raises(InputError, match="is no MATLAB file, or a damaged one"):
        read_mat(tmp_path / "t.mat")
    # The header of version 7.3, which scipy leaves to HDF5's readers.
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    (tmp_path / "t.mat").write_bytes(header + bytes(512))
    with pytest.raises(InputError, match=r"version 7\.3, expected version 5"):
        read_mat(tmp_path / "t.mat")


def test_a_matlab_file_is_told_by_its_first_bytes_or_its_name(tmp_path):
    arrays = {"testxdata": _one_hot(FORWARD), "testdata": LABELS}
    savemat(tmp_path / "windows", arrays, appendmat=False)
    (tmp_path / "text").write_text("no matrix")
    named = [tmp_path / name for name in ("windows", "absent.mat", "ABSENT.MAT", "text", "absent")]
    assert [is_mat(path) for path in named] == [True, True, True, False, False]
    assert np.array_equal(read_mat(tmp_path / "windows").labels, LABELS)

"""DeepSEA's MATLAB files: both versions, any layout, damage and strangers."""

from __future__ import annotations

import resource
import zlib

import h5py
import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from danq.dataset.matlab import mat73, mat_rows
from danq.dataset.matlab.deepsea_mat import is_mat, open_mat, read_mat
from danq.errors import InputError
from danq.genome import decode, reverse_complement
from tests.deepsea_bundle import Split, one_hot, random_split, write_v73

FORWARD = ["ACGTNA", "GGATCC", "TTTTTA"]
REVERSE = ["TNACGT", "GGATCC", "TAAAAA"]
LABELS = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.uint8)
LARGE = random_split(3, 31, 9, 19)


def _texts(codes):
    return [decode(row) for row in codes]


@pytest.fixture
def blocks_of_few(monkeypatch):
    """As if memory held 5 rows of 9 bases."""
    monkeypatch.setattr(mat73, "BLOCK", 5 * 36)
    monkeypatch.setattr(mat73, "MOST", 9 * 36)
    monkeypatch.setattr(mat_rows, "BLOCK", 5 * 36)


@pytest.mark.parametrize("name", ["test", "valid"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.float32, np.float64, bool])
def test_each_window_counts_once(tmp_path, name, compressed, dtype):
    arrays = {
        f"{name}xdata": one_hot(FORWARD + REVERSE).astype(dtype),
        f"{name}data": np.concatenate([LABELS, LABELS]).astype(dtype),
    }
    savemat(tmp_path / "t.mat", arrays, do_compression=compressed)
    found = read_mat(tmp_path / "t.mat")
    assert _texts(found.codes) == FORWARD
    assert found.codes.dtype == found.labels.dtype == np.uint8
    assert np.array_equal(found.labels, LABELS)
    assert _texts(reverse_complement(found.codes)) == REVERSE


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (FORWARD, LABELS),
        (FORWARD + FORWARD, np.concatenate([LABELS, LABELS])),
        (FORWARD + REVERSE, np.concatenate([LABELS, 1 - LABELS])),
        (FORWARD[:2] + REVERSE[:1] + FORWARD[2:], np.tile(LABELS[:2], (2, 1))),
    ],
    ids=["OddNumber", "NotComplements", "OtherLabels", "FirstPairOnly"],
)
def test_rows_that_are_no_pairs_all_count(tmp_path, texts, labels):
    savemat(tmp_path / "t.mat", {"testxdata": one_hot(texts), "testdata": labels})
    found = read_mat(tmp_path / "t.mat")
    assert _texts(found.codes) == texts
    assert np.array_equal(found.labels, labels)


def test_rows_that_only_begin_in_pairs_all_count(tmp_path):
    split = random_split(4, 400, 8, 3)
    arrays = split.arrays("test")
    arrays["testdata"][-1] ^= 1
    savemat(tmp_path / "t.mat", arrays)
    found = read_mat(tmp_path / "t.mat")
    assert len(found.codes) == 800
    assert np.array_equal(found.labels, arrays["testdata"])


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
@pytest.mark.parametrize("compressed", [False, True])
def test_version_5_in_blocks(tmp_path, monkeypatch, blocks_of_few, compressed, in_memory):
    monkeypatch.setattr(mat_rows, "IN_MEMORY", in_memory)
    savemat(tmp_path / "t.mat", LARGE.arrays("test"), do_compression=compressed)
    found = read_mat(tmp_path / "t.mat")
    assert _texts(found.codes) == LARGE.texts
    assert np.array_equal(found.labels, LARGE.labels)


@pytest.mark.parametrize("in_memory", [0, 1 << 30])
@pytest.mark.parametrize(
    "chunks",
    [
        None,
        (9, 4, 1),
        (1, 1, 3),
        (9, 4, 5),
        (2, 4, 7),
        (9, 4, 9),
        (1, 4, 62),
        (2, 1, 62),
        (9, 4, 62),
    ],
    ids=str,
)
def test_version_73_in_blocks_however_it_is_chunked(
    tmp_path, monkeypatch, blocks_of_few, chunks, in_memory
):
    monkeypatch.setattr(mat_rows, "IN_MEMORY", in_memory)
    write_v73(tmp_path / "t.mat", LARGE.arrays("test"), chunks=chunks)
    found = read_mat(tmp_path / "t.mat")
    assert _texts(found.codes) == LARGE.texts
    assert np.array_equal(found.labels, LARGE.labels)


def test_long_chunks_are_read_by_columns_and_short_ones_by_rows(tmp_path, blocks_of_few):
    steps = {}
    for chunks in [None, (9, 4, 2), (9, 4, 7), (1, 4, 62), (9, 4, 62)]:
        write_v73(tmp_path / "t.mat", LARGE.arrays("test"), chunks=chunks)
        steps[chunks] = mat73.read_mat73(tmp_path / "t.mat")["testxdata"].step()
    # 5 rows fit a block: whole chunks of 2, or one of 7; a chunk of all rows is unpacked nine
    # times by columns and 13 times by rows, unless it holds one position only.
    assert steps == {None: 5, (9, 4, 2): 4, (9, 4, 7): 7, (1, 4, 62): None, (9, 4, 62): None}


def test_numbers_stored_small_and_bytes_the_other_way(tmp_path):
    """What MATLAB does and scipy's writer does not: doubles kept as bytes, big-endian files."""
    savemat(tmp_path / "t.mat", Split(FORWARD, LABELS).arrays("test"))
    little = (tmp_path / "t.mat").read_bytes()
    classes = little.replace(b"\x06\x00\x00\x00\x08\x00\x00\x00\x09", b"\6\0\0\0\x08\0\0\0\6")
    assert classes != little
    (tmp_path / "double.mat").write_bytes(classes)
    assert _texts(read_mat(tmp_path / "double.mat").codes) == FORWARD
    (tmp_path / "big.mat").write_bytes(_big_endian(Split(FORWARD, LABELS).arrays("valid")))
    found = read_mat(tmp_path / "big.mat")
    assert _texts(found.codes) == FORWARD
    assert np.array_equal(found.labels, LABELS)


def _big_endian(arrays):
    def element(kind, data):
        return np.array([kind, len(data)], ">u4").tobytes() + data + bytes(-len(data) % 8)

    parts = [b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"]
    for name, array in arrays.items():
        # int16 numbers of class int16, and the name in the tag where it is short.
        inside = element(6, np.array([10, 0], ">u4").tobytes())
        inside += element(5, np.array(array.shape, ">i4").tobytes())
        inside += element(1, name.encode())
        inside += element(3, array.astype(">i2").tobytes(order="F"))
        parts.append(element(14, inside))
    return b"".join(parts)


def test_other_variables_do_not_matter(tmp_path):
    others = {"a": "text", "s": {"x": 1.0}, "c": np.array([[1, "b"]], object), "z": np.eye(2) * 1j}
    savemat(tmp_path / "t.mat", others | Split(FORWARD, LABELS).arrays("test"))
    assert _texts(read_mat(tmp_path / "t.mat").codes) == FORWARD


def test_several_splits_of_one_file(tmp_path):
    arrays = Split(FORWARD, LABELS).arrays("train") | Split(REVERSE, LABELS).arrays("valid")
    savemat(tmp_path / "t.mat", arrays)
    assert [found.split for found in open_mat(tmp_path / "t.mat")] == ["train", "valid"]
    assert _texts(read_mat(tmp_path / "t.mat").codes) == REVERSE


def _two_letters(rows):
    rows[1, :2, 3] = 1
    return rows


def _half(rows):
    rows = rows.astype(float)
    rows[2, 0, 5] = 0.5
    return rows


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x": LABELS},
            'holds "x", expected trainxdata and traindata, validxdata and validdata, or',
        ),
        ({"testxdata": one_hot(FORWARD)}, 'holds "testxdata", expected trainxdata and traindata'),
        (
            {"testxdata": one_hot(FORWARD), "testdata": LABELS[:2]},
            r"windows of shape \(3, 4, 6\) and labels of shape \(2, 2\), expected \(N, 4, length\)",
        ),
        (
            {"testxdata": one_hot(FORWARD).transpose(0, 2, 1), "testdata": LABELS},
            r"windows of shape \(3, 6, 4\)",
        ),
        (
            {"testxdata": one_hot(FORWARD), "testdata": csc_matrix(LABELS.astype(float))},
            "holds testdata as a sparse matrix, expected a full array of numbers",
        ),
        (
            {"testxdata": np.array(["ACGT"]), "testdata": LABELS},
            "holds testxdata as text, expected a full array of numbers",
        ),
        (
            {"testxdata": one_hot(FORWARD), "testdata": LABELS * 1j},
            "holds testdata as complex numbers, expected a full array of numbers",
        ),
        (
            {"testxdata": one_hot(FORWARD)[:0], "testdata": LABELS[:0]},
            "holds no windows, or none with labels",
        ),
        (
            {"testxdata": one_hot(FORWARD), "testdata": LABELS * 2},
            "labels other than 0 and 1, first in row 1$",
        ),
        (
            {"testxdata": _two_letters(one_hot(FORWARD)), "testdata": LABELS},
            "holds windows that are not one-hot, first in row 2$",
        ),
        (
            {"testxdata": one_hot(FORWARD) * 2, "testdata": LABELS},
            "not one-hot, first in row 1$",
        ),
        (
            {"testxdata": _half(one_hot(FORWARD)), "testdata": LABELS},
            "not one-hot, first in row 3$",
        ),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, message):
    savemat(tmp_path / "t.mat", arrays)
    with pytest.raises(InputError, match=message):
        read_mat(tmp_path / "t.mat")


def test_the_row_at_fault_is_named_in_any_block(tmp_path, blocks_of_few):
    arrays = LARGE.arrays("test")
    arrays["testxdata"][47] *= 3
    write_v73(tmp_path / "t.mat", arrays)
    with pytest.raises(InputError, match=r"not one-hot, first in row 48$"):
        read_mat(tmp_path / "t.mat")


def test_training_windows_do_not_verify(tmp_path):
    write_v73(tmp_path / "t.mat", LARGE.arrays("train"))
    with pytest.raises(InputError, match="holds training windows, expected those of valid"):
        read_mat(tmp_path / "t.mat")


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "t.mat"
    with pytest.raises(InputError, match=r"t\.mat: does not exist"):
        read_mat(path)
    with pytest.raises(InputError, match="is a folder, expected a MATLAB file"):
        read_mat(tmp_path)
    path.write_text("no matrix")
    with pytest.raises(InputError, match="is not a MATLAB file, or a damaged one"):
        read_mat(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(512))
    with pytest.raises(InputError, match=r"damaged one \(its HDF5 cannot be read\)"):
        read_mat(path)
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM")
    with pytest.raises(InputError, match="holds nothing, expected"):
        read_mat(path)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("left", [129, 140, 300, -500, -1])
def test_files_that_end_too_early(tmp_path, compressed, left):
    savemat(tmp_path / "t.mat", LARGE.arrays("test"), do_compression=compressed)
    data = (tmp_path / "t.mat").read_bytes()
    (tmp_path / "t.mat").write_bytes(data[:left])
    with pytest.raises(InputError, match=r"t\.mat: is not a MATLAB file, or a damaged one \("):
        read_mat(tmp_path / "t.mat")


def test_a_flipped_byte_in_a_compressed_file_is_noticed(tmp_path):
    savemat(tmp_path / "t.mat", LARGE.arrays("test"), do_compression=True)
    data = bytearray((tmp_path / "t.mat").read_bytes())
    refused = 0
    for place in range(136, len(data), 29):
        changed = bytearray(data)
        changed[place] ^= 0x40
        (tmp_path / "t.mat").write_bytes(changed)
        try:
            found = read_mat(tmp_path / "t.mat")
        except InputError:
            refused += 1
        else:
            assert _texts(found.codes) == LARGE.texts
            assert np.array_equal(found.labels, LARGE.labels)
    assert refused > 10


def test_a_matlab_file_is_told_by_its_first_bytes_or_its_name(tmp_path):
    arrays = {"testxdata": one_hot(FORWARD), "testdata": LABELS}
    savemat(tmp_path / "windows", arrays, appendmat=False)
    (tmp_path / "text").write_text("no matrix")
    named = [tmp_path / name for name in ("windows", "absent.mat", "ABSENT.MAT", "text", "absent")]
    assert [is_mat(path) for path in named] == [True, True, True, False, False]
    assert np.array_equal(read_mat(tmp_path / "windows").labels, LABELS)


def _declaring(kind, shape, data=b""):
    """A file of version 5 whose only variable declares a shape and holds what it is given."""

    def element(number, content):
        return (
            np.array([number, len(content)], "<u4").tobytes() + content + bytes(-len(content) % 8)
        )

    inside = element(6, np.array([9, 0], "<u4").tobytes())
    inside += element(5, np.array(shape, "<i4").tobytes()) + element(1, b"testxdata")
    inside += np.array([2, 2**31 - 8], "<u4").tobytes() + data
    matrix = element(14, inside)
    if kind == "compressed":
        packed = zlib.compress(matrix)
        matrix = np.array([15, len(packed)], "<u4").tobytes() + packed
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + matrix


@pytest.mark.parametrize("kind", ["plain", "compressed"])
@pytest.mark.parametrize("shape", [(2**31 - 1, 4, 1), (-1, 4, 6), (2**31 - 1, 2**31 - 1, 1)])
def test_declared_sizes_are_compared_with_the_bytes_that_are_there(tmp_path, kind, shape):
    (tmp_path / "t.mat").write_bytes(_declaring(kind, shape, bytes(64)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="is not a MATLAB file, or a damaged one"):
        read_mat(tmp_path / "t.mat")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.update({"testxdata": h5py.SoftLink("/nowhere")}),
        lambda f: f.update({"testxdata": h5py.ExternalLink("other.mat", "/testxdata")}),
        lambda f: f.create_dataset("testxdata", (9, 4, 10**12), "u1", chunks=(9, 4, 50)),
        lambda f: f.create_dataset("testxdata", (9, 4, 62), "u1"),
        lambda f: f.create_group("testxdata"),
        lambda f: f.update({"testxdata": np.float64(3)}),
    ],
    ids=["DanglingLink", "ExternalLink", "Terabytes", "NeverWritten", "Group", "Scalar"],
)
def test_damaged_hdf5_is_refused(tmp_path, change):
    write_v73(tmp_path / "t.mat", LARGE.arrays("test"))
    with h5py.File(tmp_path / "t.mat", "r+") as file:
        del file["testxdata"]
        change(file)
    with pytest.raises(InputError, match=r"t\.mat: "):
        read_mat(tmp_path / "t.mat")

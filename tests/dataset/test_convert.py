"""Data sets of codes: made of DeepSEA's files, read as any other, and written back."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from scipy.io import loadmat, savemat

import danq
from danq.dataset import Dataset, Selection, Targets, convert, to_mat
from danq.dataset.batches import Batches
from danq.dataset.matlab import mat73, mat_rows, mat_writing
from danq.errors import InputError
from danq.genome import decode, reverse_complement
from danq.models.published import published_targets
from tests.deepsea_bundle import Split, one_hot, other_strand, random_split, write_bundle, write_v73

WINDOW, TARGETS = 12, 11
SPLITS = {
    name: random_split(seed, count, WINDOW, TARGETS)
    for seed, (name, count) in enumerate({"train": 40, "valid": 7, "test": 16}.items())
}


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path / "bundle", SPLITS)


@pytest.fixture
def data(tmp_path, bundle) -> Dataset:
    convert(bundle, tmp_path / "d.h5")
    return Dataset.open(tmp_path / "d.h5")


def _texts(codes):
    return [decode(row) for row in codes]


def test_every_window_once_in_its_split(tmp_path, bundle):
    summary = danq.convert(bundle[::-1], tmp_path / "d.h5")
    assert summary.rows == {"train": 80, "valid": 14, "test": 32}
    assert summary.windows == {"train": 40, "valid": 7, "test": 16}
    assert summary.targets == TARGETS
    assert summary.table().splitlines()[3].split(maxsplit=3) == [
        "test",
        "32",
        "16",
        "each with its other strand, kept once",
    ]
    with Dataset.open(tmp_path / "d.h5") as data:
        assert len(data) == 63
        assert data.window == WINDOW
        for name, split in SPLITS.items():
            rows = data.indices(name)
            assert _texts(data.codes(rows)) == split.texts
            assert np.array_equal(data.labels(rows), split.labels)


def test_rows_in_any_order_are_those_asked_for(data):
    chosen = np.array([62, 0, 5, 5, 44])
    texts = [text for split in SPLITS.values() for text in split.texts]
    assert _texts(data.codes(chosen)) == [texts[row] for row in chosen]
    codes = data.codes(chosen)
    codes[:] = 4
    assert _texts(data.codes(chosen)) == [texts[row] for row in chosen], "the file stays"


def test_batches_are_trained_on_as_any_other(data):
    batches = Batches(data, data.indices("train"), 8)
    codes, labels = (np.concatenate(part) for part in zip(*batches.epoch(1), strict=True))
    forward = dict(zip(SPLITS["train"].texts, range(40), strict=True))
    backward = {other_strand(text): row for text, row in forward.items()}
    rows = [forward.get(text, backward.get(text)) for text in _texts(codes)]
    assert sorted(rows) == list(range(40))
    assert np.array_equal(labels, SPLITS["train"].labels[rows])
    turned = sum(text in backward for text in _texts(codes))
    assert 5 < turned < 35


def test_what_needs_coordinates_says_so(data, genome):
    assert not data.has_coordinates
    assert data.reference_checksum is None
    sentence = r"d\.h5: holds sequences without coordinates"
    for attribute in ("reference", "contigs", "contig", "start"):
        with pytest.raises(InputError, match=sentence):
            getattr(data, attribute)
    with pytest.raises(InputError, match=sentence):
        data.coverage_without(data.indices("test"))
    with pytest.raises(InputError, match=sentence):
        data.codes(np.arange(3), shift=np.array([0, 1, 0]))
    with pytest.raises(InputError, match=sentence):
        Batches(data, data.indices("train"), 8, max_jitter=2)
    with pytest.raises(InputError, match="holds its own sequences, found a genome as well"):
        Dataset.open(data.path, genome=genome)


def test_the_checksum_is_that_of_what_is_in_it(tmp_path, bundle, data):
    convert(bundle, tmp_path / "same.h5")
    sums = [Dataset.open(tmp_path / "same.h5").checksum]
    texts = list(SPLITS["valid"].texts)
    texts[3] = other_strand(texts[3])
    labels = SPLITS["valid"].labels.copy()
    labels[0, 0] ^= 1
    for changed in (Split(texts, SPLITS["valid"].labels), Split(SPLITS["valid"].texts, labels)):
        convert(write_bundle(tmp_path / "other", {**SPLITS, "valid": changed}), tmp_path / "o.h5")
        sums.append(Dataset.open(tmp_path / "o.h5").checksum)
    convert(bundle, tmp_path / "o.h5", targets=Targets(list("abcdefghijk"), ["g"] * TARGETS))
    sums.append(Dataset.open(tmp_path / "o.h5").checksum)
    assert sums[0] == data.checksum
    assert len(set(sums)) == 4


def test_targets_are_deepseas_where_there_are_919(tmp_path, caplog):
    split = random_split(9, 3, 6, 919)
    convert(write_bundle(tmp_path, {"test": split}), tmp_path / "d.h5")
    with Dataset.open(tmp_path / "d.h5") as data:
        names, groups = published_targets("deepsea")
        assert (data.targets.names, data.targets.groups) == (names, groups)
        assert groups.count("DNase") == 125
        assert np.array_equal(data.labels(np.arange(3)), split.labels)
    assert not caplog.records


def test_targets_are_numbers_or_the_users(tmp_path, caplog, bundle):
    convert(bundle, tmp_path / "d.h5")
    data = Dataset.open(tmp_path / "d.h5")
    assert data.targets.names[::10] == ["target_1", "target_11"]
    assert "name no targets: they are called target_1 to target_11" in caplog.text
    given = Targets([f"t{n}" for n in range(TARGETS)], ["TF"] * TARGETS)
    convert(bundle, tmp_path / "named.h5", targets=given)
    assert Dataset.open(tmp_path / "named.h5").targets == given
    with pytest.raises(InputError, match="found names of 1 targets, the files have 11 of them"):
        convert(bundle, tmp_path / "named.h5", targets=Targets(["a"], ["b"]))


def test_a_split_that_is_missing_is_said_to_be(tmp_path, bundle):
    convert(bundle[:1], tmp_path / "d.h5")
    with Dataset.open(tmp_path / "d.h5") as data:
        assert len(data.indices("train")) == 40
        with pytest.raises(InputError, match=r'has no windows in the split "test"$'):
            data.indices("test")


def test_strands_of_other_labels_are_kept_apart_and_told(tmp_path, bundle, caplog):
    split = random_split(6, 30, WINDOW, TARGETS)
    arrays = split.arrays("train")
    arrays["traindata"][47] ^= 1
    write_v73(bundle[0], arrays)
    summary = convert(bundle, tmp_path / "d.h5")
    assert summary.windows == {"train": 60, "valid": 7, "test": 16}
    assert caplog.text.count("every row is kept") == 1
    assert "train.mat: the second half of its rows are the other strands" in caplog.text


def test_rows_that_only_begin_in_pairs_are_kept_whole(tmp_path, bundle, monkeypatch):
    monkeypatch.setattr(mat73, "BLOCK", 8 * 4 * WINDOW)
    split = random_split(6, 600, WINDOW, TARGETS)
    arrays = split.arrays("train")
    arrays["trainxdata"][1150] = arrays["trainxdata"][3]
    write_v73(bundle[0], arrays)
    summary = convert(bundle, tmp_path / "d.h5")
    assert summary.windows == {"train": 1200, "valid": 7, "test": 16}
    assert "train" in summary.table()
    with Dataset.open(tmp_path / "d.h5") as data:
        texts = split.texts + [other_strand(text) for text in split.texts]
        texts[1150] = texts[3]
        assert _texts(data.codes(data.indices("train"))) == texts
        assert _texts(data.codes(data.indices("test"))) == SPLITS["test"].texts


def test_files_that_do_not_fit_each_other(tmp_path, bundle):
    output = tmp_path / "d.h5"
    with pytest.raises(InputError, match=r"holds windows of the split test, .*test\.mat does as"):
        convert([*bundle, bundle[2]], output)
    other = write_bundle(tmp_path / "other", {"valid": random_split(1, 4, 10, TARGETS)})
    with pytest.raises(InputError, match=r"valid\.mat: holds windows of 10 bases and 11 targets"):
        convert([bundle[0], *other], output)
    with pytest.raises(InputError, match="no MATLAB file is given"):
        convert([], output)
    with pytest.raises(InputError, match="named both as input and as output"):
        convert(bundle, bundle[0])
    savemat(bundle[1], {"validxdata": one_hot(["ACGT"]) * 2, "validdata": np.ones((1, TARGETS))})
    with pytest.raises(InputError, match=r"valid\.mat: holds windows of 4 bases"):
        convert(bundle, output)
    assert not list(tmp_path.glob("*.h5")), "nothing half made is left"


def test_codes_packed_anew_are_refused(tmp_path, data):
    with h5py.File(data.path, "r+") as file:
        codes = file["codes"][:]
        del file["codes"]
        file.create_dataset("codes", data=codes, compression="gzip")
    with pytest.raises(InputError, match="holds codes in pieces or compressed"):
        Dataset.open(data.path)
    with h5py.File(data.path, "r+") as file:
        file.attrs["format"] = 5
    with pytest.raises(InputError, match="found data set format 5, expected 1 to 4"):
        Dataset.open(data.path)


def test_what_is_written_back_is_the_bundle(tmp_path, data):
    files = to_mat(data.path, tmp_path / "back")
    assert [path.name for path in files.values()] == ["train.mat", "valid.mat", "test.mat"]
    for name in ("valid", "test"):
        found, expected = loadmat(files[name]), SPLITS[name].arrays(name)
        for array in (f"{name}xdata", f"{name}data"):
            assert found[array].dtype == np.uint8
            assert np.array_equal(found[array], expected[array])
    with h5py.File(files["train"]) as file:
        assert file["trainxdata"].shape == (WINDOW, 4, 80)
        assert file["traindata"].shape == (TARGETS, 80)
        for array, expected in SPLITS["train"].arrays("train").items():
            assert file[array].dtype == np.uint8
            assert file[array].attrs["MATLAB_class"] == b"uint8"
            assert np.array_equal(file[array][:], expected.transpose())
    header = files["train"].read_bytes()[:128]
    assert header.startswith(b"MATLAB 7.3 MAT-file")
    assert header[124:] == b"\x00\x02IM"
    convert(list(files.values()), tmp_path / "again.h5")
    assert Dataset.open(tmp_path / "again.h5").checksum == data.checksum


def test_writing_back_in_blocks(tmp_path, data, monkeypatch):
    monkeypatch.setattr(mat_writing, "BLOCK", 3 * WINDOW)
    monkeypatch.setattr(mat_writing, "_CHUNK", (5, 4, 6))
    files = to_mat(data.path, tmp_path / "back")
    with h5py.File(files["train"]) as file:
        assert file["trainxdata"].chunks == (5, 4, 6)
        for array, expected in SPLITS["train"].arrays("train").items():
            assert np.array_equal(file[array][:], expected.transpose())
    assert np.array_equal(
        loadmat(files["test"])["testxdata"], SPLITS["test"].arrays("test")["testxdata"]
    )


def test_what_version_5_cannot_hold_is_written_as_73(tmp_path, data, monkeypatch, caplog):
    monkeypatch.setattr(mat_writing, "VERSION_5_LIMIT", 1000)
    files = to_mat(data.path, tmp_path / "back")
    assert "test.mat is written as MATLAB version 7.3" in caplog.text
    assert "valid.mat" not in caplog.text
    with h5py.File(files["test"]) as file:
        expected = SPLITS["test"].arrays("test")["testxdata"]
        assert np.array_equal(file["testxdata"][:], expected.transpose())
    convert(list(files.values()), tmp_path / "again.h5")
    assert Dataset.open(tmp_path / "again.h5").checksum == data.checksum


def test_windows_of_a_genome_are_written_too(tmp_path, genome, targets):
    region = {"test": ["chr1:30001-40000", "chr2"]}
    danq.windows(
        genome,
        targets,
        tmp_path / "g.h5",
        window=40,
        bin=20,
        selection=Selection(require="none", max_unknown=1),
        **region,
    )
    files = to_mat(tmp_path / "g.h5", tmp_path / "back", genome=genome)
    assert list(files) == ["train", "test"], "there are no validation windows"
    names = Targets(["CTCF", "H3K4me3"], ["TF", "histone"])
    convert(list(files.values()), tmp_path / "codes.h5", targets=names)
    with Dataset.open(tmp_path / "g.h5") as ours, Dataset.open(tmp_path / "codes.h5") as theirs:
        for split in files:
            rows, places = ours.indices(split), theirs.indices(split)
            assert np.array_equal(ours.codes(rows), theirs.codes(places))
            assert np.array_equal(ours.labels(rows), theirs.labels(places))


def test_scratch_files_leave_nothing_behind(tmp_path, bundle, monkeypatch):
    monkeypatch.setattr(mat_rows, "IN_MEMORY", 0)
    convert(bundle, tmp_path / "out" / "d.h5")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["d.h5"]
    with Dataset.open(tmp_path / "out" / "d.h5") as data:
        codes = data.codes(data.indices("test"))
        assert _texts(codes) == SPLITS["test"].texts
        assert _texts(reverse_complement(codes))[0] == other_strand(SPLITS["test"].texts[0])

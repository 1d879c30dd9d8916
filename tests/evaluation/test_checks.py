import logging

import numpy as np
import pytest

from danq.dataset import Dataset
from danq.errors import InputError
from danq.evaluation.model_checks import check_fit, model_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["runs/danq.keras", "runs/deepsea.keras"], ["danq", "deepsea"]),
        (["runs/1/danq.keras", "runs/2/danq.keras", "x.keras"], ["1/danq", "2/danq", "x"]),
        (["a/x/danq.keras", "b/x/danq.keras"], ["a/x/danq", "b/x/danq"]),
        (["a/danq.v2.keras", "a/danq.v1.keras"], ["danq.v2", "danq.v1"]),
        (["a/danq.keras", "a/danq", "a/x.keras"], ["danq.keras", "danq", "x"]),
    ],
)
def test_names_are_stems_or_what_tells_paths_apart(paths, names):
    assert model_names(paths) == names


def test_name_of_the_baseline_is_kept_free():
    assert model_names(["runs/kmer.keras"], reserved=["kmer"]) == ["runs/kmer"]
    assert model_names(["runs/kmer.keras"]) == ["kmer"]


def test_same_file_twice():
    with pytest.raises(InputError, match=r"^\S*x\.keras: this model file is given twice"):
        model_names(["a/x.keras", "b/../a/x.keras"])


@pytest.mark.parametrize("name", ["a\tb.keras", "a\nb.keras"])
def test_a_name_that_no_table_can_hold(name):
    with pytest.raises(InputError, match=r"a model is called by its file's name in tables"):
        model_names([name])


def test_no_model():
    with pytest.raises(InputError, match="no model"):
        model_names([])


@pytest.mark.parametrize(
    ("options", "columns", "message"),
    [
        ({"window": 50}, 3, r"reads windows of 50 bases, .*dataset\.h5 has 30"),
        ({"names": ("T1", "T2")}, 2, r"predicts 2 targets, .*dataset\.h5 has 3; the first 2 agree"),
        ({"names": ("T1", "T9", "T1")}, 3, r'"T9" as target 2, .*dataset\.h5 has "T2" \(1 of 3'),
        (
            {"names": ("T1", "T1", "T2")},
            3,
            r'the same targets in another order: target 2 is "T1", .*dataset\.h5 has "T2"',
        ),
    ],
    ids=["Window", "NumberOfTargets", "TargetName", "OrderOfTargets"],
)
def test_model_that_does_not_fit(toy, save_linear, tmp_path, options, columns, message):
    path = save_linear(tmp_path / "other.keras", np.zeros((4, columns)), **options)
    with Dataset.open(toy.dataset) as data, pytest.raises(InputError, match=message) as caught:
        check_fit(path, data)
    assert str(caught.value).startswith(str(path))


def test_model_that_reads_another_order_of_channels(toy, save_linear, tmp_path):
    path = save_linear(tmp_path / "other.keras", np.zeros((4, 3)), channels="AGCT")
    message = r"reads channels in the order AGCT, .*dataset\.h5 has ACGT"
    with Dataset.open(toy.dataset) as data, pytest.raises(InputError, match=message):
        check_fit(path, data)


def test_model_of_another_data_set_is_named(toy, save_linear, tmp_path, caplog):
    with Dataset.open(toy.dataset) as data, caplog.at_level(logging.WARNING):
        same = save_linear(tmp_path / "a.keras", np.zeros((4, 3)), dataset_checksum=data.checksum)
        assert check_fit(same, data)
        assert not caplog.records
        other = save_linear(tmp_path / "b.keras", np.zeros((4, 3)), dataset_checksum="0")
        assert not check_fit(other, data)
    assert "b.keras was trained on another data set" in caplog.text
    assert len(caplog.records) == 1


def test_model_of_another_reference_is_named(toy, save_linear, tmp_path, caplog):
    with Dataset.open(toy.dataset) as data, caplog.at_level(logging.WARNING):
        same = data.reference.checksum
        path = save_linear(tmp_path / "a.keras", np.zeros((4, 3)), reference_checksum=same)
        check_fit(path, data)
        assert not caplog.records
        other = {"reference_checksum": "0", "dataset_checksum": "1"}
        check_fit(save_linear(tmp_path / "b.keras", np.zeros((4, 3)), **other), data)
    assert "b.keras was trained on another reference sequence than" in caplog.text
    assert "genome.fa" in caplog.text
    assert len(caplog.records) == 1

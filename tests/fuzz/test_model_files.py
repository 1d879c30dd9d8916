"""Damaged model files: what is read agrees with the file, or one sentence says what is wrong."""

from __future__ import annotations

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

import danq
from danq.models.files import read_network
from danq.models.keras_files.description import check_network, read_description
from danq.models.keras_files.keras2 import modernise
from danq.models.keras_files.weights import count_values, open_weights
from tests.fuzz.conftest import CASES
from tests.fuzz.mutations import mutate, substitute

SHAPE = (None, 20, 4)
# What Keras builds takes tenths of a second; the checks before it take none.
BUILT = max(1, CASES // 10)


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The members of a model file, and a whole model as HDF5."""
    dna = keras.Input(SHAPE[1:])
    found = keras.layers.Conv1D(3, 5, activation="relu")(dna)
    found = keras.layers.Bidirectional(keras.layers.LSTM(2))(found)
    logits = keras.layers.Dense(2)(keras.layers.Dropout(0.2)(found))
    network = keras.Model(dna, keras.layers.Activation("sigmoid")(logits))
    folder = tmp_path_factory.mktemp("models")
    danq.models.save(network, folder / "m.keras", targets=["CTCF", "REST"], groups=["TF", "TF"])
    with zipfile.ZipFile(folder / "m.keras") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def whole_hdf5(members, tmp_path_factory):
    """A whole model as Keras 2 wrote it, its description in an attribute."""
    path = tmp_path_factory.mktemp("models") / "m.h5"
    network = keras.saving.deserialize_keras_object(json.loads(members["config.json"]))
    network.save(path)
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "2.15.0"
    return path.read_bytes()


def _written(members, path, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _checked(path):
    """Make every check that comes before Keras builds anything."""
    description = read_description(path)
    check_network(description.network, path)
    check_network(modernise(description, path), path)
    with open_weights(path) as weights:
        return count_values(weights)


def test_metadata(fuzz, members, tmp_path):
    def case(random):
        damaged = {**members, "danq.json": mutate(members["danq.json"], random)}
        record = danq.models.metadata(_written(damaged, tmp_path / "m.keras"))
        assert len(record.targets) == len(record.groups) > 0
        assert all(name.strip() == name for name in (*record.targets, *record.groups))

    fuzz(case)


def test_zip_archives(fuzz, members, tmp_path):
    stored = _written(members, tmp_path / "m.keras").read_bytes()
    packed = _written(members, tmp_path / "m.keras", zipfile.ZIP_DEFLATED).read_bytes()
    # Damage to the lists of members, which the weights would mostly hide.
    tail = stored.rindex(b"danq.json", 0, stored.rindex(b"PK\x01\x02")) - 30

    def case(random):
        if random.integers(2):
            damaged = mutate(packed, random)
        else:
            damaged = stored[:tail] + mutate(stored[tail:], random)
        (tmp_path / "m.keras").write_bytes(damaged)
        danq.models.metadata(tmp_path / "m.keras")
        assert _checked(tmp_path / "m.keras") >= 0

    fuzz(case)


def test_weights(fuzz, members, tmp_path):
    def case(random):
        damaged = {**members, "model.weights.h5": mutate(members["model.weights.h5"], random)}
        assert _checked(_written(damaged, tmp_path / "m.keras")) >= 0

    fuzz(case)


def test_descriptions(fuzz, members, tmp_path):
    def case(random):
        damaged = {**members, "config.json": mutate(members["config.json"], random)}
        _checked(_written(damaged, tmp_path / "m.keras"))

    fuzz(case)


def test_networks_that_keras_builds(fuzz, members, tmp_path):
    """A value of the description is another one, and so is a byte of the weights at times."""

    def case(random):
        config = substitute(json.loads(members["config.json"]), random)
        damaged = {**members, "config.json": json.dumps(config).encode()}
        if random.integers(4) == 0:
            damaged["model.weights.h5"] = mutate(members["model.weights.h5"], random)
        network = danq.models.load(_written(damaged, tmp_path / "m.keras"))
        assert (network.input_shape, network.output_shape) == (SHAPE, (None, 2))

    fuzz(case, number=BUILT)


def test_whole_models_in_hdf5(fuzz, whole_hdf5, tmp_path):
    def case(random):
        data = io.BytesIO(whole_hdf5)
        if random.integers(2):
            with h5py.File(data, "a") as file:
                config = substitute(json.loads(file.attrs["model_config"]), random)
                file.attrs["model_config"] = json.dumps(config)
        else:
            data = io.BytesIO(mutate(whole_hdf5, random))
        (tmp_path / "m.h5").write_bytes(data.getvalue())
        network = read_network(tmp_path / "m.h5")
        assert np.isfinite(network.count_params())

    fuzz(case, number=BUILT)

"""A model is told by what it predicts with, whatever bytes its file has."""

from __future__ import annotations

import json
import zipfile

import keras
import numpy as np
import pytest

import danq

TARGETS = ["CTCF", "REST"]


def _trained(seed=1, rate=0.2, units=3):
    """Build and train a network; its layers get other names each time, within one process."""
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input((20, 4)),
            keras.layers.Conv1D(units, 5),
            keras.layers.Dropout(rate),
            keras.layers.Bidirectional(keras.layers.LSTM(2)),
            keras.layers.Dense(2),
            keras.layers.Activation("sigmoid"),
        ]
    )
    network.compile("sgd", "binary_crossentropy")
    random = np.random.default_rng(3)
    windows, labels = random.random((8, 20, 4)), random.integers(0, 2, (8, 2))
    network.fit(windows, labels, epochs=1, verbose=0)
    return network


def _saved(path, network=None, **details):
    details.setdefault("targets", TARGETS)
    danq.models.save(network or _trained(), path, **details)
    return path


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A trained model."""
    return _saved(tmp_path_factory.mktemp("identity") / "first.keras")


def test_equal_trainings_are_one_model(first, tmp_path):
    again = _saved(tmp_path / "again.keras", training={"seconds": 5}, dataset_checksum="abc")
    assert again.read_bytes() != first.read_bytes()
    assert danq.models.checksum(again) == danq.models.checksum(first)
    assert len(danq.models.checksum(first)) == 64


def test_how_a_file_is_packed_does_not_matter(first, tmp_path):
    with (
        zipfile.ZipFile(first) as given,
        zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in reversed(given.namelist()):
            packed.writestr(name, given.read(name))
    assert danq.models.checksum(tmp_path / "m.keras") == danq.models.checksum(first)


@pytest.mark.parametrize(
    "details",
    [
        {"targets": TARGETS[::-1]},
        {"groups": ["TF", "TF"]},
        {"unknown": 0.25},
        {"network": lambda: _trained(seed=2)},
        {"network": lambda: _trained(units=4)},
        {"network": lambda: _trained(rate=0.3)},
    ],
)
def test_what_predictions_depend_on_matters(first, tmp_path, details):
    details = {key: value() if callable(value) else value for key, value in details.items()}
    other = _saved(tmp_path / "other.keras", **details)
    assert danq.models.checksum(other) != danq.models.checksum(first)


def test_names_are_no_values(first, tmp_path):
    """A layer that is called as an activation is, is not that activation."""
    with zipfile.ZipFile(first) as given:
        members = {name: given.read(name) for name in given.namelist()}
    found = {}
    for name, activation in (("tanh", "relu"), ("relu", "tanh")):
        config = json.loads(members["config.json"])
        config["config"]["layers"][1]["config"].update(name=name, activation=activation)
        path = tmp_path / f"{name}.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for member, data in {**members, "config.json": json.dumps(config)}.items():
                archive.writestr(member, data)
        found[activation] = danq.models.checksum(path)
    assert found["relu"] != found["tanh"]

"""A model file for tests of what stands in one."""

from __future__ import annotations

import keras
import pytest

import danq


@pytest.fixture
def model(tmp_path):
    """A model file of 5 · 4 · 3 + 3 and 48 · 2 + 2 parameters."""
    network = keras.Sequential(
        [
            keras.Input((20, 4)),
            keras.layers.Conv1D(3, 5, activation="relu", name="scan"),
            keras.layers.Dropout(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="logits"),
            keras.layers.Activation("sigmoid"),
        ]
    )
    danq.models.save(
        network,
        tmp_path / "m.keras",
        targets=["CTCF", "DNase"],
        groups=["TF", "DNase"],
        unknown=0.25,
        dataset_checksum="abc",
        training={"best_epoch": 7, "motifs": "a\x1b[31mb", "optimizer": {"rate": 0.5}},
    )
    return tmp_path / "m.keras"

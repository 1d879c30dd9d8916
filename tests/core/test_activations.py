from __future__ import annotations

import subprocess
import sys

import keras
import numpy as np
import pytest

from danq.core import activations
from danq.core.layers import Recurrence
from danq.core.topologies import many_to_one

VALUES = np.array([-9, -2.5, -1, -1e-7, 0, 1e-7, 1, 2.5, 9], dtype=np.float32)


def test_threshold_is_torchs():
    found = np.asarray(activations.threshold(keras.ops.convert_to_tensor(VALUES)))
    expected = [1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-7, 1, 2.5, 9]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_legacy_hard_sigmoid_has_the_slope_of_a_fifth():
    found = np.asarray(activations.legacy_hard_sigmoid(keras.ops.convert_to_tensor(VALUES)))
    np.testing.assert_allclose(found, [0, 0, 0.3, 0.5, 0.5, 0.5, 0.7, 1, 1], atol=1e-6)


@pytest.mark.parametrize("gate", [activations.legacy_hard_sigmoid, activations.threshold])
def test_networks_that_use_them_are_saved_and_loaded(tmp_path, gate):
    network = many_to_one(4, 2, recurrences=[Recurrence(3, gate=gate)], hidden=[3], activation=gate)
    inputs = np.random.default_rng(0).normal(size=(2, 5, 4)).astype(np.float32)
    network.save(tmp_path / "n.keras")
    loaded = keras.models.load_model(tmp_path / "n.keras")
    assert np.array_equal(loaded.predict_on_batch(inputs), network.predict_on_batch(inputs))


def test_another_process_loads_them_once_the_core_is_imported(tmp_path):
    gate = activations.legacy_hard_sigmoid
    many_to_one(4, 2, recurrences=[Recurrence(3, gate=gate)]).save(tmp_path / "n.keras")
    code = f"import danq.core, keras; keras.models.load_model({str(tmp_path / 'n.keras')!r})"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

"""Several devices, pretended on the CPU: the same training as on one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from danq.errors import InputError
from danq.models.devices import choose_devices

BACKENDS = ("tensorflow", "jax")


@pytest.fixture(scope="module", params=BACKENDS)
def found(request, tmp_path_factory):
    """Results of several_devices.py, and the backend and folder they are of."""
    folder = tmp_path_factory.mktemp(request.param)
    environment = {**os.environ, "KERAS_BACKEND": request.param, "DANQ_CACHE": str(folder)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.training.several_devices", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]) | {"backend": request.param, "folder": folder}


def _weights(found, name):
    with np.load(found["folder"] / f"{name}.npz") as file:
        return [file[array] for array in file.files]


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("clipped", 5e-6), ("cut", 5e-6), ("bfloat16", 3e-3), ("float16", 3e-3)],
)
def test_several_devices_come_to_what_one_does(found, name, tolerance):
    one, four = found[f"{name}_1"], found[f"{name}_4"]
    assert (one["devices"], four["devices"]) == (1, 4)
    assert four["loss"] == pytest.approx(one["loss"], rel=tolerance)
    assert four["val_loss"] == pytest.approx(one["val_loss"], rel=tolerance)
    # It has moved, or being near would say nothing.
    assert abs(one["loss"][1] / one["loss"][0] - 1) > 5 * tolerance
    for a, b in zip(_weights(found, f"{name}_1"), _weights(found, f"{name}_4"), strict=True):
        np.testing.assert_allclose(a, b, atol=20 * tolerance)


def test_dropout_on_several_devices(found):
    one, four = found["dropout_1"]["loss"], found["dropout_4"]["loss"]
    if found["backend"] == "jax":
        assert four == pytest.approx(one, rel=1e-4)
    else:
        # Each device draws its own: near, not the same.
        assert four != pytest.approx(one, rel=1e-5)
        assert four == pytest.approx(one, rel=0.05)


def test_a_run_on_several_devices_is_resumed(found):
    assert found["resumed"] == found["dropout_4"]
    for a, b in zip(_weights(found, "dropout_4"), _weights(found, "resumed"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_how_many_there_are(found):
    assert found["dropout_4"]["devices"] == 4
    assert found["too_many"] == f"found devices 9, but {found['backend']} sees 4 CPUs"
    assert found["unequal"] == ("found a batch of 32 windows, which 3 devices cannot share equally")


def test_numbers_that_are_none():
    for wanted in (0, -1, "some"):
        with pytest.raises(InputError, match=f"found devices {wanted}, expected a number from 1"):
            choose_devices(wanted)
    assert choose_devices(None) == choose_devices(1) == [""]


def test_pytorch_cannot(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(InputError, match="several devices need Keras on TensorFlow or JAX"):
        choose_devices(2)

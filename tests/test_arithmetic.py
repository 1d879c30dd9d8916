from __future__ import annotations

import keras
import pytest

from benchmarks.common.arithmetic import operations, work
from danq import models


def test_the_floor_of_the_papers_networks():
    # Worked by hand from the papers' sizes: positions × kernel × channels × filters.
    deepsea = {
        "convolution_1": 993 * 8 * 4 * 320,
        "convolution_2": 241 * 8 * 320 * 480,
        "convolution_3": 53 * 8 * 480 * 960,
        "hidden_1": 50_880 * 925,
        "logits": 925 * 919,
    }
    found = {layer.layer: layer for layer in work(models.deepsea())}
    assert {name: layer.forward for name, layer in found.items()} == deepsea
    assert found["convolution_1"].backward == deepsea["convolution_1"]
    assert found["convolution_2"].backward == 2 * deepsea["convolution_2"]
    assert operations(models.deepsea()) == pytest.approx(3.3e9, rel=0.02)

    recurrence = 2 * 75 * 4 * 320 * (320 + 320)
    found = {layer.kind: layer for layer in work(models.danq())}
    assert found["recurrence"].forward == recurrence
    assert operations(models.danq()) == pytest.approx(1.14e9, rel=0.01)


def test_images_and_layers_without_kernels():
    inputs = keras.Input((9, 9, 2))
    outputs = keras.layers.Conv2D(3, 4)(inputs)
    outputs = keras.layers.Dense(5)(keras.layers.Flatten()(keras.layers.Dropout(0.1)(outputs)))
    (convolution, dense) = work(keras.Model(inputs, outputs))
    assert (convolution.kind, convolution.forward) == ("convolution", 36 * 16 * 2 * 3)
    assert (dense.kind, dense.forward, dense.backward) == ("dense", 540, 1080)
    assert dense.operations == 2 * 3 * 540

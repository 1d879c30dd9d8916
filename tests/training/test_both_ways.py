"""The forms that training takes on a card: the numbers of the plain network."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from danq.training.step import pooling
from danq.training.step.both_ways import is_two_way


@pytest.fixture(scope="module")
def found():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.training.card_forms"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 2e-2)])
def test_jax_trains_as_the_plain_network_does(found, precision, tolerance):
    one = found[precision]
    assert one["own"] == 1
    assert one["fast"] == pytest.approx(one["plain"], abs=tolerance)
    assert one["weights"] < tolerance
    assert one["plain"][-1] < one["plain"][0] - 0.05


def test_the_loop_is_in_the_precision_of_the_layers_around_it(found):
    assert set(found["float32"]["policies"]) == {"float32"}
    *inner, logits = found["bfloat16"]["policies"]
    assert set(inner) == {"mixed_bfloat16"}
    assert logits == "float32"


def _both(forward=None, **options):
    forward = layers.LSTM(3, return_sequences=True) if forward is None else forward
    return layers.Bidirectional(forward, **options)


@pytest.mark.parametrize(
    "layer",
    [
        layers.LSTM(3, return_sequences=True),
        _both(merge_mode="sum"),
        _both(layers.LSTM(3)),
        _both(layers.GRU(3, return_sequences=True)),
        _both(layers.LSTM(3, return_sequences=True, recurrent_activation="hard_sigmoid")),
        _both(layers.LSTM(3, return_sequences=True, recurrent_dropout=0.1)),
        _both(layers.LSTM(3, return_sequences=True, use_bias=False)),
        _both(backward_layer=layers.LSTM(3, return_sequences=True, go_backwards=True, dropout=0.1)),
    ],
)
def test_any_other_recurrence_stays_as_it_is(layer):
    assert is_two_way(_both())
    assert not is_two_way(layer)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_product_that_replaces_a_convolution_of_bases(padding, monkeypatch):
    """On a card; "same" and more channels stay convolutions."""
    monkeypatch.setattr(pooling, "count_gpus", lambda: 1)
    convolution = layers.Conv1D(5, 7, padding=padding, activation="relu")
    convolution.build((None, 40, 4))
    convolution.set_weights(
        [np.random.default_rng(n).normal(size=w.shape) for n, w in enumerate(convolution.weights)]
    )
    pool = layers.MaxPooling1D(3)
    windows = np.random.default_rng(9).normal(size=(2, 40, 4)).astype(np.float32)
    one = pooling.PooledConvolution(convolution, pool)
    assert (one._convolve is pooling._product) == (padding == "valid")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(one(windows)),
        keras.ops.convert_to_numpy(pool(convolution(windows))),
        atol=1e-5,
    )

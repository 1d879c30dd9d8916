"""What only a graphics card can show: its numbers are those of NumPy, and training learns on it.

The oracle is written out in NumPy: the networks' own arithmetic, on whole windows.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import danq
from danq import models
from danq.models.devices import count_gpus
from danq.models.encoding import logits_from_codes
from danq.models.precision import full_float32, with_precision
from danq.training.step.pooling import training_logits
from danq.training.step.stepper import seed_dropout
from tests.training.planted import planted

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(count_gpus() == 0, reason="needs a graphics card"),
]

# JAX rounds to TensorFloat-32, see danq.models.precision.full_float32.
TOLERANCE = 2e-2 if keras.backend.backend() == "jax" else 1e-4

BUILD = {"deepsea": models.deepsea, "danq": models.danq}


def _sigmoid(values):
    return 1 / (1 + np.exp(-values))


def _convolved(values, kernel, bias):
    seen = np.lib.stride_tricks.sliding_window_view(values, len(kernel), axis=1)
    return np.maximum(np.einsum("nlck,kcf->nlf", seen, kernel, optimize=True) + bias, 0)


def _pooled(values, size):
    count = values.shape[1] // size
    return values[:, : count * size].reshape(len(values), count, size, -1).max(axis=2)


def _lstm(values, kernel, recurrent, bias):
    output = memory = np.zeros((len(values), len(recurrent)))
    outputs = []
    for step in np.moveaxis(values, 1, 0):
        sums = step @ kernel + output @ recurrent + bias
        enter, forget, candidate, leave = np.split(sums, 4, axis=1)
        memory = _sigmoid(forget) * memory + _sigmoid(enter) * np.tanh(candidate)
        output = _sigmoid(leave) * np.tanh(memory)
        outputs.append(output)
    return np.stack(outputs, axis=1)


def _expected(network, codes):
    """Logits of codes, float64."""
    values = np.eye(5, 4)[codes]
    for layer in network.layers[:-1]:
        weights = [np.asarray(weight, np.float64) for weight in layer.get_weights()]
        if isinstance(layer, keras.layers.Conv1D):
            values = _convolved(values, *weights)
        elif isinstance(layer, keras.layers.MaxPooling1D):
            values = _pooled(values, layer.pool_size[0])
        elif isinstance(layer, keras.layers.Bidirectional):
            backward = _lstm(values[:, ::-1], *weights[3:])[:, ::-1]
            values = np.concatenate([_lstm(values, *weights[:3]), backward], axis=2)
        elif isinstance(layer, keras.layers.Flatten):
            values = values.reshape(len(values), -1)
        elif isinstance(layer, keras.layers.Dense):
            values = values @ weights[0] + weights[1]
            values = np.maximum(values, 0) if layer is not network.layers[-2] else values
    return values


@pytest.fixture(scope="module", params=BUILD)
def case(request):
    """A network of a quarter width whose logits deviate by 2, some windows, and their logits."""
    keras.utils.set_random_seed(1)
    network = BUILD[request.param](outputs=9, width=0.25)
    codes = np.random.default_rng(2).integers(0, 5, (24, 1000)).astype(np.uint8)
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel * (2 / _expected(network, codes).std()), bias])
    return network, codes, _expected(network, codes)


def test_predictions_are_those_of_numpy(case):
    network, codes, expected = case
    found = models.Predictor(network, batch_size=16).logits(codes)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_half_precision_strays_as_far_as_the_documentation_says(case):
    network, codes, expected = case
    found = models.Predictor(network, batch_size=16, precision="bfloat16").logits(codes)
    assert 1e-4 < np.abs(found - expected).max() < 0.8


def test_shared_alleles_are_those_of_whole_windows(case):
    network, codes, _ = case
    alternatives = codes.copy()
    alternatives[:, 499] = (codes[:, 499] + 1) % 4
    predictor = models.Predictor(network, batch_size=16)
    of_references, of_alternatives = predictor.allele_logits(codes, alternatives, np.arange(24))
    np.testing.assert_allclose(of_references, predictor.logits(codes), atol=TOLERANCE)
    np.testing.assert_allclose(of_alternatives, predictor.logits(alternatives), atol=TOLERANCE)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_takes_the_steps_of_the_plain_network(case, precision):
    network, codes, _ = case
    labels = np.random.default_rng(3).integers(0, 2, (24, 9)).astype(np.uint8)
    found = {}
    for form in (logits_from_codes, training_logits):
        model = form(with_precision(network, precision))
        seed_dropout(model, 1, 1)
        model.compile(keras.optimizers.SGD(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
        with full_float32():
            losses = [float(model.train_on_batch(codes, labels)) for _ in range(5)]
        assert losses[-1] < losses[0]
        found[form] = losses
    tolerance = 1e-2 if precision == "float32" else 0.1
    assert found[training_logits] == pytest.approx(found[logits_from_codes], rel=tolerance)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_training_run_learns(tmp_path, precision):
    history = danq.train(
        planted(tmp_path),
        tmp_path / "m.keras",
        model="danq",
        width=0.1,
        epochs=4,
        batch_size=32,
        precision=precision,
    )
    losses = [epoch.loss for epoch in history.epochs]
    assert losses[-1] < losses[0]

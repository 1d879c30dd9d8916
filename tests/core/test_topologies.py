from __future__ import annotations

import keras
import numpy as np
import pytest

from danq.core import layers, topologies
from danq.core.layers import Convolution, Kernel
from danq.core.topologies import Recurrence
from tests import oracles


def _networks() -> dict[str, keras.Model]:
    convolutions = [Convolution(3, 3, pool_size=2, dropout=0.1), Convolution(2, 2, padding="same")]
    return {
        "feed_forward": topologies.feed_forward(6, 2, hidden=[5, 4], dropout=0.1),
        "cnn_1": topologies.cnn((20, 4), 2, convolutions=convolutions, hidden=[5]),
        "cnn_2": topologies.cnn((12, 12, 1), 2, convolutions=convolutions),
        "cnn_3": topologies.cnn((8, 8, 8, 2), 2, convolutions=convolutions),
        "cnn_rnn": topologies.cnn_rnn(
            (20, 4),
            2,
            convolutions=convolutions,
            recurrences=[Recurrence(3, "gru", bidirectional=True), Recurrence(2)],
        ),
        "many_to_one": topologies.rnn(
            4, 2, shape="many_to_one", recurrences=[Recurrence(3), Recurrence(2, "simple")]
        ),
        "many_to_many": topologies.rnn(
            4, 2, shape="many_to_many", recurrences=[Recurrence(3, bidirectional=True)], hidden=[3]
        ),
    }


def _inputs(network: keras.Model, steps: int = 9) -> np.ndarray:
    shape = [steps if extent is None else extent for extent in network.input_shape[1:]]
    return np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)


@pytest.mark.parametrize("name", list(_networks()))
def test_is_saved_loaded_and_trained(tmp_path, name):
    network = _networks()[name]
    inputs = _inputs(network)
    before = network.predict_on_batch(inputs)
    network.save(tmp_path / "n.keras")
    loaded = keras.models.load_model(tmp_path / "n.keras")
    assert np.array_equal(loaded.predict_on_batch(inputs), before)
    assert network.layers[-2].name == "logits"
    network.compile("sgd", "binary_crossentropy")
    network.train_on_batch(inputs, np.ones_like(before))
    assert not np.array_equal(network.predict_on_batch(inputs), before)


def test_recurrent_networks_read_any_length():
    networks = _networks()
    for steps in (3, 8):
        one = networks["many_to_one"].predict_on_batch(_inputs(networks["many_to_one"], steps))
        many = networks["many_to_many"].predict_on_batch(_inputs(networks["many_to_many"], steps))
        assert one.shape == (2, 2)
        assert many.shape == (2, steps, 2)


def test_a_recurrent_network_equals_numpy():
    network = topologies.rnn(4, 2, shape="many_to_one", recurrences=[Recurrence(3)])
    kernel, recurrent, bias, dense, offset = network.get_weights()
    inputs = _inputs(network)
    for row, found in zip(inputs, network.predict_on_batch(inputs), strict=True):
        state = oracles.lstm(row, kernel, recurrent, bias)[-1]
        np.testing.assert_allclose(found, oracles.sigmoid(state @ dense + offset), atol=1e-5)


def test_kernels_are_held_in_every_layer():
    network = topologies.cnn(
        (20, 4),
        2,
        convolutions=[Convolution(3, 3)],
        hidden=[4],
        kernel=Kernel(l2=0.1, max_norm=0.5),
    )
    total = sum(float((w**2).sum()) for w in network.get_weights() if w.ndim > 1)
    assert float(sum(network.losses)) == pytest.approx(0.1 * total, rel=1e-5)
    network.compile(keras.optimizers.SGD(10.0), "binary_crossentropy")
    network.train_on_batch(_inputs(network), np.ones((2, 2)))
    for weights in network.get_weights():
        if weights.ndim > 1:
            norms = np.sqrt((weights**2).reshape(-1, weights.shape[-1]).sum(axis=0))
            assert (norms < 0.5 + 1e-4).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: topologies.feed_forward(0, 1), "features must be at least 1. Received: 0"),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, 6)]),
            "kernel_size 6 does not fit. Received: an extent of 5",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, (3, 3))]),
            r"kernel_size needs one value or one for each of 1 extents. Received: \(3, 3\)",
        ),
        (
            lambda: topologies.cnn_rnn((5, 5, 1), 1, convolutions=[], recurrences=[]),
            r"the hybrid needs \(steps, channels\). Received: \(5, 5, 1\)",
        ),
        (
            lambda: topologies.rnn(4, 1, shape="one_to_none", recurrences=[Recurrence(2)]),
            "shape must be many_to_one or many_to_many. Received: 'one_to_none'",
        ),
        (
            lambda: topologies.rnn(4, 1, shape="many_to_one", recurrences=[]),
            "recurrences must hold at least one layer",
        ),
        (
            lambda: layers.recurrent(keras.Input((5, 4)), 2, cell="elman"),
            "cell must be one of lstm, gru, simple. Received: 'elman'",
        ),
        (
            lambda: layers.recurrent(keras.Input((5,)), 2),
            r"a recurrent layer needs \(batch, steps, features\)",
        ),
        (
            lambda: layers.convolution(keras.Input((5,)), Convolution(2, 2)),
            "a convolution needs inputs with 1 to 3 extents",
        ),
    ],
)
def test_what_does_not_fit_is_named_before_keras_does(call, message):
    with pytest.raises(ValueError, match=message):
        call()

"""What holds for every topology, and what holds for single ones."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from danq.core import topologies
from danq.core.layers import Convolution, Kernel, Recurrence
from tests import oracles
from tests.core.conftest import inputs_of


def penalty(network: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(sum(network.losses)))


def test_is_saved_loaded_and_trained(tmp_path, topology):
    inputs = inputs_of(topology)
    before = np.asarray(topology.predict_on_batch(inputs))
    topology.save(tmp_path / "n.keras")
    loaded = keras.models.load_model(tmp_path / "n.keras")
    assert np.array_equal(loaded.predict_on_batch(inputs), before)
    topology.compile("sgd", "binary_crossentropy")
    weights = [np.array(weight) for weight in topology.get_weights()]
    topology.train_on_batch(inputs, np.ones_like(before))
    after = topology.get_weights()
    still = {
        variable.name
        for variable, old, new in zip(topology.weights, weights, after, strict=True)
        if np.array_equal(old, new)
    }
    # A single step that begins at zero has no state to weigh.
    assert still == ({"recurrent_kernel"} if topology.name == "one_to_one" else set())


def test_ends_in_logits_and_an_activation_of_its_own(topology):
    *_, logits, output = topology.layers
    assert (logits.name, output.name) == ("logits", "output")
    inputs = inputs_of(topology)
    values = np.asarray(keras.Model(topology.input, logits.output).predict_on_batch(inputs))
    np.testing.assert_allclose(
        topology.predict_on_batch(inputs), oracles.sigmoid(values), atol=1e-6
    )


def test_a_cnn_equals_numpy():
    network = topologies.cnn((14, 4), 2, convolutions=[Convolution(3, 3, pool_size=2)], hidden=[5])
    kernel, bias, w1, b1, w2, b2 = network.get_weights()
    inputs = inputs_of(network)
    for row, found in zip(inputs, network.predict_on_batch(inputs), strict=True):
        tensor = oracles.max_pool(oracles.relu(oracles.convolve(row, kernel, bias)), 2)
        hidden = oracles.relu(tensor.reshape(-1) @ w1 + b1)
        np.testing.assert_allclose(found, oracles.sigmoid(hidden @ w2 + b2), atol=1e-5)


def test_strides_and_pools_have_the_sizes_they_are_given():
    network = topologies.cnn(
        (20, 20, 1),
        2,
        convolutions=[Convolution(3, (4, 5), strides=(2, 3), pool_size=3, pool_strides=2)],
    )
    assert network.get_layer("convolution_1").output.shape == (None, 9, 6, 3)
    assert network.get_layer("flatten").output.shape == (None, 4 * 2 * 3)


def test_same_padding_keeps_the_extent():
    for padding, extent in (("valid", 16), ("same", 20)):
        network = topologies.cnn((20, 4), 1, convolutions=[Convolution(3, 5, padding=padding)])
        assert network.get_layer("convolution_1").output.shape == (None, extent, 3)


def test_average_pooling_gives_means():
    spec = Convolution(1, 1, pool_size=2, pooling="average")
    network = topologies.cnn((6, 1), 1, convolutions=[spec], activation="linear")
    network.set_weights([np.ones((1, 1, 1)), np.zeros(1), *network.get_weights()[2:]])
    pooled = keras.Model(network.input, network.get_layer("flatten").output)
    inputs = np.arange(6, dtype=np.float32).reshape(1, 6, 1)
    assert np.asarray(pooled.predict_on_batch(inputs)).tolist() == [[0.5, 2.5, 4.5]]


@pytest.mark.parametrize(("first", "order"), [(False, ["pool", "drop"]), (True, ["drop", "pool"])])
def test_dropout_stands_where_it_is_asked_for(first, order):
    spec = Convolution(2, 2, pool_size=2, dropout=0.3, dropout_first=first)
    network = topologies.cnn((8, 1), 1, convolutions=[spec])
    kinds = {"MaxPooling1D": "pool", "Dropout": "drop"}
    found = [kinds.get(type(layer).__name__) for layer in network.layers]
    assert [kind for kind in found if kind] == order


def test_kernels_are_held_in_every_layer():
    network = topologies.cnn(
        (20, 4),
        2,
        convolutions=[Convolution(3, 3)],
        hidden=[4],
        kernel=Kernel(l2=0.1, max_norm=0.5),
    )
    total = sum(float((w**2).sum()) for w in network.get_weights() if w.ndim > 1)
    assert penalty(network) == pytest.approx(0.1 * total, rel=1e-5)
    network.compile(keras.optimizers.SGD(10.0), "binary_crossentropy")
    network.train_on_batch(inputs_of(network), np.ones((2, 2)))
    for weights in network.get_weights():
        if weights.ndim > 1:
            norms = np.sqrt((weights**2).reshape(-1, weights.shape[-1]).sum(axis=0))
            assert (norms < 0.5 + 1e-4).all()


@pytest.mark.parametrize(
    ("build", "options", "count"),
    [
        ("feed_forward", {}, 2),
        ("one_to_one", {"recurrences": [Recurrence(3)]}, 2),
        ("one_to_many", {"recurrences": [Recurrence(3)], "steps": 2}, 2),
        ("one_to_many", {"recurrences": [Recurrence(3)], "feedback": True}, 4),
        ("many_to_one", {"recurrences": [Recurrence(3)]}, 2),
        ("many_to_many", {"recurrences": [Recurrence(3)]}, 2),
        ("many_to_many", {"recurrences": [Recurrence(3)], "decoder": [Recurrence(2, "gru")]}, 3),
    ],
)
def test_dense_kernels_of_every_topology_are_held(build, options, count):
    network = getattr(topologies, build)(4, 2, hidden=[3], kernel=Kernel(l2=0.1), **options)
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    total = sum(float((keras.ops.convert_to_numpy(layer.kernel) ** 2).sum()) for layer in dense)
    assert len(dense) == count
    assert penalty(network) == pytest.approx(0.1 * total, rel=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_logits_keep_float32_under_a_lower_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = topologies.cnn((20, 4), 2, convolutions=[Convolution(3, 3)])
    finally:
        keras.config.set_dtype_policy(before)
    *_, logits, output = network.layers
    assert {logits.compute_dtype, output.compute_dtype} == {"float32"}
    assert network.get_layer("convolution_1").compute_dtype == policy.removeprefix("mixed_")


def test_describing_blocks_draws_no_seed():
    keras.utils.set_random_seed(1)
    plain = topologies.cnn((8, 1), 1, convolutions=[Convolution(2, 3)]).get_weights()
    keras.utils.set_random_seed(1)
    Kernel(l2=0.1)
    again = topologies.cnn((8, 1), 1, convolutions=[Convolution(2, 3)], kernel=Kernel())
    for one, other in zip(plain, again.get_weights(), strict=True):
        assert np.array_equal(one, other)

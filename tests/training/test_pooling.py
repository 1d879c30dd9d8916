from __future__ import annotations

import keras
import numpy as np
import pytest

from danq import models
from danq.core.activations import threshold
from danq.core.layers import Convolution
from danq.core.topologies import cnn
from danq.models.encoding import logits_from_codes
from danq.models.precision import with_precision
from danq.training.step.pooling import PooledConvolution, training_logits
from danq.training.step.stepper import seed_dropout

NETWORKS = {
    "deepsea": lambda: models.deepsea(sequence_length=180, outputs=3, width=0.03),
    "danq": lambda: models.danq(sequence_length=90, outputs=3, width=0.03),
    # Pools that overlap, and that reach past the end.
    "overlapping": lambda: cnn(
        (90, 4), 3, convolutions=[Convolution(5, 6, padding="same", pool_size=5, pool_strides=2)]
    ),
}


def _trained(network, make, precision="float32"):
    """Logits before, losses and weights after a few steps that bring the loss down."""
    network = with_precision(network, precision)
    model = make(network)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9), keras.losses.BinaryCrossentropy(from_logits=True)
    )
    seed_dropout(network, 1, 1)
    random = np.random.default_rng(0)
    codes = random.integers(0, 5, (6, network.input_shape[1])).astype(np.uint8)
    labels = random.integers(0, 2, (6, 3)).astype(np.uint8)
    before = np.asarray(model.predict_on_batch(codes))
    losses = [float(model.train_on_batch(codes, labels)) for _ in range(4)]
    after = np.asarray(model.predict_on_batch(codes))
    # Without dropout, which a loss of a training step has.
    entropy = [np.mean(np.logaddexp(0, z) - labels * z) for z in (before, after)]
    assert entropy[1] < entropy[0]
    return before, losses, network.get_weights()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_pooling_first_changes_no_number_beyond_rounding(name, precision):
    network = NETWORKS[name]()
    kinds = [type(layer) for layer in training_logits(network).layers[-1].layers]
    assert PooledConvolution in kinds
    assert not {keras.layers.Conv1D, keras.layers.MaxPooling1D} <= set(kinds)
    plain = _trained(network, logits_from_codes, precision)
    first = _trained(network, training_logits, precision)
    tolerance = 1e-6 if precision == "float32" else 2e-2
    np.testing.assert_allclose(first[0], plain[0], atol=tolerance)
    assert first[1] == pytest.approx(plain[1], rel=10 * tolerance)
    for a, b in zip(first[2], plain[2], strict=True):
        np.testing.assert_allclose(a, b, atol=10 * tolerance)


def test_penalties_stay():
    network = NETWORKS["deepsea"]()
    random = np.random.default_rng(0)
    network.set_weights([random.normal(size=w.shape) for w in network.get_weights()])
    expected, found = (
        sum(float(keras.ops.convert_to_numpy(loss)) for loss in model.losses)
        for model in (network, training_logits(network))
    )
    assert expected > 0
    assert found == pytest.approx(expected)


def _branched():
    inputs = keras.Input((90, 4))
    one = keras.layers.MaxPooling1D(4)(keras.layers.Conv1D(3, 5, activation="relu")(inputs))
    two = keras.layers.MaxPooling1D(4)(keras.layers.Conv1D(3, 5, activation="relu")(inputs))
    both = keras.layers.Flatten()(keras.layers.Concatenate()([one, two]))
    logits = keras.layers.Dense(3)(both)
    return keras.Model(inputs, keras.layers.Activation("sigmoid")(logits))


@pytest.mark.parametrize(
    "build",
    [
        _branched,
        lambda: models.deepsea(sequence_length=180, outputs=3, width=0.03, activation=threshold),
        lambda: cnn((90, 4), 3, convolutions=[Convolution(5, 6, pool_size=3, pooling="average")]),
        lambda: models.beluga(sequence_length=320, outputs=3, width=0.03),
    ],
    ids=["branched", "threshold", "average", "dropout_between"],
)
def test_where_it_is_not_the_same_nothing_moves(build):
    network = build()
    model = training_logits(network)
    assert not any(isinstance(layer, PooledConvolution) for layer in model._flatten_layers())
    codes = np.random.default_rng(0).integers(0, 4, (2, network.input_shape[1])).astype(np.uint8)
    np.testing.assert_array_equal(
        model.predict_on_batch(codes), logits_from_codes(network).predict_on_batch(codes)
    )

"""Errors come before Keras's own and end in what was received."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from danq.core import layers, topologies
from danq.core.layers import Convolution, Recurrence

BOTH = Recurrence(2, bidirectional=True)
ONE = Recurrence(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: topologies.feed_forward(0, 1), "features must be at least 1. Received: 0"),
        (lambda: topologies.feed_forward(2, 1, hidden=[0]), "units must be .* Received: 0"),
        (
            lambda: topologies.feed_forward(2, 1, hidden=[2], dropout=1.0),
            "dropout must be at least 0 and less than 1. Received: 1.0",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, 6)]),
            "kernel_size 6 does not fit. Received: an extent of 5",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, 4, pool_size=3)]),
            "pool_size 3 does not fit. Received: an extent of 2",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, (3, 3))]),
            r"kernel_size needs one value or one for each of 1 extents. Received: \(3, 3\)",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[Convolution(2, 3, strides=(1, 1))]),
            r"strides needs one value or one for each of 1 extents. Received: \(1, 1\)",
        ),
        (
            lambda: topologies.cnn((5,), 1, convolutions=[]),
            r"input_shape needs 1 to 3 extents and channels. Received: \(5,\)",
        ),
        (
            lambda: topologies.cnn((None, 4), 1, convolutions=[]),
            r"input_shape must be known.* Received: \(None, 4\)",
        ),
        (
            lambda: topologies.cnn((5, 0, 4), 1, convolutions=[]),
            r"extents must be at least 1. Received: \(5, 0\)",
        ),
        (lambda: Convolution(0, 3), "filters must be at least 1. Received: 0"),
        (lambda: Convolution(2, 3, padding="causal"), "valid, same. Received: 'causal'"),
        (lambda: Convolution(2, 3, pooling="min"), "max, average. Received: 'min'"),
        (
            lambda: topologies.cnn_rnn((5, 5, 1), 1, convolutions=[], recurrences=[ONE]),
            r"the hybrid needs \(steps, channels\). Received: \(5, 5, 1\)",
        ),
        (
            lambda: topologies.cnn_rnn((5, 1), 1, convolutions=[], recurrences=[]),
            "recurrences must hold at least one layer. Received: none",
        ),
        (
            lambda: topologies.many_to_one(4, 1, recurrences=[]),
            "recurrences must hold at least one layer. Received: none",
        ),
        (
            lambda: topologies.many_to_many(4, 0, recurrences=[ONE]),
            "outputs must be at least 1. Received: 0",
        ),
        (
            lambda: topologies.many_to_many(4, 1, recurrences=[ONE], attention=True),
            "attention needs a decoder. Received: decoder=None",
        ),
        (
            lambda: topologies.many_to_many(
                4, 1, recurrences=[BOTH], decoder=[ONE], attention=True
            ),
            "needs 4 units, as many as the encoder gives. Received: 2",
        ),
        (
            lambda: topologies.many_to_many(4, 1, recurrences=[ONE], decoder=[BOTH]),
            "only a layer that reads in one direction carries a state",
        ),
        (
            lambda: topologies.many_to_many(4, 1, recurrences=[ONE], decoder=[]),
            "a decoder must hold at least one layer. Received: none",
        ),
        (
            lambda: topologies.one_to_one(4, 1, recurrences=[BOTH], batch_size=2),
            "only a layer that reads in one direction carries a state",
        ),
        (
            lambda: topologies.one_to_many(4, 1, recurrences=[ONE]),
            "steps must be known without feedback. Received: None",
        ),
        (
            lambda: topologies.generate(
                topologies.many_to_one(4, 1, recurrences=[ONE]), np.zeros((1, 3, 4)), steps=2
            ),
            "needs a network that reads an input and 2 steps before",
        ),
        (
            lambda: topologies.generate(
                topologies.one_to_many(4, 1, recurrences=[ONE], feedback=True, steps=3),
                np.zeros((1, 4)),
                steps=2,
            ),
            "generating 2 steps needs a network that reads an input and 2 steps before",
        ),
        (lambda: topologies.shift(np.zeros((2, 3))), r"answers need .* Received: shape \(2, 3\)"),
        (lambda: Recurrence(2, "elman"), "one of lstm, gru, simple. Received: 'elman'"),
        (lambda: Recurrence(2.5), "units must be at least 1. Received: 2.5"),
        (lambda: Recurrence(2, "simple", gate="relu"), "no gate. Received: gate='relu'"),
        (lambda: Recurrence(2, backward="up"), "reversed, forward. Received: 'up'"),
        (
            lambda: layers.recurrent(keras.Input((5,)), ONE),
            r"a recurrent layer needs \(batch, steps, features\)",
        ),
        (
            lambda: layers.convolution(keras.Input((5,)), Convolution(2, 2)),
            "a convolution needs inputs with 1 to 3 extents",
        ),
    ],
)
def test_is_named_before_keras_does(call, message):
    with pytest.raises(ValueError, match=message):
        call()

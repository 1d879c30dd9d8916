"""Errors come before Keras's own and end in what was received."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from danq.core import layers, topologies
from danq.core.layers import Convolution, Head, Kernel, Recurrence

BOTH = Recurrence(2, bidirectional=True)
ONE = Recurrence(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: topologies.feed_forward(0, 1), "features must be at least 1. Received: 0"),
        (
            lambda: topologies.feed_forward(2, 1, hidden=[0]),
            "hidden must be at least 1. Received: 0",
        ),
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
            lambda: topologies.cnn(
                (5, 4), 1, convolutions=[Convolution(2, 3, pool_size=2, pool_strides=(1, 1))]
            ),
            r"pool_strides needs one value or one for each of 1 extents. Received: \(1, 1\)",
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
            r"extents must be at least 1. Received: 0",
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
        (lambda: Recurrence(2.5), "units must be a whole number. Received: 2.5"),
        (lambda: Recurrence(True), "units must be a whole number. Received: True"),
        (lambda: Recurrence(None), "units must be a whole number. Received: None"),
        (lambda: Recurrence(2, gate="sigmod"), "gate must be a Keras .* Received: 'sigmod'"),
        (lambda: Recurrence(2, backward="forward"), "bidirectional=False"),
        (lambda: Convolution(2, None), "kernel_size must be a whole number. Received: None"),
        (lambda: Convolution((2, 3), 1), r"filters must be a whole number. Received: \(2, 3\)"),
        (lambda: Convolution(2, (3, None)), "kernel_size must be a whole number. Received: None"),
        (lambda: Convolution(2, 3, dropout="0.1"), "dropout must be a number. Received: '0.1'"),
        (lambda: Kernel(max_norm=0), "max_norm must be more than 0. Received: 0"),
        (lambda: Kernel(l2=-1), "l2 must be at least 0. Received: -1"),
        (lambda: Kernel(initializer="xavier"), "initializer must be .* Received: 'xavier'"),
        (lambda: topologies.feed_forward(None, 2), "features must be .* Received: None"),
        (lambda: topologies.feed_forward(2, None), "outputs must be .* Received: None"),
        (lambda: topologies.feed_forward(2, 1, hidden=5), "hidden must be a list .* Received: 5"),
        (
            lambda: topologies.feed_forward(2, 1, dropout=7),
            "dropout must be at least 0 and less than 1. Received: 7",
        ),
        (
            lambda: topologies.feed_forward(2, 1, hidden=[2], activation="rleu"),
            "activation must be a Keras activation or its name. Received: 'rleu'",
        ),
        (
            lambda: topologies.feed_forward(2, 1, output_activation="sofmax"),
            "output_activation must be .* Received: 'sofmax'",
        ),
        (
            lambda: topologies.many_to_one(2, 1, recurrences=ONE),
            r"recurrences must be a list of Recurrence. Received: Recurrence\(",
        ),
        (
            lambda: topologies.cnn((5, 4), 1, convolutions=[ONE]),
            r"convolutions must be a list of Convolution. Received: Recurrence\(",
        ),
        (
            lambda: topologies.many_to_one(2, 1, recurrences=[ONE], mask_value=float("nan")),
            "mask_value must be finite. Received: nan",
        ),
        (
            lambda: topologies.many_to_one(2, 1, recurrences=[ONE], mask_value="x"),
            "mask_value must be a number. Received: 'x'",
        ),
        (
            lambda: topologies.generate(
                topologies.one_to_many(4, 1, recurrences=[ONE], feedback=True),
                np.zeros(4),
                steps=2,
            ),
            r"first input has the shape \(None, 4\). Received: shape \(4,\)",
        ),
        (
            lambda: topologies.generate(
                topologies.one_to_many(4, 1, recurrences=[ONE], feedback=True),
                np.zeros((2, 3)),
                steps=2,
            ),
            r"first input has the shape \(None, 4\). Received: shape \(2, 3\)",
        ),
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


def test_whole_numbers_of_any_kind_are_sizes():
    plain = topologies.cnn_rnn(
        (20, 4), 2, convolutions=[Convolution(3, 3)], recurrences=[Recurrence(5)], hidden=[6]
    )
    numbers = topologies.cnn_rnn(
        np.array([20, 4]),
        np.int64(2),
        convolutions=[Convolution(np.uint8(3), np.array([3])[0])],
        recurrences=[Recurrence(np.int32(5))],
        hidden=np.array([6]),
    )
    assert numbers.count_params() == plain.count_params()
    assert Convolution(2, [np.int64(3), 4]).kernel_size == (3, 4)


def test_the_end_of_a_network_is_a_value_like_its_blocks():
    assert Head(hidden=[np.int64(3), 4], dropout=0) == Head(hidden=(3, 4))
    assert Head().output_activation == "sigmoid"
    with pytest.raises(ValueError, match=r"hidden must be at least 1. Received: 0"):
        Head(hidden=[0])
    with pytest.raises(TypeError, match="'hiden'"):
        topologies.feed_forward(2, 1, hiden=[3])

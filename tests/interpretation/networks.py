"""Small networks whose weights are drawn so wide that bases matter."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from danq import models

SMALL = {"outputs": 3, "width": 0.03}


def widened(network, seed=5):
    """Draw weights anew, biases too."""
    random = np.random.default_rng(seed)
    network.set_weights(
        [
            random.normal(0, 1.5 / np.sqrt(max(1, np.prod(one.shape[:-1]))), one.shape)
            for one in network.get_weights()
        ]
    )
    return network


def ended(inputs, outputs):
    """Put logits and a sigmoid behind, and draw the weights."""
    logits = layers.Dense(3, name="logits")(layers.Flatten()(outputs))
    return widened(keras.Model(inputs, layers.Activation("sigmoid")(logits)))


def linear(length=30):
    inputs = keras.Input((length, 4))
    return ended(inputs, inputs)


def gru():
    inputs = keras.Input((100, 4))
    outputs = layers.Conv1D(8, 11, activation="relu")(inputs)
    outputs = layers.MaxPooling1D(5)(outputs)
    return ended(inputs, layers.Bidirectional(layers.GRU(6, return_sequences=True))(outputs))


def branching():
    inputs = keras.Input((100, 4))
    one = layers.Conv1D(8, 7, padding="same", activation="relu")(inputs)
    other = layers.Conv1D(8, 5, padding="same", activation="relu")(one)
    joined = layers.Concatenate()([layers.Add()([one, other]), inputs])
    return ended(inputs, layers.MaxPooling1D(4)(joined))


NETWORKS = {
    "deepsea": lambda: widened(models.deepsea(sequence_length=180, **SMALL)),
    "danq": lambda: widened(models.danq(sequence_length=120, **SMALL)),
    "gru": gru,
    "branching": branching,
}

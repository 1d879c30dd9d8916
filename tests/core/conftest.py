"""One small network of every topology, and inputs for it.

Activations are smooth, so that every weight has a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from danq.core import topologies
from danq.core.layers import Convolution, Recurrence

CONVOLUTIONS = [
    Convolution(3, 3, pool_size=2, dropout=0.1),
    Convolution(2, 2, padding="same", pooling="average", pool_size=2, pool_strides=1),
]

TOPOLOGIES: dict[str, Callable[[], keras.Model]] = {
    "feed_forward": lambda: topologies.feed_forward(6, 2, hidden=[5, 4], activation="tanh"),
    "cnn_rank_1": lambda: topologies.cnn(
        (20, 4), 2, convolutions=CONVOLUTIONS, hidden=[5], activation="tanh", dropout=0.1
    ),
    "cnn_rank_2": lambda: topologies.cnn(
        (12, 12, 1), 2, convolutions=CONVOLUTIONS, activation="tanh"
    ),
    "cnn_rank_3": lambda: topologies.cnn(
        (8, 8, 8, 2), 2, convolutions=CONVOLUTIONS, activation="tanh"
    ),
    "cnn_rnn": lambda: topologies.cnn_rnn(
        (20, 4),
        2,
        convolutions=CONVOLUTIONS,
        activation="tanh",
        recurrences=[Recurrence(3, "gru", bidirectional=True), Recurrence(2)],
    ),
    "one_to_one": lambda: topologies.one_to_one(
        4, 2, recurrences=[Recurrence(3)], hidden=[3], activation="tanh"
    ),
    "one_to_many": lambda: topologies.one_to_many(
        4, 2, steps=5, recurrences=[Recurrence(3, "gru", bidirectional=True)]
    ),
    "one_to_many_feedback": lambda: topologies.one_to_many(
        4, 2, recurrences=[Recurrence(3), Recurrence(2, "simple")], feedback=True
    ),
    "many_to_one": lambda: topologies.many_to_one(
        4, 2, recurrences=[Recurrence(3), Recurrence(2, "simple")], mask_value=0.0
    ),
    "many_to_many": lambda: topologies.many_to_many(
        4,
        2,
        recurrences=[Recurrence(3, bidirectional=True, dropout=0.1)],
        hidden=[3],
        activation="tanh",
    ),
    "encoder_decoder": lambda: topologies.many_to_many(
        4, 2, recurrences=[Recurrence(3)], decoder=[Recurrence(4, "gru")], mask_value=0.0
    ),
    "attention": lambda: topologies.many_to_many(
        4,
        2,
        recurrences=[Recurrence(3, bidirectional=True)],
        decoder=[Recurrence(6)],
        attention=True,
        mask_value=0.0,
    ),
}


def inputs_of(network: keras.Model, *, steps: int = 9, n: int = 2) -> Any:
    """Random input, or a list of several; a free length is `steps`, one more in the second."""
    random = np.random.default_rng(0)
    shapes = [
        [n, *(steps + place if extent is None else extent for extent in tensor.shape[1:])]
        for place, tensor in enumerate(network.inputs)
    ]
    inputs = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    return inputs if len(inputs) > 1 else inputs[0]


@pytest.fixture(params=list(TOPOLOGIES))
def topology(request) -> keras.Model:
    keras.utils.set_random_seed(1)
    return TOPOLOGIES[request.param]()

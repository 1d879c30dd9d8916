"""Fully connected networks."""

from typing import Unpack

import keras

from danq.core.layers import Head
from danq.core.specs import HeadFields, size
from danq.core.topologies.parts import ended


def feed_forward(
    features: int,
    outputs: int,
    *,
    name: str = "feed_forward",
    **head: Unpack[HeadFields],
) -> keras.Model:
    """Build fully connected layers.

    Parameters
    ----------
    features, outputs
        Sizes of the input (batch, features) and the output (batch, outputs).
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size or a share is out of range.
    """
    inputs = keras.Input((size("features", features),), name="input")
    return ended(inputs, inputs, outputs, Head(**head), name)

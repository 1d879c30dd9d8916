"""Fully connected networks."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from danq.core.activations import Activation
from danq.core.layers import Kernel
from danq.core.specs import size
from danq.core.topologies.parts import ended


def feed_forward(
    features: int,
    outputs: int,
    *,
    hidden: Sequence[int] = (),
    activation: Activation = "relu",
    output_activation: Activation = "sigmoid",
    dropout: float = 0.0,
    kernel: Kernel | None = None,
    name: str = "feed_forward",
) -> keras.Model:
    """Build fully connected layers.

    Parameters
    ----------
    features, outputs
        Sizes of the input (batch, features) and the output (batch, outputs).
    hidden
        Units of each hidden layer.
    activation, output_activation
        Keras activations of the hidden layers and of the output.
    dropout
        After each hidden layer.
    kernel
        Penalty, constraint and initializer of every kernel.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size or a share is out of range.
    """
    inputs = keras.Input((size("features", features),), name="input")
    return ended(
        inputs,
        inputs,
        outputs,
        hidden=hidden,
        activation=activation,
        output_activation=output_activation,
        dropout=dropout,
        kernel=kernel,
        name=name,
    )

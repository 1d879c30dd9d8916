"""Convolutional networks of rank 1, 2 and 3, and the hybrid with a recurrence."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from danq.core.activations import Activation
from danq.core.layers import Convolution, Kernel, Recurrence
from danq.core.specs import size, sizes
from danq.core.topologies.parts import convolutions_after, ended, recurrences_after


def cnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    hidden: Sequence[int] = (),
    activation: Activation = "relu",
    output_activation: Activation = "sigmoid",
    dropout: float = 0.0,
    kernel: Kernel | None = None,
    name: str = "cnn",
) -> keras.Model:
    """Build convolutions with pooling, then fully connected layers.

    Parameters
    ----------
    input_shape
        (extent, …, channels) with one to three extents: sequences, images or volumes.
    outputs
        Output features.
    convolutions
        The blocks, first to last.
    hidden
        Units of each hidden dense layer.
    activation, output_activation
        Keras activations of the inner layers and of the output.
    dropout
        After each hidden dense layer.
    kernel
        Penalty, constraint and initializer of every kernel.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size is below 1 or an input is shorter than a kernel or a pool.
    """
    inputs = _inputs(input_shape)
    tensor = convolutions_after(inputs, convolutions, activation, kernel)
    return ended(
        inputs,
        keras.layers.Flatten(name="flatten")(tensor),
        outputs,
        hidden=hidden,
        activation=activation,
        output_activation=output_activation,
        dropout=dropout,
        kernel=kernel,
        name=name,
    )


def cnn_rnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    recurrences: Sequence[Recurrence],
    hidden: Sequence[int] = (),
    activation: Activation = "relu",
    output_activation: Activation = "sigmoid",
    dropout: float = 0.0,
    kernel: Kernel | None = None,
    name: str = "cnn_rnn",
) -> keras.Model:
    """Build the hybrid: convolutions find parts, a recurrence reads their order.

    Parameters
    ----------
    input_shape
        (steps, channels).
    outputs
        Output features.
    convolutions, recurrences
        The blocks, first to last. Every recurrence hands on all its steps.
    hidden
        Units of each hidden dense layer, after all steps are flattened.
    activation, output_activation
        Keras activations of convolutions and hidden layers, and of the output.
    dropout
        After each hidden dense layer.
    kernel
        Penalty, constraint and initializer of convolution and dense kernels.
    name
        Name of the model.

    Raises
    ------
    ValueError
        When a size is below 1, the input is not a sequence, it is shorter than a kernel or a pool,
        or a recurrence is missing.
    """
    if not hasattr(input_shape, "__len__") or len(input_shape) != 2:
        raise ValueError(f"the hybrid needs (steps, channels). Received: {input_shape}")
    inputs = _inputs(input_shape)
    tensor = convolutions_after(inputs, convolutions, activation, kernel)
    tensor = recurrences_after(tensor, recurrences, all_steps=True)
    return ended(
        inputs,
        keras.layers.Flatten(name="flatten")(tensor),
        outputs,
        hidden=hidden,
        activation=activation,
        output_activation=output_activation,
        dropout=dropout,
        kernel=kernel,
        name=name,
    )


def _inputs(input_shape: Sequence[int]) -> keras.KerasTensor:
    if not hasattr(input_shape, "__len__") or len(input_shape) not in (2, 3, 4):
        raise ValueError(f"input_shape needs 1 to 3 extents and channels. Received: {input_shape}")
    *extents, channels = input_shape
    if None in extents:
        raise ValueError(
            f"input_shape must be known, since all of it is flattened. Received: {input_shape}"
        )
    shape = (*sizes("extents", extents), size("channels", channels))
    return keras.Input(shape, name="input")

"""Convolutional networks of rank 1, 2 and 3, and the hybrid with a recurrence."""

from collections.abc import Sequence
from typing import Unpack

import keras

from danq.core.layers import Convolution, Head, Recurrence
from danq.core.specs import HeadFields, size, sizes
from danq.core.topologies.parts import convolutions_after, ended, recurrences_after


def cnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    name: str = "cnn",
    **head: Unpack[HeadFields],
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
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1 or an input is shorter than a kernel or a pool.
    """
    ending = Head(**head)
    inputs = _inputs(input_shape)
    tensor = convolutions_after(inputs, convolutions, ending)
    tensor = keras.layers.Flatten(name="flatten")(tensor)
    return ended(inputs, tensor, outputs, ending, name)


def cnn_rnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    recurrences: Sequence[Recurrence],
    name: str = "cnn_rnn",
    **head: Unpack[HeadFields],
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
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1, the input is not a sequence, it is shorter than a kernel or a pool,
        or a recurrence is missing.
    """
    if not hasattr(input_shape, "__len__") or len(input_shape) != 2:
        raise ValueError(f"the hybrid needs (steps, channels). Received: {input_shape}")
    ending = Head(**head)
    inputs = _inputs(input_shape)
    tensor = convolutions_after(inputs, convolutions, ending)
    tensor = recurrences_after(tensor, recurrences, all_steps=True)
    tensor = keras.layers.Flatten(name="flatten")(tensor)
    return ended(inputs, tensor, outputs, ending, name)


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

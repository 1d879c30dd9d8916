"""Whole networks from the blocks of `danq.core.layers`: each function returns a `keras.Model`.

All end in a dense layer named ``logits`` and an activation layer of its own, so that values before
the last non-linearity stay within reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import keras

from danq.core.layers import Cell, Convolution, Kernel, Tensor, convolution, dense, recurrent


@dataclass(frozen=True)
class Recurrence:
    """One recurrent layer.

    Attributes
    ----------
    units
        State size of each direction.
    cell
        ``lstm``, ``gru`` or ``simple``.
    bidirectional
        Read in both directions and concatenate the states.
    dropout
        Share of the outputs set to zero in training.
    """

    units: int
    cell: Cell = "lstm"
    bidirectional: bool = False
    dropout: float = 0.0


def feed_forward(
    features: int,
    outputs: int,
    *,
    hidden: Sequence[int] = (),
    activation: str = "relu",
    output_activation: str = "sigmoid",
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
        When a size is below 1.
    """
    _check_sizes(features=features, outputs=outputs)
    inputs = keras.Input((features,), name="input")
    tensor = _hidden(inputs, hidden, activation=activation, dropout=dropout, kernel=kernel)
    return _model(inputs, tensor, outputs, output_activation, kernel, name=name)


def cnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    hidden: Sequence[int] = (),
    activation: str = "relu",
    output_activation: str = "sigmoid",
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
    inputs, tensor = _convolved(input_shape, outputs, convolutions, activation, kernel)
    tensor = keras.layers.Flatten(name="flatten")(tensor)
    tensor = _hidden(tensor, hidden, activation=activation, dropout=dropout, kernel=kernel)
    return _model(inputs, tensor, outputs, output_activation, kernel, name=name)


def cnn_rnn(
    input_shape: Sequence[int],
    outputs: int,
    *,
    convolutions: Sequence[Convolution],
    recurrences: Sequence[Recurrence],
    hidden: Sequence[int] = (),
    activation: str = "relu",
    output_activation: str = "sigmoid",
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
        When a size is below 1, the input is no sequence, or it is shorter than a kernel or a pool.
    """
    if len(input_shape) != 2:
        raise ValueError(f"the hybrid needs (steps, channels). Received: {tuple(input_shape)}")
    inputs, tensor = _convolved(input_shape, outputs, convolutions, activation, kernel)
    tensor = _recur(tensor, recurrences, last_sequence=True)
    tensor = keras.layers.Flatten(name="flatten")(tensor)
    tensor = _hidden(tensor, hidden, activation=activation, dropout=dropout, kernel=kernel)
    return _model(inputs, tensor, outputs, output_activation, kernel, name=name)


def rnn(
    features: int,
    outputs: int,
    *,
    shape: Literal["many_to_one", "many_to_many"],
    recurrences: Sequence[Recurrence],
    steps: int | None = None,
    hidden: Sequence[int] = (),
    activation: str = "relu",
    output_activation: str = "sigmoid",
    dropout: float = 0.0,
    name: str | None = None,
) -> keras.Model:
    """Build recurrent layers that read a sequence of any length.

    Parameters
    ----------
    features
        Input features of a step: the input is (batch, steps, features).
    outputs
        Output features.
    shape
        ``many_to_one`` gives (batch, outputs) from the last step's state; ``many_to_many`` gives
        (batch, steps, outputs), aligned with the input.
    recurrences
        The layers, first to last.
    steps
        Length of every sequence, None for any.
    hidden
        Units of each hidden dense layer, applied to each step in ``many_to_many``.
    activation, output_activation
        Keras activations of the hidden layers and of the output.
    dropout
        After each hidden layer.
    name
        Name of the model; by default that of the shape.

    Raises
    ------
    ValueError
        When a size is below 1, the shape is unknown or there is no recurrence.
    """
    if shape not in ("many_to_one", "many_to_many"):
        raise ValueError(f"shape must be many_to_one or many_to_many. Received: {shape!r}")
    if not recurrences:
        raise ValueError("recurrences must hold at least one layer. Received: none")
    _check_sizes(features=features, outputs=outputs, **({} if steps is None else {"steps": steps}))
    inputs = keras.Input((steps, features), name="input")
    tensor = _recur(inputs, recurrences, last_sequence=shape == "many_to_many")
    tensor = _hidden(tensor, hidden, activation=activation, dropout=dropout, kernel=None)
    return _model(inputs, tensor, outputs, output_activation, None, name=name or shape)


def _convolved(
    input_shape: Sequence[int],
    outputs: int,
    convolutions: Sequence[Convolution],
    activation: str,
    kernel: Kernel | None,
) -> tuple[Tensor, Tensor]:
    *extents, channels = input_shape
    _check_sizes(channels=channels, outputs=outputs, extent=min(extents, default=0))
    inputs = keras.Input(tuple(input_shape), name="input")
    tensor = inputs
    for number, spec in enumerate(convolutions, start=1):
        tensor = convolution(
            tensor, spec, activation=activation, kernel=kernel, name=f"convolution_{number}"
        )
    return inputs, tensor


def _recur(tensor: Tensor, recurrences: Sequence[Recurrence], *, last_sequence: bool) -> Tensor:
    for number, spec in enumerate(recurrences, start=1):
        tensor = recurrent(
            tensor,
            spec.units,
            cell=spec.cell,
            bidirectional=spec.bidirectional,
            return_sequences=last_sequence or number < len(recurrences),
            dropout=spec.dropout,
            name=f"recurrence_{number}",
        )
    return tensor


def _hidden(
    tensor: Tensor,
    hidden: Sequence[int],
    *,
    activation: str,
    dropout: float,
    kernel: Kernel | None,
) -> Tensor:
    for number, units in enumerate(hidden, start=1):
        tensor = dense(
            tensor,
            units,
            activation=activation,
            dropout=dropout,
            kernel=kernel,
            name=f"hidden_{number}",
        )
    return tensor


def _model(
    inputs: Tensor,
    tensor: Tensor,
    outputs: int,
    activation: str,
    kernel: Kernel | None,
    *,
    name: str,
) -> keras.Model:
    logits = dense(tensor, outputs, activation=None, kernel=kernel, name="logits")
    # The result stays float32 under a mixed-precision policy: half precision rounds
    # probabilities near 1 away.
    result = keras.layers.Activation(activation, dtype="float32", name="output")(logits)
    return keras.Model(inputs, result, name=name)


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1. Received: {size}")

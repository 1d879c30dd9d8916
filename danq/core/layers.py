"""Building blocks: dense, convolution with pooling, recurrence. They know sequences, not DNA.

Each block is a function from a Keras tensor to a Keras tensor, so that a topology reads as the
list of its blocks. Every kernel may carry an L2 penalty and a max-norm constraint per output unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras

Cell = Literal["lstm", "gru", "simple"]
Tensor = Any

_CELLS = {"lstm": "LSTM", "gru": "GRU", "simple": "SimpleRNN"}


@dataclass(frozen=True)
class Kernel:
    """What every kernel of a network is held to.

    Attributes
    ----------
    l2
        Weight of the penalty: the loss grows by `l2` times the sum of squares.
    max_norm
        Largest Euclidean norm of the weights into one output unit; None for no bound.
    initializer
        A Keras initializer or its name.
    """

    l2: float = 0.0
    max_norm: float | None = None
    initializer: Any = "glorot_uniform"

    def options(self, rank: int) -> dict[str, Any]:
        """Give Keras's keyword arguments for a kernel whose last axis, after `rank`, is output."""
        options: dict[str, Any] = {"kernel_initializer": self.initializer}
        if self.l2:
            options["kernel_regularizer"] = keras.regularizers.L2(self.l2)
        if self.max_norm is not None:
            axes = list(range(rank))
            options["kernel_constraint"] = keras.constraints.MaxNorm(self.max_norm, axis=axes)
        return options


@dataclass(frozen=True)
class Convolution:
    """One convolution and what follows it.

    Attributes
    ----------
    filters
        Output channels.
    kernel_size
        Extent along every axis of the sequence, image or volume, or one extent for each.
    pool_size
        Extent of the max-pooling after the activation; 1 for none.
    dropout
        Share of the values set to zero in training, after the pooling.
    padding
        ``valid`` or ``same``.
    """

    filters: int
    kernel_size: int | tuple[int, ...]
    pool_size: int | tuple[int, ...] = 1
    dropout: float = 0.0
    padding: Literal["valid", "same"] = "valid"


def dense(
    inputs: Tensor,
    units: int,
    *,
    activation: str | None = "relu",
    dropout: float = 0.0,
    kernel: Kernel | None = None,
    name: str | None = None,
) -> Tensor:
    """Add a fully connected layer and its dropout.

    Parameters
    ----------
    inputs
        Shape (batch, …, features).
    units
        Output features.
    activation
        A Keras activation, None for none.
    dropout
        Share of the outputs set to zero in training.
    kernel
        Penalty, constraint and initializer of the kernel.
    name
        Name of the dense layer.
    """
    options = (kernel or Kernel()).options(1)
    outputs = keras.layers.Dense(units, activation=activation, name=name, **options)(inputs)
    return keras.layers.Dropout(dropout)(outputs) if dropout else outputs


def convolution(
    inputs: Tensor,
    spec: Convolution,
    *,
    activation: str = "relu",
    kernel: Kernel | None = None,
    name: str | None = None,
) -> Tensor:
    """Add a convolution, its activation, max-pooling and dropout.

    Parameters
    ----------
    inputs
        Shape (batch, extent, …, channels) with one, two or three extents: a sequence, an image or
        a volume.
    spec
        Sizes of the block.
    activation
        A Keras activation.
    kernel
        Penalty, constraint and initializer of the kernel.
    name
        Name of the convolution layer.

    Raises
    ------
    ValueError
        When the input is of another rank, or shorter than the kernel or the pool.
    """
    rank = len(inputs.shape) - 2
    if rank not in (1, 2, 3):
        raise ValueError(
            f"a convolution needs inputs with 1 to 3 extents. Received: shape {inputs.shape}"
        )
    _check_fits(inputs, spec.kernel_size if spec.padding == "valid" else 1, "kernel_size")
    layer = getattr(keras.layers, f"Conv{rank}D")
    outputs = layer(
        spec.filters,
        spec.kernel_size,
        padding=spec.padding,
        activation=activation,
        name=name,
        **(kernel or Kernel()).options(rank + 1),
    )(inputs)
    if spec.pool_size not in (1, (1,) * rank):
        _check_fits(outputs, spec.pool_size, "pool_size")
        outputs = getattr(keras.layers, f"MaxPooling{rank}D")(spec.pool_size)(outputs)
    return keras.layers.Dropout(spec.dropout)(outputs) if spec.dropout else outputs


def recurrent(
    inputs: Tensor,
    units: int,
    *,
    cell: Cell = "lstm",
    bidirectional: bool = False,
    return_sequences: bool = True,
    dropout: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Add a recurrent layer and its dropout.

    The cells keep Keras's own activations (tanh and sigmoid) and no recurrent dropout, which is
    what fused GPU kernels ask for.

    Parameters
    ----------
    inputs
        Shape (batch, steps, features); `steps` may be unknown.
    units
        State size of each direction.
    cell
        ``lstm``, ``gru`` or ``simple``.
    bidirectional
        Read in both directions and concatenate: 2 · `units` features.
    return_sequences
        Give the state of every step, or only the last.
    dropout
        Share of the outputs set to zero in training.
    name
        Name of the recurrent layer.

    Raises
    ------
    ValueError
        When the cell is unknown or the input is no sequence.
    """
    if cell not in _CELLS:
        raise ValueError(f"cell must be one of {', '.join(_CELLS)}. Received: {cell!r}")
    if len(inputs.shape) != 3:
        raise ValueError(
            f"a recurrent layer needs (batch, steps, features). Received: shape {inputs.shape}"
        )
    layer = getattr(keras.layers, _CELLS[cell])(
        units, return_sequences=return_sequences, name=None if bidirectional else name
    )
    if bidirectional:
        layer = keras.layers.Bidirectional(layer, name=name)
    outputs = layer(inputs)
    return keras.layers.Dropout(dropout)(outputs) if dropout else outputs


def _check_fits(inputs: Tensor, size: int | tuple[int, ...], what: str) -> None:
    extents = inputs.shape[1:-1]
    sizes = (size,) * len(extents) if isinstance(size, int) else size
    if len(sizes) != len(extents):
        raise ValueError(
            f"{what} needs one value or one for each of {len(extents)} extents. Received: {size}"
        )
    for extent, needed in zip(extents, sizes, strict=True):
        if extent is not None and extent < needed:
            raise ValueError(f"{what} {needed} does not fit. Received: an extent of {extent}")

"""Building blocks: dense, convolution with pooling, recurrence. They know sequences, not DNA.

Each block is a function from a Keras tensor to a Keras tensor, so that a topology reads as the
list of its blocks. Every kernel may carry an L2 penalty and a max-norm constraint per output unit.
"""

from collections.abc import Sequence
from typing import Any

import keras

from danq.core.activations import Activation
from danq.core.specs import (
    CELLS,
    Cell,
    Convolution,
    Extent,
    Head,
    Kernel,
    Recurrence,
    check_known,
    share,
    size,
)

__all__ = [
    "CELLS",
    "Cell",
    "Convolution",
    "Head",
    "Kernel",
    "Recurrence",
    "convolution",
    "dense",
    "recurrent",
]

Tensor = Any

_LAYERS = {"lstm": "LSTM", "gru": "GRU", "simple": "SimpleRNN"}


def dense(
    inputs: Tensor,
    units: int,
    *,
    activation: Activation = "relu",
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

    Raises
    ------
    ValueError
        When a size or a share is out of range.
    """
    units = size("units", units)
    check_known("activation", activation, "activations")
    options = (kernel or Kernel()).options(1)
    outputs = keras.layers.Dense(units, activation=activation, name=name, **options)(inputs)
    return _dropout(outputs, dropout)


def convolution(
    inputs: Tensor,
    spec: Convolution,
    *,
    activation: Activation = "relu",
    kernel: Kernel | None = None,
    name: str | None = None,
) -> Tensor:
    """Add a convolution, its activation, pooling and dropout.

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
    check_known("activation", activation, "activations")
    rank = len(inputs.shape) - 2
    if rank not in (1, 2, 3):
        raise ValueError(
            f"a convolution needs inputs with 1 to 3 extents. Received: shape {inputs.shape}"
        )
    _check_fits(inputs, spec.kernel_size, "kernel_size", padded=spec.padding == "same")
    _per_extent(inputs, spec.strides, "strides")
    outputs = getattr(keras.layers, f"Conv{rank}D")(
        spec.filters,
        spec.kernel_size,
        strides=spec.strides,
        padding=spec.padding,
        activation=activation,
        name=name,
        **(kernel or Kernel()).options(rank + 1),
    )(inputs)
    if spec.dropout_first:
        return _pool(_dropout(outputs, spec.dropout), spec, rank)
    return _dropout(_pool(outputs, spec, rank), spec.dropout)


def recurrent(
    inputs: Tensor,
    spec: Recurrence,
    *,
    return_sequences: bool = True,
    return_state: bool = False,
    initial_state: Sequence[Tensor] | None = None,
    stateful: bool = False,
    name: str | None = None,
) -> Tensor:
    """Add a recurrent layer and its dropout.

    The cells keep Keras's own tanh, its bias and no recurrent dropout, which is what fused GPU
    kernels ask for, together with sigmoid gates.

    Parameters
    ----------
    inputs
        Shape (batch, steps, features); `steps` may be unknown.
    spec
        Cell, size and directions.
    return_sequences
        Give the state of every step, or only the last.
    return_state
        Give a pair, the outputs and beside them the last state, (batch, units), of two directions
        concatenated and without dropout.
    initial_state
        Of a layer that reads in one direction, each of shape (batch, units): two tensors for an
        LSTM, one for the other cells. By default zeros.
    stateful
        Carry the state from one batch to the next; the batch size must be known.
    name
        Name of the recurrent layer.

    Raises
    ------
    ValueError
        When the input is not a sequence, or a layer of two directions is given a state to start
        from or to carry on.
    """
    if len(inputs.shape) != 3:
        raise ValueError(
            f"a recurrent layer needs (batch, steps, features). Received: shape {inputs.shape}"
        )
    if spec.bidirectional and (stateful or initial_state is not None):
        raise ValueError(
            "only a layer that reads in one direction carries a state. Received: bidirectional=True"
        )
    options: dict[str, Any] = {
        "return_sequences": return_sequences,
        "return_state": return_state,
        "stateful": stateful,
    }
    if spec.cell != "simple":
        options["recurrent_activation"] = spec.gate
    layer = getattr(keras.layers, _LAYERS[spec.cell])
    if not spec.bidirectional:
        found = layer(spec.units, name=name, **options)(inputs, initial_state=initial_state)
    elif spec.backward == "reversed":
        found = keras.layers.Bidirectional(layer(spec.units, **options), name=name)(inputs)
    else:
        found = _side_by_side(layer, inputs, spec.units, options, name)
    if not return_state:
        return _dropout(found, spec.dropout)
    outputs, *states = found
    # An LSTM's states are its output and its memory, first those of the forward half.
    both = [states[0], states[len(states) // 2]]
    state = keras.layers.Concatenate()(both) if spec.bidirectional else states[0]
    return _dropout(outputs, spec.dropout), state


def _side_by_side(
    layer: Any, inputs: Tensor, units: int, options: dict[str, Any], name: str | None
) -> Any:
    """Read twice in the same direction, and put the outputs side by side."""
    halves = [
        layer(units, name=name and f"{name}_{half}", **options)(inputs)
        for half in ("forward", "backward")
    ]
    together = keras.layers.Concatenate(name=name)
    if not options["return_state"]:
        return together(halves)
    return [together([half[0] for half in halves]), *(s for half in halves for s in half[1:])]


def _dropout(inputs: Tensor, dropout: float) -> Tensor:
    dropout = share("dropout", dropout)
    return keras.layers.Dropout(dropout)(inputs) if dropout else inputs


def _pool(inputs: Tensor, spec: Convolution, rank: int) -> Tensor:
    if spec.pool_size in (1, (1,) * rank) and spec.pool_strides is None:
        return inputs
    _check_fits(inputs, spec.pool_size, "pool_size")
    if spec.pool_strides is not None:
        _per_extent(inputs, spec.pool_strides, "pool_strides")
    kind = "MaxPooling" if spec.pooling == "max" else "AveragePooling"
    return getattr(keras.layers, f"{kind}{rank}D")(spec.pool_size, strides=spec.pool_strides)(
        inputs
    )


def _check_fits(inputs: Tensor, size: Extent, what: str, *, padded: bool = False) -> None:
    extents = inputs.shape[1:-1]
    for extent, needed in zip(extents, _per_extent(inputs, size, what), strict=True):
        if extent is not None and extent < needed and not padded:
            raise ValueError(f"{what} {needed} does not fit. Received: an extent of {extent}")


def _per_extent(inputs: Tensor, size: Extent, what: str) -> tuple[int, ...]:
    extents = len(inputs.shape) - 2
    sizes = (size,) * extents if isinstance(size, int) else size
    if len(sizes) != extents:
        raise ValueError(
            f"{what} needs one value or one for each of {extents} extents. Received: {size}"
        )
    return sizes

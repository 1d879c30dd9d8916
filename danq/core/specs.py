"""What a block is made of, as plain values: a network is described before it is built.

Every value is checked when it is given, with an error that ends in what was received.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras

from danq.core.activations import Activation

Cell = Literal["lstm", "gru", "simple"]
CELLS: tuple[Cell, ...] = ("lstm", "gru", "simple")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}. Received: {value!r}")


def check_sizes(**sizes: Any) -> None:
    """Refuse sizes that are no integers of at least 1; a tuple holds several, None is unknown."""
    for name, size in sizes.items():
        for value in size if isinstance(size, tuple) else (size,):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be at least 1. Received: {size!r}")


def check_share(name: str, value: float) -> None:
    """Refuse a dropout that is no share below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and less than 1. Received: {value!r}")


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

    An extent is one value for every axis of the sequence, image or volume, or one for each.

    Attributes
    ----------
    filters
        Output channels.
    kernel_size
        Extent of the kernel.
    pool_size
        Extent of the pooling after the activation; 1 for none.
    dropout
        Share of the values set to zero in training.
    padding
        ``valid`` or ``same``, of the convolution; the pooling never pads.
    strides
        Steps of the convolution.
    pool_strides
        Steps of the pooling; None is `pool_size`, so that pools do not overlap.
    pooling
        ``max`` or ``average``.
    dropout_first
        Drop values before the pooling, not after it.
    """

    filters: int
    kernel_size: int | tuple[int, ...]
    pool_size: int | tuple[int, ...] = 1
    dropout: float = 0.0
    padding: Literal["valid", "same"] = "valid"
    strides: int | tuple[int, ...] = 1
    pool_strides: int | tuple[int, ...] | None = None
    pooling: Literal["max", "average"] = "max"
    dropout_first: bool = False

    def __post_init__(self) -> None:
        """Check every value."""
        check_sizes(
            filters=self.filters,
            kernel_size=self.kernel_size,
            pool_size=self.pool_size,
            strides=self.strides,
            pool_strides=self.pool_strides,
        )
        check_share("dropout", self.dropout)
        check_choice("padding", self.padding, ("valid", "same"))
        check_choice("pooling", self.pooling, ("max", "average"))


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
        Read in both directions and concatenate the states: 2 · `units` features.
    dropout
        Share of the outputs set to zero in training.
    gate
        Activation of the gates of an LSTM or GRU. Only ``sigmoid`` has fused GPU kernels.
    backward
        How the second half of a bidirectional layer reads: ``reversed``, from the last step to
        the first, or ``forward``, like the first half and with weights of its own (some old
        implementations did, by mistake).
    """

    units: int
    cell: Cell = "lstm"
    bidirectional: bool = False
    dropout: float = 0.0
    gate: Activation = "sigmoid"
    backward: Literal["reversed", "forward"] = "reversed"

    def __post_init__(self) -> None:
        """Check every value."""
        check_sizes(units=self.units)
        check_choice("cell", self.cell, CELLS)
        check_share("dropout", self.dropout)
        check_choice("backward", self.backward, ("reversed", "forward"))
        if self.cell == "simple" and self.gate != "sigmoid":
            raise ValueError(f"a simple cell has no gate. Received: gate={self.gate!r}")

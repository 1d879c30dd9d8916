"""What a block is made of, as plain values: a network is described before it is built.

Every value is checked when it is given, with an error that ends in what was received. Whole numbers
of any kind (NumPy's too) become Python's.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import keras

from danq.core.activations import Activation

Cell = Literal["lstm", "gru", "simple"]
CELLS: tuple[Cell, ...] = ("lstm", "gru", "simple")
Extent = int | tuple[int, ...]


def size(name: str, value: Any) -> int:
    """Return a whole number of at least 1, or refuse what is none."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise ValueError(f"{name} must be a whole number. Received: {value!r}")
    if number < 1:
        raise ValueError(f"{name} must be at least 1. Received: {value!r}")
    return number


def sizes(name: str, values: Any) -> list[int]:
    """Return a list of sizes, or refuse what is none."""
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise ValueError(f"{name} must be a list of sizes. Received: {values!r}")
    return [size(name, value) for value in values]


def extent(name: str, value: Any) -> Extent:
    """Return one size, or one for each axis."""
    return tuple(sizes(name, value)) if isinstance(value, Sequence) else size(name, value)


def number(name: str, value: Any, *, above: float = -math.inf, below: float = math.inf) -> float:
    """Return a number between two bounds, both left out, or refuse it."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ValueError(f"{name} must be a number. Received: {value!r}")
    if not above < value < below:
        bounds = [f"more than {above:g}"] * (above > -math.inf)
        bounds += [f"less than {below:g}"] * (below < math.inf)
        raise ValueError(f"{name} must be {' and '.join(bounds) or 'finite'}. Received: {value!r}")
    return float(value)


def share(name: str, value: Any) -> float:
    """Return a number from 0 to less than 1, or refuse it."""
    if number(name, value) < 0 or not value < 1:
        raise ValueError(f"{name} must be at least 0 and less than 1. Received: {value!r}")
    return float(value)


def check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    """Refuse a value that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}. Received: {value!r}")


def check_known(name: str, value: Any, kind: str) -> None:
    """Refuse what Keras does not know as one of a kind, ``activations`` or ``initializers``."""
    try:
        getattr(keras, kind).get(value)
    except (ValueError, TypeError) as error:
        what = f"a Keras {kind.removesuffix('s')} or its name"
        raise ValueError(f"{name} must be {what}. Received: {value!r}") from error


def blocks(name: str, values: Any, kind: type) -> list[Any]:
    """Return a list of blocks of one kind, or refuse what is none."""
    found = list(values) if isinstance(values, Sequence) else [values]
    if not isinstance(values, Sequence) or not all(isinstance(item, kind) for item in found):
        wrong = next((item for item in found if not isinstance(item, kind)), values)
        raise ValueError(f"{name} must be a list of {kind.__name__}. Received: {wrong!r}")
    return found


def _normalise(spec: Any, **values: Any) -> None:
    """Set fields of a frozen dataclass, in its ``__post_init__``."""
    for name, value in values.items():
        object.__setattr__(spec, name, value)


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

    def __post_init__(self) -> None:
        """Check every value."""
        if number("l2", self.l2) < 0:
            raise ValueError(f"l2 must be at least 0. Received: {self.l2!r}")
        if self.max_norm is not None:
            number("max_norm", self.max_norm, above=0)
        # Looking one up by name makes one, which draws a seed: not for the default, so that
        # describing a network does not change the weights that it starts from.
        if self.initializer != "glorot_uniform":
            check_known("initializer", self.initializer, "initializers")

    def options(self, rank: int) -> dict[str, Any]:
        """Return Keras's keyword arguments for a kernel whose axis after `rank` is the output."""
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
        Steps of the pooling; None is `pool_size`, so that pools do not overlap. With a `pool_size`
        of 1 it keeps every n-th value.
    pooling
        ``max`` or ``average``.
    dropout_first
        Drop values before the pooling, not after it.
    """

    filters: int
    kernel_size: Extent
    pool_size: Extent = 1
    dropout: float = 0.0
    padding: Literal["valid", "same"] = "valid"
    strides: Extent = 1
    pool_strides: Extent | None = None
    pooling: Literal["max", "average"] = "max"
    dropout_first: bool = False

    def __post_init__(self) -> None:
        """Check every value."""
        _normalise(
            self,
            filters=size("filters", self.filters),
            kernel_size=extent("kernel_size", self.kernel_size),
            pool_size=extent("pool_size", self.pool_size),
            strides=extent("strides", self.strides),
            dropout=share("dropout", self.dropout),
        )
        if self.pool_strides is not None:
            _normalise(self, pool_strides=extent("pool_strides", self.pool_strides))
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
        _normalise(self, units=size("units", self.units), dropout=share("dropout", self.dropout))
        check_choice("cell", self.cell, CELLS)
        check_choice("backward", self.backward, ("reversed", "forward"))
        check_known("gate", self.gate, "activations")
        if self.cell == "simple" and self.gate != "sigmoid":
            raise ValueError(f"a simple cell has no gate. Received: gate={self.gate!r}")
        if self.backward == "forward" and not self.bidirectional:
            raise ValueError(
                "backward is about the second half of a bidirectional layer. "
                "Received: backward='forward', bidirectional=False"
            )


@dataclass(frozen=True)
class Head:
    """What ends a network: hidden dense layers, the logits and the output.

    Attributes
    ----------
    hidden
        Units of each hidden dense layer; where a network gives one answer per step, they are
        applied to each step.
    activation
        Keras activation of the hidden layers, and of the convolutions before them.
    output_activation
        Keras activation of the output.
    dropout
        After each hidden layer.
    kernel
        Penalty, constraint and initializer of the dense kernels, and of the convolutions'.
    """

    hidden: Sequence[int] = ()
    activation: Activation = "relu"
    output_activation: Activation = "sigmoid"
    dropout: float = 0.0
    kernel: Kernel | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        hidden = tuple(sizes("hidden", self.hidden))
        _normalise(self, hidden=hidden, dropout=share("dropout", self.dropout))
        check_known("activation", self.activation, "activations")
        check_known("output_activation", self.output_activation, "activations")


class HeadFields(TypedDict, total=False):
    """The fields of `Head`, as keywords of a topology."""

    hidden: Sequence[int]
    activation: Activation
    output_activation: Activation
    dropout: float
    kernel: Kernel | None

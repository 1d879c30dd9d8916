"""Layers as stages that a reference passes whole, and an alternative only where it differs.

Every stage works on a batch of references once and keeps what alternatives will want. An
alternative is known by its rows (which reference each belongs to) and by a `Piece`, the stretch of
positions where it may differ from that reference.

References may pass in half precision, through a twin of each layer. What is kept of them is float32
then, and alternatives pass in float32. References do so once more, as alternatives that differ in
nothing: what both sides of a difference have in common is rounded, but the difference is not.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

Tensor = Any


@dataclass(frozen=True)
class Span:
    """Positions [first, last) of a tensor's axis 1 where an alternative may differ."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """Number of positions."""
        return self.last - self.first


@dataclass(frozen=True)
class Window:
    """What the outputs of a convolution or pooling see: output j the inputs from j · stride on.

    One output sees `reach` inputs; `padding` inputs are made up before the first one.
    """

    reach: int
    stride: int
    padding: int
    outputs: int

    def sees(self, span: Span) -> Span:
        """Return the outputs that see inputs of a span; at least one."""
        first = -((self.reach - 1 - self.padding - span.first) // self.stride)
        first = min(max(first, 0), self.outputs - 1)
        last = min((span.last - 1 + self.padding) // self.stride + 1, self.outputs)
        return Span(first, max(last, first + 1))

    def seen_by(self, span: Span) -> Span:
        """Return the inputs that outputs of a span see, made-up ones included."""
        first = span.first * self.stride - self.padding
        return Span(first, (span.last - 1) * self.stride - self.padding + self.reach)


def exact(tensor: Tensor) -> Tensor:
    """Return a float32 tensor of the same values."""
    return ops.cast(tensor, "float32")


def of_rows(kept: Tensor, rows: Tensor | None) -> Tensor:
    """Return what its reference kept for each alternative; `rows` None: one per reference."""
    return kept if rows is None else ops.take(kept, rows, axis=0)


class Stage(ABC):
    """One layer, or a few that belong together.

    Subclasses take a `layer`, the `twin` of it that references pass, and the `span` where its
    inputs may differ, None when they are whole already. The attribute `span` is where alternatives'
    outputs may differ, None where they are given whole. `weights` are the stage's own, in addition
    to those of the network.
    """

    span: Span | None = None
    weights: Sequence[keras.Variable] = ()

    @abstractmethod
    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the references' outputs, and what `alternative` needs of them."""

    @abstractmethod
    def alternative(self, piece: Any, kept: Any, rows: Tensor | None) -> Any:
        """Return the outputs of alternatives where they may differ.

        `piece` is their inputs where these may, `kept` what `reference` kept. `rows` holds the
        reference of each; None: one alternative per reference, in order.
        """


class Positionwise(Stage):
    """A layer that treats each position by itself, or any layer once alternatives are whole."""

    def __init__(self, layer: keras.Layer, twin: keras.Layer, span: Span | None) -> None:
        self._layer = layer
        self._twin = twin
        self.span = span

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Call the layer; nothing is kept."""
        return self._twin(inputs), ()

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> Tensor:
        """Call the layer."""
        return self._layer(piece)


class Windowed(Stage):
    """A convolution or pooling along one axis: each output sees a `window` of inputs.

    None is for any other layer: each output sees all, and from here on alternatives are whole.
    """

    def __init__(
        self, layer: keras.Layer, twin: keras.Layer, span: Span, window: Window | None
    ) -> None:
        self._layer = layer
        self._twin = twin
        self._inner = span
        self._outer = Span(0, layer.input.shape[1])
        self._kept = slice(None)
        if window is not None:
            self.span = window.sees(span)
            self._outer = window.seen_by(self.span)
            self._kept = slice(window.padding, window.padding + self.span.size)

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Call the layer; the inputs on either side of the span are kept, as far as it sees."""
        before = inputs[:, self._outer.first : self._inner.first]
        after = inputs[:, self._inner.last : self._outer.last]
        return self._twin(inputs), (exact(before), exact(after))

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> Tensor:
        """Put the piece between its neighbours and call the layer on no more than that."""
        before, after = (of_rows(side, rows) for side in kept)
        # With strides the layer may pass over the first or the last position that differs.
        first = max(0, self._outer.first - self._inner.first)
        inside = piece[:, first : self._outer.last - self._inner.first]
        outputs = self._layer(ops.concatenate([before, inside, after], axis=1))
        # A layer that pads has done so here, where no end is.
        return outputs[:, self._kept]


class FlatDense(Stage):
    """Flatten, then a dense layer: what differs is added to the reference's sums.

    The dense layer is float32 for references too. Rounded to half precision, so large a sum would
    be the largest error of all, and it is a small part of the work. `shape` is positions and
    channels before flattening. `spans` has, by stretch of channels in order, how many channels, and
    where these may differ. A recurrence in both directions has two stretches, any other layer one.
    """

    def __init__(
        self, layer: keras.layers.Dense, shape: tuple[int, int], spans: list[tuple[int, Span]]
    ) -> None:
        self._layer = layer
        self._shape = shape
        self._spans = spans
        self.weights = self._parts()

    def _parts(self) -> list[keras.Variable]:
        """Copy the rows of the kernel that meet what may differ, by stretch of channels.

        They lie scattered over it, and gathering them each time takes longer than multiplying by
        them.
        """
        kernel = ops.convert_to_numpy(self._layer.kernel).reshape(*self._shape, -1)
        parts, first = [], 0
        for channels, span in self._spans:
            rows = kernel[span.first : span.last, first : first + channels]
            flat = rows.reshape(span.size * channels, -1)
            parts.append(keras.Variable(flat, trainable=False, dtype="float32"))
            first += channels
        return parts

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the activated sums; these, and the inputs that may differ, are kept."""
        inputs = exact(inputs)
        flat = ops.reshape(inputs, (-1, self._shape[0] * self._shape[1]))
        sums = ops.matmul(flat, self._layer.kernel)
        if self._layer.use_bias:
            sums = ops.add(sums, self._layer.bias)
        kept, first = [], 0
        for channels, span in self._spans:
            kept.append(inputs[:, span.first : span.last, first : first + channels])
            first += channels
        return self._activate(sums), (sums, kept)

    def alternative(self, piece: Any, kept: Any, rows: Tensor | None) -> Tensor:
        """Add the difference of the pieces, weighted, to the reference's sums."""
        sums, inputs = kept
        total = of_rows(sums, rows)
        pieces = piece if isinstance(piece, (list, tuple)) else [piece]
        for one, other, weights in zip(pieces, inputs, self.weights, strict=True):
            change = ops.subtract(one, of_rows(other, rows))
            flat = ops.reshape(change, (-1, weights.shape[0]))
            total = ops.add(total, ops.matmul(flat, weights))
        return self._activate(total)

    def _activate(self, sums: Tensor) -> Tensor:
        return sums if self._layer.activation is None else self._layer.activation(sums)

"""Layers as stages that a reference passes whole, and an edited copy only where it differs.

Every stage works on a batch of references once and keeps what their edited copies will want. A copy
is known by its row (which reference it belongs to) and by a `Piece`, the stretch of positions where
it may differ from that reference. Where a piece begins is a number of each copy's own; how long it
is depends on the network alone, so that one compiled step serves edits anywhere in the window.

References may pass in half precision, through a twin of each layer. What is kept of them is float32
then, and copies pass in float32. References do so once more, as copies that differ in nothing: what
both sides of a difference have in common is rounded, but the difference is not.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from danq.models.sharing.windows import Span, Window

Tensor = Any


class Piece(NamedTuple):
    """A stretch of b edited copies of references.

    `values` are (b, size, channels). `at`, int32 (b,), is the position of each one's first, and no
    two of a batch differ by more than `spread`. It is one `int` where all copies may differ in the
    same place, which costs less, and None where they are whole.
    """

    values: Tensor
    at: Any
    spread: int


def exact(tensor: Tensor) -> Tensor:
    """Return a float32 tensor of the same values."""
    return ops.cast(tensor, "float32")


def of_rows(kept: Tensor, rows: Tensor | None) -> Tensor:
    """Return what its reference kept for each copy; `rows` None: one copy per reference."""
    return kept if rows is None else ops.take(kept, rows, axis=0)


def cut(kept: Tensor, rows: Tensor | None, first: Any, size: int) -> Tensor:
    """Cut a stretch for each copy out of (references, length, channels), from `first` on.

    The result is (b, size, channels).
    """
    length = kept.shape[1]
    if isinstance(first, int) or length == size:
        return of_rows(kept if length == size else kept[:, first : first + size], rows)
    rows = ops.arange(kept.shape[0], dtype="int32") if rows is None else rows
    index = (rows * length + first)[:, None] + ops.arange(size, dtype="int32")
    return ops.take(ops.reshape(kept, (-1, kept.shape[2])), index, axis=0)


def place(values: Tensor, offset: Any, around: Tensor) -> Tensor:
    """Put pieces (b, size, channels) at offsets into longer stretches; overhangs are lost."""
    size, length = values.shape[1], around.shape[1]
    if isinstance(offset, int):
        inside = values[:, max(0, -offset) : length - offset]
        first = max(0, offset)
        last = first + inside.shape[1]
        return ops.concatenate([around[:, :first], inside, around[:, last:]], axis=1)
    index = ops.arange(length, dtype="int32") - offset[:, None]
    inside = ops.logical_and(index >= 0, index < size)[:, :, None]
    copies = ops.arange(values.shape[0], dtype="int32")[:, None]
    flat = ops.reshape(values, (-1, values.shape[2]))
    moved = ops.take(flat, copies * size + ops.clip(index, 0, size - 1), axis=0)
    return ops.where(inside, moved, around)


def between(value: Any, least: int, most: int) -> Any:
    """Clip one `int`, or a tensor of them."""
    return min(max(value, least), most) if isinstance(value, int) else ops.clip(value, least, most)


class Stage(ABC):
    """One layer, or a few that belong together.

    Subclasses take a `layer`, the `twin` of it that references pass, and the `scope` within which
    their inputs may be edited. The attribute `scope` is that of their outputs, None where copies
    come out whole. `weights` are the stage's own, in addition to those of the network.
    """

    scope: Span | None = None
    weights: Sequence[keras.Variable] = ()

    @abstractmethod
    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the references' outputs, and what `alternative` needs of them."""

    @abstractmethod
    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Return the outputs of edited copies where they may differ.

        `piece` is their inputs where these may, `kept` what `reference` kept. `rows` holds the
        reference of each; None: one copy per reference, in order.
        """


class Positionwise(Stage):
    """A layer that treats each position by itself, or any layer once copies are whole."""

    def __init__(self, layer: keras.Layer, twin: keras.Layer, scope: Span | None) -> None:
        self._layer, self._twin = layer, twin
        self.scope = scope

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Call the layer; nothing is kept."""
        return self._twin(inputs), ()

    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Call the layer."""
        return piece._replace(values=self._layer(piece.values))


class Whole(Stage):
    """A layer of which each output may see every input: from here on copies are whole."""

    def __init__(self, layer: keras.Layer, twin: keras.Layer) -> None:
        self._layer, self._twin = layer, twin

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Call the layer; its inputs are kept."""
        return self._twin(inputs), exact(inputs)

    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Put the piece into its reference's inputs and call the layer."""
        inputs = place(piece.values, piece.at, of_rows(kept, rows))
        return Piece(self._layer(inputs), None, 0)


class Windowed(Stage):
    """A convolution or pooling along one axis: each output sees a `window` of inputs."""

    def __init__(self, layer: keras.Layer, twin: keras.Layer, scope: Span, window: Window) -> None:
        self._layer, self._twin, self._window = layer, twin, window
        self.scope: Span = window.sees(scope)
        self._seen = window.seen_by(self.scope)
        self._kept = self._seen.clipped(layer.input.shape[1])

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Call the layer; the inputs that outputs within the scope see are kept."""
        kept = exact(inputs[:, self._kept.first : self._kept.last])
        before, after = self._kept.first - self._seen.first, self._seen.last - self._kept.last
        if before or after:
            kept = ops.pad(kept, [(0, 0), (before, after), (0, 0)])
        return self._twin(inputs), kept

    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Put the piece among its neighbours and call the layer on no more than that."""
        window, size = self._window, piece.values.shape[1]
        outputs = min(window.most(size), self.scope.size)
        at = -((window.reach - 1 - window.padding - piece.at) // window.stride)
        at = between(at, self.scope.first, self.scope.last - outputs)
        first = at * window.stride - window.padding
        seen = (outputs - 1) * window.stride + window.reach
        inputs = cut(kept, rows, first - self._seen.first, seen)
        inputs = place(piece.values, piece.at - first, inputs)
        return Piece(self._apply(inputs), at, -(-piece.spread // window.stride))

    def _apply(self, inputs: Tensor) -> Tensor:
        layer = self._layer
        if not isinstance(layer, keras.layers.Conv1D):
            return layer(inputs)
        # Not the layer itself, which may pad, here where no end is.
        outputs = ops.conv(
            inputs,
            layer.kernel,
            strides=layer.strides,
            padding="valid",
            data_format="channels_last",
            dilation_rate=layer.dilation_rate,
        )
        if layer.use_bias:
            outputs = ops.add(outputs, layer.bias)
        return outputs if layer.activation is None else layer.activation(outputs)


def slice_rows(kernel: Any, first: Any, size: int) -> Tensor:
    """Return `size` rows of a matrix from `first` on."""
    kernel = ops.convert_to_tensor(kernel)
    if isinstance(first, int):
        return kernel[first : first + size]
    return ops.slice(kernel, ops.stack([first, ops.zeros_like(first)]), (size, kernel.shape[1]))


class DenseSums:
    """A dense layer over flattened positions and channels, whose sums are known for references.

    The layer is float32 for references too. Rounded to half precision, so large a sum would be the
    largest error of all, and it is a small part of the work.
    """

    def __init__(self, layer: keras.layers.Dense) -> None:
        self._layer = layer
        self.units: int = layer.units

    def of(self, inputs: Tensor) -> Tensor:
        """Return the sums for (references, positions, channels), not activated."""
        flat = ops.reshape(exact(inputs), (-1, inputs.shape[1] * inputs.shape[2]))
        sums = ops.matmul(flat, self._layer.kernel)
        return ops.add(sums, self._layer.bias) if self._layer.use_bias else sums

    def part(self, change: Tensor, first: Any) -> Tensor:
        """Return what a change of the inputs from number `first` on adds to the sums.

        `change` is (b, inputs); positions are the slower of the two axes that are flattened.
        """
        return ops.matmul(change, slice_rows(self._layer.kernel, first, change.shape[1]))

    def activate(self, sums: Tensor) -> Tensor:
        """Return the layer's outputs."""
        return sums if self._layer.activation is None else self._layer.activation(sums)


class FlatDense(Stage):
    """Flatten, then a dense layer: what differs is added to the reference's sums."""

    def __init__(self, layer: keras.layers.Dense, scope: Span) -> None:
        self._sums = DenseSums(layer)
        self._scope = scope

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the activated sums; these, and the inputs that may differ, are kept."""
        sums = self._sums.of(inputs)
        return self._sums.activate(sums), (
            sums,
            exact(inputs[:, self._scope.first : self._scope.last]),
        )

    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Add the pieces' differences, weighted, to the reference's sums."""
        sums, inputs = kept
        _, size, channels = piece.values.shape
        own = cut(inputs, rows, piece.at - self._scope.first, size)
        change = ops.subtract(piece.values, own)
        low, block = block_of(piece, self._scope)
        if block > size:
            around = ops.zeros((change.shape[0], block, channels), "float32")
            change = place(change, piece.at - low, around)
        flat = ops.reshape(change, (-1, block * channels))
        total = ops.add(of_rows(sums, rows), self._sums.part(flat, low * channels))
        return Piece(self._sums.activate(total), None, 0)


def block_of(piece: Piece, scope: Span, *, from_end: bool = False) -> tuple[Any, int]:
    """Return where a stretch begins that holds all pieces of a batch, and its fixed size.

    It begins with the first of them, or ends with the last where `from_end`.
    """
    own = piece.values.shape[1]
    if isinstance(piece.at, int):
        return piece.at, own
    size = min(own + piece.spread, scope.size)
    if from_end:
        return ops.maximum(ops.max(piece.at) + own - size, scope.first), size
    return ops.minimum(ops.min(piece.at), scope.last - size), size

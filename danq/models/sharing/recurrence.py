"""Recurrences that an edited copy enters where it begins to differ, with its reference's state.

Every copy runs on to the end from there: states of trained networks come back to their references'
too late to be worth the look (a tenth of the difference is left after 12 steps of DanQ's).
"""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from danq.models.sharing.cells import CELLS, States
from danq.models.sharing.stages import (
    DenseSums,
    Piece,
    Stage,
    Tensor,
    block_of,
    of_rows,
    place,
    slice_rows,
)
from danq.models.sharing.windows import Span

STRIDE = 4
"""Steps that a dense layer takes together."""


class _Direction:
    """One half of a recurrence over `length` positions; `turned`: it reads from the end.

    Steps are counted in the order of reading, and tensors over steps have them first, so that each
    is one block of memory. `kernel` (length, units, outputs) is what a dense layer has for its
    outputs, None where only the last is wanted. `is_fixed`: all copies may differ in all the scope.
    """

    def __init__(
        self,
        layer: keras.Layer,
        twin: keras.Layer,
        scope: Span,
        *,
        length: int,
        kernel: npt.NDArray[np.float32] | None,
        is_fixed: bool,
    ) -> None:
        self._cell = CELLS[type(layer)](layer)
        self._precision = twin.compute_dtype
        self._turned = bool(layer.go_backwards)
        self._scope, self._length = scope, length
        # What comes before is the same for every copy.
        self._begin = length - scope.last if self._turned else scope.first
        self._steps = length - self._begin
        self.kernel: keras.Variable | None = None
        # Steps past the end do nothing to sums, but would change the last output.
        self._stride = self._steps if is_fixed else 1 if kernel is None else STRIDE
        # So that the last stride is as long as the others.
        self._past_the_end = 0 if is_fixed else self._stride - 1
        if kernel is not None:
            kernel = (kernel[::-1] if self._turned else kernel)[self._begin :]
            rows = np.pad(kernel, ((0, self._past_the_end), (0, 0), (0, 0)))
            self.kernel = keras.Variable(
                rows.reshape(-1, rows.shape[2]), trainable=False, dtype="float32"
            )

    def reference(self, inputs: Tensor) -> tuple[Tensor, Tensor, Any]:
        """Return outputs by position and the last; projections and states in use are kept."""
        projected = self._cell.project(ops.transpose(inputs, (1, 0, 2)), self._precision)
        if self._turned:
            projected = ops.flip(projected, 0)
        start = (ops.zeros((projected.shape[1], self._cell.units), "float32"),) * self._cell.states

        # Step by step, which costs less than a loop of the backend's.
        states = [start]
        for one in ops.unstack(projected, axis=0):
            states.append(self._cell.step(one, states[-1], self._precision))
        before = [ops.stack(each, axis=0) for each in zip(*states, strict=True)]
        padding = [(0, self._past_the_end), (0, 0), (0, 0)]
        kept = [one[self._begin :] for one in (projected, *before)]
        if self._past_the_end:
            kept = [ops.pad(one, padding) for one in kept]
        outputs = [output for output, *_ in states[1:]]
        ordered = outputs[::-1] if self._turned else outputs
        return ops.stack(ordered, axis=1), outputs[-1], kept

    def alternative(
        self, piece: Piece, kept: Any, rows: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Run on from the reference's state to the end.

        Returns the last output, and what the changes of all outputs add to the dense layer's sums.
        """
        projected, *references = kept
        copies, stride = piece.values.shape[0], self._stride
        low, size = block_of(piece, self._scope, from_end=self._turned)
        begin = (self._length - low - size if self._turned else low) - self._begin
        start = tuple(of_rows(one[begin], rows) for one in references)
        total = ops.zeros((copies, 1 if self.kernel is None else self.kernel.shape[1]), "float32")

        def advance(step: Any, inputs: Iterable[Tensor], states: States, total: Tensor) -> Any:
            outputs = []
            for one in inputs:
                states = self._cell.step(one, states, "float32")
                outputs.append(states[0])
            if self.kernel is not None:
                there = ops.transpose(_cut(references[0], step + 1, stride, rows), (1, 0, 2))
                change = ops.subtract(ops.stack(outputs, axis=1), there)
                total = ops.add(total, self._weighted(change, step))
            return step + stride, states, total

        if isinstance(begin, int):
            steps = [of_rows(one, rows) for one in ops.unstack(projected[size:], axis=0)]
            _, states, total = advance(begin, [*self._own_steps(piece), *steps], start, total)
            return states[0], total
        strides = -(-size // stride)
        block = self._block(piece, _cut(projected, begin, strides * stride, rows), size, low)

        def own_steps(step: Tensor, states: States, total: Tensor) -> Any:
            return advance(step, ops.unstack(_cut(block, step - begin, stride)), states, total)

        def shared_steps(step: Tensor, states: States, total: Tensor) -> Any:
            return advance(step, ops.unstack(_cut(projected, step, stride, rows)), states, total)

        end = begin + strides * stride
        loop = ops.while_loop(lambda step, *_: step < end, own_steps, (begin, start, total))
        loop = ops.while_loop(lambda step, *_: step < self._steps, shared_steps, loop)
        return loop[1][0], loop[2]

    def _own_steps(self, piece: Piece) -> list[Tensor]:
        """Return what pieces add to the gates, step by step."""
        own = self._cell.project(ops.transpose(piece.values, (1, 0, 2)), "float32")
        steps: list[Tensor] = ops.unstack(own, axis=0)
        return steps[::-1] if self._turned else steps

    def _block(self, piece: Piece, projected: Tensor, size: int, low: Tensor) -> Tensor:
        """Put what pieces add to the gates among that of their references (steps, b, gates).

        `size` positions from `low` on hold all pieces.
        """
        own, offset = self._cell.project(piece.values, "float32"), piece.at - low
        if self._turned:
            own, offset = ops.flip(own, 1), size - own.shape[1] - offset
        return ops.transpose(place(own, offset, ops.transpose(projected, (1, 0, 2))), (1, 0, 2))

    def _weighted(self, change: Tensor, step: Tensor) -> Tensor:
        """Return what changes (b, stride, units) of the outputs from a step on add to the sums."""
        flat = ops.reshape(change, (change.shape[0], -1))
        return ops.matmul(flat, slice_rows(self.kernel, step * change.shape[2], flat.shape[1]))


def _cut(steps: Tensor, first: Any, size: int, rows: Tensor | None = None) -> Tensor:
    """Return `size` steps of (steps, references, channels), for each copy."""
    if isinstance(first, int):
        some = steps[first : first + size]
    else:
        zero = ops.zeros_like(first)
        some = ops.slice(steps, ops.stack([first, zero, zero]), (size, *steps.shape[1:]))
    return some if rows is None else ops.take(some, rows, axis=1)


class Recurrent(Stage):
    """A recurrent layer of one or both directions, entered by every copy where it differs.

    Its input has `length` positions, and its directions are joined by concatenation. It gives all
    its outputs to a `dense` layer that flattens them, or, where that is None, the last only.
    """

    def __init__(
        self,
        layer: keras.Layer,
        twin: keras.Layer,
        scope: Span,
        dense: keras.layers.Dense | None = None,
        *,
        is_fixed: bool = False,
    ) -> None:
        halves = directions(layer)
        length, kernel, first = layer.input.shape[1], None, 0
        if dense is not None:
            kernel = ops.convert_to_numpy(dense.kernel)
            kernel = kernel.reshape(length, -1, kernel.shape[1])
        self._directions = []
        for half, other in zip(halves, directions(twin), strict=True):
            part = None if kernel is None else kernel[:, first : first + half.units]
            self._directions.append(
                _Direction(half, other, scope, length=length, kernel=part, is_fixed=is_fixed)
            )
            first += half.units
        self._sums = None if dense is None else DenseSums(dense)
        self.weights = [one.kernel for one in self._directions if one.kernel is not None]

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the dense layer's outputs, or the last of the recurrence; states are kept."""
        outputs, last, kept = zip(*(one.reference(inputs) for one in self._directions), strict=True)
        if self._sums is None:
            return ops.concatenate(last, axis=-1), (kept, ())
        sums = self._sums.of(ops.concatenate(outputs, axis=-1))
        return self._sums.activate(sums), (kept, sums)

    def alternative(self, piece: Piece, kept: Any, rows: Tensor | None) -> Piece:
        """Run each direction from where copies begin to differ."""
        states, sums = kept
        last, totals = zip(
            *(
                one.alternative(piece, its, rows)
                for one, its in zip(self._directions, states, strict=True)
            ),
            strict=True,
        )
        if self._sums is None:
            return Piece(ops.concatenate(last, axis=-1), None, 0)
        total = of_rows(sums, rows)
        for one in totals:
            total = ops.add(total, one)
        return Piece(self._sums.activate(total), None, 0)


def directions(layer: keras.Layer) -> list[keras.Layer]:
    """Return the layers of both directions, or the one that there is."""
    if isinstance(layer, keras.layers.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return [layer]

"""An LSTM that an alternative enters where it begins to differ, with its reference's state."""

from typing import Any

import keras
from keras import ops

from danq.models.sharing.stages import Span, Stage, Tensor, exact, of_rows

State = tuple[Tensor, Tensor]


class _Direction:
    """One half of the recurrence; `turned`: it reads from the end.

    Only products are in the precision of the twin; states, where errors would add up, are float32.
    """

    def __init__(
        self, layer: keras.layers.LSTM, twin: keras.layers.LSTM, length: int, inner: Span
    ) -> None:
        self._cell = layer.cell
        self._precision = twin.compute_dtype
        self.turned = bool(layer.go_backwards)
        self._inner = Span(length - inner.last, length - inner.first) if self.turned else inner
        self.span = Span(0, inner.last) if self.turned else Span(inner.first, length)

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the outputs; the state before the span and the projections after it are kept."""
        projected = self._project(inputs, self._precision)
        zero = ops.zeros_like(projected[0][:, : self._cell.units])
        first, last = self._inner.first, self._inner.last
        before, state = self._run(projected[:first], (zero, zero), self._precision)
        after, _ = self._run(projected[first:], state, self._precision)
        return self._join(before + after), (state, projected[last:])

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> Tensor:
        """Run on from the reference's state, the piece first, then what the reference has too."""
        (output, memory), after = kept
        state = (of_rows(output, rows), of_rows(memory, rows))
        steps = self._project(piece, "float32") + [of_rows(step, rows) for step in after]
        return self._join(self._run(steps, state, "float32")[0])

    def _join(self, outputs: list[Tensor]) -> Tensor:
        return ops.stack(outputs[::-1] if self.turned else outputs, axis=1)

    def _project(self, inputs: Tensor, precision: str) -> list[Tensor]:
        """Return what each step's input adds to the gates, float32, in the order of time.

        All steps are multiplied at once, time first, so that each is one block of memory after.
        """
        inputs = ops.transpose(ops.cast(inputs, precision), (1, 0, 2))
        projected = exact(ops.matmul(inputs, ops.cast(self._cell.kernel, precision)))
        if self._cell.use_bias:
            projected = ops.add(projected, self._cell.bias)
        steps = list(ops.unstack(projected, axis=0))
        return steps[::-1] if self.turned else steps

    def _run(self, steps: list[Tensor], state: State, precision: str) -> tuple[list[Tensor], State]:
        kernel = ops.cast(self._cell.recurrent_kernel, precision)
        outputs = []
        for projected in steps:
            carried = exact(ops.matmul(ops.cast(state[0], precision), kernel))
            state = self._step(ops.add(projected, carried), state[1])
            outputs.append(state[0])
        return outputs, state

    def _step(self, sums: Tensor, memory: Tensor) -> State:
        # Gates in Keras's order: input, forget, candidate, output (Hochreiter & Schmidhuber 1997,
        # with the forget gate of Gers et al. 2000).
        cell = self._cell
        enter, forget, candidate, leave = ops.split(sums, 4, axis=-1)
        memory = ops.add(
            ops.multiply(cell.recurrent_activation(forget), memory),
            ops.multiply(cell.recurrent_activation(enter), cell.activation(candidate)),
        )
        return ops.multiply(cell.recurrent_activation(leave), cell.activation(memory)), memory


class SharedLSTM(Stage):
    """An LSTM of one or both directions that gives all its outputs.

    Its input has `length` positions. The layer is a `keras.layers.LSTM`, or a
    `keras.layers.Bidirectional` of one that joins by concatenation.
    """

    def __init__(self, layer: keras.Layer, twin: keras.Layer, length: int, span: Span) -> None:
        halves = directions(layer)
        self._halves = [
            _Direction(half, other, length, span)
            for half, other in zip(halves, directions(twin), strict=True)
        ]
        self.spans = [
            (half.units, direction.span)
            for half, direction in zip(halves, self._halves, strict=True)
        ]

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Return the outputs of all halves side by side, and what each kept."""
        outputs, kept = zip(*(half.reference(inputs) for half in self._halves), strict=True)
        return ops.concatenate(outputs, axis=-1), kept

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> list[Tensor]:
        """Return each half's outputs where they may differ."""
        return [
            half.alternative(piece, one, rows) for half, one in zip(self._halves, kept, strict=True)
        ]


def directions(layer: keras.Layer) -> list[keras.Layer]:
    """Return the layers of both directions, or the one that there is."""
    if isinstance(layer, keras.layers.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return [layer]

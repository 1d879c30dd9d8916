"""An LSTM that an alternative enters where it begins to differ, with its reference's state."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from danq.models.sharing.stages import Span, Stage, Tensor, of_rows

State = tuple[Tensor, Tensor]


class _Direction:
    """One half of the recurrence; `turned`: it reads from the end."""

    def __init__(self, layer: keras.layers.LSTM, length: int, inner: Span) -> None:
        self._cell = layer.cell
        self.turned = bool(layer.go_backwards)
        self._inner = Span(length - inner.last, length - inner.first) if self.turned else inner
        self.span = Span(0, inner.last) if self.turned else Span(inner.first, length)

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Give the outputs; the state before the span and the projections after it are kept."""
        projected = self._project(inputs)
        zero = ops.zeros_like(projected[0][:, : self._cell.units])
        before, state = self._run(projected[: self._inner.first], (zero, zero))
        after, _ = self._run(projected[self._inner.first :], state)
        return self._joined(before + after), (state, projected[self._inner.last :])

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> Tensor:
        """Run on from the reference's state, the piece first, then what the reference has too."""
        (output, memory), after = kept
        state = (of_rows(output, rows), of_rows(memory, rows))
        steps = self._project(piece) + [of_rows(step, rows) for step in after]
        return self._joined(self._run(steps, state)[0])

    def _joined(self, outputs: list[Tensor]) -> Tensor:
        return ops.stack(outputs[::-1] if self.turned else outputs, axis=1)

    def _project(self, inputs: Tensor) -> list[Tensor]:
        """Give what each step's input adds to the gates, in the order of time.

        All steps are multiplied at once, time first, so that each is one block of memory after.
        """
        projected = ops.matmul(ops.transpose(inputs, (1, 0, 2)), self._cell.kernel)
        if self._cell.use_bias:
            projected = ops.add(projected, self._cell.bias)
        steps = list(ops.unstack(projected, axis=0))
        return steps[::-1] if self.turned else steps

    def _run(self, steps: list[Tensor], state: State) -> tuple[list[Tensor], State]:
        outputs = []
        for projected in steps:
            state = self._step(projected, state)
            outputs.append(state[0])
        return outputs, state

    def _step(self, projected: Tensor, state: State) -> State:
        # Gates in Keras's order: input, forget, candidate, output (Hochreiter & Schmidhuber 1997,
        # with the forget gate of Gers et al. 2000).
        cell = self._cell
        sums = ops.add(projected, ops.matmul(state[0], cell.recurrent_kernel))
        enter, forget, candidate, leave = ops.split(sums, 4, axis=-1)
        memory = ops.add(
            ops.multiply(cell.recurrent_activation(forget), state[1]),
            ops.multiply(cell.recurrent_activation(enter), cell.activation(candidate)),
        )
        return ops.multiply(cell.recurrent_activation(leave), cell.activation(memory)), memory


class SharedLSTM(Stage):
    """An LSTM of one or both directions that gives all its outputs.

    Parameters
    ----------
    layer
        `keras.layers.LSTM`, or `keras.layers.Bidirectional` of one that joins by concatenation.
    length
        Positions of its input.
    span
        Where its inputs may differ.
    """

    def __init__(self, layer: keras.Layer, length: int, span: Span) -> None:
        halves = (
            [layer.forward_layer, layer.backward_layer]
            if isinstance(layer, keras.layers.Bidirectional)
            else [layer]
        )
        self._halves = [_Direction(half, length, span) for half in halves]
        self.spans = [
            (half.units, direction.span)
            for half, direction in zip(halves, self._halves, strict=True)
        ]

    def reference(self, inputs: Tensor) -> tuple[Tensor, Any]:
        """Give the outputs of all halves side by side, and what each kept."""
        outputs, kept = zip(*(half.reference(inputs) for half in self._halves), strict=True)
        return ops.concatenate(outputs, axis=-1), kept

    def alternative(self, piece: Tensor, kept: Any, rows: Tensor | None) -> list[Tensor]:
        """Give each half's outputs where they may differ."""
        return [
            half.alternative(piece, one, rows) for half, one in zip(self._halves, kept, strict=True)
        ]

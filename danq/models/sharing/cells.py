"""The steps of Keras's recurrent cells, with what inputs add to the gates computed beforehand."""

from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops

Tensor = Any
States = tuple[Tensor, ...]


class Cell(ABC):
    """One direction of a recurrent layer, step by step.

    `states` is how many tensors (b, units) it carries; the first is its output. Only products are
    in the precision that is asked for; states, where errors would add up, are float32.
    """

    states = 1

    def __init__(self, layer: keras.Layer) -> None:
        self.units: int = layer.units
        self.cell = layer.cell

    def project(self, inputs: Tensor, precision: str) -> Tensor:
        """Return what inputs (steps, b, channels) add to the gates, float32."""
        sums = self.product(inputs, self.cell.kernel, precision)
        return ops.add(sums, self._input_bias()) if self.cell.use_bias else sums

    def product(self, inputs: Tensor, kernel: Tensor, precision: str) -> Tensor:
        """Multiply in a precision; the result is float32."""
        product = ops.matmul(ops.cast(inputs, precision), ops.cast(kernel, precision))
        return ops.cast(product, "float32")

    def _input_bias(self) -> Tensor:
        return self.cell.bias

    @abstractmethod
    def step(self, projected: Tensor, states: States, precision: str) -> States:
        """Return the states after a step, from what its input adds to the gates (b, gates)."""


class LSTMCell(Cell):
    """Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000."""

    states = 2

    def step(self, projected: Tensor, states: States, precision: str) -> States:
        """Return output and memory."""
        cell, (output, memory) = self.cell, states
        sums = ops.add(projected, self.product(output, cell.recurrent_kernel, precision))
        # Gates in Keras's order.
        enter, forget, candidate, leave = ops.split(sums, 4, axis=-1)
        memory = ops.add(
            ops.multiply(cell.recurrent_activation(forget), memory),
            ops.multiply(cell.recurrent_activation(enter), cell.activation(candidate)),
        )
        return ops.multiply(cell.recurrent_activation(leave), cell.activation(memory)), memory


class GRUCell(Cell):
    """Cho et al. 2014; with ``reset_after`` as cuDNN computes it."""

    def _input_bias(self) -> Tensor:
        return self.cell.bias[0] if self.cell.reset_after else self.cell.bias

    def step(self, projected: Tensor, states: States, precision: str) -> States:
        """Return the output."""
        cell, [output], kernel = self.cell, states, self.cell.recurrent_kernel
        both = 2 * self.units
        # With reset_after the candidate's share is multiplied by the reset gate afterwards.
        part = kernel if cell.reset_after else kernel[:, :both]
        carried = self.product(output, part, precision)
        if cell.reset_after and cell.use_bias:
            carried = ops.add(carried, cell.bias[1])
        gates = cell.recurrent_activation(ops.add(projected[:, :both], carried[:, :both]))
        update, reset = ops.split(gates, 2, axis=-1)
        if cell.reset_after:
            share = ops.multiply(reset, carried[:, both:])
        else:
            share = self.product(ops.multiply(reset, output), kernel[:, both:], precision)
        candidate = cell.activation(ops.add(projected[:, both:], share))
        return (ops.add(ops.multiply(update, output), ops.multiply(1 - update, candidate)),)


class SimpleCell(Cell):
    """Elman 1990."""

    def step(self, projected: Tensor, states: States, precision: str) -> States:
        """Return the output."""
        carried = self.product(states[0], self.cell.recurrent_kernel, precision)
        return (self.cell.activation(ops.add(projected, carried)),)


CELLS: dict[type, type[Cell]] = {
    keras.layers.LSTM: LSTMCell,
    keras.layers.GRU: GRUCell,
    keras.layers.SimpleRNN: SimpleCell,
}
"""By the layer whose steps they are."""

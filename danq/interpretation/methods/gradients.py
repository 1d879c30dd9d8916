"""Values of a network's targets and their gradients by the bases, in batches of one shape."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import numpy.typing as npt

from danq.models import Predictor
from danq.models.devices import count_gpus
from danq.models.files import running
from danq.models.precision import full_float32
from danq.models.sharing.compiled import compile_function
from danq.models.startup import hidden_advice

Floats = npt.NDArray[np.float32]
Tensor = Any

_ROWS, _CARD_ROWS = 32, 256
"""Sequences in a batch, on a CPU and on a graphics card; each is read on both strands."""

_MADE: WeakKeyDictionary[Predictor, dict[str, "Gradients"]] = WeakKeyDictionary()


class Gradients:
    """What a network predicts for sequences of any numbers, averaged over strands, and its slopes.

    The second strand of a sequence is the sequence with positions and bases reversed, so that one
    gradient holds both strands, the second one already turned round. Everything is float32.

    Parameters
    ----------
    network
        Float one-hot (batch, window, 4) to probabilities, the last layer their sigmoid.
    unit
        ``logit`` or ``probability``.
    rows
        Sequences in a batch; the last one is padded.
    """

    def __init__(self, network: keras.Model, unit: str, *, rows: int) -> None:
        self.rows = rows
        self._name = network.name
        self._is_logit = unit == "logit"
        self._logits = keras.Model(network.inputs[0], network.layers[-1].input)
        variables = self._logits.variables
        self._values = compile_function(self._predict, variables)
        self._slopes = compile_function(self._differentiate, variables)

    def values(self, sequences: Floats) -> Floats:
        """Return float32 (n, targets) for up to `rows` sequences (n, window, 4)."""
        return self._run(self._values, sequences)

    def slopes(self, sequences: Floats, shares: Floats) -> Floats:
        """Return the gradients (n, window, 4) of a sum over targets, of which each has a share.

        `shares` is float32 (targets,).
        """
        return self._run(self._slopes, sequences, shares)

    def _run(self, step: Callable[..., Tensor], sequences: Floats, *others: Floats) -> Floats:
        missing = self.rows - len(sequences)
        padded = np.pad(sequences, [(0, missing), (0, 0), (0, 0)])
        tensors = map(keras.ops.convert_to_tensor, (padded, *others))
        with full_float32(), hidden_advice(), running(self._name):
            result: Floats = keras.ops.convert_to_numpy(step(*tensors))
        return result[: len(sequences)]

    def _predict(self, sequences: Tensor) -> Tensor:
        strands = keras.ops.concatenate([sequences, keras.ops.flip(sequences, axis=(1, 2))])
        values = self._logits(strands, training=False)
        if not self._is_logit:
            values = keras.ops.sigmoid(values)
        return (values[: self.rows] + values[self.rows :]) / 2

    def _differentiate(self, sequences: Tensor, shares: Tensor) -> Tensor:
        def explained(sequences: Tensor) -> Tensor:
            # No row depends on another, so that the gradient of the sum is that of each.
            return keras.ops.sum(keras.ops.matmul(self._predict(sequences), shares))

        return _gradient(explained, sequences)


def gradients_of(predictor: Predictor, unit: str) -> Gradients:
    """Return the gradients of a predictor's network, the same again as long as it lives."""
    made = _MADE.setdefault(predictor, {})
    if unit not in made:
        rows = min(_CARD_ROWS if count_gpus() else _ROWS, max(1, predictor.batch_size // 2))
        made[unit] = Gradients(predictor.network, unit, rows=rows)
    return made[unit]


def _gradient(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Return the gradient of a number by the tensor that it is computed from."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            value = function(inputs)
        return tape.gradient(value, inputs)
    if backend == "jax":
        import jax

        return jax.grad(function)(inputs)
    import torch

    with torch.enable_grad():
        leaf = inputs.detach().requires_grad_()
        return torch.autograd.grad(function(leaf), leaf)[0]

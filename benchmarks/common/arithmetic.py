"""How much a network computes: multiply-adds of a window, layer by layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras

BACKWARD = {"inner": 2, "first": 1}
"""Times the forward multiply-adds: gradients of kernel and input, or of the kernel alone."""


@dataclass(frozen=True)
class Work:
    """What one layer does for one window.

    `kind` is ``convolution``, ``recurrence`` or ``dense``. `forward` and `backward` count
    multiply-adds; one is two floating-point operations.
    """

    layer: str
    kind: str
    forward: int
    backward: int

    @property
    def operations(self) -> int:
        """Floating-point operations, forward and backward."""
        return 2 * (self.forward + self.backward)


def work(network: keras.Model) -> list[Work]:
    """Count the multiply-adds of every layer that has kernels.

    Activations, pooling and dropout are left out: they move memory and compute next to nothing. The
    layer that reads the input needs no gradient of it. All shapes of the functional or sequential
    `network` must be known, except for the batch.
    """
    rows = []
    source = network.inputs[0]
    for layer in network.layers:
        kind, forward = _forward(layer)
        if kind is None:
            continue
        place = "first" if layer.input is source else "inner"
        rows.append(Work(layer.name, kind, forward, BACKWARD[place] * forward))
    return rows


def operations(network: keras.Model) -> int:
    """Count the floating-point operations of a window, forward and backward."""
    return sum(layer.operations for layer in work(network))


def _forward(layer: Any) -> tuple[str | None, int]:
    kernels = [weight for weight in layer.trainable_weights if len(weight.shape) > 1]
    size = sum(math.prod(kernel.shape) for kernel in kernels)
    if isinstance(layer, (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)):
        return "convolution", math.prod(layer.output.shape[1:-1]) * size
    if isinstance(layer, (keras.layers.RNN, keras.layers.Bidirectional)):
        return "recurrence", layer.input.shape[1] * size
    if isinstance(layer, keras.layers.Dense):
        return "dense", math.prod(layer.output.shape[1:-1]) * size
    return None, 0

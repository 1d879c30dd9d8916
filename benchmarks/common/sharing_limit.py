"""The least that a substitution costs: multiplications that see it, of a chain of layers."""

from __future__ import annotations

import keras
from keras import layers

from common.arithmetic import Work


def shared_share(network: keras.Model, works: list[Work]) -> float:
    """Return the share of a whole pass that a substitution needs, the mean over its positions.

    A convolution computes the outputs that see it, a recurrence the steps from there on, in either
    direction, a dense layer behind them the inputs that changed, and further ones everything.
    """
    costs = {each.layer: each.forward for each in works}
    window = network.input_shape[1]
    needed = sum(_needed(network, costs, position) for position in range(window)) / window
    return needed / sum(costs.values())


def _needed(network: keras.Model, costs: dict[str, int], position: int) -> float:
    low, high, changed, total = position, position + 1, 0.0, 0.0
    for layer in network.layers:
        if isinstance(layer, layers.Conv1D):
            width, outputs = layer.kernel_size[0], layer.output.shape[1]
            lead = (width - 1) // 2 if layer.padding == "same" else 0
            low, high = max(low + lead - width + 1, 0), min(high + lead, outputs)
            changed = max(high - low, 0) / outputs
        elif isinstance(layer, layers.MaxPooling1D):
            size, outputs = layer.pool_size[0], layer.output.shape[1]
            low, high = low // size, min(-(-high // size), outputs)
            changed = max(high - low, 0) / outputs
        elif isinstance(layer, layers.Bidirectional):
            total += _recurrent(layer, low, high)
            changed = (layer.input.shape[1] - low + high) / (2 * layer.input.shape[1])
            continue
        elif isinstance(layer, layers.Dense):
            total += costs[layer.name] * changed
            changed = 1.0
            continue
        total += costs.get(layer.name, 0) * changed
    return total


def _recurrent(layer: layers.Bidirectional, low: int, high: int) -> float:
    """Return the multiplications of steps that changed: of the input where it has, of the state."""
    kernel, recurrent = (array.size for array in layer.forward_layer.get_weights()[:2])
    steps = layer.input.shape[1]
    return 2 * kernel * max(high - low, 0) + recurrent * (steps - low + high)

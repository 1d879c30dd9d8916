"""Forward passes in plain NumPy, written from the papers, one window at a time."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


def relu(values: Array) -> Array:
    return np.maximum(values, 0)


def convolve(inputs: Array, kernel: Array, bias: Array) -> Array:
    """Valid cross-correlation of (length, channels) with (width, channels, filters)."""
    width = kernel.shape[0]
    positions = range(inputs.shape[0] - width + 1)
    return (
        np.stack(
            [np.tensordot(inputs[p : p + width], kernel, axes=([0, 1], [0, 1])) for p in positions]
        )
        + bias
    )


def max_pool(inputs: Array, size: int) -> Array:
    steps = inputs.shape[0] // size
    return inputs[: steps * size].reshape(steps, size, -1).max(axis=1)


def lstm(inputs: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    """States of every step; gates in Keras's order: input, forget, cell, output."""
    units = recurrent.shape[0]
    state, memory, states = np.zeros(units), np.zeros(units), []
    for step in inputs:
        gates = step @ kernel + state @ recurrent + bias
        i, f, c, o = (gates[n * units : (n + 1) * units] for n in range(4))
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(memory)
        states.append(state)
    return np.stack(states)


def deepsea(inputs: Array, weights: list[Array]) -> Array:
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = weights
    tensor = max_pool(relu(convolve(inputs, w1, b1)), 4)
    tensor = max_pool(relu(convolve(tensor, w2, b2)), 4)
    tensor = relu(convolve(tensor, w3, b3)).reshape(-1)
    return sigmoid(relu(tensor @ w4 + b4) @ w5 + b5)


def danq(inputs: Array, weights: list[Array], *, pool: int = 13) -> Array:
    wc, bc, fw, fu, fb, bw, bu, bb, w1, b1, w2, b2 = weights
    tensor = max_pool(relu(convolve(inputs, wc, bc)), pool)
    forward = lstm(tensor, fw, fu, fb)
    backward = lstm(tensor[::-1], bw, bu, bb)[::-1]
    tensor = np.concatenate([forward, backward], axis=1).reshape(-1)
    return sigmoid(relu(tensor @ w1 + b1) @ w2 + b2)

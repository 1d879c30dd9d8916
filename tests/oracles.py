"""Forward passes in plain NumPy, written from the papers, one window at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Function = Callable[[Array], Array]


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


def lstm(
    inputs: Array,
    kernel: Array,
    recurrent: Array,
    bias: Array,
    *,
    gate: Function = sigmoid,
    state: Array | None = None,
    memory: Array | None = None,
) -> Array:
    """States of every step; gates in Keras's order: input, forget, cell, output."""
    units = recurrent.shape[0]
    state = np.zeros(units) if state is None else state
    memory = np.zeros(units) if memory is None else memory
    states = []
    for step in inputs:
        gates = step @ kernel + state @ recurrent + bias
        i, f, c, o = (gates[n * units : (n + 1) * units] for n in range(4))
        memory = gate(f) * memory + gate(i) * np.tanh(c)
        state = gate(o) * np.tanh(memory)
        states.append(state)
    return np.stack(states)


def gru(inputs: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    """States of every step; gates update, reset, candidate; the reset comes after the product."""
    units = recurrent.shape[0]
    state, states = np.zeros(units), []
    for step in inputs:
        read, kept = step @ kernel + bias[0], state @ recurrent + bias[1]
        update = sigmoid(read[:units] + kept[:units])
        reset = sigmoid(read[units : 2 * units] + kept[units : 2 * units])
        candidate = np.tanh(read[2 * units :] + reset * kept[2 * units :])
        state = update * state + (1 - update) * candidate
        states.append(state)
    return np.stack(states)


def simple_rnn(inputs: Array, kernel: Array, recurrent: Array, bias: Array) -> Array:
    state, states = np.zeros(recurrent.shape[0]), []
    for step in inputs:
        state = np.tanh(step @ kernel + state @ recurrent + bias)
        states.append(state)
    return np.stack(states)


def deepsea(inputs: Array, weights: list[Array], *, activation: Function = relu) -> Array:
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = weights
    tensor = max_pool(activation(convolve(inputs, w1, b1)), 4)
    tensor = max_pool(activation(convolve(tensor, w2, b2)), 4)
    tensor = activation(convolve(tensor, w3, b3)).reshape(-1)
    return sigmoid(activation(tensor @ w4 + b4) @ w5 + b5)


def beluga(inputs: Array, weights: list[Array]) -> Array:
    *convolutions, w1, b1, w2, b2 = weights
    tensor = inputs
    for place in range(0, 12, 4):
        for kernel, bias in (convolutions[place : place + 2], convolutions[place + 2 : place + 4]):
            tensor = relu(convolve(tensor, kernel, bias))
        tensor = max_pool(tensor, 4) if place < 8 else tensor
    return sigmoid(relu(tensor.reshape(-1) @ w1 + b1) @ w2 + b2)


def danq(
    inputs: Array,
    weights: list[Array],
    *,
    pool: int = 13,
    gate: Function = sigmoid,
    backward: str = "reversed",
) -> Array:
    wc, bc, fw, fu, fb, bw, bu, bb, w1, b1, w2, b2 = weights
    tensor = max_pool(relu(convolve(inputs, wc, bc)), pool)
    step = -1 if backward == "reversed" else 1
    first = lstm(tensor, fw, fu, fb, gate=gate)
    second = lstm(tensor[::step], bw, bu, bb, gate=gate)[::step]
    tensor = np.concatenate([first, second], axis=1).reshape(-1)
    return sigmoid(relu(tensor @ w1 + b1) @ w2 + b2)

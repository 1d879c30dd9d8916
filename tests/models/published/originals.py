"""Forward passes in NumPy that follow the frameworks the published networks were made with.

They take what those frameworks took: channels A, G, C, T first, kernels as they lie in the files.
Nothing here is shared with danq, so that agreement means something.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def sigmoid(values: Array) -> Array:
    return 1 / (1 + np.exp(-values))


def hard_sigmoid(values: Array) -> Array:
    """Theano's, as Keras 0.2 called it."""
    return np.clip(0.2 * values + 0.5, 0, 1)


def letters_first(text: str, channels: str, unknown: float = 0.0) -> Array:
    """One-hot (4, length) in a given order of channels, letter by letter."""
    rows = np.zeros((4, len(text)))
    for position, letter in enumerate(text):
        if letter in channels:
            rows[channels.index(letter), position] = 1
        else:
            rows[:, position] = unknown
    return rows


def true_convolution(inputs: Array, kernels: Array, bias: Array) -> Array:
    """Theano's conv2d, border_mode valid: (n, c, length, 1), (f, c, width, 1) -> (n, f, t, 1).

    A convolution in the mathematical sense: the kernel runs against the input.
    """
    width = kernels.shape[2]
    steps = inputs.shape[2] - width + 1
    out = np.zeros((inputs.shape[0], kernels.shape[0], steps, 1))
    for offset in range(width):
        stretch = inputs[:, :, width - 1 - offset : width - 1 - offset + steps, 0]
        out[..., 0] += np.einsum("ncl,fc->nfl", stretch, kernels[:, :, offset, 0])
    return out + bias[None, :, None, None]


def keras02_lstm(inputs: Array, parameters: list[Array]) -> Array:
    """(n, steps, features) -> (n, steps, units); parameters W, U, b of the gates i, c, f, o."""
    (wi, ui, bi), (wc, uc, bc), (wf, uf, bf), (wo, uo, bo) = (
        parameters[first : first + 3] for first in range(0, 12, 3)
    )
    state = np.zeros((len(inputs), len(ui)))
    memory, states = state, []
    for step in inputs.transpose(1, 0, 2):
        i = hard_sigmoid(step @ wi + bi + state @ ui)
        f = hard_sigmoid(step @ wf + bf + state @ uf)
        memory = f * memory + i * np.tanh(step @ wc + bc + state @ uc)
        o = hard_sigmoid(step @ wo + bo + state @ uo)
        state = o * np.tanh(memory)
        states.append(state)
    return np.stack(states, axis=1)


def danq(inputs: Array, layers: dict[str, list[Array]], *, pool: int, backward: str) -> Array:
    """Predict as the Keras 0.2 scripts do; inputs (n, length, 4), channels A, G, C, T.

    `layers` holds the arrays of the four layers that have any, in the order of the file.
    """
    convolution, recurrence, hidden, output = layers.values()
    rows = inputs.transpose(0, 2, 1)[..., None]
    tensor = np.maximum(true_convolution(rows, *convolution)[..., 0].transpose(0, 2, 1), 0)
    steps = tensor.shape[1] // pool
    tensor = tensor[:, : steps * pool].reshape(len(tensor), steps, pool, -1).max(axis=2)
    ahead = keras02_lstm(tensor, recurrence[:12])
    if backward == "forward":
        # The public seya library to the letter: X[::-1] is the batch, before and after.
        behind = keras02_lstm(tensor[::-1], recurrence[12:])[::-1]
    else:
        behind = keras02_lstm(tensor[:, ::-1], recurrence[12:])[:, ::-1]
    flat = np.concatenate([ahead, behind], axis=-1).reshape(len(tensor), -1)
    return sigmoid(np.maximum(flat @ hidden[0] + hidden[1], 0) @ output[0] + output[1])


def threshold(values: Array) -> Array:
    """Torch's Threshold(0, 1e-6)."""
    return np.where(values > 0, values, 1e-6)


def relu(values: Array) -> Array:
    return np.maximum(values, 0)


def correlate(inputs: Array, weight: Array, bias: Array) -> Array:
    """PyTorch's convolution: (n, c, length), (f, c, width) -> (n, f, t)."""
    width = weight.shape[2]
    stretches = np.lib.stride_tricks.sliding_window_view(inputs, width, axis=2)
    return np.einsum("nclw,fcw->nfl", stretches, weight) + bias[None, :, None]


def max_pool(inputs: Array, size: int) -> Array:
    steps = inputs.shape[2] // size
    return inputs[..., : steps * size].reshape(*inputs.shape[:2], steps, size).max(axis=-1)


def torch_cnn(
    inputs: Array, pairs: list[tuple[Array, Array]], *, pooled: set[int], activation
) -> Array:
    """Convolutions, then two dense layers; inputs (n, 4, length), weights as PyTorch keeps them."""
    *convolutions, hidden, output = pairs
    tensor = inputs
    for number, (weight, bias) in enumerate(convolutions):
        weight = weight.reshape(*weight.shape[:2], weight.shape[-1])
        tensor = activation(correlate(tensor, weight, bias))
        if number in pooled:
            tensor = max_pool(tensor, 4)
    flat = tensor.reshape(len(tensor), -1)
    return sigmoid(activation(flat @ hidden[0].T + hidden[1]) @ output[0].T + output[1])

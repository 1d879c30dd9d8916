"""An LSTM of two directions for JAX: both in one loop, in any precision.

JAX's cuDNN kernel knows float32 alone. Here the products of the inputs are taken before the loop,
those of the gradients of the kernels after it, and each turn of the loop is one product for both
directions and one elementwise kernel.
"""

from typing import Any

import keras

Tensor = Any


class BothWays(keras.layers.Layer):
    """What a `keras.layers.Bidirectional` of an LSTM computes, one step of both at a time.

    The layer is one that `is_two_way` accepts; its weights are shared.
    """

    def __init__(self, layer: Any, **options: Any) -> None:
        super().__init__(**options)
        self.layer = layer

    def call(self, inputs: Any) -> Any:
        """Return the outputs of both directions side by side, (batch, length, 2 units)."""
        import jax.numpy as jnp

        cells = [self.layer.forward_layer.cell, self.layer.backward_layer.cell]
        steps = jnp.swapaxes(inputs, 0, 1)
        projected = [
            keras.ops.add(keras.ops.matmul(read, cell.kernel), cell.bias)
            for read, cell in zip((steps, steps[::-1]), cells, strict=True)
        ]
        kernels = keras.ops.stack([cell.recurrent_kernel for cell in cells])
        outputs = _lstm()(jnp.stack(projected, axis=1), kernels)
        joined = jnp.concatenate([outputs[:, 0], outputs[::-1, 1]], axis=-1)
        return jnp.swapaxes(joined, 0, 1)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the layer's outputs."""
        return self.layer.compute_output_shape(input_shape)


def is_two_way(layer: Any) -> bool:
    """Return whether `BothWays` computes what a layer does."""
    if type(layer) is not keras.layers.Bidirectional or layer.merge_mode != "concat":
        return False
    return all(_is_usual(half) for half in (layer.forward_layer, layer.backward_layer)) and (
        layer.forward_layer.go_backwards,
        layer.backward_layer.go_backwards,
    ) == (False, True)


def _is_usual(half: Any) -> bool:
    return (
        type(half) is keras.layers.LSTM
        and half.return_sequences
        and not (half.stateful or half.return_state)
        and half.use_bias
        and half.recurrent_dropout == half.dropout == 0
        and half.activation is keras.activations.tanh
        and half.recurrent_activation is keras.activations.sigmoid
    )


def _lstm() -> Any:
    """Return the loop with a gradient of its own; JAX is only imported where it is the backend."""
    global _LOOP
    if _LOOP is None:
        import jax

        _LOOP = jax.custom_vjp(lambda projected, kernels: _forward(projected, kernels)[0])
        _LOOP.defvjp(_forward, _backward)
    return _LOOP


_LOOP: Any = None


def _forward(projected: Tensor, kernels: Tensor) -> tuple[Tensor, Any]:
    """Run the loop; the outputs are (length, 2, batch, units), beside what the gradient needs.

    `projected`, (length, 2, batch, 4 units), is what inputs and biases add to the gates, in Keras's
    order: input, forget, candidate, output. The recurrent kernels are (2, units, 4 units).
    """
    import jax
    import jax.numpy as jnp

    zero = jnp.zeros((*projected.shape[1:3], kernels.shape[1]), projected.dtype)

    def step(state: Any, sums: Tensor) -> Any:
        output, memory = state
        sums = sums + jnp.einsum("dbh,dhk->dbk", output, kernels)
        enter, forget, candidate, leave = jnp.split(sums.astype("float32"), 4, axis=-1)
        gates = [jax.nn.sigmoid(enter), jax.nn.sigmoid(forget)]
        gates += [jnp.tanh(candidate), jax.nn.sigmoid(leave)]
        memory = gates[1] * memory + gates[0] * gates[2]
        output = (gates[3] * jnp.tanh(memory)).astype(output.dtype)
        return (output, memory), (
            output,
            memory,
            jnp.concatenate(gates, axis=-1).astype(output.dtype),
        )

    _, (outputs, memories, gates) = jax.lax.scan(step, (zero, zero.astype("float32")), projected)
    return outputs, (outputs, memories, gates, kernels)


def _backward(kept: Any, slopes: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of `projected` and `kernels` from those of the outputs."""
    import jax
    import jax.numpy as jnp

    outputs, memories, gates, kernels = kept
    before = jnp.concatenate([jnp.zeros_like(memories[:1]), memories[:-1]])

    def step(state: Any, at: Any) -> Any:
        carried, memory_slope = state
        slope, gates, memory, before = at
        enter, forget, candidate, leave = jnp.split(gates.astype("float32"), 4, axis=-1)
        slope = slope.astype("float32") + carried
        shown = jnp.tanh(memory)
        memory_slope = memory_slope + slope * leave * (1 - shown**2)
        sums = [
            memory_slope * candidate * enter * (1 - enter),
            memory_slope * before * forget * (1 - forget),
            memory_slope * enter * (1 - candidate**2),
            slope * shown * leave * (1 - leave),
        ]
        joined = jnp.concatenate(sums, axis=-1).astype(gates.dtype)
        carried = jnp.einsum("dbk,dhk->dbh", joined, kernels).astype("float32")
        return (carried, memory_slope * forget), joined

    zero = jnp.zeros_like(memories[0])
    _, sums = jax.lax.scan(step, (zero, zero), (slopes, gates, memories, before), reverse=True)
    of_kernels = jnp.einsum("tdbh,tdbk->dhk", outputs[:-1], sums[1:])
    return sums, of_kernels.astype(kernels.dtype)

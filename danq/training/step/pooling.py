"""The network as training computes it: the same function by the steps that cost least.

The largest of activated values is the activation of the largest, for every activation that never
falls. Pooling first spares the activation and its gradient all values but one of each pool. How a
backend convolves and pools best is measured in docs/notes/training.md.
"""

from typing import Any

import keras

from danq.models.devices import count_gpus
from danq.models.encoding import OneHot, layer_chain, logits_from_codes
from danq.training.step.both_ways import BothWays, is_two_way

_RISING = (keras.activations.relu, keras.activations.linear)

_FEW_CHANNELS = 4
"""Up to this number cuDNN has no kernels that use a card's matrix units."""


class PooledConvolution(keras.layers.Layer):
    """A convolution and the max-pooling after it, the activation last; weights are shared."""

    def __init__(self, convolution: Any, pooling: Any, **options: Any) -> None:
        super().__init__(dtype=convolution.dtype_policy, **options)
        self.convolution = convolution
        self.pooling = pooling
        few = isinstance(convolution, keras.layers.Conv1D) and _is_plain(convolution)
        few = few and convolution.kernel.shape[1] <= _FEW_CHANNELS
        self._convolve = _product if few and count_gpus() else convolution.convolution_op
        jax = keras.backend.backend() == "jax"
        self._pool = _largest if jax and _is_apart(pooling) else lambda values, layer: layer(values)

    def call(self, inputs: Any) -> Any:
        """Convolve, pool, activate."""
        layer = self.convolution
        outputs = self._pool(self._convolve(inputs, layer.kernel), self.pooling)
        if layer.use_bias:
            outputs = keras.ops.add(outputs, layer.bias)
        return layer.activation(outputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the pooled convolution."""
        return self.pooling.compute_output_shape(self.convolution.compute_output_shape(input_shape))


def _is_plain(convolution: Any) -> bool:
    one = (1,) * convolution.rank
    steps = (convolution.strides, convolution.dilation_rate)
    return steps == (one, one) and convolution.padding == "valid" and convolution.groups == 1


def _product(inputs: Any, kernel: Any) -> Any:
    """Convolve (batch, length, channels) as one matrix product of what each position sees."""
    width, channels, filters = kernel.shape
    length = inputs.shape[1] - width + 1
    seen = keras.ops.concatenate([inputs[:, n : n + length] for n in range(width)], axis=2)
    return keras.ops.matmul(seen, keras.ops.reshape(kernel, (width * channels, filters)))


def _is_apart(pooling: Any) -> bool:
    """Return whether no two pools overlap and none reaches past the end."""
    return pooling.pool_size == pooling.strides and pooling.padding == "valid"


def _largest(values: Any, pooling: Any) -> Any:
    """Return the largest of each pool by an axis of its own: XLA's gradient of pooling is slow."""
    shape: list[int] = [-1]
    for axis, size in enumerate(pooling.pool_size, start=1):
        count = values.shape[axis] // size
        values = values[(slice(None),) * axis + (slice(count * size),)]
        shape += [count, size]
    values = keras.ops.reshape(values, (*shape, values.shape[-1]))
    return keras.ops.max(values, axis=tuple(range(2, len(shape), 2)))


class Chain(keras.layers.Layer):
    """Layers one after the other, shared with the network that they are of."""

    def __init__(self, layers: list[Any], **options: Any) -> None:
        super().__init__(dtype=layers[-1].dtype_policy, **options)
        self.layers = layers

    def call(self, inputs: Any) -> Any:
        """Call each on what the one before gave."""
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs


def training_logits(network: keras.Model, *, unknown: float = 0.0) -> keras.Model:
    """Do what `logits_from_codes` does, pooling before activations where that is the same.

    The model goes from uint8 codes (batch, length) to logits (batch, targets); weights are shared.
    """
    layers = layer_chain(network)
    joined = _joined(layers[:-1]) if layers else []
    if not any(isinstance(layer, PooledConvolution) for layer in joined):
        return logits_from_codes(network, unknown=unknown)
    codes = keras.Input((network.input_shape[1],), dtype="uint8", name="codes")
    logits = Chain(joined, name=f"{network.name}_logits")(OneHot(unknown)(codes))
    return keras.Model(codes, logits, name=f"{network.name}_from_codes")


def _joined(layers: list[Any]) -> list[Any]:
    """Put every convolution that can be together with the max-pooling after it."""
    joined: list[Any] = []
    own_loop = keras.backend.backend() == "jax" and count_gpus()
    for layer in layers:
        pooling = type(layer).__name__.startswith("MaxPooling")
        if pooling and joined and _can_wait(joined[-1]):
            joined.append(PooledConvolution(joined.pop(), layer, name=f"{layer.name}_first"))
        elif own_loop and joined and is_two_way(layer):
            # `with_precision` leaves the layer itself float32 on JAX.
            policy = joined[-1].dtype_policy
            joined.append(BothWays(layer, dtype=policy, name=f"{layer.name}_both_ways"))
        else:
            joined.append(layer)
    return joined


def _can_wait(layer: Any) -> bool:
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)
    return type(layer) in kinds and layer.activation in _RISING

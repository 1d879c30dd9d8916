"""From a network to the stages that a reference and its edited copies pass."""

from typing import Any

import keras

from danq.models.encoding import OneHot, layer_chain
from danq.models.sharing.cells import CELLS
from danq.models.sharing.recurrence import Recurrent, directions
from danq.models.sharing.stages import FlatDense, Positionwise, Stage, Whole, Windowed
from danq.models.sharing.windows import Span, Window

_AT_REST = (keras.layers.Dropout, keras.layers.SpatialDropout1D)
_POOLING = (keras.layers.MaxPooling1D, keras.layers.AveragePooling1D)
_POSITIONWISE = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.LayerNormalization,
    keras.layers.BatchNormalization,
)

Pair = tuple[keras.Layer, keras.Layer]
"""A layer, and its twin that references pass."""


def stages(
    network: keras.Model,
    scope: Span,
    *,
    unknown: float,
    split_recurrence: bool,
    is_fixed: bool = False,
    half: keras.Model | None = None,
) -> list[Stage] | None:
    """Plan how an edited copy passes a network beside its reference, from codes to logits.

    The network turns float one-hot (batch, length, 4) into probabilities, its last layer the
    sigmoid; every channel of an unknown base holds `unknown`. References pass `half` instead where
    it is given, the same network in half precision. `scope` is where in the window copies may
    differ, anywhere in a part of it, or `is_fixed` in all of it.

    `split_recurrence` allows a recurrence to be entered in its middle. That is the faster way on a
    CPU; on a GPU the fused kernels of a whole one may be. The plan is None when the network is not
    a chain of float32 layers, or nothing would be shared, so that the plain way is as good.
    """
    layers = layer_chain(network)
    # Of a quantised layer the policy is another, though it computes in float32.
    if layers is None or any(layer.dtype_policy.name != "float32" for layer in layers):
        return None
    twins = layers if half is None else layer_chain(half)
    rest = [
        pair
        for pair in zip(layers[:-1], (twins or [])[:-1], strict=True)
        if not isinstance(pair[0], _AT_REST)
    ]
    encoding = OneHot(unknown)
    plan: list[Stage] = [Positionwise(encoding, encoding, scope)]
    while rest:
        stage, used = _next(rest, plan[-1].scope, split_recurrence, is_fixed)
        plan.append(stage)
        rest = rest[used:]
    return plan if any(isinstance(stage, Windowed) for stage in plan) else None


def _next(
    rest: list[Pair], scope: Span | None, split_recurrence: bool, is_fixed: bool
) -> tuple[Stage, int]:
    """Choose the stage for the next layers; return it and for how many layers it stands."""
    layer, twin = rest[0]
    if scope is None:
        return Positionwise(layer, twin, None), 1
    window = _window(layer)
    if window is not None:
        return Windowed(layer, twin, scope, window), 1
    if type(layer) in _POSITIONWISE and _is_positionwise(layer):
        return Positionwise(layer, twin, scope), 1
    if _are_flat_dense(rest[:2]):
        return FlatDense(rest[1][0], scope), 2
    if split_recurrence and _can_be_entered(layer):
        if _gives(layer, every_step=True) and _are_flat_dense(rest[1:3]):
            return Recurrent(layer, twin, scope, rest[2][0], is_fixed=is_fixed), 3
        if _gives(layer, every_step=False):
            return Recurrent(layer, twin, scope, is_fixed=is_fixed), 1
    return Whole(layer, twin), 1


def _window(layer: keras.Layer) -> Window | None:
    """Report what a layer's outputs see, where that is a window along the sequence."""
    if type(layer) is keras.layers.Conv1D and layer.data_format == "channels_last":
        if not _is_of_keras(layer.activation):
            return None
        reach = (layer.kernel_size[0] - 1) * layer.dilation_rate[0] + 1
        stride, outputs = layer.strides[0], layer.output.shape[1]
        made_up = max(0, (outputs - 1) * stride + reach - layer.input.shape[1])
        padding = {"valid": 0, "same": made_up // 2, "causal": reach - 1}[layer.padding]
        return Window(reach, stride, padding, outputs)
    if type(layer) in _POOLING and (layer.padding, layer.data_format) == (
        "valid",
        "channels_last",
    ):
        return Window(layer.pool_size[0], layer.strides[0], 0, layer.output.shape[1])
    return None


def _is_positionwise(layer: keras.Layer) -> bool:
    axis: Any = getattr(layer, "axis", -1)
    last = len(layer.input.shape) - 1
    return axis in (-1, last, [-1], [last]) and _is_of_keras(getattr(layer, "activation", None))


def _is_of_keras(activation: Any) -> bool:
    """Return whether a function is known to treat positions by themselves; a user's may not."""
    return getattr(activation, "__module__", "keras").partition(".")[0] in ("keras", "danq")


def _are_flat_dense(pairs: list[Pair]) -> bool:
    """Return whether two layers are what `FlatDense` stands for."""
    kinds = [type(layer) for layer, _ in pairs]
    return (
        kinds == [keras.layers.Flatten, keras.layers.Dense]
        and pairs[0][0].data_format == "channels_last"
    )


def _can_be_entered(layer: keras.Layer) -> bool:
    """Return whether a layer is a recurrence that `Recurrent` does as Keras does."""
    if isinstance(layer, keras.layers.Bidirectional) and layer.merge_mode != "concat":
        return False
    # What a lone layer that reads from the end gives, Keras leaves turned round.
    return all(
        type(half) in CELLS and not half.stateful and half.go_backwards == bool(place)
        for place, half in enumerate(directions(layer))
    )


def _gives(layer: keras.Layer, *, every_step: bool) -> bool:
    return all(bool(half.return_sequences) == every_step for half in directions(layer))

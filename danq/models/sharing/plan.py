"""From a network to the stages that a reference and its alternatives pass."""

from typing import Any

import keras

from danq.models.encoding import OneHot, layer_chain
from danq.models.sharing.recurrence import SharedLSTM, directions
from danq.models.sharing.stages import FlatDense, Positionwise, Span, Stage, Window, Windowed

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
    span: Span,
    *,
    unknown: float,
    split_recurrence: bool,
    half: keras.Model | None = None,
) -> list[Stage] | None:
    """Plan how an alternative passes a network beside its reference, from codes to logits.

    The network turns float one-hot (batch, length, 4) into probabilities, its last layer the
    sigmoid; every channel of an unknown base holds `unknown`. References pass `half` instead where
    it is given, the same network in half precision. `span` is where in the window alternatives may
    differ.

    `split_recurrence` allows an LSTM to be entered in its middle. That is the faster way on a CPU;
    on a GPU the fused kernels of a whole LSTM may be. The plan is None when the network is not a
    chain of float32 layers, or nothing would be shared, so that the plain way is as good.
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
    plan: list[Stage] = [Positionwise(encoding, encoding, span)]
    where: Span | None = span
    while rest:
        found, used = _next(rest, where, split_recurrence)
        plan += found
        where = found[-1].span
        rest = rest[used:]
    is_shared = any(isinstance(stage, Windowed) and stage.span for stage in plan)
    return plan if is_shared else None


def _next(rest: list[Pair], span: Span | None, split_recurrence: bool) -> tuple[list[Stage], int]:
    """Choose stages for the next layers; give them and for how many layers they stand."""
    layer, twin = rest[0]
    if span is None:
        return [Positionwise(layer, twin, None)], 1
    window = _window(layer)
    if window is not None:
        seen = window.seen_by(window.sees(span))
        if seen.first >= 0 and seen.last <= layer.input.shape[1]:
            return [Windowed(layer, twin, span, window)], 1
    if type(layer) in _POSITIONWISE and _is_positionwise(layer):
        return [Positionwise(layer, twin, span)], 1
    if _are_flat_dense(rest[:2]):
        shape = layer.input.shape[1:]
        return [FlatDense(rest[1][0], shape, [(shape[-1], span)])], 2
    if split_recurrence and _are_flat_dense(rest[1:3]) and _can_be_entered(layer):
        recurrence = SharedLSTM(layer, twin, layer.input.shape[1], span)
        dense = FlatDense(rest[2][0], rest[1][0].input.shape[1:], recurrence.spans)
        return [recurrence, dense], 3
    return [Windowed(layer, twin, span, None)], 1


def _window(layer: keras.Layer) -> Window | None:
    """Report what a layer's outputs see, where that is a window along the sequence."""
    if type(layer) is keras.layers.Conv1D and layer.data_format == "channels_last":
        if not _is_of_keras(layer.activation):
            return None
        reach = (layer.kernel_size[0] - 1) * layer.dilation_rate[0] + 1
        padded = layer.padding == "same" and layer.strides[0] == 1
        if not padded and layer.padding != "valid":
            return None
        padding = (reach - 1) // 2 if padded else 0
        return Window(reach, layer.strides[0], padding, layer.output.shape[1])
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
    """Return whether a layer is an LSTM that `SharedLSTM` does as Keras does."""
    if isinstance(layer, keras.layers.Bidirectional) and layer.merge_mode != "concat":
        return False
    # What a lone LSTM that reads from the end gives, Keras leaves turned round.
    return all(
        type(half) is keras.layers.LSTM
        and half.return_sequences
        and not half.stateful
        and half.go_backwards == bool(place)
        for place, half in enumerate(directions(layer))
    )

"""From codes to one-hot on the device, and from a network to its logits and its layers."""

from typing import Any

import keras
import numpy as np

from danq.genome import ALPHABET
from danq.genome.sequence import one_hot


class OneHot(keras.layers.Layer):
    """Turn uint8 codes (batch, length) into one-hot rows (batch, length, 4), channels A, C, G, T.

    Every channel of an unknown base holds `unknown`.
    """

    def __init__(self, unknown: float = 0.0, **options: Any) -> None:
        super().__init__(trainable=False, **options)
        self.unknown = unknown
        self._table = one_hot(np.arange(len(ALPHABET) + 1, dtype=np.uint8), unknown=unknown)

    def call(self, codes: Any) -> Any:
        """Look each code up."""
        table = keras.ops.convert_to_tensor(self._table, dtype=self.compute_dtype)
        return keras.ops.take(table, keras.ops.cast(codes, "int32"), axis=0)


def logits_from_codes(network: keras.Model, *, unknown: float = 0.0) -> keras.Model:
    """Put a one-hot layer before a network and take its sigmoid away; the weights are shared.

    `network` takes float one-hot (batch, length, 4) and ends in logits and an activation layer of
    its own. The result takes uint8 codes (batch, length) and returns logits (batch, targets).
    `unknown` is that of `OneHot`.
    """
    codes = keras.Input((network.input_shape[1],), dtype="uint8", name="codes")
    inner = keras.Model(network.inputs[0], network.layers[-1].input, name=f"{network.name}_logits")
    return keras.Model(codes, inner(OneHot(unknown)(codes)), name=f"{network.name}_from_codes")


def layer_chain(network: keras.Model) -> list[keras.Layer] | None:
    """Return the layers of a network in which each feeds the next and nothing else.

    None where they are joined in another way.
    """
    layers = [item for item in network.layers if not isinstance(item, keras.layers.InputLayer)]
    try:
        ends = [network.inputs[0], *(layer.output for layer in layers)]
        starts = [layer.input for layer in layers]
    except (AttributeError, ValueError):
        # A layer that is called twice, or a model that is not a graph of layers.
        return None
    is_chain = len(network.inputs) == 1 and all(
        start is end for start, end in zip(starts, ends, strict=False)
    )
    return layers if is_chain else None

"""Parts of every topology: stacks of blocks, then the logits."""

from collections.abc import Sequence

import keras

from danq.core.layers import (
    Convolution,
    Head,
    Kernel,
    Recurrence,
    Tensor,
    convolution,
    dense,
    recurrent,
)
from danq.core.specs import blocks, size


def convolutions_after(tensor: Tensor, specs: Sequence[Convolution], head: Head) -> Tensor:
    """Add convolutions, first to last."""
    specs = blocks("convolutions", specs, Convolution)
    for number, spec in enumerate(specs, start=1):
        tensor = convolution(
            tensor,
            spec,
            activation=head.activation,
            kernel=head.kernel,
            name=f"convolution_{number}",
        )
    return tensor


def recurrences_after(
    tensor: Tensor, specs: Sequence[Recurrence], *, all_steps: bool, stateful: bool = False
) -> Tensor:
    """Add recurrent layers, first to last; the last gives the states of all steps or its last."""
    specs = blocks("recurrences", specs, Recurrence)
    if not specs:
        raise ValueError("recurrences must hold at least one layer. Received: none")
    for number, spec in enumerate(specs, start=1):
        tensor = recurrent(
            tensor,
            spec,
            return_sequences=all_steps or number < len(specs),
            stateful=stateful,
            name=f"recurrence_{number}",
        )
    return tensor


def ended(
    inputs: Tensor | list[Tensor], tensor: Tensor, outputs: int, head: Head, name: str
) -> keras.Model:
    """Add hidden dense layers, the logits and the output, and make a model of it all.

    Logits keep float32 under a lower precision: bfloat16 would round them to three digits.
    """
    for number, units in enumerate(head.hidden, start=1):
        tensor = dense(
            tensor,
            units,
            activation=head.activation,
            dropout=head.dropout,
            kernel=head.kernel,
            name=f"hidden_{number}",
        )
    options = (head.kernel or Kernel()).options(1)
    logits = keras.layers.Dense(
        size("outputs", outputs), dtype="float32", name="logits", **options
    )(tensor)
    output = keras.layers.Activation(head.output_activation, dtype="float32", name="output")
    return keras.Model(inputs, output(logits), name=name)

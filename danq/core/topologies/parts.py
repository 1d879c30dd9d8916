"""Parts of every topology: stacks of blocks, then the logits."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from danq.core.activations import Activation
from danq.core.layers import (
    Convolution,
    Kernel,
    Recurrence,
    Tensor,
    convolution,
    dense,
    recurrent,
)
from danq.core.specs import blocks, check_known, share, size, sizes


def convolutions_after(
    tensor: Tensor, specs: Sequence[Convolution], activation: Activation, kernel: Kernel | None
) -> Tensor:
    """Add convolutions, first to last."""
    specs = blocks("convolutions", specs, Convolution)
    for number, spec in enumerate(specs, start=1):
        tensor = convolution(
            tensor, spec, activation=activation, kernel=kernel, name=f"convolution_{number}"
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
    inputs: Tensor | list[Tensor],
    tensor: Tensor,
    outputs: int,
    *,
    hidden: Sequence[int],
    activation: Activation,
    output_activation: Activation,
    dropout: float,
    kernel: Kernel | None,
    name: str,
) -> keras.Model:
    """Add hidden dense layers, the logits and the output, and make a model of it all.

    Logits keep float32 under a lower precision: bfloat16 would round them to three digits.
    """
    check_known("output_activation", output_activation, "activations")
    share("dropout", dropout)
    for number, units in enumerate(sizes("hidden", hidden), start=1):
        tensor = dense(
            tensor,
            units,
            activation=activation,
            dropout=dropout,
            kernel=kernel,
            name=f"hidden_{number}",
        )
    options = (kernel or Kernel()).options(1)
    logits = keras.layers.Dense(
        size("outputs", outputs), dtype="float32", name="logits", **options
    )(tensor)
    result = keras.layers.Activation(output_activation, dtype="float32", name="output")(logits)
    return keras.Model(inputs, result, name=name)

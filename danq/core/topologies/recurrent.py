"""Recurrent networks with a step of output for the whole input or for each step of it."""

from collections.abc import Sequence
from typing import Unpack

import keras

from danq.core.layers import Head, Recurrence, Tensor
from danq.core.specs import HeadFields, number, size
from danq.core.topologies.decoding import encoder_decoder
from danq.core.topologies.parts import ended, recurrences_after


def one_to_one(
    features: int,
    outputs: int,
    *,
    recurrences: Sequence[Recurrence],
    batch_size: int | None = None,
    name: str = "one_to_one",
    **head: Unpack[HeadFields],
) -> keras.Model:
    """Build a recurrent network that takes one step at a time and answers it.

    With a `batch_size` it reads streams: the state is carried from call to call, and T calls give
    what `many_to_many` of the same layers gives for T steps (the weights fit, in order). Call the
    network itself, ``network(step)``: on JAX, Keras's ``predict`` carries no state. The recurrent
    layers' ``reset_state()`` begins new streams; a saved file holds no state. To train, take
    `many_to_many` and its weights: PyTorch cannot train a network that carries a state. Without a
    batch size every call begins at zero.

    Parameters
    ----------
    features, outputs
        Sizes of the input (batch, features) and the output (batch, outputs).
    recurrences
        The layers, first to last, each reading in one direction where a state is carried.
    batch_size
        Number of streams read side by side; None for no state between calls.
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1, a recurrence is missing, or one that carries its state reads in both
        directions.
    """
    features = size("features", features)
    batch_size = None if batch_size is None else size("batch_size", batch_size)
    inputs = keras.Input((features,), batch_size=batch_size, name="input")
    step = keras.layers.Reshape((1, features), name="step")(inputs)
    tensor = recurrences_after(step, recurrences, all_steps=False, stateful=batch_size is not None)
    return ended(inputs, tensor, outputs, Head(**head), name)


def many_to_one(
    features: int,
    outputs: int,
    *,
    recurrences: Sequence[Recurrence],
    steps: int | None = None,
    mask_value: float | None = None,
    name: str = "many_to_one",
    **head: Unpack[HeadFields],
) -> keras.Model:
    """Build a recurrent network that reads a sequence and answers once: classification.

    The answer comes from the last state; of a layer with two directions, from the last state of
    each.

    Parameters
    ----------
    features, outputs
        Sizes of the input (batch, steps, features) and the output (batch, outputs).
    recurrences
        The layers, first to last.
    steps
        Length of every sequence, None for any.
    mask_value
        Steps that hold it in every feature are padding; None for no padding.
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1 or a recurrence is missing.
    """
    inputs, tensor = _sequence(features, steps, mask_value)
    tensor = recurrences_after(tensor, recurrences, all_steps=False)
    return ended(inputs, tensor, outputs, Head(**head), name)


def many_to_many(
    features: int,
    outputs: int,
    *,
    recurrences: Sequence[Recurrence],
    decoder: Sequence[Recurrence] | None = None,
    attention: bool = False,
    steps: int | None = None,
    mask_value: float | None = None,
    name: str = "many_to_many",
    **head: Unpack[HeadFields],
) -> keras.Model:
    """Build a recurrent network that reads a sequence and answers with one.

    Without a decoder there is one answer a step, as in tagging and segmentation:
    (batch, steps, features) to (batch, steps, outputs).

    With a decoder the lengths may differ, as in translation (Cho et al. 2014, EMNLP; Sutskever et
    al. 2014, NeurIPS). `recurrences` encode the source; `decoder` writes the output, each step
    reading the one before. The network then takes two inputs, the source (batch, steps, features)
    and what was written so far (batch, output steps, outputs), which `danq.core.topologies.shift`
    makes from the right answers for training, and `danq.core.topologies.generate` writes step by
    step in use.

    Parameters
    ----------
    features, outputs
        Features of a step of the input and of the output.
    recurrences
        The layers that read the input, first to last.
    decoder
        The layers that write, first to last, each reading in one direction; None for an aligned
        answer.
    attention
        Let every step of the decoder look at all encoded steps (dot product; Luong et al. 2015,
        EMNLP) and not at one summary only. Needs a decoder whose last layer has as many units as
        the encoder gives features. What it looks at can be had from the inputs of the layer
        ``attention``.
    steps
        Length of every input, None for any.
    mask_value
        Steps that hold it in every feature are padding; None for no padding.
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1, a recurrence is missing, a decoder reads in both directions, or
        attention finds no decoder or another number of features.
    """
    outputs = size("outputs", outputs)
    inputs: Tensor | list[Tensor]
    inputs, tensor = _sequence(features, steps, mask_value)
    if decoder is None:
        if attention:
            raise ValueError("attention needs a decoder. Received: decoder=None")
        tensor = recurrences_after(tensor, recurrences, all_steps=True)
    else:
        previous = keras.Input((None, outputs), name="previous")
        tensor = encoder_decoder(
            tensor, previous, recurrences, decoder, attention=attention, kernel=head.get("kernel")
        )
        inputs = [inputs, previous]
    return ended(inputs, tensor, outputs, Head(**head), name)


def _sequence(features: int, steps: int | None, mask_value: float | None) -> tuple[Tensor, Tensor]:
    shape = (None if steps is None else size("steps", steps), size("features", features))
    inputs = keras.Input(shape, name="input")
    if mask_value is None:
        return inputs, inputs
    # In half precision a value such as 0.3 would not be found again.
    mask = keras.layers.Masking(number("mask_value", mask_value), dtype="float32", name="mask")
    return inputs, mask(inputs)

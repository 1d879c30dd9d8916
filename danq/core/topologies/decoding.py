"""Recurrent networks that write a sequence: one to many, encoder and decoder, and their use.

A decoder reads at each step what was written a step before. In training that is the right answer
(`shift`, teacher forcing), in use what the network itself chose (`generate`).
"""

from collections.abc import Sequence
from typing import Any, Literal, Unpack

import keras
import numpy as np
import numpy.typing as npt

from danq.core.layers import Head, Kernel, Recurrence, Tensor, dense, recurrent
from danq.core.specs import HeadFields, blocks, check_choice, size
from danq.core.topologies.parts import ended, recurrences_after

Floats = npt.NDArray[np.float32]


def one_to_many(
    features: int,
    outputs: int,
    *,
    recurrences: Sequence[Recurrence],
    steps: int | None = None,
    feedback: bool = False,
    name: str = "one_to_many",
    **head: Unpack[HeadFields],
) -> keras.Model:
    """Build a recurrent network that reads one vector and writes a sequence: captions.

    Without feedback every step reads the same vector, (batch, features) to
    (batch, steps, outputs): all steps are written at once, none knows what another chose.

    With feedback the vector sets the state that the layers begin with, and each step reads the one
    before: the network takes two inputs, the vector and what was written so far
    (batch, steps, outputs), from `danq.core.topologies.shift` in training; in use
    `danq.core.topologies.generate` writes step by step. The state comes from the vector through a
    dense layer with a tanh, so features that are centred and of about unit size are learnt soonest.

    Parameters
    ----------
    features, outputs
        Size of the input and of a step of the output.
    recurrences
        The layers, first to last; with feedback each reads in one direction.
    steps
        Length of the output. Needed without feedback; with feedback None is any.
    feedback
        Read the step before.
    name
        Name of the model.
    **head
        The fields of `danq.core.layers.Head`.

    Raises
    ------
    ValueError
        When a size is below 1, a recurrence is missing, the number of steps is missing, or a layer
        with feedback reads in both directions.
    """
    outputs = size("outputs", outputs)
    steps = None if steps is None else size("steps", steps)
    vector = keras.Input((size("features", features),), name="input")
    inputs: Tensor | list[Tensor] = vector
    if feedback:
        previous = keras.Input((steps, outputs), name="previous")
        inputs = [vector, previous]
        tensor = _written(vector, previous, recurrences, head.get("kernel"))
    elif steps is None:
        raise ValueError("steps must be known without feedback. Received: None")
    else:
        repeated = keras.layers.RepeatVector(steps, name="repeat")(vector)
        tensor = recurrences_after(repeated, recurrences, all_steps=True)
    return ended(inputs, tensor, outputs, Head(**head), name)


def encoder_decoder(
    source: Tensor,
    previous: Tensor,
    encoder: Sequence[Recurrence],
    decoder: Sequence[Recurrence],
    *,
    attention: bool,
    kernel: Kernel | None,
) -> Tensor:
    """Encode the source, then decode: (batch, output steps, features).

    The decoder begins with the encoder's last state. With attention it also looks at each encoded
    step at every step of its own.
    """
    *first, last = blocks("recurrences", encoder, Recurrence) or [None]
    if last is None:
        raise ValueError("recurrences must hold at least one layer. Received: none")
    tensor = recurrences_after(source, first, all_steps=True) if first else source
    encoded, state = recurrent(
        tensor,
        last,
        return_sequences=attention,
        return_state=True,
        name=f"recurrence_{len(first) + 1}",
    )
    written = _written(state, previous, decoder, kernel)
    if not attention:
        return written
    if written.shape[-1] != encoded.shape[-1]:
        raise ValueError(
            f"with attention the decoder's last layer needs {encoded.shape[-1]} units, as many as "
            f"the encoder gives. Received: {written.shape[-1]}"
        )
    context = keras.layers.Attention(name="attention")([written, encoded])
    return keras.layers.Concatenate(name="looked_up")([written, context])


def shift(answers: npt.ArrayLike) -> Floats:
    """Return what a decoder reads in training: the right answers one step later.

    Parameters
    ----------
    answers
        Shape (n, steps, outputs).

    Returns
    -------
    numpy.ndarray
        float32 (n, steps, outputs): a step of zeros, then all answers but the last.
    """
    answers = np.asarray(answers, dtype=np.float32)
    if answers.ndim != 3:
        raise ValueError(f"answers need (n, steps, outputs). Received: shape {answers.shape}")
    previous = np.zeros_like(answers)
    previous[:, 1:] = answers[:, :-1]
    return previous


def generate(
    network: keras.Model,
    inputs: npt.ArrayLike,
    *,
    steps: int,
    feed: Literal["class", "value"] = "class",
    batch_size: int = 256,
) -> Floats:
    """Generate outputs with a decoder that reads its own previous output.

    Each step runs the network over all steps, since its shape is fixed and compiled once; only what
    stands before a step has an influence on it.

    Parameters
    ----------
    network
        A network of `one_to_many` with feedback, or of `many_to_many` with a decoder.
    inputs
        Its first input, n of them: vectors or padded sequences.
    steps
        How many steps to write.
    feed
        What the next step reads: ``class``, a one-hot row of the most likely class, or ``value``,
        the output itself.
    batch_size
        So many are written side by side.

    Returns
    -------
    numpy.ndarray
        float32 (n, steps, outputs): the network's output at each step.

    Raises
    ------
    ValueError
        When the network reads no second input, or another number of steps.
    """
    steps, batch_size = size("steps", steps), size("batch_size", batch_size)
    check_choice("feed", feed, ("class", "value"))
    inputs = np.asarray(inputs)
    outputs = _check_decoder(network, inputs, steps)
    parts = [
        _generated(network, inputs[first : first + batch_size], steps, feed)
        for first in range(0, len(inputs), batch_size)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, steps, outputs), np.float32)


def _check_decoder(network: keras.Model, inputs: npt.NDArray[Any], steps: int) -> int:
    """Refuse what is not a decoder, or reads other inputs; give the outputs of a step."""
    shapes = [tuple(tensor.shape) for tensor in getattr(network, "inputs", None) or ()]
    if len(shapes) != 2 or len(shapes[1]) != 3 or shapes[1][1] not in (None, steps):
        raise ValueError(
            f"generating {steps} steps needs a network that reads an input and {steps} steps "
            f"before. Received: inputs of shapes {shapes}"
        )
    fits = [wanted in (None, found) for wanted, found in zip(shapes[0], inputs.shape, strict=False)]
    if inputs.ndim != len(shapes[0]) or not all(fits):
        raise ValueError(
            f"the network's first input has the shape {shapes[0]}. Received: shape {inputs.shape}"
        )
    return int(shapes[1][2])


def _generated(network: keras.Model, inputs: npt.NDArray[Any], steps: int, feed: str) -> Floats:
    outputs = network.output_shape[-1]
    previous = np.zeros((len(inputs), steps, outputs), np.float32)
    written = np.zeros_like(previous)
    for step in range(steps):
        found = np.asarray(network.predict_on_batch([inputs, previous]))[:, step]
        written[:, step] = found
        if step + 1 < steps:
            chosen = np.eye(outputs, dtype=np.float32)[found.argmax(axis=-1)]
            previous[:, step + 1] = chosen if feed == "class" else found
    return written


def _written(
    vector: Tensor, previous: Tensor, specs: Sequence[Recurrence], kernel: Kernel | None
) -> Tensor:
    """Add recurrent layers over what was written, each beginning with a state from the vector."""
    specs = blocks("a decoder", specs, Recurrence)
    if not specs:
        raise ValueError("a decoder must hold at least one layer. Received: none")
    tensor = previous
    for number, spec in enumerate(specs, start=1):
        names = ("output", "memory") if spec.cell == "lstm" else ("output",)
        state = [
            dense(
                vector,
                spec.units,
                activation="tanh",
                kernel=kernel,
                name=f"state_{number}_{name}",
            )
            for name in names
        ]
        tensor = recurrent(tensor, spec, initial_state=state, name=f"decoder_{number}")
    return tensor

"""Calls of a piece of a network on whichever backend, each of which returns when it is done."""

from __future__ import annotations

import inspect
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

Run = Callable[[], Any]


@contextmanager
def watched() -> Iterator[list[float]]:
    """Yield a list that holds, after the block, how busy a card was: percent, 10 times a second.

    It stays empty where there is no ``nvidia-smi``.
    """
    found: list[float] = []
    if shutil.which("nvidia-smi") is None:
        yield found
        return
    command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    asked = subprocess.Popen([*command, "-lms", "100"], stdout=subprocess.PIPE, text=True)
    try:
        yield found
    finally:
        asked.terminate()
        found += [float(line) for line in asked.communicate()[0].split() if line.isdigit()]


def matmul_peak(precision: str, size: int, repeats: int) -> float:
    """Return the operations a second of a square matrix product."""
    values = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    matrix = keras.ops.cast(keras.ops.convert_to_tensor(values), precision)
    run = _compiled(lambda a: keras.ops.matmul(a, a), matrix)
    taken = []
    for _ in range(max(repeats, 3) + 1):
        begun = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begun)
    return 2 * size**3 / statistics.median(taken[1:])


def forward_backward(layer: Any, shape: tuple[int, ...], dtype: str, *, inputs: bool) -> Run:
    """Return a call of a layer, forward and backward from random gradients of its output.

    Parameters
    ----------
    layer
        A built layer.
    shape, dtype
        Of what it reads.
    inputs
        Whether the gradient of what it reads is needed as well.
    """
    random = np.random.default_rng(1)
    values = random.random(shape, dtype=np.float32)
    read = keras.ops.cast(keras.ops.convert_to_tensor(values), dtype)
    slope = random.random(tuple(layer.compute_output_shape(shape)), dtype=np.float32)
    slope = keras.ops.cast(keras.ops.convert_to_tensor(slope), dtype)

    def loss(outputs: Any) -> Any:
        return keras.ops.sum(keras.ops.cast(outputs * slope, "float32"))

    return _gradients(layer, lambda call: loss(call(read)), read=read if inputs else None)


def whole_backward(stepper: Any, codes: np.ndarray, labels: np.ndarray) -> Run:
    """Return a call of a compiled model, forward and backward, whose weights stay."""
    codes, labels = (keras.ops.convert_to_tensor(values) for values in (codes, labels))

    def loss(call: Any) -> Any:
        return stepper.compute_loss(y=labels, y_pred=call(codes))

    return _gradients(stepper, loss)


def forward(layer: Any, codes: np.ndarray, labels: np.ndarray) -> Run:
    """Return a call that carries codes and labels over to the device and calls a layer on codes."""
    run = _function(layer)

    def call() -> None:
        keras.ops.convert_to_tensor(labels)
        _wait(run(keras.ops.convert_to_tensor(codes)))

    return call


def update(stepper: Any) -> Run:
    """Return a call that applies one set of gradients with a model's optimizer."""
    variables, optimizer = stepper.trainable_variables, stepper.optimizer
    gradients = [keras.ops.full(variable.shape, 1e-6, "float32") for variable in variables]
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        apply = jax.jit(optimizer.stateless_apply, donate_argnums=(0, 2))
        # Copies: what is given away must not be the model's own.
        copies = jax.numpy.copy
        state = [
            [copies(variable.value) for variable in optimizer.variables],
            [copies(variable.value) for variable in variables],
        ]

        def call() -> None:
            new, own = apply(state[0], gradients, state[1])
            state[:] = [own, new]
            jax.block_until_ready(state)

        return call
    if backend == "tensorflow":
        import tensorflow as tf

        apply = tf.function(lambda: optimizer.apply(gradients, variables))
    else:
        apply = lambda: optimizer.apply(gradients, variables)  # noqa: E731

    def applied() -> None:
        apply()
        _wait(None)

    return applied


def _gradients(model: Any, loss: Callable[[Any], Any], *, read: Any = None) -> Run:
    """Return a call for the loss's gradients of a model's weights, and of what it reads."""
    backend = keras.backend.backend()
    if backend == "jax":
        return _jax_gradients(model, loss, read)
    weights = [variable.value for variable in model.trainable_variables]
    if backend == "tensorflow":
        import tensorflow as tf

        @tf.function
        def run() -> Any:
            with tf.GradientTape() as tape:
                if read is not None:
                    tape.watch(read)
                value = loss(lambda inputs: model(inputs, training=True))
            return tape.gradient(value, weights if read is None else [*weights, read])

        return lambda: _wait(run())
    import torch

    sources = weights
    if read is not None:
        sources = [*weights, read.requires_grad_()]

    def run_torch() -> None:
        value = loss(lambda inputs: model(inputs, training=True))
        torch.autograd.grad(value, sources)
        _wait(None)

    return run_torch


def _jax_gradients(model: Any, loss: Callable[[Any], Any], read: Any) -> Run:
    import jax

    # Copies: a train step takes the model's own arrays over.
    fixed = [jax.numpy.copy(variable.value) for variable in model.non_trainable_variables]
    weights = [jax.numpy.copy(variable.value) for variable in model.trainable_variables]
    takes_training = "training" in inspect.signature(model.call).parameters
    options = {"training": True} if takes_training else {}

    def value(weights: Any, given: Any) -> Any:
        def call(inputs: Any) -> Any:
            source = inputs if given is None else given
            return model.stateless_call(weights, fixed, source, **options)[0]

        return loss(call)

    places = (0,) if read is None else (0, 1)
    gradient = jax.jit(jax.grad(value, argnums=places))
    return lambda: jax.block_until_ready(gradient(weights, read))


def _compiled(function: Callable[[Any], Any], argument: Any) -> Run:
    run = _function(function)
    return lambda: _wait(run(argument))


def _function(function: Callable[..., Any]) -> Callable[..., Any]:
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    return function


def _wait(result: Any) -> None:
    """Return when the device has done what it was given."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        jax.block_until_ready(result)
    elif backend == "tensorflow":
        import tensorflow as tf

        tf.test.experimental.sync_devices()
    else:
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()

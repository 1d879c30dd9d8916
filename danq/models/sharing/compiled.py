"""Functions of tensors, compiled by whichever backend Keras runs on."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

Tensor = Any


def compile_function(
    function: Callable[..., Any], variables: Sequence[keras.Variable]
) -> Callable[..., Any]:
    """Compile a function that reads `variables`, and no others, and changes none.

    `function` takes tensors (and None, in fixed places) and returns any nest of tensors. The result
    is called as it is, also with arrays; what comes back stays on the device.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, reduce_retracing=False)
    if backend == "jax":
        return _jit(function, variables)
    import torch

    return torch.no_grad()(function)


def _jit(function: Callable[..., Any], variables: Sequence[keras.Variable]) -> Callable[..., Any]:
    """Compile for JAX with the weights as arguments: as constants they would be compiled in."""
    import jax

    def pure(weights: list[Tensor], *arguments: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, weights, strict=True))):
            return function(*arguments)

    step = jax.jit(pure)
    return lambda *arguments: step([variable.value for variable in variables], *arguments)

"""The same network in another precision: half-width arithmetic over float32 weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from danq.errors import InputError
from danq.models import PRECISIONS


def with_precision(network: keras.Model, precision: str) -> keras.Model:
    """Copy a network so that its layers compute in another precision.

    Weights stay float32 in every precision (Keras's ``mixed_bfloat16`` and ``mixed_float16``
    policies), and so do masks and the network's last two layers, the logits and what follows them:
    scores are differences of logits, which half precision would round away. On JAX so do LSTMs,
    whose cuDNN kernel there takes no other precision.

    Parameters
    ----------
    network
        A model whose last two layers are its logits and their activation. It is not changed.
    precision
        ``float32``, ``bfloat16`` or ``float16``.

    Returns
    -------
    keras.Model
        A copy with weights of its own, of the same values, and the metadata of the network when it
        has any.

    Raises
    ------
    InputError
        When the precision is none of the three, or the network is a subclassed model.
    """
    check_precision(precision)
    if not isinstance(network, (keras.Sequential, keras.Function)):
        raise InputError(
            f"a {type(network).__name__} cannot be copied in another precision, expected a "
            "Sequential or functional model"
        )
    policy = "float32" if precision == "float32" else f"mixed_{precision}"
    kept = {layer.name for layer in network.layers[-2:]}

    # A mask's value, such as 0.3, would not be found again in half precision.
    is_jax = keras.backend.backend() == "jax"
    exact = (keras.layers.Masking, keras.layers.LSTM) if is_jax else keras.layers.Masking

    def copy_layer(layer: Any) -> Any:
        inner = layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer
        is_kept = layer.name in kept or isinstance(inner, exact)
        name = "float32" if is_kept else policy
        return type(layer).from_config(_with_policy(layer.get_config(), name))

    copy = keras.models.clone_model(network, clone_function=copy_layer)
    copy.set_weights(network.get_weights())
    if hasattr(network, "danq"):
        copy.danq = network.danq
    return copy


@contextmanager
def full_float32() -> Iterator[None]:
    """Make TensorFlow and PyTorch multiply float32 numbers unrounded inside the block.

    On a card they would round them to TensorFloat-32 first, 10 bits after the point instead of 23.
    JAX does as ``JAX_DEFAULT_MATMUL_PRECISION`` says: when it has to convolve whole numbers it may
    choose kernels that ask for hundreds of gigabytes.
    """
    if keras.backend.backend() == "jax":
        yield
        return
    before = _set_rounding((False, False))
    try:
        yield
    finally:
        _set_rounding(before)


def _set_rounding(allowed: tuple[bool, bool]) -> tuple[bool, bool]:
    """Allow TensorFloat-32 in matrix products and in cuDNN or not; give what was allowed before."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        switch = tf.config.experimental
        was = bool(switch.tensor_float_32_execution_enabled())
        switch.enable_tensor_float_32_execution(allowed[0])
        return was, was
    import torch

    products, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, cudnn.allow_tf32
    products.allow_tf32, cudnn.allow_tf32 = allowed
    return before


def check_precision(precision: str) -> None:
    """Raise InputError when `precision` is none of `PRECISIONS`."""
    if precision not in PRECISIONS:
        expected = ", ".join(PRECISIONS)
        raise InputError(f'found precision "{precision}", expected one of {expected}')


def _with_policy(config: Any, name: str) -> Any:
    """Replace every dtype policy, those of the layers inside a wrapper too."""
    if isinstance(config, list):
        return [_with_policy(item, name) for item in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return {**config, "config": {"name": name}}
    return {key: _with_policy(value, name) for key, value in config.items()}

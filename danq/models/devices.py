"""The device a network runs on."""

import logging

import keras

from danq.core.startup import hidden_notes
from danq.errors import InputError, counted
from danq.models import CARD_BATCH, DEFAULT_BATCH

logger = logging.getLogger(__name__)


def prepare_devices() -> str:
    """Make a GPU's memory grow as needed, and report what will be used.

    TensorFlow would otherwise take all memory of every GPU at once, so that two programs could not
    share one. PyTorch grows by itself; JAX learns it from an environment variable that
    `danq.models.load_backend` sets.

    Returns
    -------
    str
        For instance ``2 GPUs (tensorflow)`` or ``CPU (jax)``.
    """
    backend = keras.backend.backend()
    gpus = count_gpus()
    if backend == "tensorflow":
        import tensorflow as tf

        for device in tf.config.list_physical_devices("GPU"):
            try:
                tf.config.experimental.set_memory_growth(device, True)
            except RuntimeError:
                logger.warning("the GPU is in use already, its memory growth stays as it is")
    name = "CPU" if not gpus else "1 GPU" if gpus == 1 else f"{gpus} GPUs"
    logger.info("running on %s with the %s backend", name, backend)
    return f"{name} ({backend})"


def count_gpus() -> int:
    """Count the GPUs that Keras's backend sees."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return len(tf.config.list_physical_devices("GPU"))
    if backend == "torch":
        import torch

        return int(torch.cuda.device_count())
    import jax

    return sum(device.platform == "gpu" for device in jax.devices())


def default_batch() -> int:
    """Return how many windows to predict at once: a card stands idle between small batches."""
    return CARD_BATCH if count_gpus() else DEFAULT_BATCH


def choose_devices(wanted: int | str | None) -> list[str]:
    """Choose the devices that share the batches of a training: a number, or ``all``; None is one.

    Names are in the backend's manner, of GPUs where there are any, otherwise of CPUs. InputError
    when there are fewer, or the backend cannot share a batch among several, as PyTorch cannot.
    """
    if wanted is None or wanted == 1:
        return [""]
    if wanted != "all" and (not isinstance(wanted, int) or wanted < 1):
        raise InputError(f"found devices {wanted}, expected a number from 1, or all")
    backend = keras.backend.backend()
    if backend == "torch":
        if wanted == "all" and count_gpus() < 2:
            return [""]
        raise InputError(
            "several devices need Keras on TensorFlow or JAX (KERAS_BACKEND=jax), found torch"
        )
    with hidden_notes():
        # JAX lists those of its first choice of platform: GPUs where it sees any.
        is_tensorflow = backend == "tensorflow"
        found = _tensorflow_devices() if is_tensorflow else keras.distribution.list_devices()
    if not isinstance(wanted, int):
        return found
    if wanted > len(found):
        seen = counted(len(found), "GPU" if count_gpus() else "CPU")
        raise InputError(f"found devices {wanted}, but {backend} sees {seen}")
    return found[:wanted]


def _tensorflow_devices() -> list[str]:
    import tensorflow as tf

    for kind in ("GPU", "CPU"):
        found = [device.name for device in tf.config.list_logical_devices(kind)]
        if found:
            return found
    return [""]

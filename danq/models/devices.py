"""The device a network runs on."""

from __future__ import annotations

import logging

import keras

from danq.models.startup import hidden_notes

logger = logging.getLogger(__name__)


def prepare_devices() -> str:
    """Let a GPU's memory grow as needed, and say what will be used.

    TensorFlow would otherwise take all memory of every GPU at once, so that two programs could not
    share one. PyTorch grows by itself; JAX is told so by an environment variable that
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

        with hidden_notes():
            return len(tf.config.list_physical_devices("GPU"))
    if backend == "torch":
        import torch

        return int(torch.cuda.device_count())
    import jax

    return sum(device.platform == "gpu" for device in jax.devices())

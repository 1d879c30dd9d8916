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
    gpus = 0
    if backend == "tensorflow":
        import tensorflow as tf

        with hidden_notes():
            devices = tf.config.list_physical_devices("GPU")
        gpus = len(devices)
        for device in devices:
            try:
                tf.config.experimental.set_memory_growth(device, True)
            except RuntimeError:
                logger.warning("the GPU is in use already, its memory growth stays as it is")
    elif backend == "torch":
        import torch

        gpus = torch.cuda.device_count()
    else:
        import jax

        gpus = sum(device.platform == "gpu" for device in jax.devices())
    name = "CPU" if not gpus else "1 GPU" if gpus == 1 else f"{gpus} GPUs"
    logger.info("running on %s with the %s backend", name, backend)
    return f"{name} ({backend})"

"""Keras optimizers from settings."""

from __future__ import annotations

from typing import Any

import keras

from danq.training.settings import Settings

_WARM_UP = 0.02
_SGD_DECAY = 8e-7

_scaled = keras.optimizers.LossScaleOptimizer


def build_optimizer(settings: Settings, total_steps: int) -> keras.optimizers.Optimizer:
    """Make the optimizer and its learning-rate schedule.

    In float16 it scales the loss, so that small gradients do not vanish: a step whose scaled
    gradients overflow is skipped and the scale halved.

    Parameters
    ----------
    settings
        Which, and how fast.
    total_steps
        Steps in all epochs, for schedules that end.
    """
    optimizer = _optimizer(settings, _rate(settings, total_steps))
    if settings.precision == "float16":
        return _scaled(optimizer)
    return optimizer


def loss_scale(optimizer: keras.optimizers.Optimizer) -> float:
    """Give the factor that an optimizer of `build_optimizer` puts on the loss at present."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return float(keras.ops.convert_to_numpy(optimizer.dynamic_scale))
    return 1.0


def _optimizer(settings: Settings, rate: Any) -> keras.optimizers.Optimizer:
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, rho=0.9, epsilon=1e-6)
    return keras.optimizers.Adam(rate)


def _rate(settings: Settings, total_steps: int) -> Any:
    if settings.schedule == "cosine":
        warm_up = max(1, round(_WARM_UP * total_steps))
        return keras.optimizers.schedules.CosineDecay(
            0.0,
            decay_steps=max(1, total_steps - warm_up),
            warmup_target=settings.learning_rate,
            warmup_steps=warm_up,
        )
    if settings.optimizer == "sgd":
        return keras.optimizers.schedules.InverseTimeDecay(
            settings.learning_rate, decay_steps=1, decay_rate=_SGD_DECAY
        )
    return settings.learning_rate

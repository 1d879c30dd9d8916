"""Keras optimizers from settings."""

from typing import Any

import keras

from danq.training.settings import Settings
from danq.training.step.schedules import Rate

_FACTOR = "rate_factor"
# Decay is for kernels: biases and the scales and shifts of a user's normalization stay out of it.
_NOT_DECAYED = ["bias", "gamma", "beta"]

_scaled = keras.optimizers.LossScaleOptimizer


def build_optimizer(
    settings: Settings, total_steps: int, *, replicas: int = 1
) -> keras.optimizers.Optimizer:
    """Make the optimizer and its learning-rate schedule over all steps.

    In float16 it scales the loss, so that small gradients do not vanish: a step whose scaled
    gradients overflow is skipped and the scale halved. Each of `replicas` devices applies a share
    of the same clipped gradients, which Keras then adds.
    """
    optimizer = _optimizer(settings, _rate(settings, total_steps), replicas)
    if settings.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=_NOT_DECAYED)
    if settings.schedule == "plateau":
        # A variable of the optimizer, so that it is state to every backend and to checkpoints.
        optimizer._learning_rate.factor = optimizer.add_variable(
            shape=(), initializer="ones", name=_FACTOR
        )
    if settings.precision == "float16":
        return _scaled(optimizer)
    return optimizer


def set_rate_factor(optimizer: keras.optimizers.Optimizer, factor: float) -> None:
    """Multiply the rates of the schedule ``plateau`` by a factor, from the next step on."""
    for variable in optimizer.variables:
        if variable.name == _FACTOR:
            variable.assign(factor)


def loss_scale(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the factor that an optimizer of `build_optimizer` puts on the loss at present."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return float(keras.ops.convert_to_numpy(optimizer.dynamic_scale))
    return 1.0


def _optimizer(settings: Settings, rate: Any, replicas: int) -> keras.optimizers.Optimizer:
    options = {
        "weight_decay": settings.weight_decay or None,
        "global_clipnorm": settings.clip_norm and settings.clip_norm / replicas,
        "clipvalue": settings.clip_value and settings.clip_value / replicas,
    }
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, **options)
    if settings.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(rate, rho=0.9, epsilon=1e-6, **options)
    return keras.optimizers.Adam(rate, **options)


def _rate(settings: Settings, total_steps: int) -> Any:
    steady = settings.schedule == "constant" and settings.optimizer != "sgd"
    if steady and not settings.timing()["warm_up"]:
        return settings.learning_rate
    return Rate(settings, total_steps)

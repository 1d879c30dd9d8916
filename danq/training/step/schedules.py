"""How the learning rate goes from step to step, and when a plateau lowers it."""

import math
from collections.abc import Sequence
from typing import Any

import keras

from danq.training.settings import Settings

_SGD_DECAY = 8e-7
_ONE_CYCLE_START = 1 / 25


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of a step: the settings' rate, times its rise, times its fall.

    `factor` is a variable that the rate is multiplied by, for what is decided between epochs; None
    is 1.
    """

    def __init__(self, settings: Settings, total_steps: int) -> None:
        super().__init__()
        self.settings = settings
        self.total_steps = total_steps
        timing = settings.timing()
        share = timing["warm_up"] or 0.0
        self._rise = max(1, round(share * total_steps)) if share else 0
        self._decay, epochs = timing["decay"], timing["decay_epochs"]
        self._decay_steps = (epochs or 1) * total_steps / settings.epochs
        self.factor: Any = None

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, from 0."""
        step = keras.ops.cast(step, "float32")
        rate = self.settings.learning_rate * self._fall(step) * self._risen(step)
        return rate if self.factor is None else rate * self.factor

    def _risen(self, step: Any) -> Any:
        if not self._rise:
            return 1.0
        if self.settings.schedule == "one-cycle":
            risen = _ONE_CYCLE_START + (1 - _ONE_CYCLE_START) * step / self._rise
        else:
            # Not from 0, which would make the first step change nothing.
            risen = (step + 1) / self._rise
        return keras.ops.minimum(risen, 1.0)

    def _fall(self, step: Any) -> Any:
        schedule = self.settings.schedule
        if schedule in ("cosine", "one-cycle"):
            done = (step - self._rise) / max(1, self.total_steps - self._rise)
            return 0.5 * (1 + keras.ops.cos(math.pi * keras.ops.clip(done, 0.0, 1.0)))
        if schedule in ("step", "exponential"):
            times = step / self._decay_steps
            times = keras.ops.floor(times) if schedule == "step" else times
            return keras.ops.power(self._decay, times)
        if schedule == "constant" and self.settings.optimizer == "sgd":
            return 1 / (1 + _SGD_DECAY * step)
        return keras.ops.ones_like(step)

    def get_config(self) -> dict[str, Any]:
        """Return what `__init__` takes."""
        return {"settings": self.settings.record(), "total_steps": self.total_steps}


def plateaus(values: Sequence[float], epochs: float) -> int:
    """Count how often the rate is lowered in a run, by a number an epoch of which lower is better.

    It is lowered after `epochs` without a better one, and again after as many more. The count
    follows from the history alone, so that a resumed run needs no other state.
    """
    best, waited, count = math.inf, 0, 0
    for value in values:
        waited = 0 if value < best else waited + 1
        best = min(best, value)
        if waited >= epochs:
            waited, count = 0, count + 1
    return count

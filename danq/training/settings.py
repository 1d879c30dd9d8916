"""How to train: the papers' recipes as defaults, and what the user changes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from danq.errors import InputError


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f'found {name} "{value}", expected one of {", ".join(choices)}')


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters of a training run.

    Attributes
    ----------
    optimizer
        ``sgd`` (momentum 0.9, the rate falling as 1 / (1 + 8e-7 · step)), ``rmsprop`` (rho 0.9,
        epsilon 1e-6) or ``adam``.
    learning_rate
        At the first step.
    schedule
        ``constant`` leaves the rate to the optimizer; ``cosine`` lets it fall to zero over all
        epochs, after a warm-up of the first two hundredths.
    batch_size
        Windows a step.
    epochs
        At most so many.
    patience
        Stop after so many epochs without a better one.
    monitor
        What makes an epoch better on the validation windows: a lower ``loss``, or a higher
        ``pr_auc`` (mean average precision over targets), which goes on rising where a small data
        set lets the loss suffer from overconfidence.
    seed
        Of weights, order, strands, shifts and dropout.
    max_jitter
        Largest random shift of a training window, bases.
    precision
        What the inner layers compute in: ``float32``, ``bfloat16`` or ``float16``. Weights and
        logits are float32 in each, and so is the model file.
    """

    optimizer: str
    learning_rate: float
    schedule: str = "constant"
    batch_size: int = 100
    epochs: int = 60
    patience: int = 5
    monitor: str = "loss"
    seed: int = 1
    max_jitter: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Check every value."""
        _check_choice("optimizer", self.optimizer, ("sgd", "rmsprop", "adam"))
        _check_choice("schedule", self.schedule, ("constant", "cosine"))
        _check_choice("monitor", self.monitor, ("loss", "pr_auc"))
        _check_choice("precision", self.precision, ("float32", "bfloat16", "float16"))
        if not 0 < self.learning_rate < math.inf:
            raise InputError(f"found learning_rate {self.learning_rate}, expected more than 0")
        if self.seed >= 1 << 32:
            raise InputError(f"found seed {self.seed}, expected less than {1 << 32}")
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise InputError(f"found {name} {getattr(self, name)}, expected at least {least}")

    def record(self) -> dict[str, Any]:
        """Give all values by name."""
        return asdict(self)


_LEAST = {"batch_size": 1, "epochs": 1, "patience": 1, "seed": 0, "max_jitter": 0}

# Zhou & Troyanskaya 2015, Supplementary Note; Quang & Xie 2016, Methods.
DEEPSEA = Settings(optimizer="sgd", learning_rate=1.0, batch_size=16)
DANQ = Settings(optimizer="rmsprop", learning_rate=0.001, batch_size=100)
DANQ_JASPAR = Settings(optimizer="rmsprop", learning_rate=0.001, batch_size=100, epochs=32)
RECIPES = {"deepsea": DEEPSEA, "danq": DANQ, "danq-jaspar": DANQ_JASPAR}

# What an optimizer starts with where the recipe's rate, meant for another one, would not do.
_USUAL_RATE = {"sgd": 1.0, "rmsprop": 0.001, "adam": 0.001}


def settings_for(model: str, **changes: Any) -> Settings:
    """Give the recipe of a model with the user's changes.

    Parameters
    ----------
    model
        ``deepsea``, ``danq`` or ``danq-jaspar``; DanQ's recipe serves every other network.
    **changes
        Fields of `Settings`; None leaves the recipe's value. A changed optimizer without a
        learning rate brings its own usual one.

    Raises
    ------
    InputError
        When a value is out of range.
    """
    recipe = RECIPES.get(model, DANQ)
    given = {name: value for name, value in changes.items() if value is not None}
    optimizer = given.get("optimizer", recipe.optimizer)
    if optimizer != recipe.optimizer and optimizer in _USUAL_RATE:
        given.setdefault("learning_rate", _USUAL_RATE[optimizer])
    values = {item.name: getattr(recipe, item.name) for item in fields(recipe)}
    return Settings(**{**values, **given})

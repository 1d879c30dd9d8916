"""How to train: the papers' recipes as defaults, and what the user changes."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, TypedDict, Unpack

from danq.errors import InputError, quoted, suggestion
from danq.models import PRECISIONS
from danq.ranges import BATCH_SIZE, SEED, SHARE_BELOW_1, Range, whole

CHOICES = {
    "optimizer": ("sgd", "rmsprop", "adam"),
    "scale_learning_rate": ("none", "linear", "sqrt"),
    "schedule": ("constant", "cosine", "one-cycle", "step", "exponential", "plateau"),
    "monitor": ("loss", "pr_auc"),
    "loss": ("bce", "focal"),
    "class_weights": ("none", "positive"),
    "precision": PRECISIONS,
}
"""What the settings that are words may be."""

_POSITIVE = Range(above=0, most=1_000_000)
RANGES = {
    "batch_size": BATCH_SIZE,
    "epochs": whole(1, 1_000_000),
    "patience": whole(1, 1_000_000),
    "seed": SEED,
    "max_jitter": whole(0, 1_000_000),
    "learning_rate": _POSITIVE,
    "warm_up": SHARE_BELOW_1,
    "decay": Range(above=0, below=1),
    "decay_epochs": _POSITIVE,
    "focal_gamma": Range(0, 1000),
    "max_class_weight": Range(1, 1_000_000),
    "label_smoothing": SHARE_BELOW_1,
    "clip_norm": _POSITIVE,
    "clip_value": _POSITIVE,
    "weight_decay": Range(0, 1000),
}
"""What the settings that are numbers may be."""


@dataclass(frozen=True)
class Settings:
    """Hyper-parameters of a training run.

    Attributes
    ----------
    optimizer
        ``sgd`` (momentum 0.9, the rate falling as 1 / (1 + 8e-7 · step)), ``rmsprop`` (rho 0.9,
        epsilon 1e-6) or ``adam``.
    learning_rate
        The full one, reached with the last step of the warm-up.
    scale_learning_rate
        How `settings_for` fitted the rate to the batch; here it is only a record.
    schedule
        ``constant`` leaves the rate to the optimizer. ``cosine`` lets it fall to zero over all
        epochs; so does ``one-cycle``, which starts from a 25th of the rate (Smith & Topin 2018).
        ``step`` multiplies it by `decay` every `decay_epochs`, ``exponential`` spreads the same
        fall over the steps between, ``plateau`` multiplies it after `decay_epochs` without a better
        epoch.
    warm_up
        Share of all steps in which the rate rises to its full height; None is 0.3 for
        ``one-cycle``, 0.02 for ``cosine`` and otherwise 0.
    decay, decay_epochs
        As in `schedule`; None is 0.25 after 2 epochs for ``plateau``, otherwise 0.1 after a third
        of all epochs.
    batch_size
        Windows a step.
    epochs
        Maximum number.
    patience
        Number of epochs without a better one after which training stops.
    monitor
        What makes an epoch better on the validation windows: a lower ``loss``, or a higher
        ``pr_auc`` (mean average precision over targets), which keeps rising where a small data
        set lets the loss suffer from overconfidence.
    loss, focal_gamma, class_weights, max_class_weight, label_smoothing
        What is minimized, as in `danq.training.step.losses`.
    clip_norm, clip_value
        Scale gradients so that the norm of all of them together is at most this; cut each of their
        values at plus or minus this. None leaves them.
    weight_decay
        Each step kernels lose this times the learning rate of themselves (decoupled, as in AdamW).
        It is not an L2 penalty: those of DeepSEA's kernels stay what they are.
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
    scale_learning_rate: str = "none"
    schedule: str = "constant"
    warm_up: float | None = None
    decay: float | None = None
    decay_epochs: float | None = None
    batch_size: int = 100
    epochs: int = 60
    patience: int = 5
    monitor: str = "loss"
    loss: str = "bce"
    focal_gamma: float | None = None
    class_weights: str = "none"
    max_class_weight: float | None = None
    label_smoothing: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    weight_decay: float = 0.0
    seed: int = 1
    max_jitter: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Check every value."""
        for name, choices in CHOICES.items():
            _check_choice(name, getattr(self, name), choices)
        for name, limits in RANGES.items():
            value = getattr(self, name)
            if value is not None:
                limits.check(name, value)
        if self.clip_norm is not None and self.clip_value is not None:
            raise InputError("found clip_norm and clip_value, expected one of them")
        for name, owner, value in (
            ("focal_gamma", "loss", "focal"),
            ("max_class_weight", "class_weights", "positive"),
        ):
            if getattr(self, name) is not None and getattr(self, owner) != value:
                raise InputError(
                    f'found {name} with {owner} "{getattr(self, owner)}", expected it with {value}'
                )
        _check_decay(self)

    def __repr__(self) -> str:
        usual = {item.name: item.default for item in fields(self)}
        shown = [
            f"{name}={value!r}" for name, value in asdict(self).items() if value != usual[name]
        ]
        return f"Settings({', '.join(shown)})"

    @property
    def depends_on_end(self) -> bool:
        """Whether the rate of a step depends on how many steps there will be."""
        return self.schedule in ("cosine", "one-cycle") or bool(self.timing()["warm_up"])

    def timing(self) -> dict[str, float | None]:
        """Return `warm_up`, `decay` and `decay_epochs` as they are used."""
        warm_up, decay, epochs = self.warm_up, self.decay, self.decay_epochs
        if warm_up is None:
            warm_up = _WARM_UP.get(self.schedule, 0.0)
        if self.schedule in _DECAYING:
            on_plateau = self.schedule == "plateau"
            if decay is None:
                decay = 0.25 if on_plateau else 0.1
            if epochs is None:
                epochs = 2 if on_plateau else max(1, round(self.epochs / 3))
        return {"warm_up": warm_up, "decay": decay, "decay_epochs": epochs}

    def weighing(self) -> dict[str, float | None]:
        """Return `focal_gamma` and `max_class_weight` as they are used; None where they are not."""
        gamma = _FOCAL_GAMMA if self.focal_gamma is None else self.focal_gamma
        most = _MAX_CLASS_WEIGHT if self.max_class_weight is None else self.max_class_weight
        return {
            "focal_gamma": gamma if self.loss == "focal" else None,
            "max_class_weight": most if self.class_weights == "positive" else None,
        }

    def record(self) -> dict[str, Any]:
        """Return all values by name, as they are used."""
        return {**asdict(self), **self.timing(), **self.weighing()}


class Changes(TypedDict, total=False):
    """The fields of `Settings` as keywords; None leaves the recipe's value."""

    optimizer: str | None
    learning_rate: float | None
    scale_learning_rate: str | None
    schedule: str | None
    warm_up: float | None
    decay: float | None
    decay_epochs: float | None
    batch_size: int | None
    epochs: int | None
    patience: int | None
    monitor: str | None
    loss: str | None
    focal_gamma: float | None
    class_weights: str | None
    max_class_weight: float | None
    label_smoothing: float | None
    clip_norm: float | None
    clip_value: float | None
    weight_decay: float | None
    seed: int | None
    max_jitter: int | None
    precision: str | None


_DECAYING = ("step", "exponential", "plateau")
_WARM_UP = {"cosine": 0.02, "one-cycle": 0.3}
_SCALED_WARM_UP = 0.05
_FOCAL_GAMMA = 2.0
_MAX_CLASS_WEIGHT = 20.0


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(
            f"found {name} {quoted(value)}, expected one of {', '.join(choices)}"
            f"{suggestion(str(value), choices)}"
        )


def _check_decay(settings: Settings) -> None:
    if settings.schedule not in _DECAYING:
        for name in ("decay", "decay_epochs"):
            if getattr(settings, name) is not None:
                raise InputError(
                    f'found {name} with the schedule "{settings.schedule}", expected it with '
                    f"{', '.join(_DECAYING)}"
                )
    epochs = settings.timing()["decay_epochs"]
    if settings.schedule == "plateau" and epochs is not None and epochs >= settings.patience:
        raise InputError(
            f"found patience {settings.patience}, expected more than the {epochs:g} epochs after "
            'which the schedule "plateau" lowers the rate'
        )


# Zhou & Troyanskaya 2015, Supplementary Note; Quang & Xie 2016, Methods.
DEEPSEA = Settings(optimizer="sgd", learning_rate=1.0, batch_size=16)
DANQ = Settings(optimizer="rmsprop", learning_rate=0.001, batch_size=100)
DANQ_JASPAR = Settings(optimizer="rmsprop", learning_rate=0.001, batch_size=100, epochs=32)
RECIPES = {"deepsea": DEEPSEA, "danq": DANQ, "danq-jaspar": DANQ_JASPAR}

# What an optimizer starts with where the recipe's rate, meant for another one, would not do.
_USUAL_RATE = {"sgd": 1.0, "rmsprop": 0.001, "adam": 0.001}


def settings_for(model: str, **changes: Unpack[Changes]) -> Settings:
    """Return the recipe of a model with the user's changes.

    Parameters
    ----------
    model
        ``deepsea``, ``danq`` or ``danq-jaspar``; DanQ's recipe serves every other network.
    **changes
        Fields of `Settings`; None leaves the recipe's value. A changed optimizer without a
        learning rate brings its own usual one. With `scale_learning_rate` the rate is that of the
        recipe's batch and is multiplied by how many times larger the batch is (``linear``) or by
        the root of that (``sqrt``); the warm-up is then at least 0.05 unless one is given.

    Raises
    ------
    InputError
        When a value is out of range.
    TypeError
        When there is no such field.
    """
    names = [item.name for item in fields(Settings)]
    for name in changes:
        if name not in names:
            raise TypeError(f"found the setting {quoted(name)}{suggestion(name, names)}")
    recipe = RECIPES.get(model, DANQ)
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    optimizer = given.get("optimizer", recipe.optimizer)
    if optimizer != recipe.optimizer and optimizer in _USUAL_RATE:
        given.setdefault("learning_rate", _USUAL_RATE[optimizer])
    values = {item.name: getattr(recipe, item.name) for item in fields(recipe)}
    settings = Settings(**{**values, **given})
    if settings.scale_learning_rate == "none":
        return settings
    times = settings.batch_size / recipe.batch_size
    factor = times if settings.scale_learning_rate == "linear" else math.sqrt(times)
    values = {**asdict(settings), "learning_rate": settings.learning_rate * factor}
    if settings.warm_up is None:
        values["warm_up"] = max(_SCALED_WARM_UP, settings.timing()["warm_up"] or 0)
    return Settings(**values)

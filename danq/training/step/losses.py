"""What training minimizes: cross-entropy, weighted, smoothed or focal, from logits in float32."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.training.settings import Settings


class ElementLoss(keras.losses.Loss):
    """Binary cross-entropy of every window and target, averaged over both.

    With the label y, smoothed to y (1 − s) + s / 2, the logit z and the probability p = σ(z) the
    loss of an element is ``−w y (1 − p)^γ ln p − (1 − y) p^γ ln(1 − p)``. w is `positive_weights`,
    one a target, None is 1; γ is `gamma`, s `smoothing`. γ = 0 is cross-entropy; a larger γ takes
    weight from what is predicted well (Lin et al. 2017, Focal Loss, section 3).
    """

    def __init__(
        self,
        positive_weights: Sequence[float] | None = None,
        *,
        gamma: float = 0.0,
        smoothing: float = 0.0,
        name: str = "element_loss",
    ) -> None:
        super().__init__(name=name, reduction="sum_over_batch_size", dtype="float32")
        self.positive_weights = None if positive_weights is None else list(positive_weights)
        self.gamma = gamma
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the mean over targets, float32 (batch,), of labels and logits (batch, targets)."""
        labels = keras.ops.cast(y_true, "float32")
        logits = keras.ops.cast(y_pred, "float32")
        labels = labels * (1 - self.smoothing) + self.smoothing / 2
        # −ln p and −ln(1 − p): finite for every finite logit, where p itself would round to 0 or 1.
        missed, alarmed = keras.ops.softplus(-logits), keras.ops.softplus(logits)
        positive, negative = labels * missed, (1 - labels) * alarmed
        if self.gamma:
            positive = positive * keras.ops.exp(-self.gamma * alarmed)
            negative = negative * keras.ops.exp(-self.gamma * missed)
        if self.positive_weights is not None:
            positive = positive * keras.ops.convert_to_tensor(self.positive_weights, "float32")
        return keras.ops.mean(positive + negative, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what `__init__` takes."""
        return {
            "positive_weights": self.positive_weights,
            "gamma": self.gamma,
            "smoothing": self.smoothing,
            "name": self.name,
        }


def build_loss(
    settings: Settings, positive_weights: Sequence[float] | None = None
) -> keras.losses.Loss:
    """Make the loss that the settings ask for; without any of them Keras's own cross-entropy."""
    gamma = settings.weighing()["focal_gamma"] or 0.0
    if not (gamma or settings.label_smoothing or positive_weights is not None):
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return ElementLoss(positive_weights, gamma=gamma, smoothing=settings.label_smoothing)


def positive_weights(settings: Settings, rates: npt.NDArray[np.float64]) -> list[float] | None:
    """Weigh positives so that they count as much as negatives do, up to a limit.

    `rates`, float64 (targets,), is the share of positive windows among those trained on. The
    weights are negatives a positive, at most `max_class_weight`, which targets without positives
    get, and at least its inverse; None where the settings want none.
    """
    if settings.class_weights == "none":
        return None
    negatives = (1 - rates) / np.maximum(rates, np.finfo(np.float64).tiny)
    most = settings.weighing()["max_class_weight"] or 1.0
    weights = np.clip(negatives, 1 / most, most)
    return [float(f"{weight:.6g}") for weight in weights]


def weighted_rates(
    rates: npt.NDArray[np.float64], weights: Sequence[float] | None
) -> npt.NDArray[np.float64]:
    """Return the rates at which a constant prediction would have the lowest weighted loss."""
    if weights is None:
        return rates
    counted = np.asarray(weights) * rates
    return counted / (counted + 1 - rates)

"""What a training run works with: windows, a network, and what trains it and predicts with it."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.dataset import Dataset
from danq.dataset.batches import Batches
from danq.errors import InputError
from danq.models.precision import with_precision
from danq.models.predict import Predictor
from danq.training.networks import first_network
from danq.training.settings import Settings
from danq.training.start import Start
from danq.training.step.losses import positive_weights, weighted_rates
from danq.training.step.parallel import OneDevice
from danq.training.step.stepper import build_stepper

logger = logging.getLogger(__name__)


class Setup:
    """What a run begins with; from then on only the network's and the optimizer's state change.

    `valid`, int64 (n,), are the validation windows and `batches` the training windows; `network`
    goes from one-hot windows to probabilities; `unknown` is what each channel of an unknown base
    holds; `details` is what the model file tells of the training; `stepper` is the network compiled
    for training, with its `step` and `place`; `predictor` predicts with the weights that the
    network has then.
    """

    def __init__(
        self,
        data: Dataset,
        model: str | keras.Model,
        settings: Settings,
        *,
        start: Start,
        parallel: OneDevice,
    ) -> None:
        self.data = data
        self.settings = settings = _fitting(settings, data)
        if settings.max_jitter and not data.has_coordinates:
            raise InputError(
                f"holds sequences without coordinates: max_jitter {settings.max_jitter} has "
                "nothing to move them along",
                path=data.path,
            )
        self.valid = data.indices("valid")
        self.batches = Batches(
            data,
            data.indices("train"),
            settings.batch_size,
            seed=settings.seed,
            max_jitter=settings.max_jitter,
        )
        parallel.check(self.batches.batch_size)
        rates = _base_rates(data, self.batches.indices)
        weights = positive_weights(settings, rates)
        self._check_monitor(weights)
        with parallel.building():
            record = self._build(model, start, weighted_rates(rates, weights))
            self.stepper = build_stepper(
                self.network,
                settings,
                unknown=self.unknown,
                total_steps=len(self.batches) * settings.epochs,
                positive_weights=weights,
                replicas=parallel.replicas,
            )
        self.details = {**record, **settings.record(), "devices": parallel.count}
        if weights is not None:
            self.details["positive_weights"] = weights
        self.step, self.place = parallel.step(self.stepper, settings), parallel.sending()
        self.predictor = Predictor(
            self.network,
            batch_size=parallel.rounded(max(32, self.batches.batch_size)),
            unknown=self.unknown,
        )

    def _build(
        self, model: str | keras.Model, start: Start, rates: npt.NDArray[np.float64]
    ) -> dict[str, Any]:
        """Make the network; give what the model file records of it."""
        keras.utils.set_random_seed(self.settings.seed)
        first = first_network(model, self.data, start, rates=rates, seed=self.settings.seed)
        self.network, self.unknown = first.network, first.unknown
        if self.settings.precision != "float32":
            self.network = with_precision(first.network, self.settings.precision)
        return first.record

    def _check_monitor(self, weights: list[float] | None) -> None:
        """Refuse a figure that cannot be had, and warn of one that says little."""
        if self.settings.monitor == "pr_auc":
            positives = self.data.labels(self.valid).sum(axis=0)
            if not ((positives > 0) & (positives < len(self.valid))).any():
                raise InputError(
                    "no target has positives and negatives in the validation split, so there is "
                    "no pr_auc to monitor",
                    path=self.data.path,
                )
        elif weights is not None or self.settings.loss == "focal":
            logger.warning(
                "class weights and focal loss move probabilities away from the rates of positives, "
                "so the best epoch by validation loss may not be the best: see --monitor pr_auc"
            )


def _fitting(settings: Settings, data: Dataset) -> Settings:
    """Make a batch no larger than the training split; the model file tells its size."""
    windows = len(data.indices("train"))
    if settings.batch_size <= windows:
        return settings
    if settings.scale_learning_rate != "none":
        raise InputError(
            f"holds {windows} training windows: found a batch of {settings.batch_size}, which the "
            f"learning rate follows ({settings.scale_learning_rate}), expected at most as many",
            path=data.path,
        )
    logger.warning(
        "a batch of %d windows is more than the %d of the training split: every step takes all",
        settings.batch_size,
        windows,
    )
    return replace(settings, batch_size=windows)


def in_blocks(rows: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield rows in stretches of a size, the last one perhaps shorter."""
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _base_rates(data: Dataset, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    totals = np.zeros(len(data.targets))
    for block in in_blocks(rows, 1 << 16):
        totals += data.labels(block).sum(axis=0)
    return totals / len(rows)

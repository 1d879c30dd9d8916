"""The network as the training loop steps it: from codes to logits, compiled, dropout seeded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from danq.training.losses import build_loss
from danq.training.optimizers import build_optimizer
from danq.training.pooling import training_logits
from danq.training.settings import Settings


def build_stepper(
    network: keras.Model,
    settings: Settings,
    *,
    unknown: float,
    total_steps: int,
    positive_weights: Sequence[float] | None = None,
    replicas: int = 1,
    form: Callable[..., keras.Model] = training_logits,
) -> Any:
    """Compile a network for training on codes; the weights are shared.

    Parameters
    ----------
    network
        Float one-hot to probabilities.
    settings
        Optimizer, learning rate, schedule, loss and precision.
    unknown
        What each channel of an unknown base holds.
    total_steps
        Steps in all epochs.
    positive_weights
        Of the loss, one a target; None is 1.
    replicas
        How many devices share a batch, where each has an optimizer of its own.
    form
        Makes of the network what goes from codes to logits.

    Returns
    -------
    keras.Model
        Its ``train_on_batch`` gives the cross-entropy, nats a target, as ``entropy``: never scaled
        by the optimizer, and without the kernels' penalty, class weights, smoothing or focus, which
        the loss includes.
    """
    stepper = form(network, unknown=unknown)
    stepper.compile(
        optimizer=build_optimizer(settings, total_steps, replicas=replicas),
        loss=build_loss(settings, positive_weights),
        metrics=[keras.metrics.BinaryCrossentropy(from_logits=True, name="entropy")],
    )
    stepper.optimizer.build(stepper.trainable_variables)
    return stepper


def seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Let dropout depend on the seed, the epoch and the layer alone, as `Batches` does."""
    states = [item for item in network.variables if item.path.endswith("seed_generator_state")]
    for place, state in enumerate(states):
        word = np.random.SeedSequence([seed, epoch, place]).generate_state(1, np.uint32)[0]
        state.assign(np.array([word, 0], dtype=np.uint32))
    if keras.backend.backend() == "torch":
        # There Keras draws dropout from PyTorch's own generator and passes over these states.
        import torch

        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))

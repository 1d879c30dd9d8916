"""The network as the training loop steps it: from codes to logits, compiled, dropout seeded."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.dataset.batches import Batch
from danq.training.settings import Settings
from danq.training.step.losses import build_loss
from danq.training.step.optimizers import build_optimizer
from danq.training.step.pooling import training_logits

Arrays = list[npt.NDArray[Any]]


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

    `network` goes from float one-hot to probabilities; `form` makes of it what goes from codes to
    logits, where an unknown base holds `unknown` in each channel. Each of `replicas` devices has an
    optimizer of its own. The result's ``train_on_batch`` gives the cross-entropy, nats a target, as
    ``entropy``: never scaled by the optimizer, and without the kernels' penalty, class weights,
    smoothing or focus, which the loss includes.
    """
    stepper = form(network, unknown=unknown)
    stepper.compile(
        optimizer=build_optimizer(settings, total_steps, replicas=replicas),
        loss=build_loss(settings, positive_weights),
        metrics=[keras.metrics.BinaryCrossentropy(from_logits=True, name="entropy")],
    )
    stepper.optimizer.build(stepper.trainable_variables)
    return stepper


def compiled_step(stepper: Any) -> Callable[[Any, Any], Any]:
    """Return the function that trains on one batch and does not wait for the device.

    It takes codes and labels, NumPy arrays or what `sending` made of them, to the cross-entropy of
    the batch: a scalar of the backend, or a float. `train_on_batch` fetches the loss after each
    step, so a GPU would stand idle while the next step is prepared. It builds and compiles in the
    first step, and takes every one where a `keras.distribution` shares batches out.
    """
    shared_out = keras.distribution.distribution() is not None
    take = _jax_step if keras.backend.backend() == "jax" else _plain_step

    def step(codes: Any, labels: Any) -> Any:
        if shared_out or stepper.train_function is None:
            return stepper.train_on_batch(codes, labels, return_dict=True)["entropy"]
        stepper.reset_metrics()
        return take(stepper, (codes, labels, None))["entropy"]

    return step


def _plain_step(stepper: Any, batch: tuple[Any, ...]) -> Any:
    return stepper.train_function([batch])


def _jax_step(stepper: Any, batch: tuple[Any, ...]) -> Any:
    """Step where the compiled function takes the state and gives it back."""
    parts = (
        stepper.trainable_variables,
        stepper.non_trainable_variables,
        stepper.optimizer.variables,
        stepper.metrics_variables,
    )
    state = tuple([variable.value for variable in variables] for variables in parts)
    logs, state = stepper.train_function(state, iter([batch]))
    for variables, values in zip(parts, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    return logs


def sending() -> Callable[[Batch], tuple[Any, ...]]:
    """Return the function that begins to send a batch to the device, in whatever thread it runs.

    Where a `keras.distribution` shares batches out, they stay as they are.
    """
    return tuple if keras.distribution.distribution() is not None else _on_device


def _on_device(batch: Batch) -> tuple[Any, ...]:
    if keras.backend.backend() == "torch":
        import torch

        if torch.cuda.is_available():
            # A device reads pinned memory by itself, while it computes.
            pinned = [torch.from_numpy(array).pin_memory() for array in batch]
            return tuple(array.to("cuda", non_blocking=True) for array in pinned)
    return tuple(keras.ops.convert_to_tensor(array) for array in batch)


def seed_dropout(network: keras.Model, seed: int, epoch: int) -> None:
    """Make dropout depend on the seed, the epoch and the layer alone, as `Batches` does."""
    for place, state in enumerate(_drawing(network)):
        word = np.random.SeedSequence([seed, epoch, place]).generate_state(1, np.uint32)[0]
        state.assign(np.array([word, 0], dtype=np.uint32))
    if keras.backend.backend() == "torch":
        # There Keras draws dropout from PyTorch's own generator and passes over these states.
        import torch

        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))


def random_state(network: keras.Model) -> Arrays:
    """Copy the state of what draws dropout."""
    states = [_copy(variable) for variable in _drawing(network)]
    if keras.backend.backend() == "torch":
        import torch

        states += [
            _copy(state) for state in (torch.get_rng_state(), *torch.cuda.get_rng_state_all())
        ]
    return states


def set_random_state(network: keras.Model, states: Arrays) -> None:
    """Go on drawing dropout where `random_state` was taken."""
    variables = _drawing(network)
    for variable, state in zip(variables, states, strict=False):
        variable.assign(state)
    if keras.backend.backend() == "torch":
        import torch

        processor, *devices = [torch.from_numpy(state) for state in states[len(variables) :]]
        torch.set_rng_state(processor)
        if len(devices) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(devices)


def optimizer_state(stepper: Any) -> Arrays:
    """Copy the optimizer's variables."""
    return [_copy(variable) for variable in stepper.optimizer.variables]


def set_optimizer_state(stepper: Any, states: Arrays) -> None:
    """Put back what `optimizer_state` gave."""
    for variable, state in zip(stepper.optimizer.variables, states, strict=True):
        variable.assign(state)


def _drawing(network: keras.Model) -> list[Any]:
    return [item for item in network.variables if item.path.endswith("seed_generator_state")]


def _copy(variable: Any) -> npt.NDArray[Any]:
    # What a backend gives may be its own memory, which the next step overwrites.
    return np.array(keras.ops.convert_to_numpy(variable), copy=True)

"""Several devices share each batch: TensorFlow's MirroredStrategy, JAX's through Keras.

Every device holds all weights and takes an equal part of the batch; gradients are added before they
are applied. The batch size stays that of the whole batch.
"""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from danq.dataset.batches import Batch
from danq.errors import InputError
from danq.models.devices import choose_devices
from danq.training.settings import Settings
from danq.training.step.stepper import compiled_step, sending

Array = npt.NDArray[Any]
Step = Callable[[Any, Any], Any]


class OneDevice:
    """The whole batch on one device, as Keras does by itself.

    `count` devices share a batch; `replicas` optimizers apply the gradients of one step, each on
    its device.
    """

    count = 1
    replicas = 1

    def running(self) -> AbstractContextManager[Any]:
        """Return what the whole run stands in."""
        return nullcontext()

    def building(self) -> AbstractContextManager[Any]:
        """Return what the network and its optimizer are made in."""
        return nullcontext()

    def step(self, stepper: Any, settings: Settings) -> Step:
        """Return the function that trains on codes and labels, and returns their cross-entropy.

        The stepper was compiled, in `building`, with the same settings.
        """
        return compiled_step(stepper)

    def sending(self) -> Callable[[Batch], tuple[Any, ...]]:
        """Return the function that begins to send a batch to where it is trained on."""
        return sending()

    def rounded(self, size: int) -> int:
        """Round a batch size up to what the devices can share equally."""
        return -(-size // self.count) * self.count

    def check(self, batch_size: int) -> None:
        """Raise InputError when a batch cannot be shared equally."""
        if batch_size % self.count:
            raise InputError(
                f"found a batch of {batch_size} windows, which {self.count} devices cannot share "
                "equally"
            )


class Sharded(OneDevice):
    """Keras's DataParallel, on JAX: arrays know where their parts lie, the program stays the same.

    Dropout is drawn for the whole batch, so that the result is that of one device up to rounding.
    Validation is shared as well.
    """

    def __init__(self, devices: list[str]) -> None:
        self.count = len(devices)
        self._distribution = keras.distribution.DataParallel(devices=devices)

    def running(self) -> AbstractContextManager[Any]:
        """Return the scope of the distribution."""
        return self._distribution.scope()


class Mirrored(OneDevice):
    """TensorFlow's MirroredStrategy: each device computes its part, then gradients are added.

    Each device draws its own dropout. Without dropout the result is that of one device up to
    rounding. Validation runs on the first device.
    """

    def __init__(self, devices: list[str]) -> None:
        import tensorflow as tf

        self.count = self.replicas = len(devices)
        self._tf = tf
        self._strategy = _strategy(tuple(devices))

    def building(self) -> AbstractContextManager[Any]:
        """Return the scope in which variables are mirrored."""
        return self._strategy.scope()

    def step(self, stepper: Any, settings: Settings) -> Step:
        """Return the function that trains on a batch."""
        tf, strategy = self._tf, self._strategy
        entropy = keras.losses.BinaryCrossentropy(from_logits=True, reduction=None)
        # What Keras decides by a device's own gradients must be decided by the sum of all.
        must_add = settings.precision == "float16" or bool(
            settings.clip_norm or settings.clip_value
        )
        _draw_apart(stepper)

        def part(codes: Any, labels: Any) -> Any:
            with tf.GradientTape() as tape:
                logits = stepper(codes, training=True)
                # Keras divides it by the number of devices.
                loss = stepper.compute_loss(y=labels, y_pred=logits)
                scaled = stepper.optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled, stepper.trainable_variables)
            if must_add:
                added = tf.distribute.get_replica_context().all_reduce("SUM", gradients)
                gradients = [gradient / self.count for gradient in added]
            stepper.optimizer.apply(gradients, stepper.trainable_variables)
            return tf.reduce_mean(entropy(labels, logits))

        @tf.function
        def together(codes: Any, labels: Any) -> Any:
            return strategy.reduce("MEAN", strategy.run(part, args=(codes, labels)), axis=None)

        return together

    def sending(self) -> Callable[[Batch], tuple[Any, ...]]:
        """Return the function that gives each device its part."""
        return lambda batch: tuple(self._shared(array) for array in batch)

    def _shared(self, batch: Array) -> Any:
        parts = np.split(batch, self.count)
        return self._strategy.experimental_distribute_values_from_function(
            lambda context: self._tf.constant(parts[context.replica_id_in_sync_group])
        )


def data_parallel(wanted: int | str | None) -> OneDevice:
    """Make ready the devices that share a run's batches: a number, ``all``, or None for one."""
    devices = choose_devices(wanted)
    if len(devices) == 1:
        return OneDevice()
    return Mirrored(devices) if keras.backend.backend() == "tensorflow" else Sharded(devices)


@functools.cache
def _strategy(devices: tuple[str, ...]) -> Any:
    """Return the one strategy of these devices: two would give their reductions the same keys."""
    import tensorflow as tf

    # Processors have no collective of their own; there they add up on the first.
    on_cpu = all("CPU" in name.upper() for name in devices)
    adding = tf.distribute.ReductionToOneDevice() if on_cpu else None
    return tf.distribute.MirroredStrategy(list(devices), cross_device_ops=adding)


def _draw_apart(stepper: Any) -> None:
    """Make every device draw its own dropout, where Keras would have all draw the same."""
    import tensorflow as tf

    def apart(following: Callable[..., Any]) -> Callable[..., Any]:
        def following_here(**options: Any) -> Any:
            context = tf.distribute.get_replica_context()
            device = 0 if context is None else context.replica_id_in_sync_group
            seed = following(**options)
            return seed + tf.cast([device, 0], seed.dtype)

        return following_here

    for layer in stepper._flatten_layers():
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            generator.next = apart(generator.next)

"""A program for test_parallel.py: trains on pretended devices, prints what came out as JSON.

    python -m tests.training.several_devices FOLDER

The devices must be pretended before a backend wakes up, so it cannot be done inside the test.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

DEVICES = 4


def pretend_devices() -> None:
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "jax":
        os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={DEVICES}"
        return
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * DEVICES
    tf.config.set_logical_device_configuration(cpu, parts)


def plain(*, sequence_length, channels, outputs, width):
    """A DanQ without dropout whose kernels have DeepSEA's penalty and limit."""
    from danq.core.layers import Convolution, Kernel, Recurrence
    from danq.core.topologies import cnn_rnn

    return cnn_rnn(
        (sequence_length, channels),
        outputs,
        convolutions=[Convolution(6, 8, pool_size=4)],
        recurrences=[Recurrence(5, bidirectional=True)],
        hidden=[7],
        kernel=Kernel(l2=1e-3, max_norm=0.9),
    )


def train(
    folder: Path, name: str, devices, *, model: str, resume: bool = False, listeners=(), **changes
) -> dict:
    import danq
    from danq.training import settings_for

    usual = {"batch_size": 32, "epochs": 2, "optimizer": "adam", "learning_rate": 0.01}
    options = {} if ":" in model else {"width": 0.03}
    history = danq.train(
        folder / "dataset.h5",
        folder / f"{name}.keras",
        model=model,
        settings=settings_for("danq", **{**usual, **changes}),
        devices=devices,
        resume=resume,
        listeners=listeners,
        **options,
    )
    weights = danq.models.load(folder / f"{name}.keras").get_weights()
    np.savez(folder / f"{name}.npz", *weights)
    training = danq.models.metadata(folder / f"{name}.keras").training
    return {
        "loss": [row.loss for row in history.epochs],
        "val_loss": [row.val_loss for row in history.epochs],
        "devices": training["devices"],
    }


def interrupt(folder: Path, name: str, devices, **options) -> None:
    from tests.training.listeners import Breaking

    with suppress(KeyboardInterrupt):
        train(folder, name, devices, listeners=[Breaking(2)], **options)


def refusal(folder: Path, devices, **changes) -> str:
    try:
        train(folder, "refused", devices, model="danq", **changes)
    except ValueError as error:
        return str(error)
    return "nothing was refused"


def main(folder: Path) -> None:
    pretend_devices()
    from tests.training.planted import planted

    planted(folder)
    model = "tests.training.several_devices:plain"
    found: dict = {}
    sgd = {"optimizer": "sgd", "learning_rate": 0.5}
    everything = {"loss": "focal", "class_weights": "positive", "schedule": "plateau"}
    for name, changes in {
        "clipped": {**sgd, "clip_norm": 0.05},
        "cut": {**sgd, **everything, "clip_value": 0.002},
        "bfloat16": {"precision": "bfloat16"},
        "float16": {"precision": "float16", "clip_norm": 0.05},
    }.items():
        for devices in (1, DEVICES):
            found[f"{name}_{devices}"] = train(
                folder, f"{name}_{devices}", devices, model=model, **changes
            )
    found["dropout_1"] = train(folder, "dropout_1", None, model="danq")
    found["dropout_4"] = train(folder, "dropout_4", "all", model="danq")
    interrupt(folder, "resumed", DEVICES, model="danq")
    found["resumed"] = train(folder, "resumed", DEVICES, model="danq", resume=True)
    found["too_many"] = refusal(folder, 9)
    found["unequal"] = refusal(folder, 3)
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

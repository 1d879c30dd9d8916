"""A program for test_both_ways.py: trains on JAX as on a card, prints what came out as JSON.

    python -m tests.training.card_forms

JAX must be chosen before Keras is imported, so it cannot be done inside the test.
"""

from __future__ import annotations

import json

import keras
import numpy as np

from danq import models
from danq.models.encoding import logits_from_codes
from danq.models.precision import with_precision
from danq.training.step import pooling
from danq.training.step.both_ways import BothWays
from danq.training.step.pooling import training_logits

pooling.count_gpus = lambda: 1


def trained(precision: str, form) -> tuple[list[float], keras.Model]:
    """Losses of six steps of a small DanQ without dropout."""
    keras.utils.set_random_seed(1)
    network = models.danq(sequence_length=90, outputs=3, width=0.03)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    model = form(with_precision(network, precision))
    model.compile(keras.optimizers.SGD(0.5), keras.losses.BinaryCrossentropy(from_logits=True))
    random = np.random.default_rng(0)
    codes = random.integers(0, 5, (6, 90)).astype(np.uint8)
    labels = random.integers(0, 2, (6, 3)).astype(np.uint8)
    return [float(model.train_on_batch(codes, labels)) for _ in range(6)], model


def main() -> None:
    found = {}
    for precision in ("float32", "bfloat16"):
        plain, one = trained(precision, logits_from_codes)
        fast, other = trained(precision, training_logits)
        layers = [type(layer) for layer in other.layers[-1].layers]
        weights = zip(one.get_weights(), other.get_weights(), strict=True)
        found[precision] = {
            "plain": plain,
            "fast": fast,
            "weights": max(float(np.abs(a - b).max()) for a, b in weights if a.dtype == np.float32),
            "own": layers.count(BothWays),
            "policies": [layer.dtype_policy.name for layer in other.layers[-1].layers],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

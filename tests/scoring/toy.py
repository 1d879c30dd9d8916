"""A predictor that is a sum over positions, so that every score can be worked out by hand."""

import numpy as np

from danq.models import Metadata


class Toy:
    """z[n, t] = sum over positions of weights[position, code, t]."""

    def __init__(self, weights):
        self.weights = np.asarray(weights, dtype=np.float32)
        self.window, _, self.n_targets = self.weights.shape
        self.batch_size = 16
        self.calls = []

    def logits(self, codes):
        assert codes.dtype == np.uint8
        assert codes.shape[1] == self.window
        self.calls.append(len(codes))
        return self.weights[np.arange(self.window), codes].sum(axis=1, dtype=np.float32)


def random_toy(window=20, targets=3, seed=0, scale=0.5):
    rng = np.random.default_rng(seed)
    return Toy(rng.normal(0, scale, (window, 5, targets)))


def named_toys(targets, groups, seeds=(1, 2)):
    """Predictors that say what they predict."""
    toys = [random_toy(seed=seed) for seed in seeds]
    for toy in toys:
        toy.metadata = Metadata(targets, groups, toy.window)
    return toys

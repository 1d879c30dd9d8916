"""Labels, predictions and evaluations of no network, for tests."""

import numpy as np

from danq.evaluation import Evaluation, ModelResult, measure
from danq.evaluation.statistics.genome_blocks import Bootstrap, draw


def scored(windows, rates, *, seed=0, skill=2.0, levels=None):
    """Labels uint8 and probabilities float32, (windows, targets); `levels` values make ties."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((windows, len(rates))) < rates).astype(np.uint8)
    logits = skill * labels + rng.normal(size=labels.shape) - 1.5
    predictions = 1 / (1 + np.exp(-logits))
    if levels is not None:
        predictions = np.round(predictions * levels) / levels
    return labels, predictions.astype(np.float32)


def blocks(windows, count, *, seed=0):
    """Blocks of unequal lengths, int32 (windows,), none of them empty."""
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.choice(np.arange(1, windows), count - 1, replace=False))
    return np.searchsorted(cuts, np.arange(windows), side="right").astype(np.int32)


def evaluation(
    targets, models, groups=("motif", "grammar"), *, undefined=(), resamples=50, skills=None
):
    """Models with scores around the labels of random targets; `kmer` gives no probabilities.

    How far labels move the scores is 1, or what `skills` says of a model.
    """
    rng = np.random.default_rng(targets)
    labels = (rng.random((200, targets)) < 0.3).astype(np.uint8)
    labels[0] = 1
    labels[:, list(undefined)] = 0
    names = [f"T{i}" for i in range(targets)]
    of = [groups[i % len(groups)] for i in range(targets)]
    resampling = draw(blocks(200, 30), resamples=resamples, seed=0) if resamples else None
    results = []
    for model in models:
        logits = float((skills or {}).get(model, 1)) * labels + rng.normal(size=labels.shape)
        predictions = logits if model == "kmer" else 1 / (1 + np.exp(-logits))
        found = measure(labels, predictions.astype(np.float32), groups=of, resampling=resampling)
        results.append(ModelResult(model, found.metrics, found.roc, found.pr, found.resamples))
    bootstrap = Bootstrap(resamples, 1_000_000, 30, True, 0) if resamples else None
    return Evaluation("test", names, of, results, bootstrap)

"""A small data set with a planted word, and networks that are linear in base composition."""

from types import SimpleNamespace

import numpy as np
import pytest

from danq.dataset import windows
from danq.genome import decode

WINDOW = 30
WORD = "GATTACAGAT"


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """400 bins of 20 bp; every third holds the word and is a peak of the first target.

    The second target's peaks hold nothing; those of the third, which shares the first one's name,
    lie in the training region only.
    """
    folder = tmp_path_factory.mktemp("toy")
    rng = np.random.default_rng(1)
    letters = np.array(list(decode(rng.integers(0, 4, 8000).astype(np.uint8))))
    planted = np.arange(0, 400, 3)
    for place in planted:
        letters[place * 20 + 5 : place * 20 + 15] = list(WORD)
    (folder / "genome.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    peaks = {"word": planted, "noise": np.arange(0, 400, 4), "gone": np.arange(0, 50, 2)}
    for name, bins in peaks.items():
        lines = (f"chr1\t{place * 20}\t{place * 20 + 20}\n" for place in bins)
        (folder / f"{name}.bed").write_text("".join(lines))
    (folder / "targets.tsv").write_text(
        "name\tpath\tgroup\nT1\tword.bed\tmotif\nT2\tnoise.bed\tother\nT1\tgone.bed\tother\n"
    )
    dataset = folder / "dataset.h5"
    windows(
        folder / "genome.fa",
        folder / "targets.tsv",
        dataset,
        window=WINDOW,
        bin=20,
        valid=["chr1:4001-5600"],
        test=["chr1:5601-8000"],
    )
    return SimpleNamespace(folder=folder, dataset=dataset, genome=folder / "genome.fa")


@pytest.fixture(scope="session")
def save_linear():
    """Save a network whose logits are base frequencies times weights (4, targets)."""

    def save(path, weights, *, window=WINDOW, names=("T1", "T2", "T1"), **details):
        import keras

        from danq import models

        weights = np.asarray(weights, np.float32)
        one_hot = keras.Input((window, 4))
        pooled = keras.layers.GlobalAveragePooling1D()(one_hot)
        dense = keras.layers.Dense(weights.shape[1])
        probabilities = keras.layers.Activation("sigmoid")(dense(pooled))
        network = keras.Model(one_hot, probabilities)
        dense.set_weights([weights, np.zeros(weights.shape[1], np.float32)])
        path.parent.mkdir(parents=True, exist_ok=True)
        models.save(network, path, targets=list(names), **details)
        return path

    return save


@pytest.fixture(scope="session")
def linear(toy, save_linear):
    """Weights and file of one linear network for the toy data set."""
    weights = np.random.default_rng(2).normal(size=(4, 3))
    return SimpleNamespace(weights=weights, path=save_linear(toy.folder / "linear.keras", weights))

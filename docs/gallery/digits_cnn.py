"""Handwritten digits, seen as images by a two-dimensional convolutional network.

The task: which digit is in an image of 8 × 8 pixels?

The data: the 1,797 digits that come with scikit-learn (the test part of UCI's "Optical Recognition
of Handwritten Digits"). A quarter of them, 450 images drawn evenly from the ten digits with a fixed
seed, is held out and seen once, at the end.

The network: two blocks of convolutions and pooling, then a hidden layer and one output a digit.
"""

from __future__ import annotations

import gallery
import keras
import numpy as np
from gallery import BLUE, GREY, ORANGE
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

from danq.core import topologies
from danq.core.layers import Convolution


def network() -> keras.Model:
    """Build the network: (n, 8, 8, 1) to the probabilities of ten digits."""
    return topologies.cnn(
        (8, 8, 1),
        10,
        convolutions=[
            Convolution(32, 3, padding="same"),
            Convolution(32, 3, padding="same", pool_size=2, dropout=0.2),
            Convolution(64, 3, padding="same", pool_size=2, dropout=0.3),
        ],
        hidden=[128],
        dropout=0.5,
        output_activation="softmax",
    )


def run(quick: bool) -> gallery.Result:
    """Train on three quarters of the digits and read the rest."""
    keras.utils.set_random_seed(gallery.SEED)
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype(np.float32) / 16
    train, test, train_digits, test_digits = train_test_split(
        images, digits, test_size=0.25, stratify=digits, random_state=0
    )
    if quick:
        train, train_digits = train[:200], train_digits[:200]

    model = network()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(train, train_digits, batch_size=32, epochs=1 if quick else 40, verbose=0)

    probabilities = model.predict(test, verbose=0)
    found = probabilities.argmax(axis=1)
    return gallery.Result(
        title="Handwritten digits, two-dimensional CNN",
        scores={"accuracy": float(np.mean(found == test_digits))},
        figure=picture(test, test_digits, probabilities),
        minima={"accuracy": 0.98},
    )


def picture(test: np.ndarray, digits: np.ndarray, probabilities: np.ndarray) -> gallery.Figure:
    """Draw the digits that the network is least sure of, and what it takes for what."""
    figure = gallery.Figure(figsize=(9, 4.6), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.1, 1])
    found = probabilities.argmax(axis=1)
    of_answer = probabilities[np.arange(len(digits)), digits]
    left.suptitle(
        "Held-out digits it finds hardest: true → read, p(true)", x=0.02, ha="left", fontsize=11
    )
    for axes, place in zip(left.subplots(3, 4).flat, np.argsort(of_answer), strict=False):
        axes.imshow(test[place, ..., 0], cmap="gray_r")
        axes.set_axis_off()
        right_answer = found[place] == digits[place]
        axes.set_title(
            f"{digits[place]} → {found[place]}   {of_answer[place]:.2f}",
            color=BLUE if right_answer else ORANGE,
            loc="center",
            fontsize=10,
        )

    axes = right.subplots()
    counts = confusion_matrix(digits, found, labels=np.arange(10))
    axes.imshow(np.log1p(counts), cmap="Blues")
    for row, column in np.argwhere(counts):
        colour = "white" if row == column else ORANGE
        axes.text(column, row, counts[row, column], ha="center", va="center", color=colour)
    axes.set(xlabel="read", ylabel="true", xticks=range(10), yticks=range(10))
    axes.set_title(f"{np.trace(counts)} of {counts.sum()} held-out digits read right")
    axes.tick_params(length=0, labelcolor=GREY)
    axes.spines[:].set_visible(False)
    return figure


# What to take from it: a drawing is local. A kernel of 3 × 3 pixels learns a stroke once and finds
# it everywhere, and pooling forgives a stroke that sits a pixel off, so some 1,300 images are
# enough. On a grid whose neighbours belong together, begin with convolutions.

if __name__ == "__main__":
    gallery.main(run)

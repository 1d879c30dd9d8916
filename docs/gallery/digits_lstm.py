"""Handwritten digits, read row by row by a recurrent network: many to one.

The task: which digit is in an image of 8 × 8 pixels, when its rows come one after the other, as on
a fax line?

The data: the 1,797 digits that come with scikit-learn, with the hold-out of digits_cnn.py: a
quarter of them, 450 images drawn evenly from the ten digits with a fixed seed.

The network: one LSTM. Each of 8 steps reads the 8 pixels of a row; what it remembers after the last
row goes to one output a digit.
"""

from __future__ import annotations

import gallery
import keras
import numpy as np
from gallery import BLUE, GREY
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from danq.core import topologies
from danq.core.layers import Recurrence

ROWS = 8
SHOWN = (3, 4, 8)


def network() -> keras.Model:
    """Build the network: (n, rows, 8), any number of rows, to the probabilities of ten digits."""
    return topologies.many_to_one(
        8,
        10,
        recurrences=[Recurrence(96, dropout=0.3)],
        output_activation="softmax",
    )


def run(quick: bool) -> gallery.Result:
    """Train on three quarters of the digits and read the rest, row by row."""
    keras.utils.set_random_seed(gallery.SEED)
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, ROWS, 8).astype(np.float32) / 16
    train, test, train_digits, test_digits = train_test_split(
        images, digits, test_size=0.25, stratify=digits, random_state=0
    )
    if quick:
        train, train_digits = train[:200], train_digits[:200]

    model = network()
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    model.fit(train, train_digits, batch_size=32, epochs=1 if quick else 50, verbose=0)

    # The network reads any length, so it can be asked before the last row has come.
    beliefs = np.stack(
        [np.asarray(model.predict_on_batch(test[:, : row + 1])) for row in range(ROWS)], axis=1
    )
    accuracies = np.mean(beliefs.argmax(axis=2) == test_digits[:, None], axis=0)
    return gallery.Result(
        title="Handwritten digits, row by row, many-to-one LSTM",
        scores={"accuracy": float(accuracies[-1])},
        figure=picture(test, test_digits, beliefs, accuracies),
        minima={"accuracy": 0.95},
    )


def picture(
    test: np.ndarray, digits: np.ndarray, beliefs: np.ndarray, accuracies: np.ndarray
) -> gallery.Figure:
    """Draw what the network believes after each row, for three digits and over all of them."""
    figure = gallery.Figure(figsize=(9, 5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.5, 1])
    left.suptitle("Held-out digits and the belief after each row", x=0.02, ha="left", fontsize=11)
    panels = left.subplots(len(SHOWN), 2, sharey=True, width_ratios=[1, 1.6])
    for (image, belief), digit in zip(panels, SHOWN, strict=True):
        place = np.flatnonzero(digits == digit)[0]
        image.imshow(test[place], cmap="gray_r", aspect="auto")
        image.set(xticks=[], yticks=range(ROWS), yticklabels=range(1, ROWS + 1), ylabel="row")
        belief.imshow(beliefs[place], cmap="Blues", vmin=0, vmax=1, aspect="auto")
        belief.set_xticks(range(10))
        for axes in (image, belief):
            axes.tick_params(length=0, labelcolor=GREY, labelleft=axes is image)
    panels[-1, 1].set_xlabel("digit (the darker, the more probable)")

    axes = right.subplots()
    rows = np.arange(1, ROWS + 1)
    axes.plot(rows, accuracies, "o-", color=BLUE)
    axes.axhline(0.1, color=GREY, linestyle=":")
    axes.text(ROWS, 0.12, "guessing", color=GREY, ha="right")
    axes.text(ROWS, accuracies[-1] + 0.02, f"{accuracies[-1]:.3f}", ha="center")
    axes.set(xlabel="rows read", ylim=(0, 1.08), xticks=rows)
    axes.set_title(f"Accuracy on {len(digits)} held-out digits")
    return figure


# What to take from it: a recurrent network needs no picture, only one row at a time and a memory,
# and it gives an answer for any number of rows. What it was never asked in training it answers
# badly: it was trained on whole digits only, and before the lower rows it is often sure of a wrong
# one. On images the CNN of digits_cnn.py stays the better choice, since this network has to learn
# again what a stroke looks like one pixel further left. Take a recurrence where the data come as a
# sequence.

if __name__ == "__main__":
    gallery.main(run)

"""Captions of small images: one to many.

The task: look at an image of 32 × 32 pixels once, then say in words what is in it: "a small red
ring above a large blue square".

The data: computed. Two figures, each of two sizes, three colours and three shapes, at places that
vary, in some noise: 648 scenes. The test holds only scenes that no training image showed, so that
none of its captions was ever read in training; each of their parts was.

The network: a CNN turns the image into one vector of 128 numbers. An LSTM begins with what the
vector says and writes word after word, each step reading the word before.
"""

from __future__ import annotations

from itertools import product

import gallery
import keras
import numpy as np

from danq.core.layers import Convolution, Recurrence
from danq.core.topologies import cnn, generate, one_to_many, shift

SIDE, FEATURES, STEPS = 32, 128, 10
SIZES = {"small": 4.0, "large": 6.5}
COLOURS = {"red": (1, 0.2, 0.1), "green": (0.1, 0.8, 0.2), "blue": (0.1, 0.3, 1)}
SHAPES = ("ring", "square", "triangle")
RELATIONS = {"left of": (0, 1), "above": (1, 0)}  # which of (row, column) grows to the second
FIGURES = [" ".join(parts) for parts in product(SIZES, COLOURS, SHAPES)]
SCENES = [
    f"a {one} {relation} a {two}" for one, relation, two in product(FIGURES, RELATIONS, FIGURES)
]
WORDS = ["<end>", "a", "left", "of", "above", *SIZES, *COLOURS, *SHAPES]


def paint(image: np.ndarray, figure: list[str], centre: np.ndarray) -> None:
    """Put "small red ring" into an image."""
    size, colour, shape = figure
    radius = SIZES[size]
    rows, columns = np.mgrid[:SIDE, :SIDE] - centre[:, None, None]
    if shape == "ring":
        inside = abs(np.hypot(rows, columns) - radius + 0.9) <= 1
    elif shape == "square":
        inside = np.maximum(abs(rows), abs(columns)) <= 0.85 * radius
    else:
        inside = (rows <= 0.8 * radius) & (rows >= 1.8 * abs(columns) - radius)
    image[inside] = COLOURS[colour]


def draw(random: np.random.Generator, scene: str) -> np.ndarray:
    """Draw an image (32, 32, 3) of which a caption is true."""
    relation = next(relation for relation in RELATIONS if relation in scene)
    one, two = (part.split()[1:] for part in scene.split(f" {relation} "))
    along = np.array(RELATIONS[relation])
    image = np.zeros((SIDE, SIDE, 3), np.float32)
    for figure, side in ((one, -8), (two, 8)):
        jitter = np.where(along, random.uniform(-0.5, 0.5, 2), random.uniform(-5, 5, 2))
        paint(image, figure, SIDE / 2 - 0.5 + side * along + jitter)
    return image + random.normal(0, 0.05, image.shape).astype(np.float32)


def pairs(
    random: np.random.Generator, scenes: list[str], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return images (count, 32, 32, 3) of scenes, and captions (count, 10, words), one-hot."""
    chosen = random.choice(scenes, count)
    captions = np.zeros((count, STEPS, len(WORDS)), np.float32)
    captions[:, :, 0] = 1
    for caption, scene in zip(captions, chosen, strict=True):
        words = [WORDS.index(word) for word in scene.split()]
        caption[: len(words)] = np.eye(len(WORDS))[words]
    return np.stack([draw(random, scene) for scene in chosen]), captions


def network() -> keras.Model:
    """Build the network: images and the words so far, to the next words. Two topologies in one."""
    eye = cnn(
        (SIDE, SIDE, 3),
        FEATURES,
        convolutions=[
            Convolution(16, 5, pool_size=2, padding="same"),
            Convolution(32, 3, pool_size=2, padding="same"),
        ],
        output_activation="linear",
        name="eye",
    )
    voice = one_to_many(
        FEATURES,
        len(WORDS),
        recurrences=[Recurrence(96)],
        feedback=True,
        output_activation="softmax",
        name="voice",
    )
    image = keras.Input((SIDE, SIDE, 3), name="image")
    previous = keras.Input((None, len(WORDS)), name="previous")
    return keras.Model([image, previous], voice([eye(image), previous]))


def said(captions: np.ndarray) -> list[str]:
    """Read captions (n, 10, words)."""
    texts = ([WORDS[place] for place in caption.argmax(axis=1)] for caption in captions)
    return [" ".join(text).partition(" <end>")[0] for text in texts]


def run(quick: bool) -> gallery.Result:
    """Train on four fifths of the scenes, and describe images of the others."""
    keras.utils.set_random_seed(gallery.SEED)
    random = np.random.default_rng(gallery.SEED)
    scenes = random.permutation(SCENES).tolist()
    count, tests, epochs = (32, 16, 1) if quick else (6000, 1000, 10)
    images, captions = pairs(random, scenes[130:], count)
    unseen, truth = pairs(random, scenes[:130], tests)

    model = network()
    rate = keras.optimizers.schedules.CosineDecay(1e-3, epochs * -(-count // 32))
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy")
    model.fit([images, shift(captions)], captions, batch_size=32, epochs=epochs, verbose=0)

    written, right = said(generate(model, unseen, steps=STEPS)), said(truth)
    exact = np.array([one == other for one, other in zip(written, right, strict=True)])
    return gallery.Result(
        title="Captions of images, CNN and one-to-many LSTM",
        scores={"exact": exact.mean()},
        figure=picture(unseen, written, right, exact),
        minima={"exact": 0.95},
    )


def picture(
    images: np.ndarray, written: list[str], right: list[str], exact: np.ndarray
) -> gallery.Figure:
    """Show images of unseen scenes with what the network says, faults last and in orange."""
    right_ones, faults = np.flatnonzero(exact), np.flatnonzero(~exact)
    spread = np.linspace(0, len(right_ones), 12 - min(len(faults), 3), endpoint=False).astype(int)
    places = [*right_ones[spread[: len(right_ones)]], *faults][:12]
    figure, axes = gallery.panels(3, 4, size=(9, 7.6))
    for place, panel in zip(places, axes.flat, strict=True):
        panel.imshow(images[place].clip(0, 1))
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
        text = written[place]
        if not exact[place]:
            text += f"\n(right: {right[place]})"
        for relation in RELATIONS:
            text = text.replace(f" {relation}", f"\n{relation}")
        colour = "black" if exact[place] else gallery.ORANGE
        panel.set_xlabel(text, fontsize=9, color=colour)
    return figure


# What to take from it: networks are parts. A CNN is an eye, a one-to-many network a voice, and two
# lines join them into one model that learns as a whole. It describes scenes it never saw because it
# learned their parts, not because it remembers captions. All that the words can say has to pass
# through one vector: where that gets narrow (more figures, longer texts), let the writer look at
# the image again at each step, as the translator does with attention. And it starts slowly: first
# it learns the grammar, which needs no image.

if __name__ == "__main__":
    gallery.main(run)

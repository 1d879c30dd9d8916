"""Two motifs in DNA, and only their order decides: CNN, RNN and hybrid at equal size.

The task: every sequence of 96 bases holds the motifs TGACTCAG and CCATATGG. It is positive where
TGACTCAG comes first. What is in a sequence says nothing, its order says it all.

The data: computed. Random bases with the pair of motifs at a random place, 8 to 24 bases between
them, so that no kernel of width 8 sees something of both; half are positive. 500 or 4,000 sequences
to train on, 2,000 others for the test, and 2,000 more with 8 to 55 bases between the motifs.

The networks: four of 5,000 parameters, at most 5 % apart. Each is trained alike: 600 updates by 64
sequences, Adam at 0.003, three seeds. The first keeps of each of 64 convolution kernels only how
well it fitted anywhere. The CNN pools by 4 and gives a dense layer what is left of each place. The
LSTM reads base by base. The hybrid, a small DanQ, lets an LSTM read what the convolution found.
"""

from __future__ import annotations

import gallery
import keras
import numpy as np
from gallery import BLUE, GREY, LIGHT, ORANGE, PINK, SKY, YELLOW
from matplotlib.axes import Axes

from danq.core.layers import Convolution, Recurrence
from danq.core.topologies import cnn, cnn_rnn, many_to_one

LENGTH, WIDTH = 96, 8
BETWEEN = (8, 24)
MOTIFS = [np.array(["ACGT".index(base) for base in motif]) for motif in ("TGACTCAG", "CCATATGG")]
SHAPE = (LENGTH, 4)
SEEDS = 3
EXAMPLES = (500, 4000)
COLOURS = {"CNN, pooled over all": GREY, "CNN": ORANGE, "LSTM": PINK, "hybrid": BLUE}


Data = tuple[np.ndarray, ...]


def networks() -> dict[str, keras.Model]:
    """Build the four, (n, 96, 4) to the probability that TGACTCAG comes first."""
    everywhere = LENGTH - WIDTH + 1
    return {
        "CNN, pooled over all": cnn(
            SHAPE, 1, convolutions=[Convolution(64, WIDTH, pool_size=everywhere)], hidden=[44]
        ),
        "CNN": cnn(SHAPE, 1, convolutions=[Convolution(16, WIDTH, pool_size=4)], hidden=[13]),
        "LSTM": many_to_one(4, 1, recurrences=[Recurrence(33)]),
        "hybrid": cnn_rnn(
            SHAPE,
            1,
            convolutions=[Convolution(16, WIDTH, pool_size=4)],
            recurrences=[Recurrence(24)],
        ),
    }


def draw(
    random: np.random.Generator, count: int, between: tuple[int, int] = BETWEEN
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sequences (n, 96, 4), one-hot, labels (n, 1), and the motifs' starts (n, 2) in order.

    No motif comes closer to an end than its own width.
    """
    codes = random.integers(0, 4, (count, LENGTH))
    labels = random.integers(0, 2, count)
    steps = WIDTH + random.integers(*between, count, endpoint=True)
    firsts = random.integers(WIDTH, LENGTH - 2 * WIDTH - steps, endpoint=True)
    starts = np.stack([firsts, firsts + steps], axis=1)
    for row, label, (first, second) in zip(codes, labels, starts, strict=True):
        row[first : first + WIDTH] = MOTIFS[1 - label]
        row[second : second + WIDTH] = MOTIFS[label]
    return np.eye(4, dtype=np.float32)[codes], labels[:, None], starts


def course(
    model: keras.Model, data: Data, tests: list[Data], stops: range, *, eager: bool
) -> tuple[list[float], np.ndarray]:
    """Train, and give the accuracy on the first test at each stop, and which answers are right.

    The latter at the end, on the second test. Eager execution saves the time to compile where
    there are few updates.
    """
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", run_eagerly=eager)
    random = np.random.default_rng(gallery.SEED)
    accuracies = []
    for update in range(1, stops[-1] + 1):
        batch = random.integers(0, len(data[0]), 64)
        model.train_on_batch(data[0][batch], data[1][batch])
        if update in stops:
            accuracies.append(float(_right(model, tests[0]).mean()))
    return accuracies, _right(model, tests[1])


def _right(model: keras.Model, test: Data) -> np.ndarray:
    return ((np.asarray(model.predict_on_batch(test[0])) > 0.5) == test[1])[:, 0]


def run(quick: bool) -> gallery.Result:
    """Train all networks on few and on many examples, with several seeds."""
    random = np.random.default_rng(gallery.SEED)
    data = draw(random, max(EXAMPLES))
    count = 100 if quick else 2000
    tests = [draw(random, count), draw(random, count, (BETWEEN[0], 55))]
    stops = range(1, 2) if quick else range(50, 601, 50)
    curves: dict[int, dict[str, list[list[float]]]] = {}
    right: dict[str, list[np.ndarray]] = {}
    for examples in EXAMPLES:
        part = tuple(array[:examples] for array in data)
        curves[examples] = {name: [] for name in COLOURS}
        right = {name: [] for name in COLOURS}
        for seed in range(1 if quick else SEEDS):
            keras.utils.set_random_seed(gallery.SEED + seed)
            for name, model in networks().items():
                accuracies, answers = course(model, part, tests, stops, eager=quick)
                curves[examples][name].append(accuracies)
                right[name].append(answers)
    scores: dict[str, float] = {}
    for name in COLOURS:
        few, many = (np.array(curves[examples][name])[:, -1] for examples in EXAMPLES)
        scores[f"{name}, 500 examples"] = few.mean()
        scores[f"{name}, 4000 examples"] = many.mean()
        scores[f"{name}, 4000 examples, worst seed"] = many.min()
    return gallery.Result(
        title="Only the order of two motifs decides: CNN, LSTM and hybrid",
        scores=scores,
        figure=picture(curves, right, tests, stops),
        minima={"hybrid, 4000 examples": 0.98},
    )


def picture(
    curves: dict[int, dict[str, list[list[float]]]],
    right: dict[str, list[np.ndarray]],
    tests: list[Data],
    stops: range,
) -> gallery.Figure:
    """Draw the task, who learns it, and which distances between the motifs stay hard."""
    figure, axes = gallery.panels(2, 2, size=(9, 6.4), height_ratios=[1, 1.7])
    spread, gaps = axes[1]
    grid = axes[0, 0].get_gridspec()
    for unused in axes[0]:
        unused.remove()
    _draw_sequences(figure.add_subplot(grid[0, :]), tests[0])
    for name, colour in COLOURS.items():
        for examples, line in zip(EXAMPLES, ("--", "-"), strict=True):
            found = np.array(curves[examples][name])
            label = name if line == "-" else None
            spread.plot(stops, found.mean(axis=0), line, color=colour, label=label)
            if line == "-":
                spread.fill_between(
                    stops, found.min(axis=0), found.max(axis=0), color=colour, alpha=0.2, lw=0
                )
        _draw_gaps(gaps, np.mean(right[name], axis=0), tests[1][2], colour)
    spread.set(xlabel="updates of 64 sequences", ylabel="test accuracy", ylim=(0.4, 1.02))
    spread.set_title("Who learns it from 4,000 examples (dashed: 500)")
    gaps.legend(*spread.get_legend_handles_labels(), fontsize=9, loc=(0.5, 0.56))
    gaps.axvspan(*BETWEEN, color=LIGHT, alpha=0.4, linewidth=0)
    gaps.text(np.mean(BETWEEN), 0.415, "seen in training", ha="center", color=GREY, fontsize=9)
    gaps.set(xlabel="bases between the motifs", ylim=(0.4, 1.02))
    gaps.set_title("And at distances never seen")
    return figure


def _draw_gaps(axes: Axes, right: np.ndarray, starts: np.ndarray, colour: str) -> None:
    apart = starts[:, 1] - starts[:, 0] - WIDTH
    edges = np.arange(BETWEEN[0], apart.max() + 4, 4)
    bins = np.digitize(apart, edges)
    places = np.unique(bins)
    shares = [right[bins == place].mean() for place in places]
    axes.plot(edges[places - 1] + 1.5, shares, "o-", color=colour, markersize=4)


def _draw_sequences(axes: Axes, test: Data) -> None:
    chosen = [*np.flatnonzero(test[1][:, 0] == 1)[:2], *np.flatnonzero(test[1][:, 0] == 0)[:2]]
    for row, place in enumerate(chosen):
        label, starts = test[1][place, 0], test[2][place]
        pair = (SKY, YELLOW) if label else (YELLOW, SKY)
        axes.barh(row, WIDTH, 0.76, starts - 0.5, color=pair, alpha=0.6)
        for column, code in enumerate(test[0][place].argmax(axis=1)):
            style = {"family": "monospace", "ha": "center", "va": "center", "fontsize": 7}
            axes.text(column, row, "ACGT"[code], **style)
    axes.set(xlim=(-1, LENGTH), ylim=(3.6, -0.6), xticks=[])
    axes.set_yticks(range(4), ["positive", "positive", "negative", "negative"])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title("The task: the same two motifs, TGACTCAG first or CCATATGG first")


# What to take from it: what a network pools away it cannot use. Pooled over all places, a CNN sees
# that both motifs are there and guesses the rest. A CNN with a dense layer over all places does
# learn order, from every pair of places separately, and errs where the motifs stand close
# together; far apart, where the place of one motif tells much, it is as good as any. An LSTM that
# reads base by base has all it needs, but has to find the motifs and their order at once: with
# this training one seed of three begins to. The hybrid divides the work, convolutions for the
# motifs and a recurrence for their order: at the same size it learns soonest and needs the fewest
# examples. That is the thought behind DanQ.

if __name__ == "__main__":
    gallery.main(run)

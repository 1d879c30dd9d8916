"""Genes in computed DNA, base by base: many to many, aligned.

The task: say of every base whether it lies in an exon, in an intron or between genes. What decides
is weak and far around a base: codons that prefer some bases at each of their three places, introns
rich in T, and five-base signals where an intron begins (GTAAG) and ends (TTCAG), with variations.

The data: computed, from a hidden Markov model of 15 states. Its rules are known, so the best
possible answers are too: the posterior probability of each state given all bases (the forward and
backward algorithm; Rabiner 1989, Proc. IEEE 77:257), or given only those so far (forward alone).
4,000 sequences of 200 bases to train on, 500 others for the test.

The networks: an LSTM with an answer a base that reads in one direction, and one that reads in both,
with as many parameters. Beside them a logistic regression on the 41 bases around each, from 200 of
the sequences: with 800 it gains less than 0.001.
"""

from __future__ import annotations

import gallery
import keras
import numpy as np
from gallery import BLUE, GREEN, GREY, LIGHT, ORANGE
from sklearn.linear_model import LogisticRegression

from danq.core.layers import Recurrence
from danq.core.topologies import many_to_many

LENGTH, REACH = 200, 20
KINDS = ("between genes", "exon", "intron")
DONOR, ACCEPTOR = "GTAAG", "TTCAG"
# States: 0 between genes, 1-3 codon, 4-8 donor, 9 inside an intron, 10-14 acceptor.
KIND = np.array([0, 1, 1, 1] + [2] * 11)


def hidden_markov() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the model: first states (15,), transitions (15, 15), emissions (15, 4)."""
    transitions = np.diag(np.ones(14), 1)
    transitions[0, :2] = 59 / 60, 1 / 60  # a gene begins
    transitions[3, :5] = 0.035, 0.93, 0, 0, 0.035  # it ends, continues, or an intron begins
    transitions[9, 9:11] = 39 / 40, 1 / 40
    transitions[14] = np.eye(15)[1]
    emissions = np.empty((15, 4))  # A, C, G, T
    emissions[0] = 0.27, 0.23, 0.23, 0.27
    emissions[1:4] = (0.2, 0.2, 0.5, 0.1), (0.4, 0.2, 0.1, 0.3), (0.1, 0.4, 0.4, 0.1)
    emissions[9] = 0.25, 0.10, 0.10, 0.55
    for start, signal, sure in (
        (4, DONOR, (1, 1, 0.8, 0.8, 0.8)),
        (10, ACCEPTOR, (0.8, 0.8, 0.8, 1, 1)),
    ):
        for state, base, chance in zip(range(start, start + 5), signal, sure, strict=True):
            emissions[state] = (1 - chance) / 3
            emissions[state, "ACGT".index(base)] = chance
    first = np.linalg.matrix_power(transitions, 5000)[0]
    return first, transitions, emissions


def draw(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return base codes and states, each (count, 200)."""
    first, transitions, emissions = hidden_markov()
    states = np.empty((count, LENGTH), int)
    chances = np.tile(first, (count, 1))
    for step in range(LENGTH):
        states[:, step] = _choose(random, chances)
        chances = transitions[states[:, step]]
    return _choose(random, emissions[states]), states


def _choose(random: np.random.Generator, chances: np.ndarray) -> np.ndarray:
    bounds = chances.cumsum(axis=-1)[..., :-1]
    return (random.random((*chances.shape[:-1], 1)) >= bounds).sum(axis=-1)


def posterior(codes: np.ndarray, *, backward: bool) -> np.ndarray:
    """Return the probability of each kind at each base, (n, bases, 3), by the true model.

    Given all bases of the sequence, or without `backward` only those up to the base itself.
    """
    first, transitions, emissions = hidden_markov()
    likely = emissions.T[codes]
    found = np.empty_like(likely)
    before = np.tile(first, (len(codes), 1))
    for step in range(codes.shape[1]):
        found[:, step] = _normal(before * likely[:, step])
        before = found[:, step] @ transitions
    after = np.ones_like(before)
    for step in reversed(range(codes.shape[1] - 1) if backward else ()):
        after = _normal((after * likely[:, step + 1]) @ transitions.T)
        found[:, step] = _normal(found[:, step] * after)
    return found @ np.eye(len(KINDS))[KIND]


def _normal(values: np.ndarray) -> np.ndarray:
    return values / values.sum(axis=-1, keepdims=True)


def windows(codes: np.ndarray) -> np.ndarray:
    """Return the 41 bases around each base, one-hot, zero beyond the ends: (n · bases, 164)."""
    padded = np.pad(codes, ((0, 0), (REACH, REACH)), constant_values=4)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=1)
    return np.eye(5, 4, dtype=np.float32)[around].reshape(codes.size, -1)


def network(*, both: bool) -> keras.Model:
    """Build the network: one-hot (n, bases, 4), any number of bases, to the three kinds."""
    return many_to_many(
        4,
        len(KINDS),
        recurrences=[Recurrence(32 if both else 47, bidirectional=both)],
        output_activation="softmax",
    )


def run(quick: bool) -> gallery.Result:
    """Train both networks, and hold them against a window and against the best possible."""
    random = np.random.default_rng(gallery.SEED)
    codes, states = draw(random, 8 if quick else 4000)
    unseen, truth = draw(random, 8 if quick else 500)
    kinds, truth = KIND[states], KIND[truth]

    some = slice(200)
    linear = LogisticRegression(C=0.1, max_iter=500)
    linear.fit(windows(codes[some]), kinds[some].ravel())
    chances = {
        "window of 41 bases": linear.predict_proba(windows(unseen)).reshape(*unseen.shape, 3)
    }
    one_hot = np.eye(4, dtype=np.float32)
    epochs = 1 if quick else 12
    for name, both in (("LSTM, one direction", False), ("LSTM, both directions", True)):
        keras.utils.set_random_seed(gallery.SEED)
        model = network(both=both)
        rate = keras.optimizers.schedules.CosineDecay(0.01, epochs * -(-len(codes) // 32))
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        model.fit(one_hot[codes], kinds, batch_size=32, epochs=epochs, verbose=0)
        chances[name] = model.predict(one_hot[unseen], batch_size=250, verbose=0)
    chances["best possible, one direction"] = posterior(unseen, backward=False)
    chances["best possible, both directions"] = posterior(unseen, backward=True)
    scores = {name: np.mean(found.argmax(axis=2) == truth) for name, found in chances.items()}
    return gallery.Result(
        title="DNA segmentation, one and two directions against the best possible",
        scores=scores,
        figure=picture(chances, truth, scores),
        minima={"LSTM, both directions": 0.84, "LSTM, one direction": 0.74},
    )


COLOURS = (LIGHT, BLUE, ORANGE)


def picture(
    chances: dict[str, np.ndarray], truth: np.ndarray, scores: dict[str, float]
) -> gallery.Figure:
    """Draw the tracks along one sequence, and the accuracy of each way."""
    figure, (tracks, bars) = gallery.panels(1, 2, size=(9.5, 4.6), width_ratios=[2.3, 1])
    shares = np.stack([np.mean(truth == kind, axis=1) for kind in range(len(KINDS))])
    place = int(shares.min(axis=0).argmax())  # with something of everything
    names = list(chances)
    for row, name in enumerate(["truth", *names]):
        found = np.eye(3)[truth[place]] if name == "truth" else chances[name][place]
        bounds = np.cumsum(found, axis=1)
        below = np.zeros(len(found))
        for kind, colour in enumerate(COLOURS):
            tracks.fill_between(
                np.arange(LENGTH),
                row + 0.42 - 0.84 * below,
                row + 0.42 - 0.84 * bounds[:, kind],
                color=colour,
                step="mid",
                linewidth=0,
                label=KINDS[kind] if row == 0 else None,
            )
            below = bounds[:, kind]
    tracks.set(xlim=(0, LENGTH - 1), ylim=(len(names) + 0.5, -1.1), xlabel="base")
    tracks.set_yticks(range(len(names) + 1), ["truth", *names])
    tracks.tick_params(axis="y", length=0)
    tracks.spines["left"].set_visible(False)
    tracks.set_title("Probabilities along one held-out sequence")
    tracks.legend(ncols=3, loc="upper left", fontsize=9, handlelength=1.2)
    values = [scores[name] for name in names]
    bars.barh(
        range(1, len(names) + 1), values, color=[GREY, GREEN, GREEN, LIGHT, LIGHT], height=0.6
    )
    for row, value in enumerate(values, start=1):
        bars.text(value + 0.02, row, f"{value:.3f}", va="center", fontsize=9)
    bars.set(ylim=tracks.get_ylim(), xlim=(0, 1.15), yticks=[], xlabel="accuracy")
    bars.set_xticks([0, 0.5, 1])
    bars.set_title(f"Over {len(truth)} sequences")
    return figure


# What to take from it: where each step wants an answer, ask whether what comes later matters. A
# network that reads in one direction comes close to the best that anyone can do who reads in one
# direction, and no further: more training could not help it. Reading in both directions lifts the
# limit itself. Only computed data tell how far from the best possible a network is; before you
# build a larger one, try it on data whose limit you know.

if __name__ == "__main__":
    gallery.main(run)

"""Dates in words to ISO dates, letter by letter: many to many, with lengths that differ.

The task: read "the third of March, nineteen eighty-four" or "Sat 3 Mar, nineteen eighty-four" and
write 1984-03-03. The order is another, so is the length, and the month has to be looked up.

The data: computed. Each of 6,000 days between 1900 and 2099, drawn at random, is put into words in
one of six ways. The test holds 500 other days, each put into words in all six ways: no answer of
the test was ever written in training.

The network: a bidirectional LSTM reads the letters. An LSTM writes the ten characters, each step
with the one before, and looks at all the letters through attention. Phrases of different lengths
are padded with rows of zeros, which the network skips.
"""

from __future__ import annotations

import string
from datetime import date

import gallery
import keras
import numpy as np
from gallery import BLUE, GREEN, ORANGE, PINK, SKY, YELLOW

from danq.core.layers import Recurrence
from danq.core.topologies import generate, many_to_many, shift

PHRASINGS = (
    "the {ordinal} of {date:%B}, {words}",
    "{date:%B} the {ordinal}, {words}",
    "{date:%A}, {date.day} {date:%B} {date.year}",
    "{ordinal} of {date:%B} {date.year}",
    "{date:%b} {date.day}, {date.year}",
    "{date:%a} {date.day} {date:%b}, {words}",
)
ONES, TENS, ORDINALS = (
    words.split()
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen",
        "zero ten twenty thirty forty fifty sixty seventy eighty ninety",
        "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
        "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
    )
)
LETTERS = " ,-" + string.digits + string.ascii_letters
WRITTEN = "-" + string.digits
STEPS = 60
COLOURS = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY)
EXAMPLE = date(1984, 3, 3)


def phrase(day: date, phrasing: str) -> str:
    """Put a day into words."""
    return phrasing.format(date=day, ordinal=_ordinal(day.day), words=_year(day.year))


def _number(number: int) -> str:
    if number < 20:
        return ONES[number]
    return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")


def _ordinal(number: int) -> str:
    if number <= 20:
        return ORDINALS[number]
    return "thirtieth" if number == 30 else f"{TENS[number // 10]}-{ORDINALS[number % 10]}"


def _year(year: int) -> str:
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        return "two thousand" + (f" and {ONES[rest]}" if rest else "")
    if rest < 10:
        return f"{_number(century)} {f'oh-{ONES[rest]}' if rest else 'hundred'}"
    return f"{_number(century)} {_number(rest)}"


def one_hot(texts: list[str], alphabet: str, steps: int) -> np.ndarray:
    """Return float32 (texts, steps, letters); what is left of the steps stays zero."""
    rows = np.zeros((len(texts), steps, len(alphabet)), np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[np.arange(len(text)), [alphabet.index(letter) for letter in text]] = 1
    return rows


def pairs(days: list[date], phrasings: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return phrases and ISO dates, one-hot: (n, 60, letters) and (n, 10, 11)."""
    phrases = [phrase(day, phrasing) for day, phrasing in zip(days, phrasings, strict=True)]
    answers = [day.isoformat() for day in days]
    return one_hot(phrases, LETTERS, STEPS), one_hot(answers, WRITTEN, 10)


def network() -> keras.Model:
    """Build the network: phrases and what was written so far, to the next characters."""
    return many_to_many(
        len(LETTERS),
        len(WRITTEN),
        recurrences=[Recurrence(64, bidirectional=True)],
        decoder=[Recurrence(128)],
        attention=True,
        mask_value=0.0,
        output_activation="softmax",
    )


def exact(model: keras.Model, phrases: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return the share of dates written without any fault, for each phrasing."""
    written = generate(model, phrases, steps=10)
    right = np.all(written.argmax(axis=2) == answers.argmax(axis=2), axis=1)
    return right.reshape(-1, len(PHRASINGS)).mean(axis=0)


def run(quick: bool) -> gallery.Result:
    """Train on some days, then write others."""
    keras.utils.set_random_seed(gallery.SEED)
    count, tests, epochs = (64, 4, 1) if quick else (6000, 500, 8)
    first, last = date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()
    order = first + np.random.default_rng(gallery.SEED).permutation(last - first + 1)
    days = [date.fromordinal(number) for number in order if number != EXAMPLE.toordinal()]
    phrases, answers = pairs(days[:count], [PHRASINGS[number % 6] for number in range(count)])
    held_out = pairs(np.repeat(days[-tests:], 6).tolist(), list(PHRASINGS) * tests)

    model = network()
    rate = keras.optimizers.schedules.CosineDecay(4e-3, epochs * -(-count // 64))
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy")
    course: list[np.ndarray] = []
    watched = [part[:300] for part in held_out]
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: course.append(exact(model, *watched))
    )
    model.fit(
        [phrases, shift(answers)],
        answers,
        batch_size=64,
        epochs=epochs,
        verbose=0,
        callbacks=[watch],
    )

    found = exact(model, *held_out)
    return gallery.Result(
        title="Dates in words to ISO, encoder and decoder with attention",
        scores={"exact": found.mean(), "exact of the worst phrasing": found.min()},
        figure=picture(model, np.array(course)),
        minima={"exact": 0.98},
    )


def looked_at(model: keras.Model, text: str) -> tuple[str, np.ndarray]:
    """Write one date, and give how much each written character (rows) looked at each letter."""
    phrases = one_hot([text], LETTERS, STEPS)
    written = generate(model, phrases, steps=10).argmax(axis=2)[0]
    answer = "".join(WRITTEN[place] for place in written)
    inner = keras.Model(model.inputs, model.get_layer("attention").input)
    states, encoded = inner.predict_on_batch([phrases, shift(one_hot([answer], WRITTEN, 10))])
    likeness = np.asarray(states)[0] @ np.asarray(encoded)[0, : len(text)].T
    weights = np.exp(likeness - likeness.max(axis=1, keepdims=True))
    return answer, weights / weights.sum(axis=1, keepdims=True)


def picture(model: keras.Model, course: np.ndarray) -> gallery.Figure:
    """Draw where the network looked in two phrasings of a held-out day, and how it learned."""
    figure, axes = gallery.panels(2, 2, size=(9, 6), height_ratios=[1, 1.15])
    wide = figure.add_subplot(axes[0, 0].get_gridspec()[0, :])
    for unused in axes[0]:
        unused.remove()
    for place, phrasing in ((wide, PHRASINGS[0]), (axes[1, 0], PHRASINGS[2])):
        text = phrase(EXAMPLE, phrasing)
        answer, weights = looked_at(model, text)
        place.imshow(weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        place.set_xticks(range(len(text)), list(text), family="monospace")
        place.set_yticks(range(10), list(answer), family="monospace")
        place.tick_params(length=0)
        place.set_ylabel("written")
    axes[1, 0].set_xlabel("read")
    wide.set_title("Where the network looks while it writes (the darker, the more)")
    epochs = np.arange(1, len(course) + 1)
    for number, (shares, colour) in enumerate(zip(course.T, COLOURS, strict=True)):
        label = phrase(EXAMPLE, PHRASINGS[number])
        axes[1, 1].plot(epochs, shares, "o-", color=colour, label=label, markersize=4)
    axes[1, 1].set(xlabel="epochs of training", ylabel="exact", ylim=(-0.03, 1.03), xticks=epochs)
    axes[1, 1].set_title("Held-out dates without a fault")
    axes[1, 1].legend(fontsize=7.5, loc="lower right")
    return figure


# What to take from it: where lengths and order differ, let one network read and another write. The
# attention is how the writer finds what it needs: for most digits it looks where the digit is
# written, in words or in figures, and nobody told it where. Phrases of all lengths go into one
# batch, padded and masked. Each step reads what was written before, so that a fault early on can
# spoil the rest: score the whole answer, as here, not the single character. A date has rules and
# few words; a language needs far more text.

if __name__ == "__main__":
    gallery.main(run)

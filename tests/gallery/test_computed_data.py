"""The gallery's computed data: what a script says of its data holds."""

from __future__ import annotations

import runpy
import sys
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(GALLERY))
    monkeypatch.delitem(sys.modules, "gallery", raising=False)
    return lambda name: SimpleNamespace(**runpy.run_path(str(GALLERY / f"{name}.py")))


@pytest.mark.parametrize(
    ("day", "phrases"),
    [
        (
            date(1984, 3, 3),
            [
                "the third of March, nineteen eighty-four",
                "March the third, nineteen eighty-four",
                "Saturday, 3 March 1984",
                "third of March 1984",
                "Mar 3, 1984",
                "Sat 3 Mar, nineteen eighty-four",
            ],
        ),
        (
            date(2009, 12, 21),
            [
                "the twenty-first of December, two thousand and nine",
                "December the twenty-first, two thousand and nine",
                "Monday, 21 December 2009",
                "twenty-first of December 2009",
                "Dec 21, 2009",
                "Mon 21 Dec, two thousand and nine",
            ],
        ),
    ],
    ids=["1984", "2009"],
)
def test_a_day_in_words(script, day, phrases):
    translation = script("translation")
    assert [translation.phrase(day, phrasing) for phrasing in translation.PHRASINGS] == phrases


@pytest.mark.parametrize(
    ("year", "words"),
    [
        (1900, "nineteen hundred"),
        (1901, "nineteen oh-one"),
        (1912, "nineteen twelve"),
        (1970, "nineteen seventy"),
        (2000, "two thousand"),
        (2010, "twenty ten"),
        (2099, "twenty ninety-nine"),
    ],
)
def test_a_year_in_words(script, year, words):
    assert script("translation").phrase(date(year, 1, 1), "{words}") == words


def test_every_day_of_a_month_has_its_own_ordinal(script):
    translation = script("translation")
    days = [date(2026, 1, 1) + timedelta(number) for number in range(31)]
    ordinals = [translation.phrase(day, "{ordinal}") for day in days]
    assert len(set(ordinals)) == 31
    assert ordinals[19:23] == ["twentieth", "twenty-first", "twenty-second", "twenty-third"]
    assert ordinals[28:] == ["twenty-ninth", "thirtieth", "thirty-first"]


def test_phrases_in_figures_are_read_back_by_the_standard_library(script):
    translation = script("translation")
    for number in range(0, 73_049, 997):
        day = date(1900, 1, 1) + timedelta(number)
        for place, layout in ((2, "%A, %d %B %Y"), (4, "%b %d, %Y")):
            phrase = translation.phrase(day, translation.PHRASINGS[place])
            assert datetime.strptime(phrase, layout).date() == day


def test_the_longest_phrase_fits(script):
    translation = script("translation")
    days = [date(1977, 1, 1) + timedelta(number) for number in range(365)]
    phrases = [translation.phrase(*pair) for pair in product(days, translation.PHRASINGS)]
    letters = translation.one_hot(phrases, translation.LETTERS, translation.STEPS)
    assert letters.sum(axis=(1, 2)).tolist() == [len(phrase) for phrase in phrases]


def test_posteriors_equal_the_sum_over_all_paths(script):
    segmentation = script("dna_segmentation")
    first, transitions, emissions = segmentation.hidden_markov()
    codes = np.array([[2, 3, 0, 1], [0, 2, 2, 3]])
    for backward, row in product((False, True), range(2)):
        found = segmentation.posterior(codes, backward=backward)[row]
        for step in range(4):
            bases = codes[row] if backward else codes[row, : step + 1]
            shares = _shares(first, transitions, emissions[:, bases], segmentation.KIND, step)
            np.testing.assert_allclose(found[step], shares, rtol=1e-9)


def _shares(first, transitions, likely, kind, step):
    shares = np.zeros(3)
    for path in product(range(len(first)), repeat=likely.shape[1]):
        chance = first[path[0]] * likely[path[0], 0]
        for place in range(1, len(path)):
            chance *= transitions[path[place - 1], path[place]] * likely[path[place], place]
            if not chance:
                break
        shares[kind[path[step]]] += chance
    return shares / shares.sum()


def test_the_hidden_markov_model_starts_at_its_own_balance(script):
    first, transitions, emissions = script("dna_segmentation").hidden_markov()
    np.testing.assert_allclose(transitions.sum(axis=1), 1)
    np.testing.assert_allclose(emissions.sum(axis=1), 1)
    np.testing.assert_allclose(first @ transitions, first)


def test_drawn_states_and_bases_have_the_models_shares(script):
    segmentation = script("dna_segmentation")
    first, transitions, emissions = segmentation.hidden_markov()
    codes, states = segmentation.draw(np.random.default_rng(0), 1000)
    np.testing.assert_allclose(np.bincount(states.ravel()) / states.size, first, atol=0.01)
    after = states[:, 1:][states[:, :-1] == 3]
    np.testing.assert_allclose(
        np.bincount(after, minlength=15) / len(after), transitions[3], atol=0.01
    )
    bases = codes[states == 9]
    np.testing.assert_allclose(np.bincount(bases) / len(bases), emissions[9], atol=0.01)


def test_windows_hold_each_base_in_their_middle(script):
    segmentation = script("dna_segmentation")
    codes = np.array([[0, 1, 2, 3]])
    windows = segmentation.windows(codes).reshape(4, 41, 4)
    np.testing.assert_array_equal(windows[:, 20].argmax(axis=1), codes[0])
    np.testing.assert_array_equal(windows[0, 21].argmax(), 1)
    assert windows[0, :20].sum() == windows[3, 21:].sum() == 0


def test_only_the_order_of_the_motifs_tells_the_label(script):
    motif_order = script("motif_order")
    sequences, labels, starts = motif_order.draw(np.random.default_rng(0), 400)
    texts = ["".join("ACGT"[code] for code in row.argmax(axis=1)) for row in sequences]
    for text, label, (first, second) in zip(texts, labels[:, 0], starts, strict=True):
        found = (text[first : first + 8], text[second : second + 8])
        assert found == (("TGACTCAG", "CCATATGG") if label else ("CCATATGG", "TGACTCAG"))
    assert np.diff(starts).min() == 16
    assert np.diff(starts).max() == 32
    assert starts.min() == 8
    assert starts.max() == 80
    assert 0.4 < labels.mean() < 0.6


def test_networks_are_of_one_size(script):
    sizes = [model.count_params() for model in script("motif_order").networks().values()]
    assert len(sizes) == 4
    assert max(sizes) <= 1.05 * min(sizes)


def test_an_image_shows_what_its_caption_says(script):
    captions = script("captions")
    random = np.random.default_rng(0)
    image = captions.draw(random, "a small red ring left of a large blue square")
    red, blue = (image[..., channel] - image[..., 2 - channel] > 0.5 for channel in (0, 2))
    assert np.nonzero(red)[1].max() < np.nonzero(blue)[1].min()
    assert red.sum() < blue.sum()
    image = captions.draw(random, "a large blue triangle above a small red square")
    red, blue = (image[..., channel] - image[..., 2 - channel] > 0.5 for channel in (0, 2))
    assert np.nonzero(blue)[0].max() < np.nonzero(red)[0].min()
    assert np.ptp(np.nonzero(red)[0]) == np.ptp(np.nonzero(red)[1])


def test_captions_and_scenes_are_one_to_one(script):
    captions = script("captions")
    assert len(set(captions.SCENES)) == len(captions.SCENES) == 648
    images, texts = captions.pairs(np.random.default_rng(0), captions.SCENES[:1], 2)
    assert images.shape == (2, 32, 32, 3)
    assert captions.said(texts) == captions.SCENES[:1] * 2

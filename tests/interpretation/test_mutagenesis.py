"""In-silico mutagenesis against the network itself, called on every changed window."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from danq import models
from danq.genome import reverse_complement
from danq.interpretation.maps import ExplainedOutput
from danq.interpretation.methods.mutagenesis import hypothetical_of, substitution_effects
from danq.models.sharing import Span
from tests.interpretation.networks import NETWORKS

OUTPUTS = [ExplainedOutput("one", (1,)), ExplainedOutput("two", (0, 2))]


def one_by_one(predictor, codes, unit):
    """Predict windows of both strands and take means of targets and strands."""
    values = [predictor.logits(strand) for strand in (codes, reverse_complement(codes))]
    if unit == "probability":
        values = [expit(z.astype(float)) for z in values]
    mean = np.mean(values, axis=0)
    return np.stack([mean[:, [1]].mean(axis=1), mean[:, [0, 2]].mean(axis=1)], axis=1)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("unit", ["logit", "probability"])
def test_every_substitution_against_a_window_of_its_own(name, unit):
    predictor = models.Predictor(NETWORKS[name](), batch_size=32)
    window = predictor.window
    codes = np.random.default_rng(3).integers(0, 5, (2, window)).astype(np.uint8)
    span = Span(window // 3, window // 3 + 9)
    effects, predicted = substitution_effects(predictor, codes, OUTPUTS, span=span, unit=unit)
    assert effects.shape == (2, 2, 9, 4)
    before = one_by_one(predictor, codes, unit)
    assert predicted == pytest.approx(before, abs=1e-5)
    for position in range(span.first, span.last):
        for base in range(4):
            changed = codes.copy()
            changed[:, position] = base
            expected = one_by_one(predictor, changed, unit) - before
            found = effects[:, :, position - span.first, base]
            assert found == pytest.approx(expected, abs=2e-5)
    assert np.abs(effects).max() > 3e-4


def test_whole_windows_more_than_pass_at_once():
    predictor = models.Predictor(NETWORKS["danq"](), batch_size=64)
    codes = np.random.default_rng(4).integers(0, 4, (9, predictor.window)).astype(np.uint8)
    span = Span(0, predictor.window)
    effects, _ = substitution_effects(predictor, codes, OUTPUTS, span=span)
    alone, _ = substitution_effects(predictor, codes[8:], OUTPUTS, span=span)
    assert effects[8:] == pytest.approx(alone, abs=1e-6)
    # The base that is there changes nothing.
    there = np.take_along_axis(effects, codes[:, None, :, None].astype(int), axis=3)
    assert not there.any()


def test_the_other_strand_has_the_same_effects_turned_round():
    predictor = models.Predictor(NETWORKS["deepsea"](), batch_size=64)
    codes = np.random.default_rng(5).integers(0, 5, (1, predictor.window)).astype(np.uint8)
    span = Span(0, predictor.window)
    effects, _ = substitution_effects(predictor, codes, OUTPUTS, span=span)
    turned, _ = substitution_effects(predictor, reverse_complement(codes), OUTPUTS, span=span)
    assert turned[:, :, ::-1, ::-1] == pytest.approx(effects, abs=1e-6)


def test_hypothetical_contributions_are_effects_less_their_mean():
    effects = np.array([[0.0, 1, -2, 5]], np.float32)
    assert hypothetical_of(effects).tolist() == [[-1, 0, -3, 4]]

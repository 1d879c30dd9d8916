"""Contributions from gradients: known weights, finite differences, sums, strands, backends."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from danq.errors import InputError
from danq.genome import reverse_complement
from danq.genome.sequence import UNKNOWN, one_hot
from danq.interpretation.maps import ExplainedOutput, Maps
from danq.interpretation.methods.attribution import BASELINES, GRADIENTS, attribute
from danq.interpretation.methods.gradients import Gradients, gradients_of
from danq.models import Predictor, save
from danq.models.predict import sigmoid
from tests.interpretation.networks import NETWORKS, linear
from tests.interpretation.on_backend import maps

FIRST = [ExplainedOutput("first", (0,))]
OUTPUTS = [*FIRST, ExplainedOutput("group", (1, 2))]
FEW = {
    "saliency": {},
    "gradient-input": {},
    "integrated-gradients": {"baselines": 3, "steps": 4},
    "expected-gradients": {"baselines": 6, "steps": 2},
}


@pytest.fixture(scope="module")
def predictors():
    return {name: Predictor(make(), batch_size=64) for name, make in NETWORKS.items()}


def random_codes(length, number=2, seed=1, bases=4):
    return np.random.default_rng(seed).integers(0, bases, (number, length)).astype(np.uint8)


def contributions(codes, found):
    return Maps([], [], codes, found.hypothetical, found.predicted).contributions


def weights_of(network):
    """The weights of a linear network as both strands see them, (targets, length, 4), and biases"""
    kernel, bias = network.layers[-2].get_weights()
    each = kernel.T.reshape(len(bias), -1, 4)
    return (each + each[:, ::-1, ::-1]) / 2, bias


def of_outputs(targets):
    """Take what holds for targets, axis 0, for the outputs."""
    return np.stack([targets[0], (targets[1] + targets[2]) / 2])


@pytest.mark.parametrize("method", GRADIENTS)
def test_a_linear_network_is_explained_by_its_weights(method):
    network = linear()
    codes = random_codes(30)
    found = attribute(Predictor(network), codes, OUTPUTS, method=method, **FEW[method])
    weights, bias = weights_of(network)
    assert found.hypothetical.dtype == found.predicted.dtype == np.float32
    # Whatever the baseline is, one base differs from another by what their weights do.
    known = of_outputs(weights)
    differences = found.hypothetical - found.hypothetical[..., :1]
    assert differences == pytest.approx((known - known[..., :1])[None].repeat(2, 0), abs=1e-5)
    values = np.einsum("nlc,tlc->tn", one_hot(codes), weights) + bias[:, None]
    assert found.predicted == pytest.approx(of_outputs(values).T, abs=1e-5)
    if method == "saliency":
        assert found.hypothetical.sum(axis=3) == pytest.approx(0, abs=1e-5)
    if method == "gradient-input":
        assert found.hypothetical[0] == pytest.approx(known, abs=1e-5)


@pytest.mark.parametrize(("baseline", "value"), [("zero", 0.0), ("mean", 0.25)])
def test_a_linear_network_against_a_constant_baseline(baseline, value):
    network = linear()
    codes = random_codes(30)
    options = {"method": "integrated-gradients", "baseline": baseline}
    found = attribute(Predictor(network), codes, OUTPUTS, **options)
    known = of_outputs(weights_of(network)[0])
    expected = known - value * known.sum(axis=2, keepdims=True)
    assert found.hypothetical[1] == pytest.approx(expected, abs=1e-5)
    sums = np.einsum("nlc,tlc->nt", one_hot(codes) - value, known)
    assert found.completeness.difference == pytest.approx(sums, abs=1e-5)
    assert found.completeness.total == pytest.approx(sums, abs=1e-4)


def test_probabilities_of_a_logistic_network():
    """Against zero a base contributes its weight, times the slope between start and end."""
    network = linear()
    codes = random_codes(30)
    kernel, bias = network.layers[-2].get_weights()
    weights = kernel[:, 0].reshape(30, 4)
    options = {"method": "integrated-gradients", "baseline": "zero", "unit": "probability"}
    found = attribute(Predictor(network), codes, FIRST, **options)
    expected = 0
    for strand, turn in ((codes, 1), (reverse_complement(codes), -1)):
        step = np.einsum("nlc,lc->n", one_hot(strand), weights)
        slope = (sigmoid(bias[0] + step) - sigmoid(bias[0])) / step
        expected = expected + slope[:, None, None] * weights[::turn, ::turn] / 2
    assert found.hypothetical[:, 0] == pytest.approx(expected, rel=0.01, abs=1e-6)
    probabilities = Predictor(network).probabilities(codes)[:, :1]
    assert found.predicted == pytest.approx(probabilities, abs=1e-6)


@pytest.mark.parametrize("unit", ["logit", "probability"])
@pytest.mark.parametrize("name", ["deepsea", "danq"])
def test_gradients_are_finite_differences(predictors, name, unit):
    predictor = predictors[name]
    codes = random_codes(predictor.window, 1)
    options = {"method": "gradient-input", "unit": unit}
    third = [ExplainedOutput("third", (2,))]
    slopes = attribute(predictor, codes, third, **options).hypothetical[0, 0]
    random = np.random.default_rng(3)
    places = random.integers(0, predictor.window, 60), random.integers(0, 4, 60)
    gradients = gradients_of(predictor, unit)
    step, measured = 0.01, []
    for place in zip(*places, strict=True):
        ends = one_hot(codes).repeat(2, axis=0)
        ends[0][place] += step
        ends[1][place] -= step
        above, below = gradients.values(ends)[:, 2]
        measured.append((above - below) / (2 * step))
    missed = np.abs(np.array(measured) - slopes[places])
    # A step now and then crosses the edge of a rectifier or of a pool.
    assert np.quantile(missed, 0.8) < 0.01 * np.abs(slopes).max()


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("name", NETWORKS)
def test_contributions_sum_to_the_difference_from_the_baseline(predictors, name, baseline):
    predictor = predictors[name]
    codes = random_codes(predictor.window, 3, seed=4)
    options = {"method": "integrated-gradients", "baseline": baseline, "steps": 512}
    found = attribute(predictor, codes, OUTPUTS, **options, baselines=10)
    difference, total = found.completeness
    assert contributions(codes, found).sum(axis=2) == pytest.approx(total, abs=1e-4)
    errors = found.completeness.relative_error
    assert errors == pytest.approx(np.abs(total / difference - 1))
    is_clear = np.abs(difference) > 0.05 * np.abs(difference).max()
    assert is_clear.sum() > 3
    assert errors[is_clear].max() < 0.01


def test_steps_are_doubled_where_they_do_not_suffice(predictors, monkeypatch):
    """Any rule is exact for a linear network, so that the first 16 steps are all."""
    counts = []
    slopes = Gradients.slopes

    def count(self, sequences, shares):
        counts.append(len(sequences))
        return slopes(self, sequences, shares)

    monkeypatch.setattr(Gradients, "slopes", count)

    def explain(predictor, steps):
        counts.clear()
        options = {"method": "integrated-gradients", "baselines": 2, "steps": steps}
        found = attribute(predictor, random_codes(predictor.window), FIRST, **options)
        return sum(counts), found.completeness.relative_error.max()

    assert explain(Predictor(linear()), 512) == (2 * 2 * 16, pytest.approx(0, abs=1e-3))
    assert explain(Predictor(linear()), 7) == (2 * 2 * 7, pytest.approx(0, abs=1e-3))
    most, error = explain(predictors["branching"], 512)
    fewest, largest_error = explain(predictors["branching"], 16)
    assert fewest == 2 * 2 * 16 < most
    assert error < 0.01 < largest_error


def test_expected_gradients_come_near_the_difference(predictors):
    codes = random_codes(predictors["deepsea"].window, 3, seed=4)
    options = {"method": "expected-gradients", "baselines": 400, "steps": 8}
    found = attribute(predictors["deepsea"], codes, OUTPUTS, **options)
    difference, total = found.completeness
    assert total == pytest.approx(difference, abs=0.05 * np.abs(difference).max())
    assert contributions(codes, found).sum(axis=2) == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize("method", GRADIENTS)
def test_the_other_strand_has_the_map_turned_round(predictors, method):
    predictor = predictors["danq"]
    codes = random_codes(predictor.window, 3, bases=5)
    one, other = (
        attribute(predictor, strand, OUTPUTS, method=method, **FEW[method])
        for strand in (codes, reverse_complement(codes))
    )
    assert one.hypothetical == pytest.approx(other.hypothetical[:, :, ::-1, ::-1], abs=1e-6)
    assert one.predicted == pytest.approx(other.predicted, abs=1e-6)
    assert np.abs(one.hypothetical - one.hypothetical[:, :, ::-1, ::-1]).max() > 1e-2


@pytest.mark.parametrize("unknown", [0.0, 0.25])
@pytest.mark.parametrize("method", GRADIENTS)
def test_unknown_bases_contribute_nothing(method, unknown):
    predictor = Predictor(linear(), unknown=unknown)
    codes = random_codes(30)
    codes[0, 10:14] = UNKNOWN
    codes[1] = UNKNOWN
    found = attribute(predictor, codes, OUTPUTS, method=method, **FEW[method])
    assert not found.hypothetical[0, :, 10:14].any()
    assert not found.hypothetical[1].any()
    assert found.hypothetical[0, :, [9, 14]].any(axis=(1, 2)).all()
    values = predictor.logits(codes) + predictor.logits(reverse_complement(codes))
    assert found.predicted == pytest.approx(of_outputs(values.T / 2).T, abs=1e-5)
    if found.completeness:
        assert found.completeness.relative_error.max() < 1e-3


def test_randomness_is_the_windows_and_the_seeds(predictors):
    predictor = predictors["branching"]
    codes = random_codes(predictor.window, 40)

    def explain(codes, seed):
        options = {"method": "expected-gradients", "baselines": 2, "steps": 1, "seed": seed}
        return attribute(predictor, codes, FIRST, **options).hypothetical

    every = explain(codes, 7)
    assert np.array_equal(explain(codes, 7), every)
    assert explain(codes[[38, 3]], 7) == pytest.approx(every[[38, 3]], abs=1e-6)
    assert np.abs(explain(codes, 8) - every).max() > 0.01


def test_what_goes_in_may_be_little(predictors):
    predictor = predictors["gru"]
    none = np.empty((0, predictor.window), np.uint8)
    found = attribute(predictor, none, OUTPUTS, method="integrated-gradients")
    assert found.hypothetical.shape == (0, 2, predictor.window, 4)
    assert found.completeness.relative_error.shape == (0, 2)
    small = Predictor(predictor.network, batch_size=1)
    codes = random_codes(predictor.window)
    one, other = (attribute(each, codes, FIRST, method="saliency") for each in (small, predictor))
    assert one.hypothetical == pytest.approx(other.hypothetical, abs=1e-6)


def test_half_precision_is_for_predictions_only(predictors):
    exact = predictors["gru"]
    half = Predictor(exact.network, precision="bfloat16")
    codes = random_codes(exact.window)
    one, other = (attribute(each, codes, FIRST, method="saliency") for each in (half, exact))
    assert one.hypothetical == pytest.approx(other.hypothetical, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "deeplift"}, f'method "deeplift", expected one of {", ".join(GRADIENTS)}'),
        ({"unit": "odds"}, 'unit "odds", expected one of logit, probability'),
        ({"baseline": "N"}, 'baseline "N", expected one of shuffled, zero, mean'),
        ({"baselines": 0}, "baselines 0, expected at least 1 and at most 1000"),
        ({"steps": 1001}, "steps 1001, expected at least 1 and at most 1000"),
        ({"steps": 2.5}, "steps of type float, expected a whole number"),
        ({"seed": -1}, "seed -1, expected at least 0"),
        ({"outputs": [ExplainedOutput("x", (3,))]}, r'column 3 in the output "x", .* 3 targets'),
        ({"outputs": [ExplainedOutput("x", ())]}, 'no column in the output "x"'),
        ({"codes": np.zeros((2, 29), np.uint8)}, r"windows of shape \(2, 29\)"),
    ],
)
def test_what_cannot_be_explained(options, message):
    given = {"codes": random_codes(30), "outputs": FIRST, "method": "integrated-gradients"}
    with pytest.raises(InputError, match=f"^found {message}"):
        attribute(Predictor(linear()), **given | options)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.keras"
    save(NETWORKS["danq"](), path, targets=["one", "two", "three"], unknown=0.25)
    return path


@pytest.fixture(scope="module")
def known(model):
    return maps(model)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backends_agree(model, known, backend, tmp_path):
    pytest.importorskip(backend)
    command = [sys.executable, "-W", "ignore", "-m", "tests.interpretation.on_backend"]
    done = subprocess.run(
        [*command, str(model), str(tmp_path / "maps.npz")],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = np.load(tmp_path / "maps.npz")
    for method, expected in known.items():
        scale = np.abs(expected.hypothetical).max()
        difference = found[f"{method} hypothetical"] - expected.hypothetical
        assert np.abs(difference).max() < 1e-5 * max(1, scale), method
        assert found[f"{method} predicted"] == pytest.approx(expected.predicted, abs=1e-5)
        assert scale > 0.01


def test_names_of_methods_need_no_keras():
    code = "import sys, danq.interpretation.methods.attribution; assert 'keras' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

"""Alleles that share their reference's work: the same numbers as two whole passes, and less work.

The oracle is the network itself, called on whole windows. Weights are drawn wide, so that a base
changes logits by far more than the tolerance.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from danq import models
from danq.core.activations import legacy_hard_sigmoid, threshold
from danq.genome import reverse_complement
from danq.models.encoding import logits_from_codes
from danq.models.precision import with_precision
from danq.models.sharing import AlleleNetwork, central_span
from danq.models.sharing.stages import Span, Window

SMALL = {"outputs": 3, "width": 0.03}


def chain(length, *blocks):
    inputs = keras.Input((length, 4))
    outputs = inputs
    for block in blocks:
        outputs = block(outputs)
    outputs = layers.Activation("sigmoid")(layers.Dense(3, name="logits")(outputs))
    return keras.Model(inputs, outputs)


def both(units, *, backward=None, **options):
    forward = layers.LSTM(units, return_sequences=True, **options)
    return layers.Bidirectional(forward, backward_layer=backward)


def along_the_sequence(x):
    return x - keras.ops.mean(x, axis=1, keepdims=True)


SHARED = {
    "deepsea": lambda: models.deepsea(sequence_length=180, **SMALL),
    "deepsea, odd length": lambda: models.deepsea(sequence_length=181, **SMALL),
    "deepsea, threshold": lambda: models.deepsea(
        sequence_length=180, activation=threshold, **SMALL
    ),
    "danq": lambda: models.danq(sequence_length=120, **SMALL),
    "danq, legacy gates": lambda: models.danq(
        sequence_length=120, gate=legacy_hard_sigmoid, **SMALL
    ),
    "danq_jaspar": lambda: models.danq_jaspar(sequence_length=140, **SMALL),
    "beluga": lambda: models.beluga(sequence_length=320, **SMALL),
    "one LSTM": lambda: chain(
        40, layers.Conv1D(5, 3), layers.LSTM(4, return_sequences=True), layers.Flatten()
    ),
    "backward LSTM without bias": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        layers.LSTM(4, return_sequences=True, go_backwards=True, use_bias=False),
        layers.Conv1D(5, 2),
        layers.Flatten(),
    ),
    "backward LSTM, flattened": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        layers.LSTM(4, return_sequences=True, go_backwards=True),
        layers.Flatten(),
    ),
    "backward half first": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        both(4, go_backwards=True, backward=layers.LSTM(4, return_sequences=True)),
        layers.Flatten(),
    ),
    "flattened by channels": lambda: chain(
        40, layers.Conv1D(5, 3), layers.Flatten(data_format="channels_first")
    ),
    "recurrence flattened by channels": lambda: chain(
        40, layers.Conv1D(5, 3), both(4), layers.Flatten(data_format="channels_first")
    ),
    "an activation along the sequence": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        layers.Conv1D(5, 3, activation=along_the_sequence),
        layers.Activation(along_the_sequence),
        layers.Flatten(),
    ),
    "two recurrences": lambda: chain(40, layers.Conv1D(5, 3), both(4), both(3), layers.Flatten()),
    "recurrence to one vector": lambda: chain(
        40, layers.Conv1D(5, 3), layers.Bidirectional(layers.GRU(4))
    ),
    "last state, flattened": lambda: chain(
        40, layers.Conv1D(5, 3), layers.LSTM(4), layers.Flatten()
    ),
    "summed halves": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum"),
        layers.Flatten(),
    ),
    "padded": lambda: chain(
        40,
        layers.Conv1D(5, 4, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.Conv1D(5, 2, padding="same"),
        layers.AveragePooling1D(2),
        layers.Flatten(),
    ),
    "padded over the ends": lambda: chain(
        9, layers.Conv1D(5, 3), layers.Conv1D(5, 13, padding="same"), layers.Flatten()
    ),
    "strided and dilated": lambda: chain(
        60,
        layers.Conv1D(5, 3, strides=2),
        layers.Conv1D(5, 3, dilation_rate=3),
        layers.MaxPooling1D(3, strides=2),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Dense(6, activation="tanh", use_bias=False),
    ),
    "stride beyond the kernel": lambda: chain(41, layers.Conv1D(5, 2, strides=7), layers.Flatten()),
    "pooled over all": lambda: chain(
        40, layers.Conv1D(5, 3), layers.LayerNormalization(), layers.GlobalMaxPooling1D()
    ),
    "normalised along the sequence": lambda: chain(
        40, layers.Conv1D(5, 3), layers.BatchNormalization(axis=1), layers.Flatten()
    ),
    "a model within": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        keras.Sequential([keras.Input((38, 5)), layers.Conv1D(2, 3)]),
        layers.Flatten(),
    ),
    "sequential": lambda: keras.Sequential(
        [
            keras.Input((40, 4)),
            layers.Conv1D(5, 3),
            layers.Flatten(),
            layers.Dense(3),
            layers.Activation("sigmoid"),
        ]
    ),
}


def branching():
    inputs = keras.Input((40, 4))
    one = layers.Conv1D(4, 3, padding="same")(inputs)
    outputs = layers.Flatten()(layers.Add()([one, inputs]))
    return keras.Model(inputs, layers.Activation("sigmoid")(layers.Dense(3)(outputs)))


def quantised():
    network = chain(40, layers.Conv1D(5, 3), layers.Flatten(), layers.Dense(6))
    network.layers[-2].quantize("int8")
    return network


PLAIN = {
    "quantised": quantised,
    "branches": branching,
    "recurrent from the start": lambda: chain(40, both(4), layers.Flatten()),
    "dense from the start": lambda: chain(40, layers.Flatten()),
    "half precision": lambda: with_precision(
        models.deepsea(sequence_length=180, **SMALL), "bfloat16"
    ),
    "two recurrences side by side": lambda: models.danq(
        sequence_length=120, backward="forward", **SMALL
    ),
}


def widened(network):
    """Draw weights so wide that one base moves every logit."""
    random = np.random.default_rng(5)
    network.set_weights(
        [
            np.abs(random.normal(1, 0.3, one.shape)) if "variance" in item.path
            else random.normal(0, 1.5 / np.sqrt(max(1, np.prod(one.shape[:-1]))), one.shape)
            for item, one in zip(network.weights, network.get_weights(), strict=True)
        ]
    )  # fmt: skip
    return network


def with_centre(windows, bases):
    """Put bases at the centre of forward windows and give those of both strands."""
    changed = windows.copy()
    changed[:, (windows.shape[1] - 1) // 2] = bases
    return np.concatenate([changed, reverse_complement(changed)])


@pytest.mark.parametrize("name", SHARED)
def test_shared_work_gives_the_numbers_of_whole_passes(name):
    network = widened(SHARED[name]())
    length = network.input_shape[1]
    random = np.random.default_rng(1)
    windows = random.integers(0, 5, (3, length)).astype(np.uint8)
    windows[:, (length - 1) // 2] = [0, 1, 2]
    references = np.concatenate([windows, reverse_complement(windows)])
    alternatives = with_centre(windows, [3, 3, 4])
    shared = AlleleNetwork(network, batch_size=4, unknown=0.25)
    assert shared.is_shared
    pieces = alternatives[:, shared.span.first : shared.span.last]
    found = shared.logits(references, pieces, np.arange(6))
    whole = logits_from_codes(network, unknown=0.25)
    for z, codes in zip(found, (references, alternatives), strict=True):
        expected = whole.predict_on_batch(codes)
        assert z == pytest.approx(expected, abs=1e-5)
    # A single base passes between the strides of the one, and seldom wins the pool of the other.
    if name not in ("stride beyond the kernel", "pooled over all"):
        assert np.abs(found[0] - found[1]).max(axis=1).min() > 1e-3


@pytest.mark.parametrize("name", PLAIN)
def test_networks_with_nothing_to_share_are_told(name):
    network = PLAIN[name]()
    assert not AlleleNetwork(network, batch_size=4, unknown=0.0).is_shared
    predictor = models.Predictor(network, batch_size=4)
    codes = np.random.default_rng(2).integers(0, 4, (5, predictor.window)).astype(np.uint8)
    z_ref, z_alt = predictor.allele_logits(codes[:2], codes[2:], np.array([1, 0, 1]))
    expected = predictor.logits(codes)
    assert np.array_equal(z_ref, expected[:2])
    assert np.array_equal(z_alt, expected[2:])


@pytest.mark.parametrize("build", [SHARED["deepsea"], SHARED["danq"]])
def test_alternatives_of_any_number_place_and_order(build):
    """Several of one reference, none of another, one that differs elsewhere, one that does not."""
    network = widened(build())
    predictor = models.Predictor(network, batch_size=3)
    random = np.random.default_rng(3)
    references = random.integers(0, 4, (7, predictor.window)).astype(np.uint8)
    rows = np.array([6, 0, 0, 2, 0, 5, 5, 2, 6, 0, 0, 0])
    alternatives = references[rows]
    centre = (predictor.window - 1) // 2
    alternatives[:, centre] = random.integers(0, 4, len(rows))
    alternatives[3, 10] ^= 1
    alternatives[7] = reverse_complement(alternatives[7])
    alternatives[9] = references[0]
    z_ref, z_alt = predictor.allele_logits(references, alternatives, rows)
    assert z_ref == pytest.approx(predictor.logits(references), abs=1e-5)
    assert z_alt == pytest.approx(predictor.logits(alternatives), abs=1e-5)
    plain = models.Predictor(network, batch_size=3, share_alleles=False)
    z_plain = plain.allele_logits(references, alternatives, rows)[1]
    assert z_plain == pytest.approx(z_alt, abs=1e-5)


def test_alternatives_pass_only_where_they_differ(monkeypatch):
    """Count the positions that the first convolution of DeepSEA reads: 16 of 180."""
    network = models.deepsea(sequence_length=180, **SMALL)
    seen = []
    first = network.get_layer("convolution_1")
    original = type(first).call
    monkeypatch.setattr(
        type(first),
        "call",
        lambda layer, inputs: (
            seen.append(inputs.shape[1]) if layer is first else None,
            original(layer, inputs),
        )[1],
    )
    shared = AlleleNetwork(network, batch_size=2, unknown=0.0)
    codes = np.zeros((2, 180), np.uint8)
    shared.logits(codes, codes[:, :2], np.arange(2))
    # Two bases (either strand's centre) and seven on each side, as the kernel has eight.
    assert seen == [180, 16]


def test_central_span_holds_the_centre_of_both_strands():
    assert central_span(1000) == Span(499, 501)
    assert central_span(1001) == Span(500, 501)


@pytest.mark.parametrize("stride", [1, 2, 5])
@pytest.mark.parametrize("reach", [1, 3, 4])
@pytest.mark.parametrize("padding", [0, 1])
def test_windows_against_counting(reach, stride, padding):
    length = 23
    outputs = (length + 2 * padding - reach) // stride + 1
    window = Window(reach, stride, padding, outputs)
    seen = [{j * stride - padding + i for i in range(reach)} for j in range(outputs)]
    for first in range(length):
        for last in range(first + 1, length + 1):
            found = window.sees(Span(first, last))
            expected = [j for j in range(outputs) if seen[j] & set(range(first, last))]
            if expected:
                assert (found.first, found.last - 1) == (expected[0], expected[-1])
            else:
                assert found.size == 1
            inputs = window.seen_by(found)
            union = set.union(*seen[found.first : found.last])
            assert (inputs.first, inputs.last - 1) == (min(union), max(union))


HALVED = [
    "deepsea",
    "danq",
    "beluga",
    "backward LSTM without bias",
    "two recurrences",
    "padded",
    "recurrence to one vector",
]


def gently(network):
    """Draw weights that keep activations near 1, as those of trained networks do."""
    random = np.random.default_rng(7)
    network.set_weights(
        [
            np.abs(random.normal(1, 0.1, one.shape)) if "variance" in item.path
            else random.normal(0, 1 / np.sqrt(max(1, np.prod(one.shape[:-1]))), one.shape)
            for item, one in zip(network.weights, network.get_weights(), strict=True)
        ]
    )  # fmt: skip
    return network


@pytest.mark.parametrize(("name", "split"), [*((name, True) for name in HALVED), ("danq", False)])
def test_differences_survive_half_precision(name, split, monkeypatch):
    """Each strand's change of logits is that of float32, though the logits themselves are not."""
    monkeypatch.setattr("danq.models.sharing.alleles.count_gpus", lambda: 0 if split else 1)
    network = gently(SHARED[name]())
    length = network.input_shape[1]
    random = np.random.default_rng(1)
    windows = random.integers(0, 4, (8, length)).astype(np.uint8)
    bases = (windows[:, (length - 1) // 2] + 1) % 4
    references = np.concatenate([windows, reverse_complement(windows)])
    alternatives = with_centre(windows, bases)
    half = with_precision(network, "bfloat16")
    shared = AlleleNetwork(network, batch_size=8, unknown=0.0, half=half)
    pieces = alternatives[:, shared.span.first : shared.span.last]
    z_ref, z_alt = shared.logits(references, pieces, np.arange(16))

    def changes(model):
        whole = logits_from_codes(model, unknown=0.0)
        return whole.predict_on_batch(alternatives) - whole.predict_on_batch(references)

    expected, rounded = changes(network), changes(half)
    error = np.abs(z_alt - z_ref - expected).mean()
    assert error < 0.06 * np.abs(expected).mean()
    assert error < 0.5 * np.abs(rounded - expected).mean()
    exact = logits_from_codes(network, unknown=0.0).predict_on_batch(references)
    assert 1e-5 < np.abs(z_ref - exact).max() < 0.1
    # What differs in nothing has no difference at all.
    own = references[:, shared.span.first : shared.span.last]
    z_ref, z_same = shared.logits(references, own, np.arange(16))
    assert np.array_equal(z_ref, z_same)


def test_alternatives_that_share_little_are_float32_beside_half_precision():
    network = gently(SHARED["deepsea"]())
    full = models.Predictor(network, batch_size=4)
    half = models.Predictor(network, batch_size=4, precision="bfloat16")
    random = np.random.default_rng(3)
    references = random.integers(0, 4, (5, full.window)).astype(np.uint8)
    rows = np.array([4, 0, 1, 1, 2, 0])
    alternatives = references[rows]
    centre = (full.window - 1) // 2
    alternatives[:, centre] = (alternatives[:, centre] + 1 + np.arange(6) % 3) % 4
    alternatives[2, centre:] = (alternatives[2, centre:] + 1) % 4
    found = half.allele_logits(references, alternatives, rows)
    expected = full.allele_logits(references, alternatives, rows)
    is_exact = rows == 1
    assert found[0][1] == pytest.approx(expected[0][1], abs=1e-6)
    assert found[1][is_exact] == pytest.approx(expected[1][is_exact], abs=1e-6)
    others = np.abs(found[1] - expected[1])[~is_exact].max(axis=1)
    assert (others > 1e-6).all()
    assert (others < 0.1).all()

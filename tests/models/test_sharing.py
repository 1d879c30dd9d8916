"""Edited copies that share their reference's work: the numbers of whole passes, and less work.

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
from danq.models.sharing import Edits, SharedNetwork, Span
from danq.models.sharing.alleles import central_scope
from danq.models.sharing.windows import Window

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


def both_gru(units, **options):
    return layers.Bidirectional(layers.GRU(units, return_sequences=True, **options))


def basset_block(filters, width, pool):
    """Build what Basset (Kelley et al. 2016) is made of."""
    convolution = layers.Conv1D(filters, width, padding="same", use_bias=False)
    return [
        convolution,
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling1D(pool),
    ]


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
    # Edits of one step lie in a small part of these.
    "long window": lambda: chain(
        400, layers.Conv1D(5, 3), layers.MaxPooling1D(4), layers.Flatten()
    ),
    "recurrence over a long window": lambda: chain(
        400, layers.Conv1D(5, 3), layers.MaxPooling1D(4), both(4), layers.Flatten()
    ),
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
    "GRU": lambda: chain(
        40, layers.Conv1D(5, 3), layers.MaxPooling1D(2), both_gru(4), layers.Flatten()
    ),
    "GRU that resets before": lambda: chain(
        40, layers.Conv1D(5, 3), both_gru(4, reset_after=False), layers.Flatten()
    ),
    "GRU without bias": lambda: chain(
        40, layers.Conv1D(5, 3), both_gru(4, use_bias=False), layers.Flatten()
    ),
    "simple cells": lambda: chain(
        40,
        layers.Conv1D(5, 3),
        layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True)),
        layers.Flatten(),
    ),
    "LSTM to one vector": lambda: chain(
        40, layers.Conv1D(5, 3), layers.Bidirectional(layers.LSTM(4))
    ),
    "basset": lambda: chain(
        200,
        *basset_block(12, 19, 3),
        *basset_block(8, 11, 4),
        *basset_block(8, 7, 4),
        layers.Flatten(),
        layers.Dense(10, activation="relu"),
    ),
    "causal and padded with strides": lambda: chain(
        41,
        layers.Conv1D(5, 4, padding="same", strides=3),
        layers.Conv1D(3, 3, padding="causal"),
        layers.Flatten(),
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


def edits_anywhere(random, references, size, count=40):
    """Draw edits, in the order of their rows, some at the ends."""
    last = references.shape[1] - size
    at = random.integers(0, last + 1, count).astype(np.int32)
    at[:4] = 0, last, 1, last // 2
    rows = np.sort(random.integers(0, len(references), count)).astype(np.int32)
    return Edits(rows, at, random.integers(0, 5, (count, size)).astype(np.uint8))


@pytest.mark.parametrize("name", SHARED)
def test_shared_work_gives_the_numbers_of_whole_passes(name):
    network = widened(SHARED[name]())
    length = network.input_shape[1]
    random = np.random.default_rng(1)
    references = random.integers(0, 5, (3, length)).astype(np.uint8)
    shared = SharedNetwork(network, Span(0, length), batch_size=16, references=2, unknown=0.25)
    assert shared.is_shared
    edits = [edits_anywhere(random, references, size) for size in (1, 3)]
    of_references, of_copies = shared.logits(references, edits)
    whole = logits_from_codes(network, unknown=0.25)
    copies = [each.applied(references, slice(None)) for each in edits]
    for z, codes in zip([of_references, *of_copies], [references, *copies], strict=True):
        expected = whole.predict_on_batch(codes)
        assert np.abs(z - expected).max() <= 1e-5 * max(1, np.abs(expected).max())
    # Copies differ from their references by far more.
    assert np.abs(of_copies[1] - of_references[edits[1].rows]).max() > 1e-2


@pytest.mark.parametrize("scope", [Span(50, 51), Span(0, 30), Span(90, 120), Span(40, 80)], ids=str)
@pytest.mark.parametrize("name", ["danq", "deepsea"])
def test_edits_within_a_part_of_the_window(name, scope):
    network = widened(SHARED[name]())
    length = network.input_shape[1]
    random = np.random.default_rng(2)
    references = random.integers(0, 4, (5, length)).astype(np.uint8)
    at = np.arange(scope.first, scope.last, dtype=np.int32)
    rows = np.repeat(np.arange(5, dtype=np.int32), scope.size)
    edits = Edits(rows, np.tile(at, 5), random.integers(0, 4, (len(rows), 1)).astype(np.uint8))
    shared = SharedNetwork(network, scope, batch_size=7, references=5, unknown=0.0)
    _, [z] = shared.logits(references, [edits], lambda z: z[:, 1:2] * 2, 1)
    whole = logits_from_codes(network).predict_on_batch(edits.applied(references, slice(None)))
    assert np.abs(z - whole[:, 1:2] * 2).max() <= 2e-5 * max(1, np.abs(whole).max())


@pytest.mark.parametrize("name", PLAIN)
def test_networks_with_nothing_to_share_are_told(name):
    network = PLAIN[name]()
    scope = Span(0, network.input_shape[1])
    assert not SharedNetwork(network, scope, batch_size=4, references=4, unknown=0.0).is_shared
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


@pytest.mark.parametrize("length", [1, 2, 3, 16, 17])
def test_substitutions_of_several_bases_are_shared(length, monkeypatch):
    """Up to 16 bases at the centre, on both strands, are edits; those of 17 pass whole."""
    network = widened(SHARED["deepsea"]())
    predictor = models.Predictor(network, batch_size=4)
    random = np.random.default_rng(length)
    windows = random.integers(0, 4, (6, predictor.window)).astype(np.uint8)
    changed = windows.copy()
    centre = (predictor.window - 1) // 2
    changed[:, centre : centre + length] = (changed[:, centre : centre + length] + 1) % 4
    references = np.concatenate([windows, reverse_complement(windows)])
    alternatives = np.concatenate([changed, reverse_complement(changed)])
    whole = []
    logits = SharedNetwork.logits
    monkeypatch.setattr(
        SharedNetwork,
        "logits",
        lambda self, codes, *rest: (whole.append(len(codes)), logits(self, codes, *rest))[1],
    )
    z_ref, z_alt = predictor.allele_logits(references, alternatives, np.arange(12))
    assert whole[-1] == (12 if length <= 16 else 24)
    assert z_ref == pytest.approx(predictor.logits(references), abs=2e-5)
    assert z_alt == pytest.approx(predictor.logits(alternatives), abs=2e-5)


def test_copies_pass_only_where_they_differ(monkeypatch):
    """Count the positions that DeepSEA's convolutions read of each copy."""
    network = models.deepsea(sequence_length=180, **SMALL)
    shared = SharedNetwork(network, Span(0, 180), batch_size=2, references=1, unknown=0.0)
    seen = []
    conv = keras.ops.conv

    def record(inputs, *arguments, **options):
        seen.append(inputs.shape[1])
        return conv(inputs, *arguments, **options)

    monkeypatch.setattr(keras.ops, "conv", record)
    places = np.array([70, 90], np.int32)
    edits = Edits(np.zeros(2, np.int32), places, np.ones((2, 1), np.uint8))
    shared.logits(np.zeros((1, 180), np.uint8), [edits])
    # Eight outputs see a base, and reach over 15. They lie in at most three pools, which ten
    # outputs of the second see. Of the third there are but two, which read all nine positions.
    assert seen == [15, 17, 9]


def test_central_scope_holds_changes_of_both_strands():
    assert central_scope(1000, 1) == Span(499, 501)
    assert central_scope(1001, 1) == Span(500, 501)
    # Three bases from index 499 on stand at 498 to 500 of the other strand.
    assert central_scope(1000, 3) == Span(498, 502)
    assert central_scope(9, 16) == Span(0, 9)


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
    monkeypatch.setattr("danq.models.sharing.edits.count_gpus", lambda: 0 if split else 1)
    network = gently(SHARED[name]())
    length = network.input_shape[1]
    random = np.random.default_rng(1)
    windows = random.integers(0, 4, (8, length)).astype(np.uint8)
    bases = (windows[:, (length - 1) // 2] + 1) % 4
    references = np.concatenate([windows, reverse_complement(windows)])
    alternatives = with_centre(windows, bases)
    half = with_precision(network, "bfloat16")
    scope = central_scope(length, 1)
    shared = SharedNetwork(
        network, scope, batch_size=8, references=8, unknown=0.0, is_fixed=True, half=half
    )
    rows, at = np.arange(16, dtype=np.int32), np.full(16, scope.first, np.int32)

    def predict(windows):
        return shared.logits(references, [Edits(rows, at, windows[:, scope.first : scope.last])])

    z_ref, [z_alt] = predict(alternatives)

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
    z_ref, [z_same] = predict(references)
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

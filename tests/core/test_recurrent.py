"""Recurrent networks: their four shapes against NumPy, against each other, and with padding."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from danq.core import topologies
from danq.core.layers import CELLS, Recurrence
from tests import oracles
from tests.core.conftest import TOPOLOGIES, inputs_of


def sequences(*lengths: int, features: int = 4, seed: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=(length, features)).astype(np.float32) for length in lengths]


def padded(rows: list[np.ndarray]) -> np.ndarray:
    return keras.utils.pad_sequences(rows, dtype="float32", padding="post")


def randomised(network: keras.Model) -> list[np.ndarray]:
    """Return every weight, biases too, a value that matters."""
    random = np.random.default_rng(5)
    weights = [random.normal(0, 0.5, w.shape).astype(np.float32) for w in network.get_weights()]
    network.set_weights(weights)
    return weights


@pytest.mark.parametrize(
    ("cell", "oracle"),
    [("lstm", oracles.lstm), ("gru", oracles.gru), ("simple", oracles.simple_rnn)],
)
def test_equals_numpy(cell, oracle):
    network = topologies.many_to_one(4, 2, recurrences=[Recurrence(3, cell)])
    kernel, recurrent, bias, dense, offset = randomised(network)
    inputs = inputs_of(network)
    for row, found in zip(inputs, network.predict_on_batch(inputs), strict=True):
        state = oracle(row, kernel, recurrent, bias)[-1]
        np.testing.assert_allclose(found, oracles.sigmoid(state @ dense + offset), atol=1e-5)


@pytest.mark.parametrize("backward", ["reversed", "forward"])
def test_both_halves_equal_numpy(backward):
    recurrence = Recurrence(3, bidirectional=True, backward=backward)
    network = topologies.many_to_many(4, 2, recurrences=[recurrence])
    fw, fu, fb, bw, bu, bb, dense, offset = randomised(network)
    step = -1 if backward == "reversed" else 1
    inputs = inputs_of(network)
    for row, found in zip(inputs, network.predict_on_batch(inputs), strict=True):
        second = oracles.lstm(row[::step], bw, bu, bb)[::step]
        states = np.concatenate([oracles.lstm(row, fw, fu, fb), second], axis=1)
        np.testing.assert_allclose(found, oracles.sigmoid(states @ dense + offset), atol=1e-5)


@pytest.mark.parametrize("backward", ["reversed", "forward"])
@pytest.mark.parametrize("attention", [False, True])
def test_an_encoder_and_a_decoder_equal_numpy(attention, backward):
    recurrence = Recurrence(2, bidirectional=True, backward=backward)
    network = topologies.many_to_many(
        4, 3, recurrences=[recurrence], decoder=[Recurrence(4)], attention=attention
    )
    randomised(network)
    weights = {layer.name: layer.get_weights() for layer in network.layers}
    halves = [weights.get(f"recurrence_1_{half}") for half in ("forward", "backward")]
    if backward == "reversed":
        halves = [weights["recurrence_1"][:3], weights["recurrence_1"][3:]]
    source, previous = inputs_of(network, n=2)
    found = np.asarray(network.predict_on_batch([source, previous]))
    step = -1 if backward == "reversed" else 1
    for row, written, answers in zip(source, previous, found, strict=True):
        first = oracles.lstm(row, *halves[0])
        second = oracles.lstm(row[::step], *halves[1])
        last = np.concatenate([first[-1], second[-1]])
        state, memory = (
            np.tanh(last @ weights[f"state_1_{name}"][0] + weights[f"state_1_{name}"][1])
            for name in ("output", "memory")
        )
        states = oracles.lstm(written, *weights["decoder_1"], state=state, memory=memory)
        if attention:
            encoded = np.concatenate([first, second[::step]], axis=1)
            scores = np.exp(states @ encoded.T)
            context = scores / scores.sum(axis=1, keepdims=True) @ encoded
            states = np.concatenate([states, context], axis=1)
        dense, offset = weights["logits"]
        np.testing.assert_allclose(answers, oracles.sigmoid(states @ dense + offset), atol=1e-5)


@pytest.mark.parametrize("name", ["many_to_one", "many_to_many", "encoder_decoder", "attention"])
def test_reads_any_length(name):
    network = TOPOLOGIES[name]()
    for steps in (3, 8):
        inputs = inputs_of(network, steps=steps)
        found = np.asarray(network.predict_on_batch(inputs))
        written = {"many_to_one": (), "many_to_many": (steps,)}.get(name, (steps + 1,))
        assert found.shape == (2, *written, 2)


@pytest.mark.parametrize("cell", CELLS)
def test_one_to_one_reads_a_stream_as_many_to_many_reads_it_at_once(cell):
    recurrences = [Recurrence(3, cell), Recurrence(2, cell)]
    whole = topologies.many_to_many(4, 2, recurrences=recurrences)
    single = topologies.one_to_one(4, 2, recurrences=recurrences, batch_size=2)
    single.set_weights(whole.get_weights())
    stream = np.stack(sequences(6, 6))
    for _ in range(2):
        steps = [keras.ops.convert_to_numpy(single(stream[:, step])) for step in range(6)]
        np.testing.assert_allclose(
            np.stack(steps, axis=1), whole.predict_on_batch(stream), atol=1e-6
        )
        for layer in single.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()


def test_one_to_one_without_a_batch_size_begins_anew_every_time():
    network = topologies.one_to_one(4, 2, recurrences=[Recurrence(3)])
    inputs = inputs_of(network)
    first = np.asarray(network.predict_on_batch(inputs))
    assert np.array_equal(network.predict_on_batch(inputs), first)


@pytest.mark.parametrize(
    ("cell", "bidirectional", "build"),
    list(itertools.product(CELLS, [False, True], ["many_to_one", "many_to_many"])),
)
def test_padded_sequences_give_what_they_give_alone(cell, bidirectional, build):
    recurrences = [Recurrence(3, cell, bidirectional), Recurrence(2, cell, bidirectional)]
    network = getattr(topologies, build)(4, 2, recurrences=recurrences, mask_value=0.0)
    rows = sequences(5, 2, 9)
    found = np.asarray(network.predict_on_batch(padded(rows)))
    for row, together in zip(rows, found, strict=True):
        alone = np.asarray(network.predict_on_batch(row[None]))[0]
        if build == "many_to_many":
            together = together[: len(row)]
        np.testing.assert_allclose(together, alone, atol=1e-6)


def test_without_a_mask_padding_is_read():
    network = topologies.many_to_one(4, 2, recurrences=[Recurrence(3)])
    (row,) = sequences(5)
    alone = np.asarray(network.predict_on_batch(row[None]))
    longer = np.asarray(network.predict_on_batch(np.pad(row, [(0, 4), (0, 0)])[None]))
    assert np.abs(longer - alone).max() > 1e-3


@pytest.mark.parametrize("name", ["many_to_one", "encoder_decoder", "attention"])
def test_a_sequence_that_is_all_padding_harms_no_other(name):
    network = TOPOLOGIES[name]()
    inputs = inputs_of(network)
    source = inputs if name == "many_to_one" else inputs[0]
    before = np.asarray(network.predict_on_batch(inputs))
    source[1] = 0
    after = np.asarray(network.predict_on_batch(inputs))
    np.testing.assert_allclose(after[0], before[0], atol=1e-6)
    network.compile("sgd", "binary_crossentropy")
    network.train_on_batch(inputs, np.ones_like(before))
    assert all(np.isfinite(weight).all() for weight in network.get_weights())


def test_padding_is_left_out_of_the_loss():
    keras.utils.set_random_seed(1)
    network = topologies.many_to_many(4, 1, recurrences=[Recurrence(3)], mask_value=0.0)
    network.compile(keras.optimizers.SGD(0.0), "binary_crossentropy")
    rows = sequences(5, 2)
    answers = np.random.default_rng(1).integers(0, 2, (2, 5, 1)).astype(np.float32)
    other = answers.copy()
    other[1, 2:] = 1 - other[1, 2:]
    losses = [float(network.train_on_batch(padded(rows), y)) for y in (answers, other)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-7)
    other[1, 1] = 1 - other[1, 1]
    assert float(network.train_on_batch(padded(rows), other)) != pytest.approx(losses[0], abs=1e-4)


@pytest.mark.parametrize("name", ["encoder_decoder", "attention"])
def test_padding_of_a_source_changes_nothing(name):
    network = TOPOLOGIES[name]()
    short, long = sequences(3, 7)
    (previous,) = sequences(4, features=2)
    found = network.predict_on_batch([padded([short, long]), np.stack([previous] * 2)])
    alone = network.predict_on_batch([short[None], previous[None]])
    np.testing.assert_allclose(np.asarray(found)[0], np.asarray(alone)[0], atol=1e-6)


@pytest.mark.parametrize("name", ["encoder_decoder", "attention", "one_to_many_feedback"])
def test_a_decoder_sees_its_source_and_what_came_before_but_nothing_after(name):
    network = TOPOLOGIES[name]()
    source, previous = inputs_of(network, steps=6, n=1)
    before = np.asarray(network.predict_on_batch([source, previous]))
    changed = previous.copy()
    changed[:, 3] += 1
    after = np.asarray(network.predict_on_batch([source, changed]))
    assert np.array_equal(after[:, :3], before[:, :3])
    assert (np.abs(after[:, 3:] - before[:, 3:]).max(axis=-1) > 1e-6).all()
    other = np.asarray(network.predict_on_batch([source + 1, previous]))
    assert (np.abs(other - before).max(axis=-1) > 1e-6).all()


@pytest.mark.parametrize("feed", ["class", "value"])
def test_generating_is_running_with_what_was_chosen(feed):
    network = topologies.one_to_many(4, 5, recurrences=[Recurrence(6)], feedback=True)
    (vectors,) = (np.stack([row[0] for row in sequences(1, 1, 1)]),)
    written = topologies.generate(network, vectors, steps=7, feed=feed, batch_size=2)
    assert written.shape == (3, 7, 5)
    chosen = np.eye(5)[written.argmax(-1)] if feed == "class" else written
    again = network.predict_on_batch([vectors, topologies.shift(chosen)])
    np.testing.assert_allclose(written, again, atol=1e-6)


def test_shift_puts_a_step_of_zeros_first():
    answers = np.arange(6).reshape(1, 3, 2)
    assert topologies.shift(answers).tolist() == [[[0, 0], [0, 1], [2, 3]]]


def test_a_decoder_learns_to_reverse_its_source():
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(0)
    source = np.eye(3, dtype=np.float32)[random.integers(0, 3, (512, 3))]
    answers = source[:, ::-1]
    network = topologies.many_to_many(
        3,
        3,
        recurrences=[Recurrence(16, "gru", bidirectional=True)],
        decoder=[Recurrence(32, "gru")],
        attention=True,
        output_activation="softmax",
    )
    network.compile(keras.optimizers.Adam(0.02), "categorical_crossentropy")
    previous = topologies.shift(answers)
    for _ in range(8):
        for first in range(0, 512, 32):
            rows = slice(first, first + 32)
            network.train_on_batch([source[rows], previous[rows]], answers[rows])
    triples = np.array(list(itertools.product(range(3), repeat=3)))
    written = topologies.generate(network, np.eye(3, dtype=np.float32)[triples], steps=3)
    assert (written.argmax(-1) == triples[:, ::-1]).all()

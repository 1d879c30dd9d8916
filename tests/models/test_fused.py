"""The conditions of fused recurrent kernels, put to Keras's own predicates on a pretended GPU.

Where a TensorFlow GPU is seen, a layer asks for cuDNN by calling `_cudnn_lstm` or `_cudnn_gru` of
Keras's backend. Here these are replaced by recorders that refuse, which sends the layer down its
ordinary path, so that what was asked is what a GPU would have run.
"""

from __future__ import annotations

import importlib

import keras
import numpy as np
import pytest

from danq import models
from danq.core import topologies
from danq.core.activations import legacy_hard_sigmoid
from danq.core.layers import Convolution, Recurrence
from danq.models.encoding import logits_from_codes
from danq.models.precision import with_precision

SMALL = {"sequence_length": 90, "outputs": 3, "width": 0.03}
LSTM, GRU = Recurrence(4), Recurrence(4, cell="gru")
BOTH = Recurrence(4, bidirectional=True)
GRU_BOTH = Recurrence(4, cell="gru", bidirectional=True)

# Each with the kernels that it asks for: one a direction of a layer.
NETWORKS = {
    "danq": (lambda: models.danq(**SMALL), 2),
    "danq_forward": (lambda: models.danq(backward="forward", **SMALL), 2),
    "danq_jaspar": (lambda: models.danq_jaspar(**SMALL), 2),
    "cnn_rnn": (
        lambda: topologies.cnn_rnn(
            (20, 4), 3, convolutions=[Convolution(4, 3)], recurrences=[BOTH, GRU]
        ),
        3,
    ),
    "one_to_one": (lambda: topologies.one_to_one(5, 3, recurrences=[LSTM, GRU]), 2),
    "one_to_one_stream": (
        lambda: topologies.one_to_one(5, 3, recurrences=[LSTM], batch_size=2),
        1,
    ),
    "one_to_many": (lambda: topologies.one_to_many(5, 3, steps=6, recurrences=[LSTM]), 1),
    "one_to_many_feedback": (
        lambda: topologies.one_to_many(5, 3, recurrences=[LSTM, GRU], feedback=True),
        2,
    ),
    "many_to_one": (lambda: topologies.many_to_one(5, 3, recurrences=[BOTH, GRU_BOTH]), 4),
    "many_to_one_masked": (
        lambda: topologies.many_to_one(5, 3, recurrences=[GRU_BOTH], mask_value=0.0),
        2,
    ),
    "many_to_many": (
        lambda: topologies.many_to_many(5, 3, recurrences=[BOTH, LSTM], mask_value=0.0),
        3,
    ),
    "encoder_decoder": (
        lambda: topologies.many_to_many(5, 3, recurrences=[BOTH, LSTM], decoder=[GRU, LSTM]),
        5,
    ),
    "attention": (
        lambda: topologies.many_to_many(5, 3, recurrences=[LSTM], decoder=[LSTM], attention=True),
        2,
    ),
}


@pytest.fixture
def asked(monkeypatch):
    """Pretend a GPU; give the list of kernels that layers ask for, with their masks."""
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    kernels = []

    def recorder(kind, place):
        def refuse(inputs, *rest):
            kernels.append((kind, rest[place]))
            raise NotImplementedError

        return refuse

    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)
    monkeypatch.setattr(rnn, "_cudnn_lstm", recorder("lstm", 5))
    monkeypatch.setattr(rnn, "_cudnn_gru", recorder("gru", 4))
    return kernels


def _run(network, asked):
    """Call a network on sequences, the second padded at its end."""
    random = np.random.default_rng(1)
    arrays = []
    for given in network.inputs:
        shape = [size or (2 if place == 0 else 6) for place, size in enumerate(given.shape)]
        array = random.normal(size=shape).astype(np.float32)
        if len(shape) == 3:
            array[1, 4:] = 0
        arrays.append(array)
    asked.clear()
    network(arrays[0] if len(arrays) == 1 else arrays)
    return asked


@pytest.mark.parametrize("name", NETWORKS)
def test_every_recurrent_layer_asks_for_a_fused_kernel(name, asked):
    build, count = NETWORKS[name]
    network = build()
    assert len(_run(network, asked)) == count
    # Nor may XLA compile the step around them.
    assert not keras.src.trainers.trainer.model_supports_jit(network)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_as_it_is_trained_and_in_every_precision(precision, asked):
    network = logits_from_codes(with_precision(models.danq(**SMALL), precision))
    asked.clear()
    network(np.zeros((2, 90), np.uint8), training=True)
    assert [kind for kind, _ in asked] == ["lstm", "lstm"]


@pytest.mark.parametrize("name", ["many_to_one_masked", "many_to_many"])
def test_sequences_padded_at_their_end_have_the_masks_that_cudnn_takes(name, asked):
    right_padded = importlib.import_module(
        "keras.src.backend.tensorflow.rnn"
    )._is_sequence_right_padded
    masks = [mask for _, mask in _run(NETWORKS[name][0](), asked)]
    assert all(bool(right_padded(mask)) for mask in masks)
    assert not right_padded(masks[0][:, ::-1])


@pytest.mark.parametrize(
    "recurrences",
    [
        [Recurrence(4, gate=legacy_hard_sigmoid)],
        [Recurrence(4, gate="hard_sigmoid", bidirectional=True)],
        [Recurrence(4, cell="gru", gate=legacy_hard_sigmoid)],
        [Recurrence(4, cell="simple", bidirectional=True)],
    ],
    ids=["LegacyGate", "HardSigmoid", "LegacyGru", "Simple"],
)
def test_layers_that_break_a_condition_do_not(recurrences, asked):
    network = topologies.many_to_one(5, 3, recurrences=recurrences)
    assert not _run(network, asked)


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"},
        {"recurrent_dropout": 0.1},
        {"unroll": True},
        {"use_bias": False},
        {"use_cudnn": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_the_core_must_not_set_is_told_apart(options, asked):
    inputs = keras.Input((6, 5))
    plain = keras.Model(inputs, keras.layers.LSTM(4)(inputs))
    broken = keras.Model(inputs, keras.layers.LSTM(4, **options)(inputs))
    assert len(_run(plain, asked)) == 1
    assert not _run(broken, asked)


def test_imported_networks_of_legacy_gates_are_not_fused(asked):
    network = models.danq(gate=legacy_hard_sigmoid, **SMALL)
    assert not _run(network, asked)
    assert len(_run(models.danq(**SMALL), asked)) == 2


@pytest.mark.parametrize(
    ("backend", "gpu"), [("jax", "_is_gpu_available"), ("torch", "_is_cuda_cudnn_available")]
)
def test_the_other_backends_conditions_hold_too(backend, gpu, monkeypatch):
    rnn = importlib.import_module(f"keras.src.backend.{backend}.rnn")
    monkeypatch.setattr(rnn, gpu, lambda: True)

    def fused(layer):
        arguments = (layer.activation, layer.recurrent_activation, layer.unroll, layer.use_bias)
        return rnn.cudnn_ok(*arguments) and not layer.recurrent_dropout

    for name, (build, count) in NETWORKS.items():
        layers = _recurrent(build())
        assert len(layers) == count, name
        assert all(fused(layer) for layer in layers), name
    legacy = _recurrent(models.danq(gate=legacy_hard_sigmoid, **SMALL))
    assert not any(fused(layer) for layer in legacy)


def _recurrent(network):
    kinds = (keras.layers.LSTM, keras.layers.GRU)
    return [layer for layer in network._flatten_layers() if isinstance(layer, kinds)]

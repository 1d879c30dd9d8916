"""Networks of Keras 2: the same predictions in Keras 3, or a sentence that names what has none.

``keras_2/recurrent.h5.gz`` and ``keras_2/recurrent.keras`` are one network that Keras 2.15 built
and saved: Conv1D (hard sigmoid), BatchNormalization, MaxPooling1D, bidirectional LSTM, LeakyReLU,
GRU (hard sigmoid) and Dense. The other files are written here, with what Keras 2 wrote into them.
"""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import danq
from danq.errors import InputError
from danq.genome import one_hot
from danq.models import adopt
from danq.models.files import read_network

DATA = Path(__file__).parent / "keras_2"
CODES = np.array(
    [
        [0, 2, 1, 2, 0, 0, 2, 0, 2, 1, 0, 3, 2, 3, 3, 2, 3, 0, 3, 3],
        [2, 3, 2, 3, 3, 2, 3, 3, 1, 0, 0, 0, 1, 0, 1, 1, 2, 0, 3, 0],
    ],
    np.uint8,
)
# What Keras 2.15 on TensorFlow 2.15 predicted for them.
PREDICTED = [[0.24117288, 0.65171033], [0.24120122, 0.6515555]]

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_files_of_keras_2_predict_what_they_did(tmp_path, suffix):
    path = tmp_path / f"theirs{suffix}"
    if suffix == ".h5":
        path.write_bytes(gzip.decompress((DATA / "recurrent.h5.gz").read_bytes()))
    else:
        shutil.copy(DATA / "recurrent.keras", path)
    adopt(path, tmp_path / "m.keras", targets=["a", "b"])
    network = danq.models.load(tmp_path / "m.keras", window=20)
    np.testing.assert_allclose(network.predict_on_batch(one_hot(CODES)), PREDICTED, atol=2e-7)


def _saved(network, path, version="2.2.4", change=None, backend="tensorflow"):
    """Write an `.h5` file as Keras 2 did, its description after `change` was made to it."""
    random = np.random.default_rng(3)
    network.set_weights([random.normal(0, 0.4, w.shape) for w in network.get_weights()])
    network.save(path)
    with h5py.File(path, "a") as file:
        described = json.loads(file.attrs["model_config"])
        if change is not None:
            change(described["config"]["layers"])
        file.attrs["model_config"] = json.dumps(described).encode()
        file.attrs["keras_version"] = version.encode()
        file.attrs["backend"] = backend.encode()
    return path


def _described(position, **arguments):
    """Return a change to the arguments of a layer; None takes one away."""

    def change(described):
        config = described[position]["config"]
        config.update(arguments)
        for name in [name for name, value in arguments.items() if value is None]:
            del config[name]

    return change


def _network(*middle):
    ends = [layers.Flatten(), layers.Dense(3, activation="sigmoid")]
    return keras.Sequential([keras.Input((20, 4)), *middle, *ends])


def _logits(path):
    network = read_network(path)
    inner = keras.Model(network.inputs[0], network.layers[-2].output)
    return inner.predict_on_batch(one_hot(CODES))


def test_hard_sigmoid_has_the_slope_of_keras_2(tmp_path):
    network = _network(layers.Activation("hard_sigmoid"))
    values = _logits(_saved(network, tmp_path / "m.h5"))
    assert set(values.ravel()) == {np.float32(0.5), np.float32(0.7)}
    kept = _logits(_saved(network, tmp_path / "three.h5", version="3.1.0"))
    np.testing.assert_allclose(np.unique(kept), [0.5, 2 / 3], rtol=1e-6)


def test_gates_are_hard_sigmoids_where_keras_2_says_so(tmp_path):
    network = _network(layers.LSTM(2, recurrent_activation="hard_sigmoid"))
    path = _saved(network, tmp_path / "m.h5", change=_described(1, time_major=False))
    kernel, recurrent, bias = network.layers[0].get_weights()
    state, cell = np.zeros((2, 2)), np.zeros((2, 2))
    for step in one_hot(CODES).transpose(1, 0, 2):
        parts = np.split(step @ kernel + state @ recurrent + bias, 4, axis=1)
        enter, forget, leave = (np.clip(0.2 * parts[k] + 0.5, 0, 1) for k in (0, 1, 3))
        cell = forget * cell + enter * np.tanh(parts[2])
        state = leave * np.tanh(cell)
    np.testing.assert_allclose(_logits(path), state, atol=1e-6)


@pytest.mark.parametrize("version", ["2.0.8", "3.0.5"])
def test_time_major_recurrence_is_refused_and_others_are_read(tmp_path, version):
    network = _network(layers.GRU(3), layers.RepeatVector(2), layers.LSTM(3))
    for value in (False, True):
        change = _described(3, time_major=value)
        path = _saved(network, tmp_path / "m.h5", version=version, change=change)
        if value:
            with pytest.raises(
                InputError, match='layer LSTM with "time_major" = "True", which Keras'
            ):
                read_network(path)
        else:
            expected = network.predict_on_batch(one_hot(CODES))
            predicted = read_network(path).predict_on_batch(one_hot(CODES))
            np.testing.assert_allclose(predicted, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        (lambda: layers.GRU(3, reset_after=False), {"reset_after": None}),
        (lambda: layers.LeakyReLU(0.2), {"negative_slope": None, "alpha": 0.2}),
        (lambda: layers.LeakyReLU(0.2), {"alpha": {"type": "ndarray", "value": 0.2}}),
        (lambda: layers.BatchNormalization(), {"axis": [2], "fused": True, "renorm": False}),
        (lambda: layers.Conv1D(3, 3), {"kernel_initializer": {"class_name": "X", "config": {}}}),
        (lambda: layers.SeparableConv1D(3, 3), {"groups": 1, "kernel_constraint": None}),
        (lambda: layers.SpatialDropout1D(0.1), {"noise_shape": None, "trainable": True}),
    ],
)
def test_arguments_of_keras_2_are_understood(tmp_path, layer, arguments):
    network = _network(layer())

    def change(described):
        config = described[1]["config"]
        for name, value in arguments.items():
            if value is None and name in config:
                del config[name]
            else:
                config[name] = value

    path = _saved(network, tmp_path / "m.h5", change=change)
    expected = network.predict_on_batch(one_hot(CODES))
    predicted = read_network(path).predict_on_batch(one_hot(CODES))
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


def test_a_thresholded_relu_is_a_relu_with_a_threshold(tmp_path):
    def change(described):
        described[2].update(class_name="ThresholdedReLU")
        described[2]["config"] = {"name": "t", "theta": 0.3}

    network = _network(layers.Conv1D(3, 4), layers.ReLU())
    path = _saved(network, tmp_path / "m.h5", change=change)
    inner = keras.Model(network.inputs[0], network.layers[0].output)
    computed = inner.predict_on_batch(one_hot(CODES)).reshape(2, -1)
    np.testing.assert_allclose(_logits(path), np.where(computed > 0.3, computed, 0), atol=1e-6)


def test_layers_lie_in_the_first_one_of_old_files(tmp_path):
    """Before Keras 2.2.3 a Sequential was a list, and its input an argument of its first layer."""
    network = _network(layers.Conv1D(3, 3))
    path = _saved(network, tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        described = json.loads(file.attrs["model_config"])
        rest = described["config"]["layers"][1:]
        rest[0]["config"]["batch_input_shape"] = [None, 20, 4]
        for layer in rest:
            for key in ("module", "registered_name", "build_config"):
                layer.pop(key, None)
        described = {"class_name": "Sequential", "config": rest}
        file.attrs["model_config"] = json.dumps(described)
    expected = network.predict_on_batch(one_hot(CODES))
    predicted = read_network(path).predict_on_batch(one_hot(CODES))
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


def test_kernels_of_theano_are_turned_round(tmp_path):
    """Theano convolves: the kernel's last position meets the window's first base."""
    network = _network(layers.Conv1D(2, 3))
    path = _saved(network, tmp_path / "m.h5", backend="theano")
    kernel, bias = network.layers[0].get_weights()
    windows = np.lib.stride_tricks.sliding_window_view(one_hot(CODES), 3, axis=1)
    expected = np.einsum("nlck,kcf->nlf", windows, kernel[::-1]) + bias
    np.testing.assert_allclose(_logits(path), expected.reshape(2, -1), atol=1e-6)
    other = _saved(_network(layers.SeparableConv1D(2, 3)), tmp_path / "n.h5", backend="theano")
    with pytest.raises(InputError, match="SeparableConv1D of Keras 2 on Theano"):
        read_network(other)


def test_a_model_within_a_model_is_joined(tmp_path):
    """Keras 2 counts a model's own building as its first call, and has no ``kwargs``."""
    dna = keras.Input((20, 4), name="dna")
    inner = keras.Sequential([keras.Input((20, 4)), layers.Conv1D(4, 3)], name="inner")
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    features = layers.Flatten(name="flat")(attention(inner(dna), inner(dna)))
    network = keras.Model(dna, layers.Dense(3, activation="sigmoid", name="end")(features))

    def change(described):
        nodes = {
            "inner": [[["dna", 0, 0, {}]], [["dna", 0, 0, {}]]],
            "attention": [[["inner", 1, 0, {"value": ["inner", 2, 0]}]]],
            "flat": [[["attention", 0, 0, {}]]],
            "end": [[["flat", 0, 0, {}]]],
        }
        for layer in described:
            layer["inbound_nodes"] = nodes.get(layer["name"], [])

    path = _saved(network, tmp_path / "m.h5", change=change)
    expected = network.predict_on_batch(one_hot(CODES))
    predicted = read_network(path).predict_on_batch(one_hot(CODES))
    np.testing.assert_allclose(predicted, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CuDNNLSTM", 'holds "CuDNNLSTM", which Keras 3'),
        ("LocallyConnected1D", 'holds "LocallyConnected1D", which Keras 3'),
        ("TFOpLambda", 'holds "TFOpLambda", which Keras 3'),
        ("Lambda", 'holds "Lambda", code of its author'),
    ],
)
def test_layers_that_keras_3_lacks_are_named(tmp_path, name, message):
    def change(described):
        described[1].update(class_name=name)

    path = _saved(_network(layers.Conv1D(3, 3)), tmp_path / "m.h5", change=change)
    with pytest.raises(InputError, match=message):
        read_network(path)


@pytest.mark.parametrize("version", ["1.2.2", "1", "two", ""])
def test_other_versions_are_refused_by_name(tmp_path, version):
    path = _saved(_network(), tmp_path / "m.h5", version=version)
    with pytest.raises(InputError, match=r"was written by Keras .*expected"):
        read_network(path)


def test_a_module_of_tf_keras_is_one_of_keras(tmp_path):
    def change(described):
        described[1].update(module="tf_keras.layers")
        described[1]["config"]["kernel_regularizer"] = {
            "module": "tf_keras.regularizers",
            "class_name": "L2",
            "config": {"l2": 0.5},
        }

    network = _network(layers.Conv1D(3, 3))
    path = _saved(network, tmp_path / "m.h5", version="2.18.0", change=change)
    found = read_network(path)
    assert float(found.layers[0].kernel_regularizer.l2) == 0.5
    expected = network.predict_on_batch(one_hot(CODES))
    np.testing.assert_allclose(found.predict_on_batch(one_hot(CODES)), expected, atol=1e-6)


@pytest.mark.parametrize("arguments", [{"training": True}, {"training": 5}, {"mask": "x"}])
def test_calls_as_in_training_are_refused(tmp_path, arguments):
    dna = keras.Input((20, 4))
    kept = layers.Flatten()(layers.Dropout(0.5)(dna))
    network = keras.Model(dna, layers.Dense(3, activation="sigmoid")(kept))

    def change(described):
        described[1]["inbound_nodes"][0]["kwargs"].update(arguments)

    path = _saved(network, tmp_path / "m.h5", version="3.9.0", change=change)
    with pytest.raises(InputError, match=r'calls the layer "dropout.*" with (training|mask) = '):
        read_network(path)

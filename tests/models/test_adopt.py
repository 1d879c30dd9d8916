"""Networks from elsewhere: adopted with the same numbers, or refused with what was found."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

import danq
from danq.errors import InputError
from danq.genome import one_hot
from danq.models import adopt
from danq.models.predict import Predictor

NAMES = ["CTCF", "Pol2", "CTCF"]
CODES = np.random.default_rng(4).integers(0, 5, (7, 40)).astype(np.uint8)


def _fused():
    return [layers.Dense(3, activation="sigmoid")]


def _apart():
    return [layers.Dense(3), layers.Activation("sigmoid")]


def _without_bias():
    return [layers.Dense(3, activation="sigmoid", use_bias=False)]


def _sequential(end, first=None):
    """A convolution reads the input."""
    start = [first or layers.Conv1D(5, 6, activation="relu"), layers.GlobalMaxPooling1D()]
    # A hidden layer takes the name that the logits would like to have.
    hidden = layers.Dense(6, activation="relu", name="logits")
    return _with_biases(keras.Sequential([keras.Input((40, 4)), *start, hidden, *end]))


def _functional(end):
    """Two layers read the input."""
    one = keras.Input((40, 4), name="dna")
    found = layers.Conv1D(5, 6, activation="relu")(one)
    both = layers.Concatenate()([layers.Flatten()(found), layers.Flatten()(one)])
    for layer in end:
        both = layer(both)
    return _with_biases(keras.Model(one, both))


def _recurrent(end):
    return _sequential(end, layers.Bidirectional(layers.LSTM(3, return_sequences=True)))


def _with_biases(network):
    random = np.random.default_rng(5)
    network.set_weights([random.normal(0, 0.4, w.shape) for w in network.get_weights()])
    return network


def _written(network, folder, suffix=".keras"):
    path = folder / f"foreign{suffix}"
    network.save(path)
    return path


def _permuted(codes, channels, unknown):
    """One-hot as the foreign network wants it, in plain NumPy."""
    rows = np.full((*codes.shape, 4), 0.0, np.float32)
    for place, base in enumerate(channels):
        rows[..., place] = codes == "ACGT".index(base)
    rows[codes == 4] = unknown
    return rows


@pytest.mark.parametrize("channels", ["ACGT", "AGCT", "TACG"])
@pytest.mark.parametrize(
    ("build", "end", "layer"),
    [
        (_sequential, _fused, None),
        (_sequential, _apart, None),
        (_sequential, _without_bias, None),
        (_functional, _fused, "channel_order"),
        (_recurrent, _apart, "channel_order"),
    ],
)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_an_adopted_network_predicts_the_same(tmp_path, build, end, layer, channels):
    network = build(end())
    suffix = ".h5" if channels == "TACG" else ".keras"
    path = _written(network, tmp_path, suffix)
    record = adopt(
        path,
        tmp_path / "m.keras",
        targets=NAMES,
        groups=list("xyx"),
        channels=channels,
        unknown=0.25,
    )
    adopted = danq.models.load(tmp_path / "m.keras", targets=NAMES, window=40, unknown=0.25)
    assert adopted.danq == record
    assert (record.channels, record.groups) == ("ACGT", list("xyx"))
    assert record.training["adopted"] == path.name
    assert record.training["adopted_channels"] == channels
    assert record.training["adopted_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()

    expected = network.predict_on_batch(_permuted(CODES, channels, 0.25))
    inputs = one_hot(CODES, unknown=0.25)
    np.testing.assert_allclose(adopted.predict_on_batch(inputs), expected, atol=1e-6)
    plain = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(plain.predict_on_batch(inputs), expected, atol=1e-6)
    predicted = Predictor(adopted, batch_size=4).probabilities(CODES, both_strands=False)
    np.testing.assert_allclose(predicted, expected, atol=1e-6)

    names = [item.name for item in adopted.layers]
    assert ("channel_order" in names) == (layer is not None and channels != "ACGT")
    if "channel_order" in names:
        assert not adopted.get_layer("channel_order").trainable


def test_a_convolution_used_twice_is_left_as_it_is(tmp_path):
    """Its kernels cannot be permuted where it also reads something else than the input."""
    convolution = layers.Conv1D(4, 5, padding="same")
    one = keras.Input((40, 4))
    both = layers.GlobalMaxPooling1D()(convolution(convolution(one)))
    network = _with_biases(keras.Model(one, layers.Dense(3, activation="sigmoid")(both)))
    adopt(_written(network, tmp_path), tmp_path / "m.keras", targets=NAMES, channels="AGCT")
    found = danq.models.load(tmp_path / "m.keras").predict_on_batch(one_hot(CODES))
    expected = network.predict_on_batch(_permuted(CODES, "AGCT", 0))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_rare_targets_hide_no_wrong_order(tmp_path):
    """Probabilities near zero agree whatever the order; the logits do not."""
    inputs = keras.Input((40, 4))
    twice = layers.Conv1D(4, 3, padding="same")
    features = layers.GlobalMaxPooling1D()(twice(twice(inputs)))
    rare = layers.Dense(3, "sigmoid", bias_initializer=keras.initializers.Constant(-9.0))
    network = keras.Model(inputs, rare(features))
    network.save(tmp_path / "theirs.keras")
    adopt(tmp_path / "theirs.keras", tmp_path / "m.keras", targets=NAMES, channels="AGCT")
    expected = network.predict_on_batch(one_hot(CODES)[:, :, [0, 2, 1, 3]])
    found = danq.models.load(tmp_path / "m.keras").predict_on_batch(one_hot(CODES))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@keras.saving.register_keras_serializable("tests")
class _Plus(layers.Layer):
    def call(self, inputs):
        return inputs + 1


def _double(inputs):
    return inputs * 2


@pytest.mark.parametrize(
    ("layer", "name"),
    [(_Plus, "_Plus"), (lambda: layers.Conv1D(3, 3, activation=_double), "_double")],
)
def test_code_of_others_is_named(tmp_path, layer, name):
    _network(layer(), layers.Flatten(), *_fused()).save(tmp_path / "theirs.keras")
    code = f"""if True:
        from danq.models import adopt
        adopt({str(tmp_path / "theirs.keras")!r}, {str(tmp_path / "m.keras")!r}, targets={NAMES})
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f'holds "{name}", code of its author that danq does not run' in done.stderr
    assert not (tmp_path / "m.keras").exists()


def test_an_adopted_network_is_trained_further(tmp_path, genome, targets):
    path = tmp_path / "d.h5"
    danq.windows(genome, targets, path, window=40, bin=20, valid=["chr1:30001-40000"])
    network = _recurrent([layers.Dense(2, activation="sigmoid", use_bias=False)])
    first = tmp_path / "first.keras"
    adopt(
        _written(network, tmp_path), first, targets=["CTCF", "H3K4me3"], channels="AGCT",
        unknown=0.25,
    )  # fmt: skip
    recipe = danq.training.settings_for("danq", epochs=1, learning_rate=1e-9)
    with pytest.raises(InputError, match="has model keras, this run asks for danq"):
        danq.train(path, tmp_path / "x.keras", init=first, settings=recipe)
    danq.train(path, tmp_path / "m.keras", model="keras", init=first, settings=recipe)
    tuned = danq.models.load(tmp_path / "m.keras", targets=["CTCF", "H3K4me3"], unknown=0.25)
    expected = network.predict_on_batch(_permuted(CODES, "AGCT", 0.25))
    found = tuned.predict_on_batch(one_hot(CODES, unknown=0.25))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def _network(*ending, inputs=(40, 4), dtype="float32", batch=None):
    return keras.Sequential([keras.Input(inputs, batch_size=batch, dtype=dtype), *ending])


def _two_inputs():
    one, two = keras.Input((40, 4)), keras.Input((40, 4))
    flat = layers.Flatten()(layers.Add()([one, two]))
    return keras.Model([one, two], layers.Dense(3, activation="sigmoid")(flat))


def _two_outputs():
    one = keras.Input((40, 4))
    flat = layers.Flatten()(one)
    return keras.Model(one, [layers.Dense(3, activation="sigmoid")(flat) for _ in range(2)])


def _flat(*ending):
    return _network(layers.Flatten(), *ending)


SIGMOID, SOFTMAX = {"activation": "sigmoid"}, {"activation": "softmax"}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: _flat(layers.Dense(3, **SOFTMAX)), r"ends in Flatten, Dense \(softmax\), exp"),
        (lambda: _flat(layers.Dense(3), layers.Softmax()), r"ends in Dense \(linear\), Softmax,"),
        (lambda: _flat(layers.Dense(3)), r"ends in Flatten, Dense \(linear\), expected a Dense"),
        (
            lambda: _flat(layers.Dense(3, activation="relu"), layers.Activation("sigmoid")),
            r"ends in Dense \(relu\), Activation \(sigmoid\)",
        ),
        (
            lambda: _flat(layers.Dense(3, **SIGMOID), layers.Dropout(0.5)),
            r"ends in Dense \(sigmoid\), Dropout, expected",
        ),
        (lambda: _network(_flat(layers.Dense(3, **SIGMOID))), "ends in Sequential, expected"),
        (
            lambda: _flat(layers.Dense(2, **SIGMOID)),
            r"gives \(None, 2\), expected \(None, 3\) for 3 target names",
        ),
        (lambda: _network(layers.Dense(3, **SIGMOID)), r"gives \(None, 40, 3\), expected"),
        (_two_inputs, r"has 2 inputs \(None, 40, 4\), \(None, 40, 4\), expected one input"),
        (_two_outputs, r"gives \(None, 3\), \(None, 3\), expected \(None, 3\) for 3 target"),
        (
            lambda: _network(layers.Flatten(), *_fused(), inputs=(4, 40)),
            r"reads \(None, 4, 40\) \(channels come first\), expected one input",
        ),
        (
            lambda: _network(layers.Flatten(), *_fused(), inputs=(4, 1, 40)),
            r"reads \(None, 4, 1, 40\), expected one input",
        ),
        (
            lambda: _network(layers.GlobalMaxPooling1D(), *_fused(), inputs=(None, 4)),
            r"reads \(None, None, 4\), expected one input",
        ),
        (
            lambda: _network(layers.Flatten(), *_fused(), batch=8),
            r"reads \(8, 40, 4\), expected one input",
        ),
        (
            lambda: _network(layers.LSTM(3, stateful=True, name="state"), *_fused(), batch=8),
            'the layer "state" is stateful: it would carry its state .*; expected stateful=False',
        ),
        (
            lambda: _flat(layers.Dense(6, activation="glu"), *_fused()),
            "cannot be run by Keras .* expected axis -1 of input shape to have value 6",
        ),
        (
            lambda: _network(layers.Flatten(), *_fused(), dtype="int32"),
            "reads int32, expected floats",
        ),
        (
            lambda: _network(layers.Lambda(lambda x: x + 1), layers.Flatten(), *_fused()),
            'holds "Lambda", code of its author that danq does not run',
        ),
    ],
)
def test_other_networks_are_refused_with_what_was_found(tmp_path, build, message):
    path = _written(build(), tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        adopt(path, tmp_path / "m.keras", targets=NAMES)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_a_network_without_an_input_shape_is_refused(tmp_path):
    path = _written(keras.Sequential([layers.Flatten(), *_fused()]), tmp_path)
    with pytest.raises(InputError, match="holds a network whose input shape is not fixed"):
        adopt(path, tmp_path / "m.keras", targets=NAMES)


def test_a_subclassed_model_is_refused(tmp_path):
    @keras.saving.register_keras_serializable("test_adopt")
    class Mine(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.last = layers.Dense(3, activation="sigmoid")

        def build(self, shape):
            self.last.build((None, 4))
            super().build(shape)

        def call(self, one_hot):
            return self.last(keras.ops.mean(one_hot, axis=1))

    network = Mine()
    network.build((None, 40, 4))
    path = _written(network, tmp_path)
    with pytest.raises(InputError, match="holds a Mine, expected a Sequential or functional model"):
        adopt(path, tmp_path / "m.keras", targets=NAMES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.keras", None, r"cannot be read \(No such file"),
        ("m.pb", b"", "expected a file whose name ends in .keras or .h5"),
        ("m.keras", b"text", r"is not a \.keras model file, or a damaged one"),
        ("m.h5", b"text", "is not an HDF5 file, or a damaged one"),
        ("", None, r"is a folder, expected a \.keras or \.h5 file"),
    ],
)
def test_what_is_no_file_of_keras(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        adopt(tmp_path / name, tmp_path / "out.keras", targets=NAMES)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_weights_without_a_network_are_refused(tmp_path):
    network = _sequential(_fused())
    network.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(InputError, match=r"holds weights without a network"):
        adopt(tmp_path / "m.weights.h5", tmp_path / "out.keras", targets=NAMES)


@pytest.mark.parametrize("channels", ["ACG", "AGCN", "AACG", "acgt", ""])
def test_channels_are_an_order_of_the_bases(tmp_path, channels):
    path = _written(_sequential(_fused()), tmp_path)
    with pytest.raises(InputError, match=f'found channels "{channels}", expected an order of A'):
        adopt(path, tmp_path / "m.keras", targets=NAMES, channels=channels)


def test_other_arguments_that_do_not_fit(tmp_path):
    path = _written(_sequential(_fused()), tmp_path)
    with pytest.raises(InputError, match=r"found 1\.5 for each channel of an unknown base"):
        adopt(path, tmp_path / "m.keras", targets=NAMES, unknown=1.5)
    with pytest.raises(InputError, match=r"expected the model file's name to end in \.keras"):
        adopt(path, tmp_path / "m.h5", targets=NAMES)
    with pytest.raises(InputError, match="is named both as input and as output"):
        adopt(path, path, targets=NAMES)
    with pytest.raises(InputError, match="found 3 target names and 1 groups"):
        adopt(path, tmp_path / "m.keras", targets=NAMES, groups=["x"])


def test_a_file_of_danq_that_reads_another_order_is_rewritten(tmp_path):
    network = danq.models.danq(sequence_length=40, outputs=3, width=0.03)
    danq.models.save(network, tmp_path / "m.keras", targets=NAMES, channels="AGCT")
    with pytest.raises(InputError, match="import --from keras --channels AGCT rewrites it"):
        danq.models.load(tmp_path / "m.keras")
    adopt(tmp_path / "m.keras", tmp_path / "n.keras", targets=NAMES, channels="AGCT")
    found = danq.models.load(tmp_path / "n.keras").predict_on_batch(one_hot(CODES))
    expected = network.predict_on_batch(_permuted(CODES, "AGCT", 0))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_file_of_danq_is_not_contradicted(tmp_path):
    adopt(_written(_sequential(_fused()), tmp_path), tmp_path / "m.keras", targets=NAMES)
    with pytest.raises(InputError, match="in the order ACGT, this import says AGCT"):
        adopt(tmp_path / "m.keras", tmp_path / "n.keras", targets=NAMES, channels="AGCT")
    with pytest.raises(InputError, match='"Pol2" as target 2, this import says "REST"'):
        adopt(tmp_path / "m.keras", tmp_path / "n.keras", targets=["CTCF", "REST", "CTCF"])
    assert adopt(tmp_path / "m.keras", tmp_path / "n.keras", targets=NAMES).targets == NAMES
    with zipfile.ZipFile(tmp_path / "n.keras") as archive:
        assert archive.namelist().count("danq.json") == 1

"""Model files that declare more than they hold, or hold what Keras would not write."""

from __future__ import annotations

import io
import json
import resource
import zipfile

import h5py
import keras
import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.models.devices import count_gpus


def _members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _rewritten(path, method=zipfile.ZIP_STORED, **changes):
    """Write the members again, some of them changed by a function of their bytes or JSON."""
    members = _members(path)
    for name, change in changes.items():
        full = next(member for member in members if member.startswith(name))
        members[full] = change(members[full])
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def _json(change):
    def changed(data):
        value = json.loads(data)
        return json.dumps(change(value) or value).encode()

    return changed


def _hdf5(change):
    def changed(data):
        file = io.BytesIO(data)
        with h5py.File(file, "a") as weights:
            change(weights)
        return file.getvalue()

    return changed


def _assert_refused(path, message):
    """Expect one sentence, and no memory of the declared size."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=message) as caught:
        danq.models.load(path)
    assert str(caught.value).isprintable()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


def test_a_file_that_is_packed_is_read(model):
    expected = danq.models.load(model).get_weights()
    _rewritten(model, zipfile.ZIP_DEFLATED)
    for found, wanted in zip(danq.models.load(model).get_weights(), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_methods_that_keras_does_not_use_are_refused(model):
    _assert_refused(
        _rewritten(model, zipfile.ZIP_LZMA), "packed by zip method 14, expected it stored"
    )


def test_encrypted_members_are_refused(model):
    data = bytearray(model.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            data[start + place] |= 1
    model.write_bytes(data)
    _assert_refused(model, "holds danq.json encrypted")


def test_blanks_are_not_unpacked(model):
    _rewritten(model, zipfile.ZIP_DEFLATED, danq=lambda data: data + b" " * (200 << 20))
    _assert_refused(model, r"declares 209,\d{3},\d{3} bytes of danq.json, expected at most")


def test_weights_that_unpack_to_too_much_are_not_unpacked(model):
    _rewritten(model, zipfile.ZIP_DEFLATED, model=lambda data: data + b"\0" * (200 << 20))
    _assert_refused(model, r"declares 209,\d{3},\d{3} bytes of model.weights.h5, expected at most")


def _put(file, name, **options):
    del file[name]
    file.create_dataset(name, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: _put(f, KERNEL, shape=(5 * 10**8,), dtype="f4"), "declares 2,000,000,000 bytes"),
        (
            lambda f: _put(f, KERNEL, shape=(10**12,), dtype="f4", chunks=(1024,), compression=1),
            "declares 4,000,000,000,000 bytes",
        ),
        (lambda f: _put(f, KERNEL, data="text"), "among its weights, expected numbers"),
        (lambda f: _put(f, KERNEL, dtype="f4"), "among its weights, expected numbers"),
        (lambda f: f.update({"x": h5py.ExternalLink("/etc/passwd", "/")}), "holds a link"),
        (lambda f: f.update({"x": h5py.SoftLink("/nowhere")}), "holds a link"),
        (lambda f: f.__delitem__(KERNEL), "describes a network of 161 parameters and holds 101"),
        (lambda f: _put(f, KERNEL, data=np.ones((5, 4, 4), "f4")), "cannot be loaded by Keras"),
    ],
)
def test_weights_are_compared_with_the_bytes_that_are_there(model, change, message):
    _assert_refused(_rewritten(model, model=_hdf5(change)), message)


KERNEL = "layers/conv1d/vars/0"


def _layer(position=1, /, **arguments):
    """Return a change to the description of a layer, by default the convolution."""

    def change(network):
        network["config"]["layers"][position]["config"].update(arguments)

    return change


def _last(**arguments):
    return _layer(4, **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_layer(filters=2**40), "cannot be loaded by Keras .Input 0"),
        (_last(units=2**40), "describes a network of [0-9,]+ parameters and holds"),
        (_last(units=10**9), "describes a network of [0-9,]+ parameters and holds"),
        (_layer(filters=-1), "cannot be loaded by Keras"),
        (_layer(filters="many"), "cannot be loaded by Keras"),
        (_layer(name="a\ud800b"), "expected text without control characters"),
        (_layer(name="a\x1b[31mb"), "expected text without control characters"),
        (_layer(activation={"class_name": "function", "config": "os.system"}), '"os.system", code'),
        (
            lambda network: network["config"]["layers"][1].update(module="os", class_name="system"),
            'holds "system", code of its author',
        ),
        (_layer(activation="glu"), r"cannot be run by Keras \(.* must be divisible by 2"),
        (_layer(activation="threshold"), "cannot be run by Keras .threshold.. missing 2 required"),
        (_layer(stateful=True), 'the layer "scan" is stateful: .* expected stateful=False'),
        (lambda network: network["config"]["layers"].clear(), "cannot be loaded by Keras"),
        (lambda network: [1, 2], r'holds "\[1, 2\]" in config.json, expected a JSON object'),
        (lambda network: network.pop("class_name") and None, "holds a dict, expected a Sequential"),
    ],
)
def test_descriptions_are_checked_before_anything_is_predicted(model, change, message):
    _assert_refused(_rewritten(model, config=_json(change)), message)


def test_a_refused_network_leaves_nothing_to_allocate(model):
    _assert_refused(_rewritten(model, config=_json(_last(units=2**40))), "describes a network of")
    # At its end Keras gives values to every variable that is still without.
    with keras.StatelessScope():
        keras.Variable(lambda shape, dtype: keras.ops.zeros(shape, dtype), shape=(2,))


def test_a_layer_that_computes_too_much_is_refused(model):
    def change(network):
        extra = {"module": "keras.layers", "class_name": "RepeatVector", "config": {"n": 2**40}}
        network["config"]["layers"].insert(4, {**extra, "registered_name": None})
        flat = {"module": "keras.layers", "class_name": "GlobalMaxPooling1D", "config": {}}
        network["config"]["layers"].insert(5, {**flat, "registered_name": None})

    _assert_refused(
        _rewritten(model, config=_json(change)), "expected at most 1,073,741,824 values"
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"training": 5}, "training"),
        ({"window": True}, "found window"),
        ({"window": "20"}, "found window"),
        ({"version": 3}, "version"),
        ({"dataset_checksum": ["x"]}, "found checksum"),
        ({"unknown": True}, "found True for each channel"),
        ({"targets": ["CTCF", "a\x1b[31mb"]}, "control characters"),
        ({"targets": ["CTCF", "\ud800"]}, "control characters"),
        ({"targets": ["CTCF", ""]}, "empty"),
        ({"targets": ["CTCF", "x" * 100_000]}, "characters"),
        ({"surprise\n": 1}, r'another format: "surprise\\n"'),
    ],
)
def test_metadata_are_checked(model, values, message):
    _rewritten(model, danq=_json(lambda record: record.update(values)))
    _assert_refused(model, message)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others clip the index")
def test_a_network_that_fails_on_some_windows_is_told_in_a_sentence(tmp_path):
    if count_gpus():
        pytest.skip("on a card TensorFlow does not look at the index")
    layers = [keras.layers.Embedding(1, 2), keras.layers.Flatten(), keras.layers.Dense(2)]
    network = keras.Sequential(
        [keras.Input((20, 4)), *layers, keras.layers.Activation("sigmoid")], name="odd"
    )
    danq.models.save(network, tmp_path / "m.keras", targets=["CTCF", "REST"])
    predictor = danq.models.Predictor(tmp_path / "m.keras", batch_size=2)
    with pytest.raises(InputError, match=r"odd: cannot be run by Keras \(") as error:
        predictor.logits("ACGT" * 5)
    assert str(error.value).isprintable()

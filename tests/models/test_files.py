from __future__ import annotations

import json
import zipfile

import keras
import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.genome import one_hot, reverse_complement
from danq.models.predict import sigmoid


@pytest.fixture
def network():
    return danq.models.danq(sequence_length=100, outputs=3, width=0.03)


@pytest.fixture
def codes():
    return np.random.default_rng(2).integers(0, 5, (11, 100)).astype(np.uint8)


def test_a_model_comes_back_equal_with_its_metadata(tmp_path, network, codes):
    path = tmp_path / "m.keras"
    danq.models.save(network, path, targets=["a", "b", "a"], groups=["x", "y", "x"])
    loaded = danq.models.load(path)
    inputs = one_hot(codes)
    assert np.array_equal(loaded.predict_on_batch(inputs), network.predict_on_batch(inputs))
    assert loaded.danq == danq.models.metadata(path)
    assert loaded.danq.targets == ["a", "b", "a"]
    assert loaded.danq.groups == ["x", "y", "x"]
    assert loaded.danq.window == 100
    assert loaded.danq.channels == "ACGT"
    assert loaded.danq.version == danq.__version__


def test_plain_keras_reads_the_file(tmp_path, network, codes):
    danq.models.save(network, tmp_path / "m.keras", targets=list("abc"))
    loaded = keras.models.load_model(tmp_path / "m.keras")
    assert np.array_equal(
        loaded.predict_on_batch(one_hot(codes)), network.predict_on_batch(one_hot(codes))
    )


def test_what_is_no_model_is_refused(tmp_path, network):
    with pytest.raises(InputError, match="cannot be read"):
        danq.models.load(tmp_path / "absent.keras")
    (tmp_path / "text.keras").write_text("no zip")
    with pytest.raises(InputError, match=r"is not a \.keras model file"):
        danq.models.load(tmp_path / "text.keras")
    network.save(tmp_path / "plain.keras")
    with pytest.raises(InputError, match=r"carries no danq metadata .*: danq import --from keras"):
        danq.models.load(tmp_path / "plain.keras")
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
        archive.writestr("danq.json", '{"colour": 1}')
    with pytest.raises(InputError, match="metadata of another format"):
        danq.models.load(tmp_path / "odd.keras")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": "ACGU"}, r'another format \(found channels "ACGU", expected an order of A'),
        ({"unknown": 2}, "found 2 for each channel of an unknown base"),
        ({"unknown": "N"}, "found 'N' for each channel of an unknown base"),
        ({"window": 0}, "found window 0, expected a number of bases"),
        ({"window": "100"}, "found window '100', expected a number of bases"),
        ({"groups": ["x"]}, "found 3 target names and 1 groups"),
        ({"targets": "abc"}, "found targets that are not a list of names"),
    ],
)
def test_damaged_metadata_are_refused(tmp_path, network, changes, message):
    network.save(tmp_path / "m.keras")
    record = {"targets": list("abc"), "groups": list("xyz"), "window": 100, **changes}
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive:
        archive.writestr("danq.json", json.dumps(record))
    with pytest.raises(InputError, match=message):
        danq.models.load(tmp_path / "m.keras")


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"window": 500}, "reads windows of 100 bases, expected 500"),
        ({"channels": "AGCT"}, "reads channels in the order ACGT, expected AGCT"),
        ({"unknown": 0}, "takes 0.25 in each channel for an unknown base, expected 0"),
        ({"targets": ["a", "c", "d"]}, r'predicts "b" as target 2, expected "c" \(2 of 3 differ\)'),
        (
            {"targets": ["b", "a", "c"]},
            'predicts the same targets in another order: target 1 is "a", expected "b"',
        ),
        ({"targets": ["a", "b"]}, "predicts 3 targets, expected 2; the first 2 agree"),
        ({"targets": []}, "predicts 3 targets, expected 0"),
    ],
)
def test_what_the_caller_expects_is_checked(tmp_path, network, expected, message):
    path = tmp_path / "m.keras"
    danq.models.save(network, path, targets=list("abc"), unknown=0.25)
    fitting = {"targets": ("a", "b", "c"), "window": 100, "channels": "ACGT", "unknown": 0.25}
    assert danq.models.load(path, **fitting).danq.window == 100
    with pytest.raises(InputError, match=message) as caught:
        danq.models.load(path, **expected)
    assert str(caught.value).startswith(f"{path}: ")


def test_metadata_that_do_not_fit_are_refused(tmp_path, network):
    danq.models.save(network, tmp_path / "m.keras", targets=list("abc"), channels="AGCT")
    with pytest.raises(InputError, match="reads channels in the order AGCT, danq gives ACGT"):
        danq.models.load(tmp_path / "m.keras")
    record = danq.models.Metadata(list("ab"), list("xx"), 100)
    network.save(tmp_path / "n.keras")
    with zipfile.ZipFile(tmp_path / "n.keras", "a") as archive:
        archive.writestr("danq.json", record.to_json())
    with pytest.raises(InputError, match="holds a network of shapes"):
        danq.models.load(tmp_path / "n.keras")


def test_saving_refuses_what_does_not_fit(tmp_path, network):
    with pytest.raises(InputError, match="found 2 target names and 2 groups, the network has 3"):
        danq.models.save(network, tmp_path / "m.keras", targets=["a", "b"])
    with pytest.raises(InputError, match=r"name to end in \.keras"):
        danq.models.save(network, tmp_path / "m.h5", targets=list("abc"))
    fused = keras.Sequential(
        [keras.Input((9, 4)), keras.layers.Flatten(), keras.layers.Dense(3, activation="sigmoid")]
    )
    with pytest.raises(InputError, match="cannot be saved: expected its last two layers to be"):
        danq.models.save(fused, tmp_path / "m.keras", targets=list("abc"))
    with pytest.raises(InputError, match='found channels "ACG"'):
        danq.models.save(network, tmp_path / "m.keras", targets=list("abc"), channels="ACG")
    assert not list(tmp_path.iterdir())


def test_a_network_without_logits_is_refused(tmp_path):
    fused = keras.Sequential(
        [keras.Input((9, 4)), keras.layers.Flatten(), keras.layers.Dense(3, activation="sigmoid")]
    )
    fused.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras", "a") as archive:
        archive.writestr("danq.json", danq.models.Metadata(list("abc"), list("xyz"), 9).to_json())
    with pytest.raises(InputError, match="holds another network than danq reads: expected its"):
        danq.models.load(tmp_path / "m.keras")
    # Its last hidden layer would be taken for logits.
    with pytest.raises(InputError, match="the network has no logits to predict with"):
        danq.models.Predictor(fused)


def test_predictions_do_not_depend_on_the_batch(network, codes):
    whole = danq.models.Predictor(network, batch_size=11).logits(codes)
    parts = danq.models.Predictor(network, batch_size=4).logits(codes)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    expected = network.predict_on_batch(one_hot(codes))
    np.testing.assert_allclose(sigmoid(whole), expected, atol=1e-6)


def test_both_strands_are_averaged(network, codes):
    predictor = danq.models.Predictor(network, batch_size=4)
    forward = network.predict_on_batch(one_hot(codes))
    backward = network.predict_on_batch(one_hot(codes)[:, ::-1, ::-1])
    np.testing.assert_allclose(predictor.probabilities(codes), (forward + backward) / 2, atol=1e-6)
    np.testing.assert_allclose(
        predictor.probabilities(reverse_complement(codes)),
        predictor.probabilities(codes),
        atol=1e-6,
    )
    one = predictor.probabilities(codes, both_strands=False)
    np.testing.assert_allclose(one, forward, atol=1e-6)


def test_the_unknown_rule_of_the_file_is_followed(tmp_path, network):
    danq.models.save(network, tmp_path / "m.keras", targets=list("abc"), unknown=0.25)
    loaded = danq.models.load(tmp_path / "m.keras")
    codes = np.full((1, 100), 4, dtype=np.uint8)
    found = danq.models.Predictor(loaded, batch_size=1).probabilities(codes, both_strands=False)
    expected = network.predict_on_batch(np.full((1, 100, 4), 0.25, np.float32))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_wrong_windows_and_batches_are_refused(network):
    with pytest.raises(InputError, match=r"found windows of shape \(2, 99\)"):
        danq.models.Predictor(network).logits(np.zeros((2, 99), np.uint8))
    with pytest.raises(InputError, match="batch size 0"):
        danq.models.Predictor(network, batch_size=0)


def test_a_group_called_all_is_refused(tmp_path, network):
    with pytest.raises(InputError, match='found a group named "all", which means something else'):
        danq.models.save(
            network, tmp_path / "m.keras", targets=list("abc"), groups=["TF", "all", "TF"]
        )
    assert not list(tmp_path.iterdir())


def test_sigmoid_does_not_overflow():
    values = np.array([-1e4, -1, 0, 1, 1e4], dtype=np.float32)
    np.testing.assert_allclose(sigmoid(values), [0, 0.268941, 0.5, 0.731059, 1], atol=1e-6)


@pytest.mark.parametrize("member", ["danq.json", "config.json", "model.weights.h5"])
def test_a_damaged_file_is_refused(tmp_path, network, member):
    path = tmp_path / "m.keras"
    danq.models.save(network, path, targets=list("abc"))
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
    content = bytearray(path.read_bytes())
    start = info.header_offset + 30 + len(info.filename) + info.compress_size // 2
    content[start : start + 20] = bytes(byte ^ 0x55 for byte in content[start : start + 20])
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        danq.models.load(path)

"""ONNX and SavedModel: the same numbers without Keras, the metadata, and what is refused."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from danq import models
from danq.cli import main
from danq.core.activations import legacy_hard_sigmoid, threshold
from danq.models.export import TOLERANCE, ExportError, export

SMALL = {"outputs": 3, "width": 0.03}
LEGACY = {"gate": legacy_hard_sigmoid, **SMALL}
NETWORKS = {
    "deepsea": lambda: models.deepsea(sequence_length=180, **SMALL),
    "danq": lambda: models.danq(sequence_length=60, **SMALL),
    "danq_jaspar": lambda: models.danq_jaspar(sequence_length=60, **SMALL),
    "beluga": lambda: models.beluga(sequence_length=320, **SMALL),
    "threshold": lambda: models.deepsea(sequence_length=180, activation=threshold, **SMALL),
    "legacy": lambda: models.danq(sequence_length=60, **LEGACY),
    "legacy_forward": lambda: models.danq(sequence_length=60, backward="forward", **LEGACY),
}
TARGETS = ["CTCF", "SPI1", "CTCF"]


@pytest.fixture
def saved(tmp_path):
    """Write a network as a model file, and give its path with the network."""

    def write(name="danq"):
        keras.utils.set_random_seed(5)
        network = NETWORKS[name]()
        # Weights of a size at which activations and gates leave their linear middle.
        network.set_weights([1.5 * weight for weight in network.get_weights()])
        path = tmp_path / "m.keras"
        models.save(network, path, targets=TARGETS, groups=["TF", "TF", "x"], unknown=0.25)
        return path, network

    return write


def _windows(network, rows=5):
    random = np.random.default_rng(6)
    shape = (rows, *network.input_shape[1:])
    windows = np.eye(4, dtype=np.float32)[random.integers(4, size=shape[:2])]
    windows[0, 7:30] = 0.25
    return windows


def _expected(network, windows):
    both = keras.Model(network.inputs[0], [network.layers[-1].output, network.layers[-1].input])
    return [keras.ops.convert_to_numpy(values) for values in both(windows)]


def _onnx(path, windows):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["probabilities", "logits"], {"sequence": windows})


def _saved_model(path, windows):
    found = tf.saved_model.load(str(path)).signatures["serving_default"](sequence=windows)
    return [found[name].numpy() for name in ("probabilities", "logits")]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("to", "run"), [("onnx", _onnx), ("saved_model", _saved_model)])
def test_outputs_are_keras_own(saved, tmp_path, name, to, run):
    path, network = saved(name)
    output = tmp_path / ("out.onnx" if to == "onnx" else "out")
    assert main(["export", "--model", str(path), "--to", to, "--output", str(output)]) == 0
    assert {item.name for item in tmp_path.iterdir()} == {"m.keras", output.name}
    for rows in (5, 1):
        windows = _windows(network, rows)
        expected = _expected(network, windows)
        for values, wanted in zip(run(output, windows), expected, strict=True):
            assert values.dtype == np.float32
            assert values.shape == (rows, 3)
            np.testing.assert_allclose(values, wanted, atol=TOLERANCE, rtol=0)
    # What the network sees changes its answer by far more than the tolerance.
    assert np.ptp(_expected(network, _windows(network))[1], axis=0).min() > 100 * TOLERANCE


def test_metadata_travel(saved, tmp_path):
    path, _ = saved()
    # A name that is not UTF-8.
    output = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xff.onnx"))
    export(path, output, to="onnx")
    export(path, tmp_path / "folder", to="saved_model")
    file = onnx.load(output)
    texts = [prop.value for prop in file.metadata_props if prop.key == "danq"]
    texts.append((tmp_path / "folder" / "assets.extra" / "danq.json").read_text())
    assert len(texts) == 2
    for text in texts:
        record = json.loads(text)
        assert record["targets"] == TARGETS
        assert record["groups"] == ["TF", "TF", "x"]
        assert (record["window"], record["channels"], record["unknown"]) == (60, "ACGT", 0.25)
    (given,) = file.graph.input
    sizes = [dim.dim_param or dim.dim_value for dim in given.type.tensor_type.shape.dim]
    assert (given.name, sizes) == ("sequence", ["batch", 60, 4])
    assert {output.name for output in file.graph.output} == {"probabilities", "logits"}


def test_a_loaded_network_is_exported_as_its_file_is(saved, tmp_path):
    path, _ = saved("deepsea")
    for name, model in (("file", path), ("loaded", models.load(path))):
        export(model, tmp_path / f"{name}.onnx", to="onnx")
    file, loaded = (onnx.load(tmp_path / f"{name}.onnx") for name in ("file", "loaded"))
    assert loaded.metadata_props == file.metadata_props
    weights = [sorted(w.raw_data for w in one.graph.initializer) for one in (file, loaded)]
    assert weights[0] == weights[1]


def test_kernels_that_only_a_gpu_has_stay_out(saved, tmp_path, monkeypatch):
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    asked = []

    def cudnn(*arguments, **options):
        asked.append(arguments)
        raise NotImplementedError

    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)
    monkeypatch.setattr(rnn, "_cudnn_lstm", cudnn)
    path, network = saved()
    network(_windows(network))
    # On the pretended GPU both directions ask for a fused kernel, which no CPU and no ONNX has.
    assert len(asked) == 2
    with monkeypatch.context() as patch:
        patch.setattr(models, "load", lambda path: _with_metadata(network, path))
        asked.clear()
        export(path, tmp_path / "m.onnx", to="onnx")
        export(path, tmp_path / "folder", to="saved_model")
    assert not asked


def _with_metadata(network, path):
    network.danq = models.metadata(path)
    return network


def test_outputs_that_differ_are_not_written(saved, tmp_path, monkeypatch, capsys):
    path, _ = saved()
    monkeypatch.setattr("danq.models.export.TOLERANCE", -1.0)
    with pytest.raises(ExportError, match="outputs differ from Keras's by"):
        export(path, tmp_path / "m.onnx", to="onnx")
    arguments = ["--to", "saved_model", "--output", str(tmp_path / "folder")]
    assert main(["export", "--model", str(path), *arguments]) == 1
    assert "folder: outputs differ from Keras's by" in capsys.readouterr().err
    assert [item.name for item in tmp_path.iterdir()] == ["m.keras"]


def test_what_cannot_be_written_is_one_sentence(saved, tmp_path, monkeypatch, capsys):
    path, _ = saved()
    (tmp_path / "there").mkdir()

    def refused(to, output, **options):
        arguments = ["--model", str(path), "--to", to, "--output", str(tmp_path / output)]
        assert main(["export", *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("danq: error: ")
        return line

    assert "name to end in .onnx" in refused("onnx", "m.pb")
    assert "there: exists already, expected a folder to make" in refused("saved_model", "there")
    assert "named like an ONNX file" in refused("saved_model", "m.onnx")
    assert "x\\xff: expected a name in UTF-8" in refused("saved_model", os.fsdecode(b"x\xff"))
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert "dangling: exists already" in refused("saved_model", "dangling")
    (tmp_path / "dangling").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(keras.backend, "backend", lambda: "jax")
        line = refused("saved_model", "new")
    assert "needs Keras on TensorFlow, found jax: set KERAS_BACKEND=tensorflow" in line
    find = importlib.util.find_spec
    missing = ("tf2onnx", "onnxruntime")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in missing else find(name)
    )
    line = refused("onnx", "m.onnx")
    assert "needs onnxruntime, tf2onnx, not installed here: pip install 'danq[onnx]'" in line
    path.write_bytes(b"no model")
    assert "is not a .keras model file" in refused("saved_model", "new")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["m.keras", "there"]
    with pytest.raises(ValueError, match='found format "coreml", expected onnx or saved_model'):
        export(path, tmp_path / "m.mlmodel", to="coreml")

"""`danq info`: what a model file says of itself, without Keras."""

from __future__ import annotations

import json
import subprocess
import sys

import keras
import pytest

import danq
from danq.cli import main
from danq.models import describe


@pytest.fixture
def model(tmp_path):
    """A model file of 5 · 4 · 3 + 3 and 48 · 2 + 2 parameters."""
    network = keras.Sequential(
        [
            keras.Input((20, 4)),
            keras.layers.Conv1D(3, 5, activation="relu", name="scan"),
            keras.layers.Dropout(0.2),
            keras.layers.Flatten(),
            keras.layers.Dense(2, name="logits"),
            keras.layers.Activation("sigmoid"),
        ]
    )
    danq.models.save(
        network,
        tmp_path / "m.keras",
        targets=["CTCF", "DNase"],
        groups=["TF", "DNase"],
        unknown=0.25,
        dataset_checksum="abc",
        training={"best_epoch": 7, "motifs": "a\x1b[31mb", "optimizer": {"rate": 0.5}},
    )
    return tmp_path / "m.keras"


def test_everything_is_printed_without_keras(model):
    code = f"""if True:
        import sys
        from danq.cli import main
        main(["info", {str(model)!r}])
        assert not {{"keras", "tensorflow", "torch"}} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    words = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line]
    said = {line[0]: line[-1] for line in words}
    assert said["parameters"] == "161"
    assert said["checksum"] == danq.models.checksum(model)
    assert said["window"] == "20 bases"
    assert said["channels"] == "ACGT, 0.25 each where the base is unknown"
    assert said["targets"] == "2 (TF 1, DNase 1)"
    assert said["Conv1D"] == "scan: filters 3, kernel_size 5, strides 1, activation relu"
    assert (said["best_epoch"], said["optimizer.rate"]) == ("7", "0.5")
    assert said["data"] == "set    abc"
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_json_holds_each_target(model, capsys):
    assert main(["info", str(model), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == describe(model).to_dict()
    assert found["targets"][1] == {"name": "DNase", "group": "DNase"}
    assert (found["parameters"], found["keras_version"]) == (161, keras.__version__)
    assert found["training"]["motifs"] == "a\x1b[31mb"


def test_layers_within_layers_are_named(tmp_path):
    network = danq.models.danq(sequence_length=200, outputs=2, width=0.02)
    danq.models.save(network, tmp_path / "d.keras", targets=["a", "b"])
    found = describe(tmp_path / "d.keras")
    assert found.parameters == network.count_params()
    assert any("LSTM" in line for line in found.layers)


def test_what_is_not_a_model_is_refused(tmp_path, capsys):
    (tmp_path / "text.keras").write_text("text")
    assert main(["info", str(tmp_path / "text.keras")]) == 2
    assert "text.keras: is not a .keras model file" in capsys.readouterr().err

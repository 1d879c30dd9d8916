"""`danq info`: what a model file says of itself, without Keras."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile

import keras
import pytest

import danq
from danq.cli import main
from danq.errors import InputError
from danq.models import describe


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


def change(path, name, data):
    """Write a model file again with another member, and without the checksums of its members."""
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist() if one != "danq.sha256"}
    members[name] = data(members[name]) if callable(data) else data
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)


DAMAGE = {
    "another layer": ("config.json", lambda data: data.replace(b'"Conv1D"', b'"Conv9D"')),
    "no layers": ("config.json", b"{}"),
    "more units": ("config.json", lambda data: data.replace(b'"units": 2', b'"units": 3')),
    "text for a number": ("config.json", lambda data: data.replace(b'"units": 2', b'"units": "x"')),
    "other weights": ("model.weights.h5", lambda data: data[:2000]),
    "another window": ("danq.json", lambda data: data.replace(b'"window": 20', b'"window": 21')),
}


@pytest.mark.parametrize(("name", "data"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("is_sealed", [True, False])
def test_what_cannot_be_loaded_is_refused_as_loading_refuses_it(
    model, capsys, name, data, is_sealed
):
    with zipfile.ZipFile(model) as archive:
        checksums = archive.read("danq.sha256")
    change(model, name, data)
    if is_sealed:
        with zipfile.ZipFile(model, "a") as archive:
            archive.writestr("danq.sha256", checksums)
    with pytest.raises(InputError) as raised:
        danq.models.load(model)
    assert main(["info", str(model)]) == 2
    assert capsys.readouterr().err == f"danq: error: {raised.value}\n"


def test_a_file_of_an_earlier_version_is_loaded(model, capsys):
    expected = describe(model).to_dict()
    change(model, "danq.json", lambda data: data)
    assert describe(model).to_dict() == expected


def test_the_checksums_are_those_of_sha256sum(model, tmp_path):
    with zipfile.ZipFile(model) as archive:
        archive.extractall(tmp_path)
    lines = (tmp_path / "danq.sha256").read_text().splitlines()
    assert [line[66:] for line in lines] == ["config.json", "model.weights.h5", "danq.json"]
    for line in lines:
        assert hashlib.sha256((tmp_path / line[66:]).read_bytes()).hexdigest() == line[:64]

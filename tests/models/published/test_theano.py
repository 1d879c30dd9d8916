"""DanQ and DanQ-JASPAR files of Keras 0.2, imported and held against that framework's formulas."""

from __future__ import annotations

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

import danq
from danq.cli import main
from danq.errors import InputError
from danq.genome import encode, one_hot
from danq.models.published.theano import read_theano
from tests.models.published import files, originals

POSITIONS = 5
# Three bases more than the shortest windows with five positions after the pooling.
WINDOWS = {"danq": 93, "danq-jaspar": 107}
SIZES = {"danq": files.DANQ, "danq-jaspar": files.JASPAR}


def _write(path, kind, *, hidden=9, outputs=6, **options):
    layers = files.danq_layers(SIZES[kind], positions=POSITIONS, hidden=hidden, outputs=outputs)
    files.write_danq(path, layers, **options)
    return layers


def _import(tmp_path, kind, *more, file="weights.hdf5"):
    arguments = ["import", "--from", kind, "--output", str(tmp_path / "m.keras"), *more]
    return main([*arguments, str(tmp_path / file)])


def _texts(length, count=4):
    letters = np.random.default_rng(3).choice(list("ACGTN"), (count, length), p=[0.24] * 4 + [0.04])
    return ["".join(row) for row in letters]


@pytest.mark.parametrize("backward", ["reversed", "forward"])
@pytest.mark.parametrize("kind", ["danq", "danq-jaspar"])
def test_predicts_what_theano_would(tmp_path, kind, backward):
    layers = _write(tmp_path / "weights.hdf5", kind)
    window = WINDOWS[kind]
    assert _import(tmp_path, kind, "--backward", backward, "--window", str(window)) == 0
    network = danq.models.load(tmp_path / "m.keras")
    texts = _texts(window)
    inputs = np.stack([originals.letters_first(text, "AGCT").T for text in texts])
    pool = SIZES[kind]["pool"]
    expected = originals.danq(inputs, layers, pool=pool, backward=backward)
    assert expected.std(axis=0).mean() > 0.03, "nearly constant, which tests nothing"
    found = network.predict_on_batch(one_hot(np.stack([encode(text) for text in texts])))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    other = {"reversed": "forward", "forward": "reversed"}[backward]
    wrong = originals.danq(inputs, layers, pool=pool, backward=other)
    assert abs(wrong - expected).max() > 0.01, "the readings agree, which tests nothing"


@pytest.mark.parametrize(
    ("kind", "hidden", "parameters"),
    [
        ("danq", 925, 46_926_479),
        ("danq", 919, 46_926_479 - 6 * (48_000 + 1 + 919)),
        ("danq-jaspar", 925, 67_892_175),
    ],
)
def test_the_published_sizes(tmp_path, monkeypatch, kind, hidden, parameters):
    # The file would have hundreds of megabytes; a small one that declares them is refused.
    monkeypatch.setattr("danq.models.published.theano.check_weights", lambda *_: None)
    filters, units, width, positions = (320, 320, 26, 75) if kind == "danq" else (1024, 512, 30, 64)
    lstm = [(filters, units), (units, units), (units,)] * 4
    shapes = {
        "layer_0": [(filters, 4, width, 1), (filters,)],
        "layer_3": lstm * 2,
        "layer_6": [(positions * 2 * units, hidden), (hidden,)],
        "layer_8" if kind == "danq" else "layer_7": [(hidden, 919), (919,)],
    }
    with h5py.File(tmp_path / "w.hdf5", "w") as file:
        for number in range(10):
            group = file.create_group(f"layer_{number}")
            for place, shape in enumerate(shapes.get(f"layer_{number}", [])):
                # Without data nothing is stored: h5py reads zeros.
                group.create_dataset(f"param_{place}", shape, dtype="f4")
    found = read_theano(tmp_path / "w.hdf5", kind, backward="reversed")
    assert sum(array.size for arrays in found.layers.values() for array in arrays) == parameters
    assert (found.width, found.hidden, found.outputs) == (1.0, hidden, 919)
    assert 1000 in found.windows


def test_the_model_file_says_where_it_comes_from(tmp_path, capsys):
    _write(tmp_path / "weights.hdf5", "danq", hidden=9, attributes=False)
    assert _import(tmp_path, "danq", "--backward", "forward") == 0
    record = danq.models.metadata(tmp_path / "m.keras")
    assert record.window == 100, "90 to 102 fit, the roundest is taken"
    assert record.targets == [f"target_{place}" for place in range(1, 7)]
    assert (record.channels, record.unknown) == ("ACGT", 0.0)
    imported = record.training["imported"]
    assert (record.training["model"], imported["kind"]) == ("danq", "danq")
    assert imported["file"] == "weights.hdf5"
    assert (imported["backward"], imported["gate"]) == ("forward", "legacy_hard_sigmoid")
    assert len(imported["md5"]) == 32
    told = capsys.readouterr().err
    assert "is read forward; whether the authors' program did so is not known" in told
    assert "windows of 100 bases (90 to 102 fit the weights)" in told


def _without(layers):
    del layers["layer_3"]


def _longer_kernel(layers):
    layers["layer_0"][0] = np.zeros((12, 4, 28, 1), np.float32)


def _short_gate(layers):
    layers["layer_3"][13] = layers["layer_3"][13][:-1]


def _odd_dense(layers):
    layers["layer_6"][0] = layers["layer_6"][0][:-1]


def _other_hidden(layers):
    layers["layer_8"][0] = layers["layer_8"][0][:-1]


def _not_finite(layers):
    layers["layer_8"][1][2] = np.nan


def _whole_numbers(layers):
    layers["layer_0"][1] = layers["layer_0"][1].astype(np.int32)


def _too_large(layers):
    layers["layer_8"][1] = np.full(6, 1e300)


def _no_filters(layers):
    layers["layer_0"] = [np.zeros((0, 4, 26, 1), np.float32), np.zeros(0, np.float32)]


def _no_hidden(layers):
    layers["layer_6"] = [np.zeros((120, 0), np.float32), np.zeros(0, np.float32)]
    layers["layer_8"][0] = np.zeros((0, 6), np.float32)


def _no_outputs(layers):
    layers["layer_8"] = [np.zeros((9, 0), np.float32), np.zeros(0, np.float32)]


def _text(layers):
    layers["layer_8"][1] = b"no numbers"


def _nothing_stored(layers):
    layers["layer_8"][1] = h5py.Empty("f4")


def _one_more(layers):
    layers["layer_3"].append(np.zeros(3, np.float32))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, r"layer_0 \(2\), layer_6 \(2\), layer_8 \(2\); expected DanQ as Keras 0.2"),
        (_one_more, r"layer_3 \(25\).*four groups with 2, 24, 2, 2"),
        (_longer_kernel, r"layer_0/param_0 has the shape \(12, 4, 28, 1\), expected \(any, 4, 26"),
        (_short_gate, r"layer_3/param_13 has the shape \(11, 12\), expected \(12, 12\)"),
        (_odd_dense, r"layer_6/param_0 has 119 inputs, expected a multiple of the 24 channels"),
        (_other_hidden, r"layer_8/param_0 has the shape \(8, 6\), expected \(9, any\)"),
        (_not_finite, "layer_8/param_1 holds values that are not finite"),
        (_too_large, r"layer_8/param_1 holds values that are not finite in float32; expected DanQ"),
        (_no_filters, r"layer_0/param_0 has the shape \(0, 4, 26, 1\), expected no empty one in"),
        (_no_hidden, r"layer_6/param_0 has the shape \(120, 0\), expected no empty one in DanQ"),
        (_no_outputs, r"layer_8/param_0 has the shape \(9, 0\), expected no empty one in DanQ"),
        (_text, 'holds "layer_8/param_1" among its weights, expected numbers'),
        (_nothing_stored, 'holds "layer_8/param_1" among its weights, expected numbers'),
        (_whole_numbers, "layer_0/param_1 holds int32 values"),
    ],
)
def test_another_layout_is_refused_in_one_sentence(tmp_path, capsys, change, message):
    layers = files.danq_layers(files.DANQ, positions=POSITIONS, hidden=9, outputs=6)
    change(layers)
    files.write_danq(tmp_path / "weights.hdf5", layers)
    with pytest.raises(InputError, match=message) as caught:
        read_theano(tmp_path / "weights.hdf5", "danq", backward="reversed")
    assert str(caught.value).startswith(f"{tmp_path / 'weights.hdf5'}: ")
    assert _import(tmp_path, "danq") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].count("expected") == 1
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.update({"layer_1/param_0": h5py.SoftLink("/nowhere")}), "holds a link"),
        (lambda f: f.update({"layer_99": h5py.ExternalLink("x.h5", "/")}), "holds a link"),
        (
            lambda f: f.create_dataset("layer_1/param_0", (10**12,), "f4"),
            "declares 4,000,000,000,000 bytes of layer_1/param_0 and holds 0",
        ),
        (lambda f: f.create_group("layer_1/a\x1b"), "expected text without control characters"),
    ],
)
def test_what_is_declared_is_compared_with_what_is_there(tmp_path, change, message):
    layers = files.danq_layers(files.DANQ, positions=4, hidden=5, outputs=3)
    files.write_danq(tmp_path / "w.hdf5", layers)
    with h5py.File(tmp_path / "w.hdf5", "a") as file:
        change(file)
    with pytest.raises(InputError, match=message):
        read_theano(tmp_path / "w.hdf5", "danq", backward="reversed")


def test_a_parameter_that_is_missing_or_renamed_is_named(tmp_path):
    path = tmp_path / "weights.hdf5"
    _write(path, "danq", attributes=False)
    with h5py.File(path, "a") as file:
        file["layer_3"].move("param_5", "param_24")
    with pytest.raises(InputError, match="holds no parameter layer_3/param_5; expected DanQ"):
        read_theano(path, "danq", backward="reversed")


def test_the_counts_that_keras_noted_are_held_against_the_file(tmp_path):
    path = tmp_path / "weights.hdf5"
    _write(path, "danq")
    with h5py.File(path, "a") as file:
        del file["layer_8/param_1"]
    with pytest.raises(InputError, match="notes 2 parameters in nb_params of layer_8, holds 1"):
        read_theano(path, "danq", backward="reversed")
    with h5py.File(path, "a") as file:
        del file["layer_9"]
    with pytest.raises(InputError, match="notes 10 layers in its attribute nb_layers, holds 9"):
        read_theano(path, "danq", backward="reversed")


@pytest.mark.parametrize("count", [np.array([10]), np.uint8(10), np.array([[10]])], ids=str)
def test_a_count_may_be_an_array_of_one(tmp_path, count):
    path = tmp_path / "weights.hdf5"
    _write(path, "danq")
    with h5py.File(path, "a") as file:
        file.attrs["nb_layers"] = count
        file["layer_0"].attrs["nb_params"] = np.array([2])
    assert read_theano(path, "danq", backward="reversed").outputs == 6
    with h5py.File(path, "a") as file:
        file["layer_0"].attrs["nb_params"] = np.array([3])
    with pytest.raises(InputError, match="notes 3 parameters in nb_params of layer_0, holds 2"):
        read_theano(path, "danq", backward="reversed")


@pytest.mark.parametrize("count", ["10", 10.0, np.array([10, 10]), h5py.Empty("i4")], ids=repr)
def test_a_count_that_is_no_whole_number_is_refused(tmp_path, count):
    path = tmp_path / "weights.hdf5"
    _write(path, "danq")
    with h5py.File(path, "a") as file:
        file.attrs["nb_layers"] = count
    with pytest.raises(InputError, match="no whole number in the attribute nb_layers of /, exp"):
        read_theano(path, "danq", backward="reversed")
    with h5py.File(path, "a") as file:
        file.attrs["nb_layers"] = 10
        file["layer_3"].attrs["nb_params"] = count
    with pytest.raises(InputError, match="in the attribute nb_params of /layer_3, expected one"):
        read_theano(path, "danq", backward="reversed")


def test_danq_jaspar_is_not_danq(tmp_path, capsys):
    _write(tmp_path / "weights.hdf5", "danq-jaspar")
    assert _import(tmp_path, "danq") == 2
    assert "holds DanQ-JASPAR's parameters: --from danq-jaspar" in capsys.readouterr().err
    _write(tmp_path / "weights.hdf5", "danq")
    assert _import(tmp_path, "danq-jaspar") == 2
    assert "holds DanQ's parameters: --from danq" in capsys.readouterr().err


def test_what_is_no_such_file_is_refused(tmp_path, capsys):
    whole = tmp_path / "weights.hdf5"
    _write(whole, "danq")
    content = whole.read_bytes()
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file.create_group("model_weights")
    cases = {
        "text.hdf5": (b"no weights", "it is not an HDF5 file, or a damaged one"),
        "half.hdf5": (content[: len(content) // 2], "it is not an HDF5 file, or a damaged one"),
        "keras.h5": ((tmp_path / "keras.h5").read_bytes(), 'holds "model_weights" at its top'),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        assert _import(tmp_path, "danq", file=name) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert name in lines[0]
        assert message in lines[0]
    assert _import(tmp_path, "danq", file="absent.hdf5") == 2
    assert "absent.hdf5: cannot be read (No such file" in capsys.readouterr().err


def test_a_window_that_does_not_fit_is_refused(tmp_path, capsys):
    _write(tmp_path / "weights.hdf5", "danq")
    assert _import(tmp_path, "danq", "--window", "103") == 2
    assert "fits windows of 90 to 102 bases, found --window 103" in capsys.readouterr().err


def test_a_damaged_index_takes_no_memory(tmp_path):
    """From eight bytes that are missing on, nothing lies where the groups before say."""
    path = tmp_path / "weights.hdf5"
    _write(path, "danq")
    whole = path.read_bytes()
    nodes = [match.start() for match in re.finditer(b"SNOD", whole)]
    middle = (nodes[2] + nodes[3]) // 2
    path.write_bytes(whole[:middle] + whole[middle + 8 :] + bytes(8))
    # The most of this program itself: `ru_maxrss` begins with what the process was before it.
    code = f"""if True:
        import resource
        from danq.models.published.theano import read_theano
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        try:
            read_theano({str(path)!r}, "danq", backward="reversed")
        finally:
            print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert int(done.stdout) < 1 << 20
    assert done.stderr.splitlines()[-1].startswith(
        f"danq.errors.InputError: {path}: cannot be read"
    )

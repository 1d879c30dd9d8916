"""State dicts of DeepSEA and Beluga, imported and held against PyTorch and against NumPy."""

from __future__ import annotations

import os
import pickle
import re
import sys
import zipfile

import h5py
import numpy as np
import pytest
import torch

import danq
from danq.cli import main
from danq.errors import InputError
from danq.genome import encode, one_hot
from danq.models.published.pytorch import read_state_dict
from danq.models.published.torch_layouts import read_torch
from tests.models.published import modules, originals

WIDTH, HIDDEN, OUTPUTS = 0.025, 11, 7
# Windows, and the positions that DeepSEA's and Beluga's convolutions leave of them.
WINDOW, LEFT = 300, 9
BELUGA_WINDOW, BELUGA_LEFT = 330, 2


def _deepsea():
    module = modules.kipoi_deepsea(WIDTH, HIDDEN, OUTPUTS, LEFT)
    return modules.randomised(module)


def _selene():
    return modules.randomised(modules.SeleneDeepSEA(WIDTH, OUTPUTS, LEFT))


def _beluga():
    return modules.randomised(modules.beluga(WIDTH, HIDDEN, OUTPUTS, BELUGA_LEFT))


def _prefixed(state, prefix):
    return {prefix + name: value for name, value in state.items()}


CASES = {
    "KipoiPredict": ("deepsea", _deepsea, "2.", WINDOW),
    "KipoiVariantEffects": ("deepsea-variant-effects", _deepsea, "1.", WINDOW),
    "KipoiBare": ("deepsea", _deepsea, "", WINDOW),
    "DataParallel": ("deepsea", _deepsea, "module.1.", WINDOW),
    "Selene": ("selene-deepsea", _selene, "", WINDOW),
    "SeleneNonStrandSpecific": ("selene-deepsea", _selene, "model.", WINDOW),
    "Beluga": ("beluga", _beluga, "", BELUGA_WINDOW),
    "BelugaDataParallel": ("beluga", _beluga, "module.", BELUGA_WINDOW),
}


def _import(tmp_path, kind, *more, file="w.pth"):
    arguments = ["import", "--from", kind, "--output", str(tmp_path / "m.keras"), *more]
    return main([*arguments, str(tmp_path / file)])


def _in_numpy(kind, module, rows):
    """The same network in NumPy, over (n, 4, length)."""
    arrays = [value.detach().numpy().astype(np.float64) for value in module.state_dict().values()]
    pairs = list(zip(arrays[::2], arrays[1::2], strict=True))
    activation = originals.threshold if kind.startswith("deepsea") else originals.relu
    pooled = {1, 3} if kind == "beluga" else {0, 1}
    return originals.torch_cnn(rows, pairs, pooled=pooled, activation=activation)


@pytest.mark.parametrize(("kind", "build", "prefix", "window"), CASES.values(), ids=CASES)
def test_predicts_what_pytorch_does(tmp_path, kind, build, prefix, window):
    module = build()
    torch.save(_prefixed(module.state_dict(), prefix), tmp_path / "w.pth")
    assert _import(tmp_path, kind, "--window", str(window)) == 0
    network = danq.models.load(tmp_path / "m.keras")
    random = np.random.default_rng(4)
    texts = ["".join(row) for row in random.choice(list("ACGTN"), (6, window))]
    selene = kind == "selene-deepsea"
    order, unknown = ("ACGT", 0.25) if selene else ("AGCT", 0.0)
    rows = np.stack([originals.letters_first(text, order, unknown) for text in texts])
    inputs = torch.tensor(rows, dtype=torch.float32)
    with torch.no_grad():
        expected = module(inputs if selene else inputs[:, :, None]).numpy()
    assert expected.std(axis=0).mean() > 0.02, "nearly constant, which tests nothing"
    np.testing.assert_allclose(_in_numpy(kind, module, rows), expected, atol=1e-5)
    assert network.danq.unknown == unknown
    codes = np.stack([encode(text) for text in texts])
    found = network.predict_on_batch(one_hot(codes, unknown=network.danq.unknown))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    predictor = danq.models.Predictor(network, batch_size=3)
    np.testing.assert_allclose(
        predictor.probabilities(codes, both_strands=False), expected, atol=1e-5
    )


def test_the_threshold_matters_and_is_kept(tmp_path):
    module = _deepsea()
    with torch.no_grad():
        module[8].weight.zero_()
        module[8].bias.fill_(-1.0)
        module[12][1].weight.fill_(1e4)
        module[12][1].bias.zero_()
    torch.save(module.state_dict(), tmp_path / "w.pth")
    assert _import(tmp_path, "deepsea", "--window", str(WINDOW)) == 0
    rows = np.zeros((1, WINDOW, 4), np.float32)
    with torch.no_grad():
        expected = module(torch.zeros(1, 4, 1, WINDOW)).numpy()
    network = danq.models.load(tmp_path / "m.keras")
    np.testing.assert_allclose(network.predict_on_batch(rows), expected, atol=1e-5)
    with_relu = _in_numpy("selene-deepsea", module, np.zeros((1, 4, WINDOW)))
    assert abs(with_relu - expected).max() > 1e-3, "ReLU gives the same, which tests nothing"


@pytest.mark.parametrize("zipped", [True, False], ids=["Zip", "Legacy"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16], ids=str)
def test_both_file_formats_and_other_precisions_are_read(tmp_path, zipped, dtype):
    state = {name: value.to(dtype) for name, value in _deepsea().state_dict().items()}
    path = tmp_path / "w.pth"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    found = read_torch(path, "deepsea")
    expected = state["4.bias"].float().numpy()
    assert np.array_equal(found.layers["convolution_2"][1], expected)


def test_a_checkpoint_of_selene_is_read_with_its_numpy_loss(tmp_path):
    checkpoint = {
        "step": 3,
        "arch": "DeepSEA",
        "state_dict": _selene().state_dict(),
        "min_loss": np.float64(0.25),
        "optimizer": {"state": {}, "param_groups": [{"lr": 0.01}]},
    }
    torch.save(checkpoint, tmp_path / "w.pth.tar")
    content = (tmp_path / "w.pth.tar").read_bytes()
    assert b"numpy" in content, "the loss is not NumPy's, which tests nothing"
    found = read_torch(tmp_path / "w.pth.tar", "selene-deepsea")
    assert found.outputs == OUTPUTS


SIZES = {
    # Known sums of parameters: the paper's, and those of the layouts in PyTorch's terms.
    "deepsea": ((320, 480, 960), 53, 925, 919, 52_843_119),
    "beluga": ((320, 320, 480, 480, 640, 640), 106, 2003, 2002, 149_536_251),
}


def test_a_number_repeated_for_terabytes_is_refused(tmp_path):
    torch.save({"0.weight": torch.zeros(1).expand(10**12)}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"declares 4,000,000,000,000 bytes of tensors in [\d,]+,"):
        read_torch(tmp_path / "w.pth", "deepsea")


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * (100 << 20))
    with pytest.raises(InputError, match=r'declares 104,857,600 bytes of "archive/data\.pkl" in'):
        read_torch(tmp_path / "w.pth", "deepsea")


@pytest.mark.parametrize("kind", SIZES)
def test_the_published_sizes(tmp_path, monkeypatch, kind):
    monkeypatch.setattr("danq.models.published.pytorch._check_size", lambda *_: None)
    filters, positions, hidden, outputs, _ = SIZES[kind]
    names = {
        "deepsea": ["2.0", "2.4", "2.8", "2.12.1", "2.14.1"],
        "beluga": [f"model.0.{n}" for n in (0, 2, 6, 8, 12, 14)] + ["model.1.2.1", "model.1.4.1"],
    }[kind]
    shapes = [(f, c, 1, 8) for c, f in zip((4, *filters[:-1]), filters, strict=True)]
    shapes += [(hidden, filters[-1] * positions), (outputs, hidden)]
    state = {}
    for name, shape in zip(names, shapes, strict=True):
        # One number, seen everywhere: the file stays small.
        state[f"{name}.weight"] = torch.zeros(1).expand(shape)
        state[f"{name}.bias"] = torch.zeros(1).expand(shape[:1])
    torch.save(state, tmp_path / "w.pth")
    found = read_torch(tmp_path / "w.pth", kind)
    sizes = [array.size for arrays in found.layers.values() for array in arrays]
    assert sum(sizes) == SIZES[kind][-1]
    assert (found.width, found.hidden, found.outputs) == (1.0, hidden, outputs)
    assert {"deepsea": 1000, "beluga": 2000}[kind] in found.windows


class _Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False], ids=["Zip", "Legacy"])
def test_pickled_code_does_not_run(tmp_path, capsys, zipped):
    trap = tmp_path / "trap"
    state = {**_deepsea().state_dict(), "0.bias": _Malicious(trap)}
    torch.save(state, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    assert _import(tmp_path, "deepsea") == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.search(r"w\.pth: holds pickled code \(\w+\.mkdir\), which is never run", lines[0])
    assert not trap.exists()
    with open(tmp_path / "w.pth", "wb") as handle:
        pickle.dump(_Malicious(trap), handle)
    assert _import(tmp_path, "deepsea") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not trap.exists()


def test_a_whole_pickled_module_is_refused(tmp_path):
    torch.save(_deepsea(), tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"pickled code \(torch.nn.modules.*only tensors"):
        read_state_dict(tmp_path / "w.pth")


def test_selenes_danq_is_refused_with_the_reason(tmp_path, capsys):
    torch.save(modules.SeleneDanQ().state_dict(), tmp_path / "w.pth")
    for kind in ("selene-deepsea", "deepsea", "beluga"):
        assert _import(tmp_path, kind) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert "as Selene's DanQ does, which cannot be imported" in lines[0]
        assert "it recurs over the batch" in lines[0]


def test_batch_normalisation_is_named(tmp_path):
    state = {**_selene().state_dict(), "conv_net.3.running_mean": torch.zeros(6)}
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError, match="holds batch normalisation, as an early version"):
        read_torch(tmp_path / "w.pth", "selene-deepsea")


def _changed(name, change):
    def apply(state):
        state[name] = change(state[name])

    return apply


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("4.weight"), r"holds no parameter 4\.weight; expected DeepSEA as"),
        (
            lambda state: state.update(extra=torch.zeros(1)),
            'holds the further parameters "extra"; expected',
        ),
        (
            _changed("8.weight", lambda w: w[:, :, :, :7]),
            r"8\.weight has the shape \(24, 12, 1, 7\), expected \(24, 12, 1, 8\) or \(24, 12, 8\)",
        ),
        (
            _changed("4.weight", lambda w: w[:9]),
            r"4\.weight has the shape \(9, 8, 1, 8\), expected \(12, 8, 1, 8\)",
        ),
        (
            _changed("12.1.weight", lambda w: w[:, 1:]),
            r"12\.1\.weight has 215 inputs, expected a multiple of the 24 channels",
        ),
        (
            _changed("14.1.weight", lambda w: w[:, 1:]),
            r"14\.1\.weight has the shape \(7, 10\), expected \(any, 11\)",
        ),
        (_changed("0.bias", lambda b: b.int()), "0.bias holds int32 values"),
        (_changed("0.bias", lambda b: b * np.inf), "0.bias holds values that are not finite"),
        (
            _changed("0.bias", lambda b: b.double() + 1e300),
            r"0\.bias holds values that are not finite in float32; expected DeepSEA",
        ),
        (
            _changed("0.weight", lambda w: w[:0]),
            r"0\.weight has the shape \(0, 4, 1, 8\), expected no empty one in DeepSEA",
        ),
        (
            _changed("14.1.weight", lambda w: w[:0]),
            r"14\.1\.weight has the shape \(0, 11\), expected no empty one in DeepSEA",
        ),
        (
            _changed("12.1.weight", lambda w: w[:0]),
            r"12\.1\.weight has the shape \(0, 216\), expected no empty one in DeepSEA",
        ),
        (_changed("0.bias", lambda b: 3.0), 'holds a float under "0.bias", expected a PyTorch'),
        (_changed("0.bias", lambda b: b.to_sparse()), r'"0\.bias" is not a dense tensor .*sparse'),
        (lambda state: state.clear(), "holds no tensors, expected a PyTorch state dict"),
    ],
)
def test_another_layout_is_refused_in_one_sentence(tmp_path, change, message):
    state = _deepsea().state_dict()
    change(state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError, match=message) as caught:
        read_torch(tmp_path / "w.pth", "deepsea")
    assert str(caught.value).startswith(f"{tmp_path / 'w.pth'}: ")
    assert str(caught.value).count("expected") <= 1


@pytest.mark.parametrize(
    ("asked", "build", "prefix", "message"),
    [
        ("deepsea", _selene, "", "holds the parameters of DeepSEA of Selene: --from selene-deep"),
        ("beluga", _selene, "model.", "the parameters of DeepSEA of Selene: --from selene-deepsea"),
        ("deepsea", _beluga, "", "holds the parameters of Beluga as Kipoi publishes it: --from be"),
        ("selene-deepsea", _beluga, "module.", "of Beluga as Kipoi publishes it: --from beluga"),
        ("beluga", _deepsea, "2.", "of DeepSEA as Kipoi publishes it: --from deepsea"),
        ("selene-deepsea", _deepsea, "1.", "of DeepSEA as Kipoi publishes it: --from deepsea"),
    ],
)
def test_one_kind_is_not_another(tmp_path, capsys, asked, build, prefix, message):
    torch.save(_prefixed(build().state_dict(), prefix), tmp_path / "w.pth")
    assert _import(tmp_path, asked) == 2
    assert message in capsys.readouterr().err


def test_what_else_is_no_pytorch_file_is_named(tmp_path, capsys):
    with h5py.File(tmp_path / "w.hdf5", "w"):
        pass
    assert _import(tmp_path, "deepsea", file="w.hdf5") == 2
    assert "w.hdf5: is an HDF5 file, expected a PyTorch state dict" in capsys.readouterr().err
    torch.save([1], tmp_path / "w.pth")
    with pytest.raises(InputError, match="holds a list, expected a PyTorch state dict"):
        read_state_dict(tmp_path / "w.pth")
    with pytest.raises(InputError, match="is a folder, expected a PyTorch file"):
        read_state_dict(tmp_path)


@pytest.mark.parametrize("zipped", [True, False], ids=["Zip", "Legacy"])
def test_a_damaged_file_is_one_sentence(tmp_path, capsys, zipped):
    torch.save(_deepsea().state_dict(), tmp_path / "w", _use_new_zipfile_serialization=zipped)
    content = (tmp_path / "w").read_bytes()
    for name, data in {
        "half.pth": content[: len(content) // 2],
        "start.pth": content[:40],
        "empty.pth": b"",
        "text.pth": b"no weights at all\n",
    }.items():
        (tmp_path / name).write_bytes(data)
        assert _import(tmp_path, "deepsea", file=name) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].endswith(f"{name}: is not a PyTorch file, or a damaged one")


def test_without_pytorch_it_is_said_what_to_install(tmp_path, capsys, monkeypatch):
    torch.save(_deepsea().state_dict(), tmp_path / "w.pth")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert _import(tmp_path, "deepsea") == 2
    assert main(["import", "--from", "beluga", "--download", "--output", str(tmp_path / "m.keras")])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2, "one for each command: nothing is fetched first"
    for line in lines:
        assert "needs PyTorch, which is not installed: pip install 'danq[torch]'" in line

"""What a run begins with: motifs in DanQ-JASPAR's kernels, or another model's weights."""

from __future__ import annotations

import gzip
import hashlib
import logging

import keras
import numpy as np
import pytest

import danq
from danq.cli import main
from danq.errors import InputError
from danq.genome import encode, one_hot
from danq.training import settings_for
from danq.training.networks import build_network
from tests.conftest import own_records
from tests.training.listeners import break_off

SITES = ["TGACTCA", "GGGCGGGGC", "CACGTG", "GATTACAGATTACAGATTACAGATTACAGATTACA"]
STILL = {"batch_size": 16, "epochs": 1, "learning_rate": 1e-9}


@pytest.fixture
def dataset(tmp_path, genome, targets):
    path = tmp_path / "d.h5"
    danq.windows(genome, targets, path, window=60, bin=20, valid=["chr1:30001-40000"])
    return path


def test_a_look_at_its_size_leaves_a_networks_weights_as_they_would_be(dataset):
    with danq.dataset.Dataset.open(dataset) as data:
        keras.utils.set_random_seed(5)
        built = build_network("danq", data, width=0.02)
    keras.utils.set_random_seed(5)
    direct = danq.models.danq(sequence_length=60, outputs=2, width=0.02)
    for one, other in zip(built.get_weights(), direct.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def motifs(tmp_path):
    """Four motifs as JASPAR counts, compressed; the last is longer than any kernel."""
    rows = []
    for number, site in enumerate(SITES):
        rows.append(f">MA{number}.1 factor{number}\n")
        rows += [f"{b} [ {' '.join(str(8 * (s == b)) for s in site)} ]\n" for b in "ACGT"]
    path = tmp_path / "motifs.jaspar.gz"
    path.write_bytes(gzip.compress("".join(rows).encode()))
    return path


def _kernels(path):
    kernel, bias = danq.models.load(path).get_layer("convolution_1").get_weights()
    return np.moveaxis(kernel, 2, 0), bias


def _holds(kernel, site):
    """Return whether one kernel holds a site somewhere and nothing beside it."""
    rows = one_hot(encode(site)) - 0.25
    for offset in range(len(kernel) - len(rows) + 1):
        expected = np.zeros_like(kernel)
        expected[offset : offset + len(rows)] = rows
        if np.allclose(kernel, expected, atol=1e-5):
            return True
    return False


@pytest.fixture
def train(tmp_path, dataset, motifs):
    """Train DanQ-JASPAR from the command line, its weights hardly moving; give the file."""

    def trained(name, *more):
        output = tmp_path / name
        arguments = ["train", "--dataset", dataset, "--model", "danq-jaspar", "--output", output]
        arguments += ["--motifs", motifs, "--width", 0.01, "--learning-rate", 1e-9]
        arguments += ["--epochs", 1, "--batch-size", 16, *more]
        assert main([str(argument) for argument in arguments]) == 0
        return output

    return trained


def test_danq_jaspar_from_the_command_line(train, motifs, capsys):
    first = train("m.keras")
    said = capsys.readouterr().err
    assert "kernels started from motifs: 4 of 10, from 4 motifs" in said
    assert "1 motif longer than 30 bases, cut" in said
    assert "MA3.1 factor3" in said

    kernels, bias = _kernels(first)
    assert kernels.shape == (10, 30, 4)
    for kernel, site in zip(kernels, SITES[:3], strict=False):
        assert _holds(kernel, site)
    assert any(_holds(kernels[3], SITES[3][start : start + 30]) for start in range(6))
    # The paper's: one kernel per motif, its bias drawn between −1 and 0; the rest as in any
    # network.
    assert ((bias[:4] > -1) & (bias[:4] < 0)).all()
    assert np.abs(bias[4:]).max() < 1e-5

    expected = {
        "model": "danq-jaspar",
        "motifs": "motifs.jaspar.gz",
        "motifs_sha256": hashlib.sha256(motifs.read_bytes()).hexdigest(),
        "motif_share": 0.5,
        "motif_strands": "forward",
        "motifs_found": 4,
        "motifs_used": 4,
        "motifs_cut": ["MA3.1 factor3"],
    }
    record = danq.models.metadata(first).training
    assert {key: record[key] for key in expected} == expected


def test_danq_jaspar_starts_the_same_each_time_and_otherwise_with_another_seed(train):
    first = train("m.keras")
    for one, two in zip(_kernels(first), _kernels(train("same.keras")), strict=True):
        assert np.array_equal(one, two)
    both = train("both.keras", "--motif-strands", "both", "--motif-share", 1, "--seed", 2)
    kernels, bias_of_two = _kernels(both)
    assert danq.models.metadata(both).training["motif_strands"] == "both"
    assert _holds(kernels[2], SITES[1])
    assert _holds(kernels[3], "GCCCCGCCC")
    assert not np.intersect1d(_kernels(first)[1][:4], bias_of_two[:8]).size


def test_other_networks_take_both_strands_of_a_motif(tmp_path, dataset, motifs):
    output = tmp_path / "m.keras"
    danq.train(dataset, output, width=0.03, settings=settings_for("danq", **STILL), motifs=motifs)
    record = danq.models.metadata(output).training
    assert (record["motif_strands"], record["motifs_used"]) == ("both", 2)
    assert record["motifs_found"] == 4


def test_danq_jaspar_without_motifs_is_said(tmp_path, dataset, caplog):
    recipe = settings_for("danq-jaspar", **STILL)
    with caplog.at_level(logging.WARNING, logger="danq"):
        danq.train(dataset, tmp_path / "m.keras", model="danq-jaspar", width=0.01, settings=recipe)
    assert "no motif file was given (--motifs)" in caplog.text


@pytest.mark.parametrize("option", [{"motif_share": 0.3}, {"motif_strands": "forward"}])
def test_options_of_motifs_need_motifs(tmp_path, dataset, option):
    with pytest.raises(InputError, match="--motif-share or --motif-strands without --motifs"):
        danq.train(dataset, tmp_path / "m.keras", settings=settings_for("danq", **STILL), **option)


def test_another_motif_file_does_not_go_on_with_a_run(tmp_path, dataset, motifs):
    options = {"width": 0.03, "settings": settings_for("danq", **{**STILL, "epochs": 2})}
    break_off(dataset, tmp_path / "m.keras", 2, motifs=motifs, **options)
    text = gzip.decompress(motifs.read_bytes()).replace(b"8", b"9")
    motifs.write_bytes(gzip.compress(text))
    with pytest.raises(InputError, match="is of a run with motifs_sha256 "):
        danq.train(dataset, tmp_path / "m.keras", motifs=motifs, resume=True, **options)


def _first(path, names):
    network = danq.models.danq(sequence_length=60, outputs=len(names), width=0.02)
    danq.models.save(network, path, targets=names, unknown=0.25)
    return network


@pytest.mark.parametrize(
    ("names", "difference"),
    [
        (["H3K4me3", "CTCF"], "predicts the same targets in another order: target 1 is "),
        (["CTCF", "H3K9ac"], 'predicts "H3K9ac" as target 2, the data set has "H3K4me3"'),
    ],
)
def test_a_new_last_layer_is_told_with_the_difference(tmp_path, dataset, caplog, names, difference):
    network = _first(tmp_path / "first.keras", names)
    with caplog.at_level(logging.WARNING, logger="danq"):
        danq.train(
            dataset, tmp_path / "m.keras", init=tmp_path / "first.keras",
            settings=settings_for("danq", **STILL),
        )  # fmt: skip
    assert difference in caplog.text
    assert caplog.text.rstrip().endswith("its last layer starts from scratch")
    tuned = danq.models.load(tmp_path / "m.keras", targets=["CTCF", "H3K4me3"], unknown=0.25)
    for old, new in zip(network.get_weights()[:-2], tuned.get_weights()[:-2], strict=True):
        np.testing.assert_allclose(old, new, atol=1e-5)


def test_a_model_of_the_same_targets_is_taken_over_without_a_word(tmp_path, dataset, caplog):
    network = _first(tmp_path / "first.keras", ["CTCF", "H3K4me3"])
    with caplog.at_level(logging.WARNING, logger="danq"):
        danq.train(
            dataset, tmp_path / "m.keras", init=tmp_path / "first.keras",
            settings=settings_for("danq", **STILL),
        )  # fmt: skip
    assert not own_records(caplog)
    tuned = danq.models.load(tmp_path / "m.keras")
    for old, new in zip(network.get_weights(), tuned.get_weights(), strict=True):
        np.testing.assert_allclose(old, new, atol=1e-5)


def test_models_that_cannot_be_taken_over_are_named(tmp_path, dataset):
    options = {"settings": settings_for("danq", **STILL)}
    network = danq.models.danq(sequence_length=60, outputs=2, width=0.02)
    path = tmp_path / "first.keras"
    danq.models.save(network, path, targets=["CTCF", "H3K4me3"], channels="AGCT")
    with pytest.raises(InputError, match="reads channels in the order AGCT, danq gives ACGT"):
        danq.train(dataset, tmp_path / "m.keras", init=path, **options)
    network = danq.models.danq(sequence_length=80, outputs=2, width=0.02)
    danq.models.save(network, path, targets=["CTCF", "H3K4me3"])
    with pytest.raises(InputError, match="reads windows of 80 bases, the data set has 60"):
        danq.train(dataset, tmp_path / "m.keras", init=path, **options)
    network.save(tmp_path / "plain.keras")
    with pytest.raises(InputError, match="danq import --from keras makes a model file of it"):
        danq.train(dataset, tmp_path / "m.keras", init=tmp_path / "plain.keras", **options)
    assert isinstance(keras.models.load_model(tmp_path / "plain.keras"), keras.Model)

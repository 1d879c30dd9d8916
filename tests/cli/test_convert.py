"""From a miniature of DeepSEA's bundle to the paper's table, through the command line."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import danq
from danq.cli import main
from danq.dataset import Dataset
from danq.evaluation.model_checks import check_fit
from danq.genome import encode, one_hot, reverse_complement
from tests.deepsea_bundle import Split, random_split, write_bundle
from tests.models.published import files

WINDOW, TARGETS = 100, 919


def _run(*arguments):
    return main([str(argument) for argument in arguments])


def _error(capsys, *arguments):
    assert _run(*arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """DanQ's weights as released, small, and a bundle whose test labels follow its predictions."""
    folder = tmp_path_factory.mktemp("bundle")
    layers = files.danq_layers(files.DANQ, positions=5, hidden=9, outputs=TARGETS)
    files.write_danq(folder / "DanQ_bestmodel.hdf5", layers)
    weights, model = folder / "DanQ_bestmodel.hdf5", folder / "danq.keras"
    assert _run("--quiet", "import", "--from", "danq", weights, "--output", model) == 0
    splits = {
        name: random_split(seed, count, WINDOW, TARGETS, share=0.1)
        for seed, (name, count) in enumerate({"train": 60, "valid": 20, "test": 50}.items())
    }
    noise = np.random.default_rng(4).normal(0, 0.02, (50, TARGETS))
    noisy = _predictions(model, splits["test"].texts) + noise
    labels = (noisy > np.quantile(noisy, 0.8, axis=0)).astype(np.uint8)
    splits["test"] = Split(splits["test"].texts, labels)
    write_bundle(folder, splits)
    mats = [folder / f"{name}.mat" for name in splits]
    assert _run("--quiet", "convert", "--from-mat", *mats, "--output", folder / "d.h5") == 0
    return folder


def _predictions(model, texts):
    """Probabilities of plain Keras, both strands averaged."""
    codes = np.stack([encode(text) for text in texts])
    network = danq.models.load(model)
    strands = (codes, reverse_complement(codes))
    return np.mean([network.predict_on_batch(one_hot(rows)) for rows in strands], axis=0)


def test_the_papers_table_of_an_imported_network(folder):
    model, output = folder / "danq.keras", folder / "evaluation"
    arguments = ("--no-kmer-floor", "--output", output, model)
    assert _run("evaluate", "--dataset", folder / "d.h5", *arguments) == 0
    with Dataset.open(folder / "d.h5") as data:
        labels = data.labels(data.indices("test"))
        texts = random_split(2, 50, WINDOW, TARGETS).texts
    predictions = _predictions(model, texts)
    with open(output / "metrics.tsv", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    # Names that repeat carry their column's number.
    assert [row["target"].split("#")[0] for row in rows] == data.targets.names
    assert {row["windows"] for row in rows} == {"50"}
    roc = [roc_auc_score(labels[:, n], predictions[:, n]) for n in range(TARGETS)]
    pr = [average_precision_score(labels[:, n], predictions[:, n]) for n in range(TARGETS)]
    # Batches of another size round otherwise, which may swap two windows that are nearly tied.
    for metric, expected in (("roc_auc", roc), ("pr_auc", pr)):
        difference = np.abs([float(row[metric]) for row in rows] - np.array(expected))
        assert (difference < 1e-5).mean() > 0.99
        assert difference.mean() < 1e-4
    assert 0.6 < np.mean(roc) < 1, "neither perfect nor chance, or the table would show nothing"
    groups = np.array([row["group"] for row in rows])
    assert [int((groups == name).sum()) for name in ("DNase", "TF", "histone")] == [125, 690, 104]
    with open(output / "groups.tsv", newline="") as table:
        means = {
            row["group"]: float(row["roc_auc_mean"])
            for row in csv.DictReader(table, delimiter="\t")
            if row["model"] == "danq"
        }
    for name in ("DNase", "TF", "histone"):
        assert means[name] == pytest.approx(np.mean(np.array(roc)[groups == name]), abs=1e-4)
    assert means["all"] == pytest.approx(np.mean(roc), abs=1e-4)


def test_verify_reads_the_data_set_as_it_reads_the_file(folder, capsys):
    tables = []
    for data in ("test.mat", "d.h5"):
        arguments = ("--output", folder / "again.keras", "--verify", folder / data)
        assert _run("import", "--from", "danq", folder / "DanQ_bestmodel.hdf5", *arguments) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]
    line = tables[0].splitlines()[4].split("\t")
    assert line[:4] == ["reversed", "all", "919", "50"]
    assert line[6:] == ["0.9384", "0.3709"], "the published figures stand beside"


def test_training_and_the_baseline_read_it_as_any_data_set(folder, capsys):
    arguments = ("--model", "danq", "--width", 0.02, "--epochs", 1, "--batch-size", 20)
    model = folder / "trained.keras"
    assert _run("train", "--dataset", folder / "d.h5", "--output", model, *arguments) == 0
    record = danq.models.metadata(model)
    with Dataset.open(folder / "d.h5") as data:
        assert record.dataset_checksum == data.checksum
        assert record.targets == data.targets.names
    assert record.reference_checksum is None
    output = folder / "baseline"
    arguments = ("--dataset", folder / "d.h5", "--output", output, "--kmer-floor", "--split")
    assert _run("evaluate", *arguments, "valid", model) == 0
    with open(output / "metrics.tsv", newline="") as table:
        assert {row["model"] for row in csv.DictReader(table, delimiter="\t")} == {
            "trained",
            "kmer",
        }
    capsys.readouterr()
    line = _error(
        capsys, "train", "--dataset", folder / "d.h5", "--model", "danq", "--max-jitter", 3,
        "--output", folder / "jitter.keras",
    )  # fmt: skip
    assert "d.h5: holds sequences without coordinates: max_jitter 3 has nothing to move" in line
    line = _error(
        capsys, "evaluate", "--dataset", folder / "d.h5", "--genome", folder / "d.h5",
        "--output", output, model,
    )  # fmt: skip
    assert line.endswith("d.h5: holds its own sequences, found a genome as well")


def test_a_model_of_another_data_set_is_told_apart(folder, tmp_path, caplog):
    """One that was trained on a reference may have seen the windows; no one can tell."""
    network = danq.models.load(folder / "danq.keras")
    names = danq.models.metadata(folder / "danq.keras").targets
    for checksum, count in ((None, 0), ("another", 1)):
        model = tmp_path / "m.keras"
        sums = {"dataset_checksum": checksum, "reference_checksum": checksum}
        danq.models.save(network, model, targets=names, **sums)
        with Dataset.open(folder / "d.h5") as data:
            check_fit(model, data)
        assert caplog.text.count("was trained on another data set than") == count


def test_there_and_back(folder, tmp_path, capsys):
    assert _run("convert", "--to-mat", tmp_path / "back", folder / "d.h5") == 0
    paths = [tmp_path / "back" / f"{name}.mat" for name in ("train", "valid", "test")]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in paths]
    names = tmp_path / "names.tsv"
    names.write_text("name\tgroup\n" + "".join(f"n{place}\tTF\n" for place in range(TARGETS)))
    output = tmp_path / "again.h5"
    arguments = ("--from-mat", *paths, "--output", output, "--targets", names)
    assert _run("convert", *arguments) == 0
    rows = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["split", "rows", "windows"],
        ["train", "120", "60"],
        ["valid", "40", "20"],
        ["test", "100", "50"],
    ]
    with Dataset.open(folder / "d.h5") as first, Dataset.open(output) as second:
        assert second.targets.names[-1] == "n918"
        places = np.arange(len(first))
        assert np.array_equal(first.codes(places), second.codes(places))
        assert np.array_equal(first.labels(places), second.labels(places))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from-mat", "a.mat"], "--output is missing, expected it with --from-mat"),
        (["--to-mat", "b"], "DATASET is missing, expected it with --to-mat"),
        (["--from-mat", "a.mat", "--output", "b", "--genome", "g"], "--genome cannot be used with"),
        (["--to-mat", "b", "d.h5", "--output", "o"], "--output cannot be used with --to-mat"),
        (["--to-mat", "b", "d.h5", "--targets", "t"], "--targets cannot be used with --to-mat"),
        (
            ["--from-mat", "a.mat", "--output", "b.h5"],
            "a.mat: does not exist, expected a MATLAB file",
        ),
        (["--to-mat", "b", "d.h5"], "d.h5: does not exist, expected a data set"),
    ],
)
def test_options_that_do_not_go_together(capsys, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in _error(capsys, "convert", *arguments)
    assert not list(tmp_path.glob("*.h5"))

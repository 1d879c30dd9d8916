import csv
import os
import shutil

import numpy as np
import pytest

import danq.evaluation
from danq.cli import main
from danq.evaluation import evaluate_models


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A genome, a data set of two targets and a model for it, all tiny."""
    import keras

    from danq import models
    from danq.dataset import windows

    folder = tmp_path_factory.mktemp("evaluate")
    letters = np.random.default_rng(0).choice(list("ACGT"), 2000)
    (folder / "g.fa").write_text(f">chr1\n{''.join(letters)}\n")
    for name, step in (("a", 40), ("b", 60)):
        rows = (f"chr1\t{start}\t{start + 20}\n" for start in range(0, 2000, step))
        (folder / f"{name}.bed").write_text("".join(rows))
    (folder / "t.tsv").write_text("name\tpath\tgroup\nA\ta.bed\tTF\nB\tb.bed\thistone\n")
    windows(
        folder / "g.fa",
        folder / "t.tsv",
        folder / "d.h5",
        window=40,
        bin=20,
        test=["chr1:1001-2000"],
    )
    one_hot = keras.Input((40, 4))
    outputs = keras.layers.Activation("sigmoid")(
        keras.layers.Dense(2)(keras.layers.Flatten()(one_hot))
    )
    models.save(keras.Model(one_hot, outputs), folder / "m.keras", targets=["A", "B"])
    return folder


def test_prints_medians_and_the_path_of_the_page(made, capsys):
    output = made / "out"
    arguments = ["--dataset", str(made / "d.h5"), "--output", str(output)]
    arguments += ["--gapped-kmers"]
    assert main(["evaluate", *arguments, "--batch-size", "8", str(made / "m.keras")]) == 0
    printed = capsys.readouterr().out
    with open(output / "groups.tsv", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert [(row["model"], row["group"]) for row in rows] == [
        (model, group)
        for model in ("m", "kmer", "gapped-kmer")
        for group in ("TF", "histone", "all")
    ]
    expected = [
        [row["model"], row["group"], row["targets"], f"{float(row['roc_auc_median']):.3f}"]
        for row in rows
    ]
    lines = printed.splitlines()
    assert [line.split()[:4] for line in lines[2:-1]] == expected
    assert max(map(len, lines[:-1])) < 100
    assert lines[-1] == f"{output / 'summary.html'} shows and explains everything"


@pytest.fixture
def tables_only(monkeypatch):
    """Leave out the figures, which take longer than all else."""

    def write(evaluation, output):
        danq.evaluation.metrics_table(evaluation).write(output / "metrics")

    monkeypatch.setattr(evaluate_models, "write", write)


@pytest.mark.usefixtures("tables_only")
def test_options_reach_the_evaluation(made, capsys):
    common = ["evaluate", "--dataset", str(made / "d.h5"), "--genome", str(made / "g.fa")]
    tables = []
    for name, more in (
        ("both", []),
        ("one", ["--one-strand"]),
        ("train", ["--split", "train"]),
        ("blocks", ["--block-size", "40", "--no-kmer-floor"]),
        ("resamples", ["--block-size", "40", "--no-kmer-floor", "--resamples", "50"]),
        ("seed", ["--block-size", "40", "--no-kmer-floor", "--resamples", "50", "--seed", "1"]),
    ):
        output = made / name
        assert main([*common, *more, "--output", str(output), str(made / "m.keras")]) == 0
        tables.append((output / "metrics.tsv").read_text())
    assert len(set(tables)) == len(tables)
    assert [("kmer" in table) for table in tables] == [True] * 3 + [False] * 3


def test_empty_split_is_one_line(made, capsys):
    arguments = ["--dataset", str(made / "d.h5"), "--output", str(made / "x"), "--split", "valid"]
    assert main(["evaluate", *arguments, str(made / "m.keras")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("danq: error: ")
    assert 'd.h5: has no windows in the split "valid"' in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "o", "m.keras"],
        ["--dataset", "d.h5", "m.keras"],
        ["--dataset", "d.h5", "--output", "o"],
        ["--dataset", "d.h5", "--output", "o", "--split", "all", "m.keras"],
    ],
    ids=["NoDataset", "NoOutput", "NoModel", "NoSuchSplit"],
)
def test_wrong_use(arguments):
    with pytest.raises(SystemExit) as caught:
        main(["evaluate", *arguments])
    assert caught.value.code == 2


def test_names_that_are_not_utf8(made, capsys):
    """A folder may have any name; a model's name stands in tables."""
    output = os.fsencode(made) + b"/x\xffev"
    arguments = ["evaluate", "--dataset", str(made / "d.h5"), "--output"]
    assert main([*arguments, os.fsdecode(output), str(made / "m.keras")]) == 0
    assert b"metrics.parquet" in os.listdir(output)
    odd = os.fsdecode(os.fsencode(made) + b"/y\xff.keras")
    shutil.copy(made / "m.keras", odd)
    capsys.readouterr()
    assert main([*arguments, str(made / "no"), odd]) == 2
    assert "expected a name in UTF-8 without tabs" in capsys.readouterr().err
    folder = os.fsdecode(os.fsencode(made) + b"/z\xff")
    os.mkdir(folder)
    shutil.copy(made / "m.keras", folder)
    assert main([*arguments, str(made / "yes"), f"{folder}/m.keras"]) == 0

"""The options of `danq import`; what it makes of published files is told in tests/models."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy.io import savemat

from danq import models
from danq.cli import main, parser
from danq.dataset import windows
from danq.errors import InputError
from danq.genome import one_hot
from danq.models.published import KINDS
from tests.models.published import files


@pytest.fixture
def weights(tmp_path):
    """A small DanQ of Keras 0.2, three outputs, windows of 90 to 102 bases."""
    layers = files.danq_layers(files.DANQ, positions=5, hidden=5, outputs=3)
    files.write_danq(tmp_path / "w.hdf5", layers)
    return tmp_path / "w.hdf5"


@pytest.fixture
def run(tmp_path, capsys):
    """Run and give status, standard output and the lines on standard error."""

    def run(*arguments, output=True):
        more = ["--output", str(tmp_path / "m.keras")] if output else []
        status = main(["import", *map(str, arguments), *more])
        out, err = capsys.readouterr()
        return status, out, err.splitlines()

    return run


def test_names_come_from_a_file(tmp_path, weights, run):
    (tmp_path / "n.tsv").write_text("name\tgroup\nCTCF\tTF\nCTCF\tTF\nH3K4me3\thistone\n")
    status, out, _ = run("--from", "danq", weights, "--targets", tmp_path / "n.tsv")
    assert (status, out) == (0, "")
    record = models.metadata(tmp_path / "m.keras")
    assert record.targets == ["CTCF", "CTCF", "H3K4me3"]
    assert record.groups == ["TF", "TF", "histone"]
    (tmp_path / "n.tsv").write_text("CTCF\n")
    status, _, told = run("--from", "danq", weights, "--targets", tmp_path / "n.tsv")
    assert status == 2
    assert told[-1].endswith("n.tsv: found 1 names, the network has 3 outputs")


def test_without_names_targets_are_numbered_and_that_is_said(tmp_path, weights, run):
    status, _, told = run("--from", "danq", weights)
    assert status == 0
    assert models.metadata(tmp_path / "m.keras").targets == ["target_1", "target_2", "target_3"]
    assert "no names are known for the 3 targets, which are called target_1 to target_3" in told[0]


def test_verify_prints_a_table_and_a_sentence(tmp_path, weights, run):
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), 4000))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    rows = ["name\tpath\tgroup"]
    for place in range(3):
        bed = "".join(f"chr1\t{s}\t{s + 20}\n" for s in range(40, 4000, 60 + 20 * place))
        (tmp_path / f"{place}.bed").write_text(bed)
        rows.append(f"target_{place + 1}\t{place}.bed\tTF")
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    split = {"window": 100, "bin": 20, "test": ["chr1:2001-4000"]}
    windows(tmp_path / "g.fa", tmp_path / "t.tsv", tmp_path / "d.h5", **split)
    (tmp_path / "g.fa").rename(tmp_path / "moved.fa")
    verify = ["--verify", tmp_path / "d.h5", "--genome", tmp_path / "moved.fa", "--batch-size", 16]
    status, out, _ = run("--from", "danq", weights, *verify)
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split("\t")[:3] == ["reading", "group", "targets"]
    assert [line.split("\t")[:2] for line in lines[1:-1]] == [
        [reading, group] for reading in ("reversed", "forward") for group in ("TF", "all")
    ]
    assert "reading" in lines[-1]
    assert lines[-1].endswith(".")


def test_a_keras_file_made_elsewhere_is_adopted(tmp_path, run):
    one_hot_input = keras.Input((20, 4))
    hidden = keras.layers.Conv1D(3, 5, activation="relu")(one_hot_input)
    outputs = keras.layers.Dense(2, activation="sigmoid")(keras.layers.Flatten()(hidden))
    network = keras.Model(one_hot_input, outputs)
    network.save(tmp_path / "theirs.keras")
    (tmp_path / "n.txt").write_text("a\nb\n")
    status, _, _ = run(
        *("--from", "keras", tmp_path / "theirs.keras", "--targets", tmp_path / "n.txt"),
        *("--channels", "AGCT", "--unknown", "0.25"),
    )
    assert status == 0
    adopted = models.load(tmp_path / "m.keras")
    assert adopted.danq.targets == ["a", "b"]
    assert adopted.danq.unknown == 0.25
    codes = np.random.default_rng(2).integers(0, 5, (6, 20)).astype(np.uint8)
    theirs = one_hot(codes, unknown=0.25)[:, :, [0, 2, 1, 3]]
    found = models.Predictor(adopted, batch_size=6).probabilities(codes, both_strands=False)
    np.testing.assert_allclose(found, network.predict_on_batch(theirs), atol=1e-5)


WRONG = {
    "NoKind": (["W"], "--from is missing"),
    "NoFile": (["--from", "danq"], "no file is given and none is to be downloaded"),
    "NoneIsPublished": (
        ["--from", "selene-deepsea", "--download"],
        'no published file of "selene-deepsea" is known',
    ),
    "BackwardOfAConvolution": (
        ["--from", "deepsea", "W", "--backward", "reversed"],
        "--backward cannot be used with --from deepsea",
    ),
    "ChannelsOfAPublishedFile": (
        ["--from", "danq", "W", "--channels", "AGCT"],
        "--channels cannot be used with --from danq",
    ),
    "UnknownOfAPublishedFile": (
        ["--from", "danq", "W", "--unknown", "0"],
        "--unknown cannot be used with --from danq",
    ),
    "DownloadOfKeras": (["--from", "keras", "--download"], "--download cannot be used"),
    "WindowOfKeras": (["--from", "keras", "W", "--window", "9"], "--window cannot be used"),
    "KerasWithoutTargets": (["--from", "keras", "W"], "--from keras needs FILE and --targets"),
    "NoChannels": (
        ["--from", "keras", "W", "--targets", "W", "--channels", ""],
        '--channels: found channels "", expected an order',
    ),
    "WrongChannels": (
        ["--from", "keras", "W", "--targets", "W", "--channels", "ACGU"],
        '--channels: found channels "ACGU", expected an order',
    ),
    "GenomeAlone": (["--from", "danq", "W", "--genome", "g"], "needs --verify"),
    "BatchAlone": (["--from", "danq", "W", "--batch-size", "9"], "needs --verify"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_use_is_one_sentence(tmp_path, weights, run, arguments, message):
    given = [weights if argument == "W" else argument for argument in arguments]
    status, _, told = run(*given)
    assert status == 2
    assert len(told) == 1
    assert message in told[0]
    assert not (tmp_path / "m.keras").exists()


def test_an_output_is_needed_and_is_not_the_input(tmp_path, weights, run):
    status, _, told = run("--from", "danq", weights, output=False)
    assert (status, len(told)) == (2, 1)
    assert "--output is missing" in told[0]
    weights.rename(tmp_path / "m.keras")
    status, _, told = run("--from", "danq", tmp_path / "m.keras")
    assert (status, len(told)) == (2, 1)
    assert "is named both as input and as output" in told[0]


def test_the_names_are_not_overwritten(tmp_path, run):
    (tmp_path / "m.keras").write_text("a\nb\n")
    status, _, told = run("--from", "keras", "theirs.keras", "--targets", tmp_path / "m.keras")
    assert (status, len(told)) == (2, 1)
    assert "m.keras: is named both as input and as output" in told[0]
    assert (tmp_path / "m.keras").read_text() == "a\nb\n"


def _mat(path, *, window=100, targets=3, count=40):
    random = np.random.default_rng(3)
    rows = one_hot(random.integers(0, 4, (count, window)).astype(np.uint8)).transpose(0, 2, 1)
    labels = random.integers(0, 2, (count, targets)).astype(np.uint8)
    savemat(path, {"testxdata": rows.astype(np.uint8), "testdata": labels})
    return path


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"window": 99}, "w.hdf5: reads windows of 100 bases, {data} has 99"),
        ({"targets": 4}, "w.hdf5: predicts 3 targets, {data} has 4 of them"),
    ],
)
def test_data_that_do_not_fit_are_refused_before_anything_is_built(
    tmp_path, weights, run, monkeypatch, sizes, message
):
    data = _mat(tmp_path / "t.mat", **sizes)
    monkeypatch.setattr("danq.models.published.importer.build", None)
    status, _, told = run("--from", "danq", weights, "--verify", data)
    assert status == 2
    assert told[-1].endswith(message.format(data=data))
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--verify", "absent.h5"], "absent.h5: does not exist, expected a data set"),
        (["--verify", "S"], "reads windows of 1000 bases, {data} has 100"),
        (["--verify", "S", "--window", "100"], "predicts 919 targets, {data} has 3 of them"),
    ],
)
def test_data_that_do_not_fit_are_refused_before_anything_is_fetched(
    tmp_path, run, monkeypatch, arguments, message
):
    data = _mat(tmp_path / "t.mat")
    monkeypatch.setattr("danq.models.published.importer.download", None)
    given = [data if argument == "S" else argument for argument in arguments]
    status, _, told = run("--from", "danq", "--download", *given)
    assert (status, len(told)) == (2, 1)
    assert message.format(data=data) in told[0]


def test_names_of_a_foreign_network_are_held_against_the_data_first(tmp_path, run):
    data = _mat(tmp_path / "t.mat")
    (tmp_path / "n.txt").write_text("a\nb\n")
    keras_file = ["--from", "keras", "absent.keras", "--targets", tmp_path / "n.txt"]
    status, _, told = run(*keras_file, "--verify", data)
    assert (status, len(told)) == (2, 1)
    assert f"n.txt: predicts 2 targets, {data} has 3 of them" in told[0]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("the genome went away"), 2, "the genome went away ({output} was written all"),
        (KeyboardInterrupt(), 130, "{output} was written all the same, and can be used"),
    ],
    ids=["Error", "Interrupt"],
)
def test_the_model_file_outlives_a_verification_that_does_not_end(
    tmp_path, weights, run, monkeypatch, error, status, message
):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("danq.evaluation.verification.verify.verify", fail)
    found, _, told = run("--from", "danq", weights, "--verify", _mat(tmp_path / "t.mat"))
    assert found == status
    assert message.format(output=tmp_path / "m.keras") in "\n".join(told)
    assert len(models.metadata(tmp_path / "m.keras").targets) == 3


def test_an_order_that_cannot_be_checked_is_printed(tmp_path, weights, run):
    status, out, _ = run("--from", "danq", weights, "--verify", _mat(tmp_path / "t.mat"))
    assert status == 0
    assert "two readings" in out.splitlines()[-2]
    assert "in the order of the network's cannot be checked" in out.splitlines()[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_asked_for(kind):
    options = parser().parse_args(["import", "--from", kind, "w", "--output", "m.keras"])
    assert options.kind == kind


def test_an_unknown_kind_is_refused():
    with pytest.raises(SystemExit) as caught:
        main(["import", "--from", "basset", "w", "--output", "m.keras"])
    assert caught.value.code == 2

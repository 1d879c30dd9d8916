"""Which reading of DanQ's backward half the labels speak for."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.io import savemat
from sklearn.metrics import average_precision_score, roc_auc_score

import danq
from danq.dataset import Dataset, windows
from danq.errors import InputError
from danq.evaluation import measure, summarise
from danq.evaluation.verification.labelled import open_labelled
from danq.evaluation.verification.verify import (
    Verification,
    compare_readings,
    resample,
    verify,
)
from danq.genome import decode, one_hot, reverse_complement
from danq.models.published import import_model, published_targets
from tests.models.published import files

WINDOW, OUTPUTS, COUNT = 100, 4, 240


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The same weights in both readings."""
    folder = tmp_path_factory.mktemp("verify")
    layers = files.danq_layers(files.DANQ, positions=5, hidden=9, outputs=OUTPUTS)
    files.write_danq(folder / "w.hdf5", layers)
    for backward in ("reversed", "forward"):
        output = folder / f"{backward}.keras"
        import_model("danq", output, file=folder / "w.hdf5", backward=backward)
    return folder


def _labels(path, codes):
    """Label the higher half of what a network predicts for each target."""
    network = danq.models.load(path)
    both = [network.predict_on_batch(one_hot(rows)) for rows in (codes, reverse_complement(codes))]
    predictions = (both[0] + both[1]) / 2
    return (predictions > np.median(predictions, axis=0)).astype(np.uint8)


def _mat(path, codes, labels):
    both = np.concatenate([codes, reverse_complement(codes)])
    rows = one_hot(both).transpose(0, 2, 1)[:, [0, 2, 1, 3]]
    savemat(path, {"testxdata": rows.astype(np.uint8), "testdata": np.tile(labels, (2, 1))})
    return path


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(5).integers(0, 4, (COUNT, WINDOW)).astype(np.uint8)


@pytest.mark.parametrize(
    ("true", "written"),
    [("reversed", "reversed"), ("reversed", "forward"), ("forward", "reversed")],
)
def test_the_planted_reading_is_found(tmp_path, imported, codes, true, written):
    labels = _labels(imported / f"{true}.keras", codes)
    data = _mat(tmp_path / "t.mat", codes, labels)
    found = verify(imported / f"{written}.keras", data, batch_size=50)
    assert (found.windows, found.written) == (COUNT, written)
    assert list(found.summaries) == ["reversed", "forward"]
    means = {reading: rows[-1].roc_auc_mean for reading, rows in found.summaries.items()}
    assert means[true] == 1.0
    other = {"reversed": "forward", "forward": "reversed"}[true]
    predicted = danq.models.Predictor(danq.models.load(imported / f"{other}.keras"))
    rows = predicted.probabilities(codes)
    assert means[other] == pytest.approx(roc_auc_score(labels, rows), abs=1e-9)
    assert means[other] < 0.99
    assert found.summaries[other][-1].pr_auc_mean == pytest.approx(
        average_precision_score(labels, rows), abs=1e-9
    )
    sentence = found.sentence()
    assert sentence.startswith(f"The {true} reading does better, mean ROC AUC 1.0000 against 0.")
    if true == written:
        assert sentence.endswith("which is the one that was written.")
    else:
        assert sentence.endswith(
            f"but the {written} one was written: import again with --backward {true}."
        )


def test_labels_that_tell_nothing_are_said_to(tmp_path, imported, codes):
    data = _mat(tmp_path / "t.mat", codes, np.zeros((COUNT, OUTPUTS), np.uint8))
    found = verify(imported / "reversed.keras", data)
    assert found.sentence().startswith("No target has both positives and negatives")
    assert "\tNA\t" in found.table()
    even = np.concatenate([codes[:1]] * 8)
    data = _mat(tmp_path / "e.mat", even, np.tile([[1], [0]], (4, OUTPUTS)).astype(np.uint8))
    assert verify(imported / "reversed.keras", data).sentence() == (
        "The two readings are indistinguishable on these windows: "
        "mean ROC AUC 0.5000 against 0.5000, too few windows to say how far chance goes, "
        "expected 20 or more; the reversed one was written."
    )


def _sentence(first, second, labels, *, backward="reversed"):
    """What is said of two readings' predictions, without networks."""
    resampling = resample(len(labels))
    found = [measure(labels, rows, resampling=resampling) for rows in (first, second)]
    groups = ["TF"] * labels.shape[1]
    return Verification(
        windows=len(labels),
        written=backward,
        summaries={
            reading: summarise(each.metrics, groups)
            for reading, each in zip(("reversed", "forward"), found, strict=True)
        },
        paired=compare_readings(*found),
        published={},
    ).sentence()


def test_few_windows_with_many_targets_can_tell():
    random = np.random.default_rng(7)
    truth = random.normal(size=(60, 919))
    labels = (truth > 1).astype(np.uint8)
    shared = random.normal(size=(60, 919))
    good, poor = truth + shared, truth + 2 * shared + random.normal(size=(60, 919))
    sentence = _sentence(good.astype(np.float32), poor.astype(np.float32), labels)
    assert sentence.startswith("The reversed reading does better, mean ROC AUC 0.8")
    assert re.search(
        r"over 919 targets, of which 99\.\d% favour the reversed and 0\.\d% the forward, wh",
        sentence,
    )
    sentence = _sentence(poor.astype(np.float32), good.astype(np.float32), labels)
    assert sentence.startswith("The forward reading does better, mean ROC AUC 0.8")
    assert re.search(r"of which 99\.\d% favour the forward and 0\.\d% the reversed, but", sentence)
    # Luck that all targets share is not evidence, however many there are.
    lucky = np.tile(random.normal(size=(60, 1)), (1, 919)), np.tile(truth[:, :1] > 1, (1, 919))
    other = np.tile(random.normal(size=(60, 1)), (1, 919))
    sentence = _sentence(lucky[0].astype("f4"), other.astype("f4"), lucky[1].astype(np.uint8))
    assert sentence.startswith("The two readings are indistinguishable on these windows")


def test_what_two_readings_cannot_tell():
    random = np.random.default_rng(8)
    labels = random.integers(0, 2, (60, 30)).astype(np.uint8)
    first, second = random.random((2, 60, 30)).astype(np.float32)
    sentence = _sentence(first, second, labels)
    assert sentence.startswith("The two readings are indistinguishable on these windows")
    assert re.search(r"with a 95 % interval of -0\.0\d+ to 0\.0\d+ ", sentence)
    assert "over 30 targets" in sentence
    assert sentence.endswith("; the reversed one was written.")
    same = _sentence(first, first, labels)
    assert "a difference of 0.0000 with a 95 % interval of 0.0000 to 0.0000" in same
    assert "0.0% favour the reversed and 0.0% the forward" in same
    perfect = labels.astype(np.float32)
    assert "too few windows to say how far chance goes, expected 20 or more" in (
        _sentence(perfect[:19], -perfect[:19], labels[:19])
    )
    assert _sentence(perfect[:20], -perfect[:20], labels[:20]).startswith("The reversed reading")
    once = np.zeros((60, 2), np.uint8)
    once[5] = 1
    assert "no target has positives and negatives in enough parts of the windows" in (
        _sentence(first[:, :2], second[:, :2], once)
    )


def test_the_test_split_of_a_data_set_is_taken(tmp_path, imported, codes):
    text = "".join(decode(row) for row in codes)
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n")
    rows = ["name\tpath\tgroup"]
    random = np.random.default_rng(6)
    for place in range(OUTPUTS):
        bins = np.flatnonzero(random.random(COUNT) < 0.5)
        bed = "".join(f"chr1\t{100 * b + 40}\t{100 * b + 60}\n" for b in bins)
        (tmp_path / f"{place}.bed").write_text(bed)
        rows.append(f"target_{place + 1}\t{place}.bed\t{'TF' if place else 'DNase'}")
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    split = {"window": WINDOW, "bin": 20, "test": ["chr1:12001-24000"]}
    windows(tmp_path / "g.fa", tmp_path / "t.tsv", tmp_path / "d.h5", **split)
    found = verify(imported / "forward.keras", tmp_path / "d.h5", genome=tmp_path / "g.fa")
    with Dataset.open(tmp_path / "d.h5") as data:
        chosen = data.indices("test")
        labels, read = data.labels(chosen), data.codes(chosen)
    predictor = danq.models.Predictor(danq.models.load(imported / "forward.keras"))
    expected = [roc_auc_score(labels[:, p], predictor.probabilities(read)[:, p]) for p in range(4)]
    lines = [line.split("\t") for line in found.table().splitlines()]
    assert lines[0][:6] == ["reading", "group", "targets", "windows", "roc_auc_mean", "pr_auc_mean"]
    table = {(line[0], line[1]): line for line in lines[1:]}
    for group, mean, count in (
        ("DNase", expected[0], 1),
        ("TF", np.mean(expected[1:]), 3),
        ("all", np.mean(expected), 4),
    ):
        row = table["forward", group]
        assert row[2:4] == [str(count), str(len(chosen))]
        assert float(row[4]) == pytest.approx(mean, abs=1e-6)
        assert row[6:] == ["NA", "NA"], "these are not DeepSEA's targets"


def test_the_published_figures_stand_beside_deepseas_targets(tmp_path, imported, codes):
    names = [f"n{place}" for place in range(919)]
    groups = ["DNase"] * 125 + ["TF"] * 690 + ["histone"] * 104
    layers = files.danq_layers(files.DANQ, positions=5, hidden=9, outputs=919)
    files.write_danq(tmp_path / "w.hdf5", layers)
    rows = zip(names, groups, strict=True)
    (tmp_path / "n.tsv").write_text("name\tgroup\n" + "".join(f"{n}\t{g}\n" for n, g in rows))
    import_model("danq", tmp_path / "m.keras", file=tmp_path / "w.hdf5", targets=tmp_path / "n.tsv")
    labels = np.zeros((COUNT, 919), np.uint8)
    # One target a group has positives, which is quicker than all.
    labels[:60, [0, 130, 900]] = 1
    found = verify(tmp_path / "m.keras", _mat(tmp_path / "t.mat", codes, labels))
    lines = [line.split("\t") for line in found.table().splitlines()[1:]]
    assert [(line[1], line[6], line[7]) for line in lines[:4]] == [
        ("DNase", "0.9208", "0.4636"),
        ("TF", "0.9535", "0.3520"),
        ("histone", "0.8596", "0.3850"),
        ("all", "0.9384", "0.3709"),
    ]
    assert "(published: 0.9384 on DeepSEA's test windows)" in found.sentence()


def test_a_network_with_one_reading_is_verified_as_it_is(tmp_path, codes):
    network = danq.models.deepsea(sequence_length=200, outputs=2, width=0.02)
    danq.models.save(network, tmp_path / "m.keras", targets=["a", "b"])
    rows = np.random.default_rng(8).integers(0, 4, (30, 200)).astype(np.uint8)
    labels = np.random.default_rng(9).integers(0, 2, (30, 2)).astype(np.uint8)
    found = verify(tmp_path / "m.keras", _mat(tmp_path / "t.mat", rows, labels))
    assert list(found.summaries) == ["as imported"]
    assert found.sentence().startswith("Mean ROC AUC 0.")


def test_labels_of_another_network_are_refused(tmp_path, imported, codes):
    labels = np.ones((COUNT, OUTPUTS + 1), np.uint8)
    data = _mat(tmp_path / "t.mat", codes, labels)
    with pytest.raises(InputError, match=r"predicts 4 targets, .*t\.mat has 5 of them"):
        verify(imported / "reversed.keras", data)
    data = _mat(tmp_path / "t.mat", codes[:, 1:], labels[:, 1:])
    with pytest.raises(InputError, match=r"reads windows of 100 bases, .*t\.mat has 99"):
        verify(imported / "reversed.keras", data)
    with pytest.raises(InputError, match="holds its own sequences, found a genome as well"):
        verify(imported / "reversed.keras", data, genome=tmp_path / "g.fa")


def test_an_order_that_cannot_be_checked_is_told(tmp_path, imported, codes):
    labels = np.random.default_rng(9).integers(0, 2, (COUNT, OUTPUTS)).astype(np.uint8)
    found = verify(imported / "reversed.keras", _mat(tmp_path / "t.mat", codes, labels))
    assert found.caution == (
        f"{tmp_path / 't.mat'} names no targets: only their number was compared, whether they are "
        "in the order of the network's cannot be checked."
    )
    labels = np.zeros((COUNT, 919), np.uint8)
    data = open_labelled(_mat(tmp_path / "t.mat", codes, labels))
    names, _ = published_targets("deepsea")
    assert data.caution(names) == ""
    assert data.caution(names[::-1]) == data.caution(["n"] * 919) == found.caution


def test_what_holds_the_labels_is_told_by_its_first_bytes(tmp_path, codes):
    labels = np.ones((COUNT, 2), np.uint8)
    for name in ("T.MAT", "plain"):
        _mat(tmp_path / "t.mat", codes, labels).rename(tmp_path / name)
        assert np.array_equal(open_labelled(tmp_path / name).labels, labels)
    with pytest.raises(InputError, match="is a folder, expected a data set of danq windows or De"):
        open_labelled(tmp_path)
    with pytest.raises(InputError, match="does not exist, expected a data set of danq windows"):
        open_labelled(tmp_path / "absent.h5")
    (tmp_path / "t.h5").write_text("no data")
    with pytest.raises(InputError, match="it is not an HDF5 file"):
        open_labelled(tmp_path / "t.h5")

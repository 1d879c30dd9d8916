import csv
import html
import json
import re
import shutil

import h5py
import keras
import numpy as np
import pytest

from danq import models as networks
from danq.dataset import Dataset
from danq.dataset.splits import SPLITS
from danq.errors import InputError
from danq.evaluation import evaluate, evaluate_models, metrics_table, per_target
from danq.evaluation.report import writing
from danq.genome import Reference, one_hot, reverse_complement
from tests.dataset.earlier import make_earlier

FILES = {
    "summary.html",
    "overview.html",
    "verdict.json",
    *(f"{stem}.html" for stem in ("metrics", "groups", "comparison", "comparison_groups")),
    *(
        f"{stem}.{kind}"
        for stem in ("metrics", "groups", "comparison", "comparison_groups", "reliability")
        for kind in ("tsv", "parquet")
    ),
    *(
        f"{stem}.{kind}"
        for stem in ("comparison", "scatter", "roc_curves", "pr_curves", "reliability")
        for kind in ("png", "svg", "pdf")
    ),
}


def read(path):
    with open(path, newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def expected_predictions(codes, weights, both_strands=True):
    """Sigmoid of base frequencies times weights, averaged over strands."""
    strands = [codes, reverse_complement(codes)] if both_strands else [codes]
    logits = [one_hot(strand).mean(axis=1) @ weights for strand in strands]
    return np.mean([1 / (1 + np.exp(-z)) for z in logits], axis=0).astype(np.float32)


@pytest.fixture(scope="module")
def evaluated(toy, linear, save_linear, tmp_path_factory):
    output = tmp_path_factory.mktemp("evaluation")
    negated = save_linear(toy.folder / "negated.keras", -linear.weights)
    found = evaluate(
        toy.dataset, [linear.path, negated], output, block_size=60, batch_size=16, progress=False
    )
    return output, found


def test_leaves_tables_figures_and_page(evaluated):
    output, _ = evaluated
    assert {path.name for path in output.iterdir()} == FILES
    assert all(path.stat().st_size > 100 for path in output.iterdir())


def test_metrics_table_holds_every_model_and_target(evaluated, toy, linear):
    output, _ = evaluated
    text = (output / "metrics.tsv").read_text()
    assert text.startswith("model\ttarget\tgroup\twindows\tpositives\troc_auc\tpr_auc\t")
    rows = read(output / "metrics.tsv")
    assert [row["model"] for row in rows] == ["linear"] * 3 + ["negated"] * 3 + ["kmer"] * 3
    # Two targets share a name: their places, from 0, tell them apart.
    assert [row["target"] for row in rows[:3]] == ["T1#0", "T2", "T1#2"]
    assert [row["group"] for row in rows[:3]] == ["motif", "other", "other"]
    with Dataset.open(toy.dataset) as data:
        indices = data.indices("test")
        labels, codes = data.labels(indices), data.codes(indices)
    expected = per_target(labels, expected_predictions(codes, linear.weights))
    for target in (0, 1):
        assert int(rows[target]["windows"]) == len(indices)
        assert int(rows[target]["positives"]) == labels[:, target].sum()
        assert float(rows[target]["roc_auc"]) == pytest.approx(expected.roc_auc[target], abs=2e-3)
        assert float(rows[target]["pr_auc"]) == pytest.approx(expected.pr_auc[target], abs=2e-3)


def test_targets_of_one_name_are_told_apart_in_every_figure_and_on_the_page(evaluated):
    output, found = evaluated
    assert found.targets == ["T1", "T2", "T1"]
    for name in ("roc_curves.svg", "pr_curves.svg", "comparison.svg", "summary.html"):
        text = (output / name).read_text()
        assert all(f">{target}<" in text or f">{target} (NA)<" in text for target in found.labels)
        assert ">T1<" not in text


def test_target_without_positives_is_na_and_left_out(evaluated):
    output, _ = evaluated
    undefined = [row for row in read(output / "metrics.tsv") if row["positives"] == "0"]
    assert len(undefined) == 3
    assert all(row["roc_auc"] == row["pr_auc"] == "NA" for row in undefined)
    groups = {(row["model"], row["group"]): row for row in read(output / "groups.tsv")}
    assert groups["kmer", "other"]["targets"] == "1"
    assert groups["kmer", "all"]["targets"] == "2"


def test_groups_table_summarises_the_metrics_table(evaluated):
    output, _ = evaluated
    assert (
        (output / "groups.tsv")
        .read_text()
        .startswith(
            "model\tgroup\ttargets\troc_auc_median\troc_auc_mean\tpr_auc_median\tpr_auc_mean\t"
        )
    )
    rows = read(output / "groups.tsv")
    assert [row["group"] for row in rows] == ["motif", "other", "all"] * 3
    for row in rows:
        values = [
            float(one["roc_auc"])
            for one in read(output / "metrics.tsv")
            if one["model"] == row["model"]
            and row["group"] in (one["group"], "all")
            and one["roc_auc"] != "NA"
        ]
        assert float(row["roc_auc_median"]) == pytest.approx(np.median(values), abs=1e-5)
        assert float(row["roc_auc_mean"]) == pytest.approx(np.mean(values), abs=1e-5)


def test_baseline_finds_the_planted_word(evaluated):
    _, found = evaluated
    baseline = found.results[-1]
    assert baseline.model == "kmer"
    assert baseline.metrics.roc_auc[0] > 0.9


@pytest.fixture
def tables_only(monkeypatch):
    """Leave out the figures, which take longer than all else."""

    def write(evaluation, output):
        metrics_table(evaluation).write(output / "metrics")

    monkeypatch.setattr(evaluate_models, "write", write)


def test_intervals_come_from_blocks_of_the_size_that_is_asked_for(evaluated, toy):
    output, found = evaluated
    # Windows lie 20 bp apart: three of their middles in a block.
    assert (found.bootstrap.block_size, found.bootstrap.blocks) == (60, 39)
    row = read(output / "metrics.tsv")[0]
    assert float(row["roc_auc_lower"]) < float(row["roc_auc"]) < float(row["roc_auc_upper"])
    pair = read(output / "comparison.tsv")[1]
    assert (pair["model_a"], pair["model_b"], pair["target"]) == ("linear", "negated", "T2")
    assert 0 <= float(pair["roc_auc_p"]) <= float(pair["roc_auc_p_holm"]) <= 1


@pytest.mark.usefixtures("tables_only")
def test_baseline_can_be_left_out_and_is_where_nothing_can_train_it(toy, linear, tmp_path, caplog):
    def models(dataset, **options):
        found = evaluate(
            dataset, [linear.path], tmp_path / "o", resamples=0, progress=False, **options
        )
        return found.models

    assert models(toy.dataset, kmer_floor=False) == ["linear"]
    untrained = tmp_path / "untrained.h5"
    shutil.copyfile(toy.dataset, untrained)
    with h5py.File(untrained, "r+") as file:
        split = file["split"][:]
        file["split"][:] = np.where(split == SPLITS.index("train"), SPLITS.index("test"), split)
        make_earlier(file)
    assert models(untrained) == ["linear"]
    assert "has no training windows: the evaluation is without the k-mer baseline" in caplog.text
    with pytest.raises(InputError, match='has no windows in the split "train"'):
        models(untrained, kmer_floor=True)


def test_options_of_the_intervals_are_checked_before_all_else(toy, tmp_path):
    with pytest.raises(InputError, match="found 7 resamples"):
        evaluate(toy.dataset, [tmp_path / "no.keras"], tmp_path / "o", resamples=7)


@pytest.mark.usefixtures("tables_only")
def test_one_strand_and_another_split(toy, linear, tmp_path):
    found = evaluate(
        toy.dataset,
        [linear.path],
        tmp_path,
        split="train",
        both_strands=False,
        resamples=0,
        progress=False,
    )
    with Dataset.open(toy.dataset) as data:
        indices = data.indices("train")
        labels, codes = data.labels(indices), data.codes(indices)
    expected = per_target(labels, expected_predictions(codes, linear.weights, both_strands=False))
    np.testing.assert_allclose(found.results[0].metrics.roc_auc, expected.roc_auc, atol=2e-3)
    both = per_target(labels, expected_predictions(codes, linear.weights))
    assert np.abs(expected.roc_auc - both.roc_auc).max() > 4e-3


@pytest.mark.usefixtures("tables_only")
def test_genome_that_has_moved(toy, linear, tmp_path):
    moved = tmp_path / "elsewhere.fa"
    moved.write_bytes(toy.genome.read_bytes())
    found = evaluate(toy.dataset, [linear.path], tmp_path / "out", genome=moved, progress=False)
    assert found.models == ["linear", "kmer"]


@pytest.mark.usefixtures("tables_only")
def test_loaded_networks_and_an_opened_reference(toy, linear, save_linear, tmp_path):
    other = networks.load(save_linear(tmp_path / "linear.keras", -linear.weights))
    loaded, genome = networks.load(linear.path), Reference(toy.genome)
    options = {"genome": genome, "progress": False, "kmer_floor": False}
    found = evaluate(toy.dataset, [loaded, linear.path, other], tmp_path / "out", **options)
    one, same, turned = found.results
    assert found.models[1] == "linear"
    assert found.models[0].endswith(loaded.name)
    assert found.models[2].endswith(other.name)
    np.testing.assert_array_equal(one.metrics.roc_auc, same.metrics.roc_auc)
    assert (turned.metrics.roc_auc[0] > 0.5) != (one.metrics.roc_auc[0] > 0.5)
    files = found.provenance.models
    told = [file.path for file in files]
    assert told == ["a loaded network", str(linear.path), "a loaded network"]
    assert files[0].checksum == files[1].checksum != files[2].checksum
    bare = keras.Model(loaded.inputs, loaded.outputs)
    with pytest.raises(InputError, match="names no targets, expected a model file or a network"):
        evaluate(toy.dataset, [bare], tmp_path / "out", **options)


def test_a_network_that_is_called_as_a_baseline_is_none(toy, save_linear, tmp_path):
    path = save_linear(tmp_path / "nets" / "kmer.keras", np.zeros((4, 3)), dataset_checksum="0")
    found = evaluate(toy.dataset, [path], tmp_path / "out", kmer_floor=False, progress=False)
    assert found.models == ["nets/kmer"]
    assert np.isfinite(found.results[0].metrics.calibration_error[1])
    text = (tmp_path / "out" / "summary.html").read_text()
    assert "The baseline, a linear model" not in text
    assert "another data set or reference than this one: nets/kmer." in text


def test_network_that_predicts_nan_is_refused(toy, save_linear, tmp_path):
    broken = save_linear(tmp_path / "broken.keras", np.full((4, 3), np.nan))
    with pytest.raises(InputError, match=r'broken\.keras: "broken" predicts values that are not'):
        evaluate(toy.dataset, [broken], tmp_path / "out", progress=False)
    assert not list((tmp_path / "out").iterdir())


def test_output_that_is_a_file(toy, linear, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="out: is a file, expected a folder to write into"):
        evaluate(toy.dataset, [linear.path], tmp_path / "out", progress=False)


@pytest.mark.parametrize("name", ["summary.html", "groups.parquet", "scatter.pdf"])
def test_any_output_that_is_a_folder_stops_before_prediction(
    toy, linear, tmp_path, monkeypatch, name
):
    monkeypatch.setattr(networks, "load", None)
    (tmp_path / "out" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=f"{name}: is a folder, expected a file to write"):
        evaluate(toy.dataset, [linear.path], tmp_path / "out", progress=False)


def test_an_evaluation_that_fails_late_leaves_the_one_before(toy, linear, tmp_path, monkeypatch):
    out = tmp_path / "out"
    evaluate(toy.dataset, [linear.path], out, progress=False)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    # What a run that was killed left, under a process number that no process has.
    (out / ".partial-4194999-evaluation").mkdir()
    (out / ".partial-4194999-evaluation" / "metrics.tsv").write_text("")
    monkeypatch.setattr(writing, "page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluate(toy.dataset, [linear.path], out, split="valid", progress=False)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_model_that_does_not_fit_stops_before_prediction(toy, linear, save_linear, tmp_path):
    short = save_linear(tmp_path / "short.keras", np.zeros((4, 3)), window=50)
    with pytest.raises(InputError, match=r"short\.keras: reads windows of 50 bases"):
        evaluate(toy.dataset, [linear.path, short], tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_the_verdict_is_logged_and_kept(toy, linear, save_linear, tmp_path, caplog):
    bad = save_linear(toy.folder / "bad.keras", np.zeros((4, 3)))
    caplog.set_level("INFO", "danq")
    evaluate(toy.dataset, [bad], tmp_path, block_size=60, progress=False)
    (verdict,) = json.loads((tmp_path / "verdict.json").read_text())["verdicts"]
    assert verdict["model_checksum"] == networks.checksum(bad)
    assert verdict["median"] == 0.5
    sentence = verdict["sentence"]
    assert sentence.startswith("bad is worse than the linear model of 5-mer frequencies (kmer)")
    levels = {record.message: record.levelname for record in caplog.records}
    assert levels[sentence] == "WARNING"
    page = (tmp_path / "summary.html").read_text()
    for text in (sentence, str(bad), str(toy.dataset), str(toy.genome)):
        assert html.escape(text, quote=False) in page
    assert re.search(r"Date</dt><dd>\d{4}-\d\d-\d\dT", page)

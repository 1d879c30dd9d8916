"""config/deepsea.yaml, run by Snakemake on a miniature of the files that it names."""

from __future__ import annotations

import csv
import re

import numpy as np
import pytest
import torch
import yaml

import danq
from danq.config.problems import SCHEMA
from danq.dataset import Dataset
from danq.evaluation.published_figures import PUBLISHED
from danq.genome import one_hot, reverse_complement
from danq.models.published import published_targets
from tests.deepsea_bundle import random_split, write_bundle
from tests.miniature import ROOT, jobs, snakemake
from tests.models.published import files, modules

WINDOW, TARGETS = 200, 919
CONFIG = ROOT / "config" / "deepsea.yaml"
COUNTS = {"train": 60, "valid": 20, "test": 40}


def config_text(*, training=False, scoring=False):
    """The file as it is, or with what it has in comments."""
    text = CONFIG.read_text()
    if training:
        text = re.sub(r"^  # (  \w+: \w+|[\w-]+-trained:)$", r"  \1", text, flags=re.MULTILINE)
    if scoring:
        text = re.sub(r"^# (genome: .*|score:|  \w+: \S+)$", r"\1", text, flags=re.MULTILINE)
    return text


def write_inputs(folder):
    """What the config names, small: the bundle and the released weights, in their layouts."""
    splits = {
        name: random_split(seed, count, WINDOW, TARGETS)
        for seed, (name, count) in enumerate(COUNTS.items())
    }
    write_bundle(folder, splits)
    for name, sizes, positions in (
        ("DanQ_bestmodel", files.DANQ, 13),
        ("DanQ-JASPAR_bestmodel", files.JASPAR, 11),
    ):
        layers = files.danq_layers(sizes, positions=positions, hidden=9, outputs=TARGETS)
        files.write_danq(folder / f"{name}.hdf5", layers)
    module = modules.randomised(modules.kipoi_deepsea(0.025, 11, TARGETS, 3))
    state = {f"2.{name}": value for name, value in module.state_dict().items()}
    torch.save(state, folder / "deepsea_predict.pth")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder after the run, with one network trained as well."""
    folder = tmp_path_factory.mktemp("deepsea")
    write_inputs(folder / "deepsea")
    config = yaml.safe_load(config_text(training=True))
    del config["models"]["deepsea-trained"]
    config["models"]["danq-trained"] |= {"width": 0.02, "epochs": 1}
    (folder / "mine.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    result = snakemake(folder, "--configfile", folder / "mine.yaml")
    assert result.returncode == 0, result.stdout
    return folder / "results" / "deepsea", result.stdout


def table(path):
    with open(path, newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def test_jobs_are_those_of_the_config(finished):
    assert jobs(finished[1]) == {
        "convert": 1,
        "import_weights": 4,
        "train": 1,
        "evaluate": 1,
        "settings": 1,
        "report": 1,
        "danq": 1,
        "total": 10,
    }


def test_the_papers_table_has_the_published_figures_beside(finished):
    results, _ = finished
    rows = table(results / "evaluation" / "groups.tsv")
    models = ["deepsea", "danq", "danq-forward", "danq-jaspar", "danq-trained", "kmer"]
    published = [f"{network} (published)" for network in PUBLISHED]
    groups = ["DNase", "TF", "histone", "all"]
    assert [(row["model"], row["group"]) for row in rows] == [
        (model, group) for model in [*models, *published] for group in groups
    ]
    assert [row["targets"] for row in rows[:4]] == ["125", "690", "104", "919"]
    found = {row["model"]: row for row in rows if row["group"] == "all"}
    beside = found["DanQ-JASPAR (published)"]
    assert (float(beside["roc_auc_mean"]), float(beside["pr_auc_mean"])) == (0.9417, 0.3794)
    means = {model: found[model]["roc_auc_mean"] for model in models}
    assert len(set(means.values())) == len(models), "every network is another"


def test_imported_networks_are_evaluated_as_they_predict(finished):
    """Plain Keras on the bundle's own letters, both strands averaged, and scikit-learn."""
    from sklearn.metrics import roc_auc_score

    results, _ = finished
    with Dataset.open(results / "dataset.h5") as data:
        rows = data.indices("test")
        codes, labels = data.codes(rows), data.labels(rows)
        assert (len(rows), data.targets.names) == (40, published_targets("deepsea")[0])
    measured = table(results / "evaluation" / "groups.tsv")
    for name, backward in (("danq", "reversed"), ("danq-forward", "forward"), ("deepsea", None)):
        path = results / "models" / f"{name}.keras"
        assert danq.models.metadata(path).training["imported"].get("backward") == backward
        network = danq.models.load(path)
        strands = (codes, reverse_complement(codes))
        probabilities = np.mean([network.predict_on_batch(one_hot(s)) for s in strands], axis=0)
        (mean,) = (
            float(row["roc_auc_mean"])
            for row in measured
            if (row["model"], row["group"]) == (name, "all")
        )
        assert mean == pytest.approx(roc_auc_score(labels, probabilities), abs=1e-4)


def test_report_tells_whose_windows_they_are(finished):
    page = (finished[0] / "report.html").read_text()
    assert "deepsea/test.mat" in page
    assert "DanQ (published)" in page
    assert "danq-trained.history.svg" in page


@pytest.fixture
def named(tmp_path):
    """A folder in which every file that the config names exists, empty."""
    for name in re.findall(r"deepsea/[\w.-]+\.(?:mat|pth|hdf5)", CONFIG.read_text()):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def dry_run(folder, config, *more):
    text = config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False)
    (folder / "mine.yaml").write_text(text)
    return snakemake(folder, "--dry-run", "--configfile", folder / "mine.yaml", *more)


def test_what_is_in_comments_trains_and_scores(named):
    for name in ("hg19.fa.gz", "mine.vcf.gz"):
        (named / name).touch()
    result = dry_run(named, config_text(training=True, scoring=True), "--printshellcmds")
    assert result.returncode == 0, result.stdout
    counts = jobs(result.stdout)
    assert (counts["train"], counts["score"], counts["import_weights"]) == (2, 1, 4)
    commands = re.findall(r"danq (?:--own-gpu )?(?:train|evaluate|score|import) .*", result.stdout)
    assert len(commands) == 8
    assert ["--genome" in command for command in commands].count(True) == 1, commands
    assert any(
        command.startswith("danq import --from danq --output") and "--backward forward" in command
        for command in commands
    )


def test_weights_that_are_left_out_are_fetched(named):
    config = yaml.safe_load(CONFIG.read_text())
    del config["models"]["deepsea"]["weights"]
    result = dry_run(named, config, "--printshellcmds")
    assert result.returncode == 0, result.stdout
    command = "danq import --from deepsea --output results/deepsea/models/deepsea.keras"
    assert re.search(rf"{re.escape(command)} +--download", result.stdout)


def test_a_file_that_is_missing_is_named(named):
    (named / "deepsea" / "valid.mat").unlink()
    result = dry_run(named, CONFIG.read_text())
    assert result.returncode == 1
    assert "deepsea/valid.mat" in result.stdout


def _keys(properties, before=""):
    """Yield the keys of a schema that hold values, with those that they lie under."""
    for name, part in properties.items():
        if "properties" in part:
            yield from _keys(part["properties"], f"{before}{name}.")
        else:
            yield before + name


def test_every_key_is_in_the_readme():
    schema = yaml.safe_load(SCHEMA.read_text())
    readme = (ROOT / "config" / "README.md").read_text()
    sections = {**schema["properties"], "windows": schema["$defs"]["windows"]}
    keys = [key for key in _keys(sections) if key != "models"]
    for kind in ("trained", "imported"):
        keys += schema["$defs"][kind]["properties"]
    assert len(keys) > 40
    for key in keys:
        assert f"`{key}`" in readme or f"`models.NAME.{key}`" in readme, key

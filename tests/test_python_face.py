"""`import danq`: what editors know of it, notebooks show of it, and the README types."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

import danq
from danq import models
from danq.errors import InputError
from danq.models import published
from danq.training.settings import Changes, Settings, settings_for

ROOT = Path(__file__).parents[1]
VCF = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SNIPPET = """\
import danq

reveal_type(danq.score("m.keras", "g.fa", "i.vcf", "o.vcf", scores="s.h5"))
reveal_type(danq.predict("m.keras", "o.h5", fasta="s.fa").probabilities)
reveal_type(danq.models.Predictor("m.keras").window)
danq.score("m.keras", "g.fa", "i.vcf", "o.vcf", score="s.h5")
danq.predict("m.keras", "o.h5", regoins="r.bed")
danq.train("d.h5", "m.keras", epoch=1)
danq.scoer
danq.score_alleles("m.keras", "g.fa", [], batchsize=64)
danq.background("m.keras", "g.fa", "i.vcf", "b.h5", max_variant=9)
danq.score_piece("m.keras", "g.fa", "i.vcf", "1.blocks", "1/2", plot="p.png")
danq.score_to_arrays("m.keras", "g.fa", "i.vcf", batch_size="64")
danq.gather_pieces("m.keras", "g.fa", "i.vcf", "o.vcf")
reveal_type(danq.score_to_arrays("m.keras", "g.fa", "i.vcf"))
reveal_type(danq.gather_pieces("m.keras", "g.fa", "i.vcf", "o.vcf", pieces=["1.blocks"]))
"""


def test_type_checkers_know_the_keywords(tmp_path):
    (tmp_path / "snippet.py").write_text(SNIPPET)
    options = ["--strict", "--config-file", ROOT / "pyproject.toml", "--cache-dir", tmp_path]
    command = [sys.executable, "-m", "mypy", *options, tmp_path / "snippet.py"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT)
    types = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert types[0] == "danq.vcf.summary.Summary"
    assert "ndarray" in types[1]
    assert types[2] in ("int", "builtins.int")
    lines = {int(line) for line in re.findall(r"snippet\.py:(\d+): error", done.stdout)}
    assert types[3] == "danq.scoring.allele_scores.AlleleScores"
    assert types[4] == types[0]
    assert lines == {*range(6, 15)}, done.stdout
    assert 'did you mean "epochs"?' in done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "from danq.core.layers import Convolution; import danq; danq.train, danq.models.save",
        "from danq.models import deepsea; from danq.core import topologies",
    ],
)
def test_nothing_shows_start_up_notes_of_the_backend(code):
    environment = {name: value for name, value in os.environ.items() if name[:3] != "TF_"}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; assert 'tensorflow' in sys.modules"],
        env=environment | {"KERAS_BACKEND": "tensorflow"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_names_for_type_checkers_are_those_that_exist():
    for module in (danq, models, published, danq.training):
        for name in module.__all__:
            assert getattr(module, name) is not None
    assert set(models._HOMES) < set(models.__all__)
    assert {*danq._STEPS, *danq._PARTS, "__version__"} == set(danq.__all__)
    assert set(get_type_hints(Changes)) == {item.name for item in fields(Settings)}


@pytest.fixture(scope="module")
def network():
    import keras

    keras.utils.set_random_seed(3)
    network = models.deepsea(sequence_length=1000, outputs=2, width=0.02)
    network.danq = models.Metadata(["CTCF", "REST"], ["TF", "TF"], 1000)
    return network


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the README names, small."""
    monkeypatch.chdir(tmp_path)
    bases = np.random.default_rng(2).choice(list("ACGT"), 3000)
    bases[999] = "A"
    Path("hg19.fa.gz").write_bytes(gzip.compress(f">chr22\n{''.join(bases)}\n".encode()))
    Path("mine.vcf.gz").write_bytes(gzip.compress(f"{VCF}chr22\t1000\t.\tA\tG\t.\t.\t.\n".encode()))
    return tmp_path


def test_the_readme_runs_in_one_namespace(folder, network):
    models.save(network, "danq.keras", targets=["CTCF", "REST"])
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL):
        exec(block, names)
    assert names["danq"] is danq
    assert names["codes"].shape == (1000,)
    assert names["predictions"].probabilities.shape == (1, 2)
    assert names["summary"].scored == 1
    assert (folder / "scored.vcf.gz").exists()


def test_a_loaded_network_is_compiled_once_and_never_stale(folder, network):
    genome = danq.genome.Reference("hg19.fa.gz")
    alleles = [("chr22", 1000, "A", "G")]
    first = models.predictor_of(network)
    before = danq.score_alleles(network, genome, alleles)
    assert models.predictor_of(network) is first
    eight = models.predictor_of(network, batch_size=8)
    assert eight is not first
    danq.predict(network, sequences="ACGT" * 250, batch_size=8)
    assert models.predictor_of(network, batch_size=8) is eight
    weights = network.get_weights()
    network.set_weights([2 * array for array in weights])
    after = danq.score_alleles(network, genome, alleles)
    fresh = danq.score_alleles(models.Predictor(network), genome, alleles)
    np.testing.assert_allclose(after.logit, fresh.logit, rtol=1e-4)
    assert np.abs(after.logit - before.logit).max() > 1e-3
    network.set_weights(weights)


def test_what_a_notebook_shows_is_one_short_line(folder, network):
    genome = danq.genome.Reference("hg19.fa.gz")
    scores = danq.score_alleles(network, genome, [("chr22", 1000, "A", "G")])
    shown = {
        "Reference": genome,
        "AlleleScores": scores,
        "Summary": scores.summary,
        "Predictor": models.predictor_of(network),
        "Predictions": danq.predict(network, sequences="ACGT" * 250),
        "Settings": settings_for("danq", epochs=7),
        "History": danq.training.History(),
    }
    for name, value in shown.items():
        assert name in repr(value)
        assert len(repr(value)) < 120, repr(value)
        assert "\n" not in repr(value)
    assert "epochs=7" in repr(shown["Settings"])
    assert "3,000 bases" in repr(genome)


def test_training_takes_a_network_and_plain_keywords(genome, targets, tmp_path):
    dataset, output = tmp_path / "d.h5", tmp_path / "m.keras"
    danq.windows(genome, targets, dataset, window=200, valid=["chr1:20001-30000"])
    network = models.deepsea(sequence_length=200, outputs=2, width=0.02)
    before = network.get_weights()
    moved = danq.genome.Reference(genome)
    plain = {"epochs": 1, "batch_size": 16, "seed": 4}
    history = danq.train(dataset, output, model=network, genome=moved, **plain)
    assert len(history) == 1
    assert repr(history) == "<History: 1 epoch, epoch 1 kept>"
    record = danq.models.metadata(output).training
    assert {"model": network.name, "epochs": 1, "seed": 4}.items() <= record.items()
    kept = models.load(output).get_weights()
    assert all(np.array_equal(*pair) for pair in zip(kept, network.get_weights(), strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(kept, before, strict=True))
    with pytest.raises(TypeError, match='the setting "epoch"; did you mean "epochs"'):
        danq.train(dataset, output, model=network, epoch=1)
    with pytest.raises(InputError, match="found width with a network"):
        danq.train(dataset, output, model=network, width=0.5)
    with pytest.raises(InputError, match="found settings and single hyper-parameters"):
        danq.train(dataset, output, settings=settings_for("danq"), epochs=1)
    other = models.deepsea(sequence_length=200, outputs=3, width=0.02)
    with pytest.raises(InputError, match=r"it gives \(None, 3\), expected \(None, 2\)"):
        danq.train(dataset, output, model=other)
    with pytest.raises(InputError, match="found model of type int, expected text or a keras"):
        danq.train(dataset, output, model=7)


@pytest.mark.parametrize(
    ("step", "arguments", "keywords", "message"),
    [
        ("windows", (5, "t.tsv", "o.h5"), {}, "genome of type int, expected a path"),
        ("windows", ("g.fa", None, "o.h5"), {}, 'targets "None", expected a path'),
        ("windows", ("g.fa", "t.tsv", "o.h5"), {"valid": "chr8"}, "valid of type str, .* a list"),
        ("windows", ("g.fa", "t.tsv", "o.h5"), {"test": ["1", 8]}, "entry 2 of test of type int"),
        ("windows", ("g.fa", "t.tsv", "o.h5"), {"window": "9"}, "window of type str, .* a whole"),
        ("windows", ("g.fa", "t.tsv", "o.h5"), {"window": True}, "window of type bool, .* a whole"),
        (
            "windows",
            ("g.fa", "t.tsv", "o.h5"),
            {"selection": {}},
            "of type dict, .* a Selection or",
        ),
        ("convert", ("train.mat", "o.h5"), {}, "files of type str, expected a list of paths"),
        ("train", (5, "m.keras"), {}, "dataset of type int, expected a path"),
        ("train", ("d.h5", "m.keras"), {"width": "wide"}, "width of type str, .* a number or None"),
        ("train", ("d.h5", "m.keras"), {"motif_strands": 2}, 'motif_strands "2", expected "both"'),
        (
            "evaluate",
            ("d.h5", "m.keras", "o"),
            {},
            "expected a list of paths or networks",
        ),
        ("evaluate", ("d.h5", [3], "o"), {}, "entry 1 of models of type int, expected a path"),
        ("predict", ("m.keras",), {"fasta": 3}, "fasta of type int, expected a path or None"),
        (
            "predict",
            (5,),
            {"sequences": "A"},
            "model of type int, expected a path, a keras.Model or a",
        ),
        ("export", (3, "o.onnx"), {"to": "onnx"}, "model of type int, expected a path"),
        ("import_model", ("danq", 3), {}, "output of type int, expected a path"),
        ("check", (None,), {}, 'config "None", expected a path'),
        ("init", ("o.yaml",), {"genome": 5}, "genome of type int, expected text or None"),
    ],
)
def test_arguments_of_another_type_are_refused_in_words(step, arguments, keywords, message):
    with pytest.raises(InputError, match=message):
        getattr(danq, step)(*arguments, **keywords)


def test_files_are_opened_by_paths_only(network, tmp_path):
    with pytest.raises(InputError, match="found path of type int, expected a path"):
        danq.genome.Reference(5)
    with pytest.raises(InputError, match='found path "None", expected a path'):
        models.load(None)
    with pytest.raises(InputError, match="found targets of type str, expected a list of texts"):
        models.save(network, tmp_path / "m.keras", targets="CTCF")


def test_arguments_that_look_like_what_is_declared_are_taken(genome, targets, tmp_path):
    sizes = {"window": np.int64(200), "bin": np.int32(100), "min_overlap": np.float32(0.5)}
    valid = np.array(["chr1:20001-30000"])
    danq.windows(genome, targets, tmp_path / "d.h5", valid=valid, progress=np.False_, **sizes)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'output'"):
        danq.windows(genome, targets)

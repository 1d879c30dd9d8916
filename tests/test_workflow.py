"""The workflow, run by Snakemake: a miniature for real, the built-in example as a dry run."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import h5py
import numpy as np
import pytest
import yaml

from tests.browser import opened, walk_report

ROOT = Path(__file__).parents[1]
RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))
MOTIFS = {"AP1": "TGACTCATGACTCA", "CTCF": "CCACCAGGGGGCGC"}
LENGTH = 200_000
TABLES = ("metrics", "groups", "comparison", "comparison_groups", "reliability")
KINDS = ("png", "svg", "pdf")
PLOTS = ("comparison", "scatter", "roc_curves", "pr_curves", "reliability")
EVALUATION = [
    "summary.html",
    "overview.html",
    "verdict.json",
    *(f"{table}.html" for table in TABLES[:4]),
    *(f"{table}.{kind}" for table in TABLES for kind in ("tsv", "parquet")),
    *(f"{plot}.{kind}" for plot in PLOTS for kind in KINDS),
]
SCORES = [
    "background.h5",
    "variants.vcf.gz",
    "variants.vcf.gz.tbi",
    "variants.h5",
    "summary.tsv",
    "variants.png",
]
PRODUCTS = [
    "dataset.h5",
    "dataset.audit.tsv",
    "config.yaml",
    "check.txt",
    "report.html",
    *(
        f"models/{name}{kind}"
        for name in ("small_deepsea", "small-danq")
        for kind in (".keras", ".history.tsv", *(f".history.{kind}" for kind in KINDS))
    ),
    *(f"evaluation/{name}" for name in EVALUATION),
    *(f"scores/{name}" for name in SCORES),
]


def snakemake(folder, *arguments, programs=()):
    """Run Snakemake as a user would, from the checkout, for the working directory `folder`."""
    here = Path(sys.executable).parent
    path = os.pathsep.join([*map(str, programs), str(here), os.environ["PATH"]])
    return subprocess.run(
        [here / "snakemake", "--cores", "2", "--directory", folder, *arguments],
        cwd=ROOT,
        env=os.environ | {"PATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def jobs(output):
    """The job table of a run or dry run, rule by rule."""
    rows = re.search(r"^job +count\n[- ]+\n((?:\S+ +\d+\n)+)", output, re.MULTILINE)
    assert rows is not None, output
    return {name: int(count) for name, count in (row.split() for row in rows[1].splitlines())}


def write_inputs(folder):
    """A random contig with motifs planted in it, their peaks, and four variants."""
    rng = np.random.default_rng(5)
    bases = rng.choice(np.array(list("ACGT")), LENGTH)
    (folder / "in puts").mkdir(parents=True)
    table = ["name\tpath\tgroup\tsource"]
    for place, (name, motif) in enumerate(MOTIFS.items()):
        starts = np.arange(1000 + 500 * place, LENGTH - 1000, 1000)
        for start in starts:
            bases[start : start + len(motif)] = list(motif)
        peaks = "".join(f"chr1\t{start - 93}\t{start + 107}\n" for start in starts)
        (folder / "in puts" / f"{name}.bed.gz").write_bytes(gzip.compress(peaks.encode()))
        table.append(f"{name}\t{name}.bed.gz\tTF\tplanted")
    sequence = "".join(bases)
    lines = [sequence[start : start + 60] for start in range(0, LENGTH, 60)]
    (folder / "in puts" / "genome.fa").write_text("\n".join([">chr1", *lines, ""]))
    (folder / "in puts" / "targets.tsv").write_text("\n".join([*table, ""]))
    records = [
        f"1\t{place + 1}\t{name}\t{sequence[place]}\t{alternative}\t.\tPASS\t."
        for name, place, alternative in [
            ("snv", 2003, "ACGT"["CGTA".index(sequence[2003])]),
            ("insertion", 3000, sequence[3000] + "GATTACA"),
            # As many ALTs as a block of scores has, so that the next record begins another.
            ("symbolic", 4000, ",".join(["<DEL>"] * 4096)),
            ("last", 5000, "ACGT"["CGTA".index(sequence[5000])]),
        ]
    ]
    header = ["##fileformat=VCFv4.2", "##contig=<ID=1>", '##ALT=<ID=DEL,Description="deletion">']
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    (folder / "in puts" / "small.vcf").write_text("\n".join([*header, columns, *records, ""]))


def settings(**changes):
    """Config of the miniature."""
    network = {"width": 0.02, "epochs": 1, "batch_size": 32, "optimizer": "adam", "seed": 2}
    config = {
        "genome": "in puts/genome.fa",
        "targets": "in puts/targets.tsv",
        "results": "out puts",
        "windows": {
            "window": 400,
            "valid": ["chr1:120001-150000"],
            "test": ["chr1:150001-200000"],
        },
        "models": {
            "small_deepsea": {"model": "deepsea", **network},
            "small-danq": {"model": "danq", **network},
        },
        "score": {
            "vcf": "in puts/small.vcf",
            "model": "small-danq",
            "background": {"vcf": "in puts/small.vcf", "snvs_only": True},
        },
    }
    return config | changes


def write_config(folder, config):
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder of the miniature after its run, and what the run printed."""
    folder = tmp_path_factory.mktemp("miniature")
    write_inputs(folder)
    write_config(folder, settings())
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout
    return folder, result.stdout


@pytest.fixture
def inputs(tmp_path):
    """Folder with the miniature's inputs, for dry runs."""
    write_inputs(tmp_path)
    write_config(tmp_path, settings())
    return tmp_path


@pytest.fixture
def example(tmp_path):
    """Folder that sees the built-in example, and no results of it."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "config").symlink_to(ROOT / "config")
    return tmp_path


@pytest.mark.parametrize("product", PRODUCTS)
def test_run_leaves_every_product(finished, product):
    folder, _ = finished
    assert (folder / "out puts" / product).stat().st_size > 0


def test_run_takes_its_settings_from_the_default_profile(finished):
    _, output = finished
    assert "Using workflow specific profile profiles/default" in output
    assert re.search(r"Provided resources: .*gpu=\D*1\b", output)


def test_every_model_is_evaluated_beside_the_floor(finished):
    folder, _ = finished
    header, *rows = (folder / "out puts" / "evaluation" / "metrics.tsv").read_text().splitlines()
    assert header.split("\t")[:3] == ["model", "target", "group"]
    assert {tuple(row.split("\t")[:2]) for row in rows} == {
        (model, target) for model in ("small_deepsea", "small-danq", "kmer") for target in MOTIFS
    }


def test_the_splits_are_audited_target_by_target(finished):
    folder, _ = finished
    header, *rows = (folder / "out puts" / "dataset.audit.tsv").read_text().splitlines()
    assert header.split("\t")[:3] == ["split", "number", "target"]
    assert [tuple(row.split("\t")[:3]) for row in rows] == [
        (split, str(number), target)
        for split in ("train", "valid", "test")
        for number, target in enumerate(MOTIFS)
    ]
    assert "overlapping between splits: 0" in (folder / "out puts/logs/windows.log").read_text()


def test_every_choice_of_windows_reaches_the_command(inputs):
    config = settings()
    config["windows"] |= {"negatives": "matched", "negative_ratio": 2, "drop_duplicates": True}
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    words = "--negatives matched --negative-ratio 2 --drop-duplicates"
    assert words in result.stdout


def test_every_record_is_in_the_scored_vcf(finished):
    folder, _ = finished
    with gzip.open(folder / "out puts" / "scores" / "variants.vcf.gz", "rt") as lines:
        records = [line.split("\t") for line in lines if not line.startswith("#")]
    assert [record[2] for record in records] == ["snv", "insertion", "symbolic", "last"]
    assert ["DANQ_MAX=" in record[7] for record in records[:2]] == [True, True]
    assert "DANQ_REASON=SYMBOLIC" in records[2][7]
    for record in records:
        assert ("DANQ_FUNC=" in record[7]) == ("DANQ_MAX=" in record[7])


def test_pieces_are_gathered_to_the_same_files(finished, tmp_path):
    folder, _ = finished
    scores = folder / "out puts" / "scores"
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    write_config(again, settings(score=settings()["score"] | {"pieces": 2}))
    for name in set(SCORES) - {"background.h5"}:
        (again / "out puts" / "scores" / name).unlink()
    result = snakemake(again, "score", "--rerun-triggers", "mtime")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout) == {"score": 1, "score_piece": 2, "total": 3}
    gathered = again / "out puts" / "scores"
    for name in ("variants.vcf.gz", "variants.vcf.gz.tbi", "summary.tsv", "variants.png"):
        assert (gathered / name).read_bytes() == (scores / name).read_bytes(), name
    with h5py.File(gathered / "variants.h5") as one, h5py.File(scores / "variants.h5") as other:
        assert len(one["record"]) == 4099
        for name in one:
            np.testing.assert_array_equal(one[name][:], other[name][:])
    assert not list((gathered / "pieces").glob("*"))


def test_report_holds_every_result_and_loads_nothing(finished):
    folder, _ = finished
    page = (folder / "out puts" / "report.html").read_text()
    for name in (
        "dataset.audit.tsv",
        "summary.html",
        "metrics.html",
        "roc_curves.svg",
        "variants.png",
        "summary.tsv",
    ):
        assert f'"filename": "{name}"' in page
    assert page.count("small-danq.history.svg") > 0
    assert re.search(r"""(src|href)=["']?(https?:)?//[^"']*\.(js|css)""", page) is None
    assert "the linear model of 5-mer frequencies (kmer): median ROC AUC" in first_page(page)


def first_page(page):
    """HTML of the report's first page, which the report holds as a string of JavaScript."""
    return json.loads(re.search(r"var workflow_desc = (.*);", page)[1])


def test_first_page_of_the_report_links_to_results(finished):
    folder, _ = finished
    page = (folder / "out puts" / "report.html").read_text()
    assert "System Message" not in page
    links = re.findall(r"showResultInfo\('([^']*)'\)", first_page(page))
    assert {unquote(link) for link in links} == {
        f"out puts/{name}"
        for name in ("evaluation/summary.html", "scores/variants.png", "scores/summary.tsv")
    }


def test_report_opens_every_result(finished, browser):
    folder, _ = finished
    with opened(browser, folder / "out puts" / "report.html") as page:
        page.get_by_text("Evaluation", exact=True).wait_for()
        opened_as = walk_report(page)
    assert opened_as["Evaluation Everything, and how to read it"] == "page with 3 tables"
    assert opened_as["Evaluation Metrics per target"] == "page with 1 tables"
    assert opened_as["Evaluation ROC curves"] == "picture"
    assert opened_as["Variants Effects along the genome"] == "picture"


def test_kept_config_has_the_defaults(finished):
    folder, _ = finished
    config = yaml.safe_load((folder / "out puts" / "config.yaml").read_text())
    assert config["windows"]["bin"] == 200
    assert config["score"]["ref_mismatch"] == "error"


def test_second_run_does_nothing(finished):
    folder, _ = finished
    result = snakemake(folder)
    assert result.returncode == 0
    assert "Nothing to be done" in result.stdout, result.stdout


def test_lost_report_is_made_again_alone(finished):
    folder, _ = finished
    report = folder / "out puts" / "report.html"
    report.unlink()
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout) == {"report": 1, "danq": 1, "total": 2}
    assert report.exists()


@pytest.mark.parametrize(
    ("message", "status"),
    [("no report today", 3), ('<string>:42: (ERROR/3) Unknown target name: "variants.png".', 0)],
)
def test_report_that_fails_is_a_run_that_fails(finished, tmp_path, message, status):
    folder, _ = finished
    broken = tmp_path / "snakemake"
    broken.write_text(f"#!/bin/sh\necho '{message}'\nexit {status}\n")
    broken.chmod(0o755)
    (folder / "out puts" / "report.html").unlink()
    result = snakemake(folder, programs=[tmp_path])
    assert result.returncode == 1
    assert "Error in rule report" in result.stdout
    assert message in result.stdout
    assert snakemake(folder).returncode == 0


def test_all_that_is_wrong_is_said_at_once_before_anything_runs(inputs):
    config = settings(genome="in puts/genom.fa", evaluate={"resamples": 200_000})
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 1
    assert "config: evaluate.resamples: found 200000, expected 0, or 40 to 100000" in result.stdout
    config = settings(genome="in puts/genom.fa")
    config["score"] |= {"vcf": "in puts/smal.vcf", "model": "large"}
    (inputs / "in puts" / "AP1.bed.gz").unlink()
    write_config(inputs, config)
    lines = snakemake(inputs, "--dry-run").stdout.splitlines()
    assert [line for line in lines if line.startswith("config: ")] == [
        'config: score.model: found "large", expected one of models: small_deepsea, small-danq',
        'config: genome: "in puts/genom.fa" does not exist',
        'config: score.vcf: "in puts/smal.vcf" does not exist',
        'config: in puts/targets.tsv, line 2: "in puts/AP1.bed.gz" does not exist',
    ]


def test_whole_numbers_may_have_a_point(inputs):
    write_config(inputs, settings(evaluate={"resamples": 100.0, "block_size": 2000}))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "--resamples 100 --block-size 2000" in result.stdout


def test_several_networks_score_as_one(inputs):
    score = settings()["score"] | {"model": ["small-danq", "small_deepsea"], "info": ["all"]}
    score |= {"mixed_precision": "bfloat16", "pieces": 2}
    write_config(inputs, settings(score=score))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    files = [f"'out puts/models/{name}.keras'" for name in ("small-danq", "small_deepsea")]
    both = f"--model {files[0]} --model {files[1]}"
    # Two pieces, and what gathers them.
    assert result.stdout.count(f"danq --own-gpu score {both} --genome") == 3
    assert result.stdout.count("--background 'out puts/scores/background.h5'") == 3
    # A piece holds no records for INFO to stand in.
    assert result.stdout.count("--info all") == 1
    assert f"danq --own-gpu background {both} --genome" in result.stdout
    assert "--snvs-only --seed 1 --ref-mismatch error --mixed-precision bfloat16" in result.stdout


def test_without_background_scores_have_no_e_values(inputs):
    score = {"vcf": "in puts/small.vcf", "model": "small-danq"}
    write_config(inputs, settings(score=score))
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "background" not in jobs(result.stdout)
    assert "--background" not in result.stdout


def test_without_variants_nothing_is_scored(inputs):
    config = settings()
    del config["score"]
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout) == {
        "windows": 1,
        "train": 2,
        "evaluate": 1,
        "settings": 1,
        "report": 1,
        "danq": 1,
        "total": 7,
    }


def test_config_file_of_the_command_line_stands_alone(inputs):
    other = settings(models={"lone": {"model": "danq"}})
    del other["score"]
    (inputs / "mine.yaml").write_text(yaml.safe_dump(other))
    result = snakemake(inputs, "--dry-run", "--configfile", inputs / "mine.yaml")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout)["train"] == 1
    assert "score" not in jobs(result.stdout)


def test_network_starts_from_another_of_the_config(inputs):
    config = settings()
    config["models"]["small-danq"]["init"] = "small_deepsea"
    write_config(inputs, config)
    result = snakemake(inputs, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    assert "--init 'out puts/models/small_deepsea.keras'" in result.stdout


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_built_in_example_has_jobs(example, snakefile):
    result = snakemake(example, "--dry-run", "--snakefile", snakefile)
    assert result.returncode == 0, result.stdout
    counts = jobs(result.stdout)
    assert counts["total"] > 5
    assert counts["train"] == 2
    assert "warning" not in result.stdout.lower()


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.stem)
def test_rules_that_compute_name_what_they_need(path):
    _, *rules = re.split(r"^\s*rule (?=\w+:$)", path.read_text(), flags=re.MULTILINE)
    for text in rules:
        if "shell:" not in text:
            continue
        directives = set(re.findall(r"^\s+(\w+):", text, re.MULTILINE))
        assert directives >= {"log", "benchmark", "threads", "resources", "conda"}, text
        assert re.search(r"mem_mb=\d+", text), text
        assert re.search(r"runtime=\d+", text), text
        networks = r"danq (--own-gpu |{params.card} )?(train|evaluate|background|score)"
        runs_network = re.search(networks, text) is not None
        assert (re.search(r"\bgpu=", text) is not None) == runs_network, text
        assert "run:" not in text
        assert "script:" not in text

"""The workflow, run by Snakemake on a miniature, and what runs of it after that do."""

import gzip
import html
import json
import re
import shutil
from urllib.parse import unquote

import h5py
import numpy as np
import pytest
import yaml

from docs import pictures
from tests.browser import opened, walk_report
from tests.miniature import (
    MOTIFS,
    REGIONS,
    ROOT,
    VCF,
    jobs,
    settings,
    snakemake,
    write_config,
    write_inputs,
)

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
    "top.html",
    "variants.png",
]
PRODUCTS = [
    "dataset.h5",
    "dataset.audit.tsv",
    "dataset.audit.html",
    "config.yaml",
    "check.txt",
    "report.html",
    *(
        f"models/{name}{kind}"
        for name in ("small_deepsea", "small-danq")
        for kind in (
            ".keras",
            ".history.tsv",
            ".history.html",
            *(f".history.{kind}" for kind in KINDS),
        )
    ),
    *(f"evaluation/{name}" for name in EVALUATION),
    *(f"scores/{name}" for name in SCORES),
    "explanation/variants/contributions.motifs.tsv",
]


def settings_with_motifs():
    config = settings()
    config["models"]["small_deepsea"] |= {"motifs": "in puts/motifs.meme"}
    config["explain"] = {
        "top": 1,
        "regions": REGIONS,
        "plot_regions": True,
        "motifs": "in puts/motifs.meme",
        "span": 41,
    }
    return config


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folder of the miniature after its run, and what the run printed."""
    folder = tmp_path_factory.mktemp("miniature")
    write_inputs(folder)
    shutil.copy(ROOT / "data" / "motifs.meme", folder / "in puts" / "motifs.meme")
    write_config(folder, settings_with_motifs())
    result = snakemake(folder)
    assert result.returncode == 0, result.stdout
    return folder, result.stdout


@pytest.mark.parametrize("product", PRODUCTS)
def test_run_leaves_every_product(finished, product):
    folder, _ = finished
    assert (folder / "out puts" / product).stat().st_size > 0


def test_run_takes_its_settings_from_the_default_profile(finished):
    _, output = finished
    assert "Using workflow specific profile profiles/default" in output
    assert re.search(r"Provided resources: .*gpu=\D*1\b", output)


def test_every_model_is_evaluated_beside_the_baseline(finished):
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
    write_config(again, settings_with_motifs() | {"score": settings()["score"] | {"pieces": 2}})
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


def test_variants_and_regions_are_explained_for_every_target(finished):
    folder = finished[0] / "out puts" / "explanation"
    for name, count in {"variants": 2, "regions": 2}.items():
        paths = sorted((folder / name).glob("contributions.*.h5"))
        maps = []
        for path in paths:
            with h5py.File(path) as file:
                maps.append(file["projected_shap/seq"][:])
        assert [each.shape for each in maps] == [(count, 4, 41)] * len(MOTIFS)
        assert all(np.abs(each).max() > 0 for each in maps)
    # A variant of a picture for each target, two regions, in three formats.
    figures = {
        name: list((folder / name / "figures").iterdir()) for name in ("variants", "regions")
    }
    assert [len(each) for each in figures.values()] == [6, 12]
    assert len(list((folder / "regions" / "tracks").glob("*.bw"))) == len(MOTIFS)
    assert not list(folder.glob("*.unfinished"))
    with gzip.open(finished[0] / "out puts" / "scores" / "variants.vcf.gz", "rt") as lines:
        found = [re.search(r"^(\S+)\t(\d+)\t.*DANQ_MAX=([^;\t]+)", line) for line in lines]
    largest = max(filter(None, found), key=lambda match: float(match[3]))
    assert {path.name.split("-")[1] for path in figures["variants"]} == {largest[2]}


def test_report_holds_every_result_and_loads_nothing(finished):
    folder, _ = finished
    page = (folder / "out puts" / "report.html").read_text()
    for name in (
        "dataset.audit.html",
        "summary.html",
        "metrics.html",
        "roc_curves.svg",
        "variants.png",
        "top.html",
    ):
        assert f'"filename": "{name}"' in page
    assert page.count("small-danq.history.svg") > 0
    assert "in the folder <i>Explanation</i>" in first_page(page)
    assert re.search(r"""(src|href)=["']?(https?:)?//[^"']*\.(js|css)""", page) is None
    assert "the linear model of 5-mer frequencies (kmer): median ROC AUC" in first_page(page)


def first_page(page):
    """HTML of the report's first page, which the report holds as a string of JavaScript."""
    return json.loads(re.search(r"var workflow_desc = (.*);", page)[1])


def test_first_page_of_the_report_links_to_results(finished):
    folder, _ = finished
    page = (folder / "out puts" / "report.html").read_text()
    assert "System Message" not in page
    links = re.findall(
        r'href="javascript:app.setView\([^"]*resultPath:([^"]*)}\)"', first_page(page)
    )
    assert {json.loads(unquote(link)) for link in links} == {
        f"out puts/{name}"
        for name in ("evaluation/summary.html", "scores/variants.png", "scores/top.html")
    }


FIRST_LINKS = {
    "the evaluation's page": "summary.html",
    "a table that sorts": "top.html",
    "a picture": "variants.png",
}
"""Links on the report's first page, and the results that they open."""


def test_report_opens_every_result(finished, browser):
    folder, _ = finished
    with opened(browser, folder / "out puts" / "report.html") as page:
        page.get_by_text("Evaluation", exact=True).wait_for()
        opened_as = walk_report(page)
    assert opened_as["Evaluation Everything, and how to read it"] == "page with 3 tables"
    assert opened_as["Evaluation Metrics per target"] == "page with 1 tables"
    for table in ("Data Audit of the splits", "Training small-danq, table"):
        assert opened_as[table] == "page with 1 tables"
    assert opened_as["Evaluation ROC curves"] == "picture"
    assert opened_as["Variants Effects along the genome"] == "picture"
    assert opened_as["Variants Largest changes, as a table"] == "page with 1 tables"
    explained = [kind for name, kind in opened_as.items() if name.startswith("Explanation ")]
    assert explained == ["picture"] * 6
    assert opened_as["Explanation region 1, chr1_2001-2014, AP1"] == "picture"


def test_pictures_of_the_readme_are_made_of_results(finished, browser, tmp_path):
    pictures.make(browser, finished[0] / "out puts", tmp_path)
    for name in ("report.png", "record.png"):
        assert (tmp_path / name).stat().st_size > 5_000
        assert (pictures.GALLERY / name).stat().st_size < 150_000
        assert f"docs/gallery/{name})" in (ROOT / "README.md").read_text()


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


@pytest.fixture
def again(finished, tmp_path):
    """A copy of the finished folder, to change things in."""
    shutil.copytree(finished[0], tmp_path / "again")
    return tmp_path / "again"


def test_users_texts_are_text_in_the_report(finished):
    page = (finished[0] / "out puts" / "report.html").read_text()
    # Cut short by what ends a script, none of them could be read.
    names = ("workflow_desc", "results", "categories", "rules")
    data = {
        name: json.loads(re.search(rf"^    var {name} = (.*);$", page, re.M)[1]) for name in names
    }
    parts = [data["workflow_desc"], *(part["caption"] for part in data["results"].values())]
    for part in parts:
        assert re.search(r"""href=["']?javascript:(?!app\.|show_panel)""", part) is None
        assert "<img" not in part
        assert "root:" not in part, "no other file is included"
    shown = html.unescape("".join(parts))
    assert VCF.replace("'", "'\"'\"'") in shown
    assert ".. include:: /etc/passwd" in (finished[0] / "in puts" / "targets.tsv").read_text()


def test_links_of_the_report_work_in_a_folder_of_any_name(again, browser):
    results = "out 'puts');alert(5)/\"`x`_ <"
    (again / results).parent.mkdir()
    (again / "out puts").rename(again / results)
    write_config(again, settings_with_motifs() | {"results": results})
    report = again / "report.html"
    made = snakemake(again, "products", "--workflow-profile", "none", "--report", report)
    assert made.returncode == 0, made.stdout
    with opened(browser, report) as page:
        for text, name in FIRST_LINKS.items():
            page.get_by_role("link", name=text).click()
            page.wait_for_function(f"(app.state.resultPath || '').endsWith('{name}')")
            page.locator("div.p-3 > img" if name.endswith(".png") else "iframe").wait_for()
            page.get_by_text("Workflow", exact=True).click()


def test_every_text_of_users_in_a_caption_is_escaped():
    for path in (ROOT / "workflow" / "report").glob("*.rst"):
        for words in re.findall(r"{{(.*?)}}", path.read_text()):
            place = words.strip()
            # The results folder is an option's value, which is not markup; model names are checked;
            # what `link` is given is written here, and it escapes the path itself.
            ours = re.match(r'results$|read\(|link\(|", " if|snakemake\.wildcards\.model$', place)
            ours = ours or re.match(r'(path|text)$|"img" if', place)
            ours = ours or place.endswith("|tojson|urlencode")
            enumerated = place == "snakemake.config.evaluate.split"
            assert ours or enumerated or place.endswith("|e"), f"{path.name}: {place}"


@pytest.mark.parametrize("change", ["epochs", "motifs"])
def test_a_change_of_what_a_network_is_made_of_trains_it_again(again, change):
    config = settings_with_motifs()
    if change == "epochs":
        config["models"]["small_deepsea"]["epochs"] = 2
        write_config(again, config)
    else:
        with open(again / "in puts" / "motifs.meme", "a") as motifs:
            motifs.write("\n")
    counts = jobs(snakemake(again, "--dry-run").stdout)
    assert (counts["train"], counts["evaluate"], "windows" in counts) == (1, 1, False)


@pytest.mark.parametrize("key", ["genome", "motifs", "peaks"])
def test_a_file_that_is_gone_is_told_though_there_are_results(again, key):
    name = {"genome": "genome.fa", "motifs": "motifs.meme", "peaks": "AP1.bed.gz"}[key]
    (again / "in puts" / name).unlink()
    result = snakemake(again)
    assert result.returncode == 1
    assert f'"in puts/{name}" does not exist' in result.stdout


def test_the_report_names_what_was_read_and_not_the_config(again):
    config = settings_with_motifs()
    shutil.copy2(again / "in puts" / "genome.fa", again / "in puts" / "other.fa")
    write_config(again, config | {"genome": "in puts/other.fa"})
    result = snakemake(again, "--rerun-triggers", "mtime", "--forcerun", "settings")
    assert result.returncode == 0, result.stdout
    assert jobs(result.stdout) == {"settings": 1, "report": 1, "danq": 1, "total": 3}
    assert "other.fa" in (again / "out puts" / "config.yaml").read_text()
    text = first_page((again / "out puts" / "report.html").read_text())
    assert "in puts/genome.fa" in text
    assert "other.fa" not in text


@pytest.mark.parametrize("names", ["danq_*", "*"])
def test_danq_is_a_module_of_another_workflow(again, names):
    outer = again / "an outer's folder"
    outer.mkdir()
    (outer / "Snakefile").write_text(
        f"module danq:\n    snakefile: {str(ROOT / 'workflow' / 'Snakefile')!r}\n"
        f"    config: config['danq']\n\nuse rule * from danq as {names}\n\n"
        f"rule outer:\n    default_target: True\n"
        f"    input: rules.{names.replace('*', 'all')}.input\n"
    )
    (again / "outer.yaml").write_text(yaml.safe_dump({"danq": settings_with_motifs()}))
    (again / "out puts" / "report.html").unlink()
    arguments = ("--snakefile", outer / "Snakefile", "--configfile", again / "outer.yaml")
    result = snakemake(again, *arguments, "--rerun-triggers", "mtime")
    assert result.returncode == 0, result.stdout
    assert (again / "out puts" / "report.html").stat().st_size > 100_000


def test_epochs_are_seen_and_the_reason_of_a_failure_stands_last(again, tmp_path):
    config = settings_with_motifs()
    config["models"]["small_deepsea"]["epochs"] = 2
    write_config(again, config)
    real = shutil.which("danq")
    stub = tmp_path / "danq"
    stub.write_text(
        f"#!/bin/sh\ncase \"$*\" in *' train '*) echo 'epoch 1 of 2' >&2; echo; "
        f"echo 'danq: error: no net today'; exit 7;; esac\nexec '{real}' \"$@\"\n"
    )
    stub.chmod(0o755)
    result = snakemake(again, programs=[tmp_path])
    assert result.returncode == 1
    assert result.stdout.index("epoch 1 of 2") < result.stdout.index("Error in rule train")
    log = "out puts/logs/train/small_deepsea.log"
    assert (again / log).read_text().endswith("epoch 1 of 2\n\ndanq: error: no net today\n")
    reason = f"failed: train: danq: error: no net today (all of it: {log})"
    assert reason in result.stdout.splitlines()[-6:]

"""The tutorials, typed word by word on small files, but for what takes a long time or a cluster."""

from __future__ import annotations

import gzip
import os
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

import danq
from danq.cli import main
from tests.miniature import ROOT

TUTORIALS = ROOT / "docs" / "tutorials"
VCF = "data/variants/1000G_phase1_chr22_50.3-51.0Mb.vcf.gz"
# What a small machine without a network connection and without Slurm cannot do in a test.
LEFT_OUT = ("make", "source", "pip", "snakemake")
QUICK = {"train": ["--width", "0.02", "--epochs", "1"], "evaluate": ["--resamples", "0"]}


def _blocks(name: str, kind: str) -> list[str]:
    text = (TUTORIALS / name).read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def _type(block: str) -> None:
    """Type the commands of a block; danq runs in this process, with quick values added."""
    for line in block.replace("\\\n", " ").splitlines():
        program, *words = shlex.split(line, comments=True)
        if program == "danq":
            assert main(["-q", *words, *QUICK.get(words[0], [])]) == 0, line
        elif program not in LEFT_OUT:
            subprocess.run(["bash", "-euc", line], check=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder as danq's own, with few peaks and variants, where both tutorials are followed."""
    home = tmp_path_factory.mktemp("tutorial")
    (home / VCF).parent.mkdir(parents=True)
    for name in ("chr22.fa.gz", "motifs.meme"):
        (home / "data" / name).symlink_to(ROOT / "data" / name)
    records = gzip.decompress((ROOT / VCF).read_bytes()).splitlines(keepends=True)
    (home / VCF).write_bytes(gzip.compress(b"".join(records[:50])))
    peaks = (ROOT / "data" / "targets" / "SPI1.bed").read_text().splitlines(keepends=True)[::12]
    (home / "data" / "targets").mkdir()
    (home / "data" / "targets" / "SPI1.bed").write_text("".join(peaks))
    (home / "mine" / "peaks").mkdir(parents=True)
    (table,) = _blocks("own-peaks.md", "tsv")
    (home / "mine" / "targets.tsv").write_text(table)
    for row in table.splitlines()[1:]:
        path = home / "mine" / row.split("\t")[1]
        path.write_bytes(gzip.compress("".join(peaks).encode()))
    before = Path.cwd()
    os.chdir(home)
    yield home
    os.chdir(before)


def test_own_peaks_step_by_step(home, capsys):
    for block in _blocks("own-peaks.md", "sh"):
        _type(block)
    (code,) = _blocks("own-peaks.md", "python")
    exec(code, {})
    assert "largest change of CTCF's log2 odds" in capsys.readouterr().out
    assert (home / "mine" / "scored.vcf.gz.tbi").exists()


def test_the_config_of_own_peaks_is_what_init_writes_with_the_changes_named(home):
    (init,) = [block for block in _blocks("own-peaks.md", "sh") if block.startswith("danq init")]
    Path("mine.yaml").unlink(missing_ok=True)
    _type(init)
    written = Path("mine.yaml").read_text()
    config = yaml.safe_load(re.sub(r"^    # (\w+: )", r"    \1", written, flags=re.MULTILINE))
    (shown,) = map(yaml.safe_load, _blocks("own-peaks.md", "yaml"))
    assert shown["windows"] == config["windows"] | {"negatives": "matched"}
    added = {"motifs": "data/motifs.meme", "monitor": "pr_auc"}
    assert shown["models"]["danq"] == config["models"]["danq"] | added
    Path("mine.yaml").write_text(yaml.safe_dump(config | shown))
    assert main(["-q", "check", "--config", "mine.yaml"]) == 0


def test_the_example_is_looked_at(home, capfd):
    """On a network that was never trained, with the targets of the example."""
    rows = (ROOT / "data" / "targets.tsv").read_text().splitlines()[1:]
    targets = [row.split("\t")[0] for row in rows]
    Path("results", "models").mkdir(parents=True)
    Path("results", "scores").mkdir()
    network = danq.models.danq(outputs=len(targets), width=0.02)
    danq.models.save(network, "results/models/danq.keras", targets=targets)
    common = ["--model", "results/models/danq.keras", "--genome", "data/chr22.fa.gz", "--vcf", VCF]
    assert main(["-q", "background", *common, "--output", "background.h5"]) == 0
    outputs = [
        "--output",
        "results/scores/variants.vcf.gz",
        "--scores",
        "results/scores/variants.h5",
    ]
    assert main(["-q", "score", *common, *outputs, "--background", "background.h5"]) == 0
    capfd.readouterr()
    for block in _blocks("example.md", "sh"):
        _type(block)
    shown = capfd.readouterr().out
    assert "targets     13" in shown
    assert shown.count("DANQ_LOGIT=") == 2
    names: dict = {}
    for code in _blocks("example.md", "python"):
        exec(code, names)
    assert len(re.findall(r"^[\w-]+ [+-]\d+\.\d\d$", capfd.readouterr().out, re.MULTILINE)) == 13
    assert np.isfinite(names["scores"].logit).all()
    heading, *_ = gzip.decompress(Path("results/spi1.tsv.gz").read_bytes()).splitlines()
    assert heading.decode().split("\t")[3:] == targets


def test_the_profile_of_the_cluster_is_that_of_danq_uncommented():
    text = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    block = re.search(r"^# default-resources:\n(?:#.*\n)+", text, re.MULTILINE)[0]
    profile = yaml.safe_load(re.sub(r"^# ", "", block, flags=re.MULTILINE))
    shown, shorter = map(yaml.safe_load, _blocks("cluster.md", "yaml"))
    assert shown == profile
    assert shorter["set-resources"]["train"].items() >= profile["set-resources"]["train"].items()


@pytest.mark.parametrize("path", sorted(TUTORIALS.glob("*.md")), ids=lambda path: path.stem)
def test_what_a_tutorial_types_is_known(path):
    makefile = (ROOT / "Makefile").read_text()
    commands = "".join(_blocks(path.name, "sh")).replace("\\\n", " ").splitlines()
    assert commands
    for program, *words in map(shlex.split, commands):
        if program == "make":
            assert f"\n{words[0]}:" in makefile
        elif program == "cp":
            assert (ROOT / words[1]).is_dir()
        elif program == "snakemake":
            named = {words[words.index("--configfile") + 1]} - {"mine.yaml"}
            assert not named
        else:
            assert program in {"danq", "source", "pip", "mkdir", "gzip"}

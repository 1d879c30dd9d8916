"""`danq init`: a config to fill in that holds nothing of the built-in example."""

import re

import pytest
import yaml

from danq.cli import main
from danq.config.problems import problems, read_config

FILLED = [
    *("--genome", "genome.fa", "--targets", "targets.tsv"),
    *("--valid", "chr2:1-5000", "--test", "chr2:5001-10000"),
]


def test_filled_in_it_is_a_config_without_problems(here):
    assert main(["init", "--output", "new.yaml", *FILLED, "--vcf", "small.vcf"]) == 0
    config = yaml.safe_load((here / "new.yaml").read_text())
    assert problems(config) == []
    assert config["score"] == {"vcf": "small.vcf", "model": "danq"}
    assert config["windows"] == {"valid": ["chr2:1-5000"], "test": ["chr2:5001-10000"]}
    assert main(["check", "--config", "new.yaml"]) == 0


def test_what_it_has_in_comments_is_a_config_without_problems(here):
    assert main(["init", "--output", "new.yaml", *FILLED, "--vcf", "small.vcf"]) == 0
    text = (here / "new.yaml").read_text()
    config = yaml.safe_load(
        re.sub(r"^(\s*)# ( *\w+:( [\w.]+)?)$", r"\1\2", text, flags=re.MULTILINE)
    )
    assert config["explain"] == {"top": 10, "motifs": "motifs.meme"}
    assert config["models"]["danq"]["optimizer"] == "adam"
    assert problems(config) == ['explain.motifs: "motifs.meme" does not exist']


def test_without_variants_nothing_is_scored(here):
    assert main(["init", "--output", "new.yaml", *FILLED]) == 0
    config = yaml.safe_load((here / "new.yaml").read_text())
    assert "score" not in config
    assert problems(config) == []


def test_not_filled_in_its_files_are_told_as_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--output", "new.yaml"]) == 0
    config = yaml.safe_load((tmp_path / "new.yaml").read_text())
    assert [sentence.split(":")[0] for sentence in problems(config)] == [
        "genome",
        "targets",
        "score.vcf",
    ]
    assert "data/" not in (tmp_path / "new.yaml").read_text()


ODD = ['a "b\\c.fa', "it's: #1.fa", "[x].fa", "α β.fa", "on", "1e3", "~/g.fa", "- a", "!b", "%c"]
ODD += [
    "\x85",
    "a\u2028b",
    "\ta\t",
    " a ",
    "a\nscore: b",
    "\ufeffa",
    "\x7f",
    "\U0001f9ec",
    "\uffff",
    "a " * 99,
]


@pytest.mark.parametrize("path", ODD)
def test_any_path_can_be_filled_in(tmp_path, path):
    output = tmp_path / "new.yaml"
    options = ["--genome", path, "--results", path, "--vcf", path, "--test", path, "b"]
    assert main(["init", "--output", str(output), *options]) == 0
    config = read_config(output)
    assert (config["genome"], config["results"], config["score"]["vcf"]) == (path, path, path)
    assert config["windows"] == {"valid": ["chr7:30508752-35296850"], "test": [path, "b"]}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("\udcff.fa", "genome to put in is not UTF-8"), ("", "found an empty genome to put in")],
)
def test_a_path_that_no_config_can_hold_is_refused(tmp_path, capsys, path, sentence):
    assert main(["init", "--output", str(tmp_path / "new.yaml"), "--genome", path]) == 2
    assert capsys.readouterr().err == f"danq: error: {tmp_path / 'new.yaml'}: {sentence}\n"
    assert not list(tmp_path.iterdir())


def test_a_config_is_never_overwritten(tmp_path, capsys):
    output = tmp_path / "new.yaml"
    output.write_text("mine")
    assert main(["init", "--output", str(output)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert output.read_text() == "mine"

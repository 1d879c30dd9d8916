"""`danq init`: a config to fill in that holds nothing of the built-in example."""

import pytest
import yaml

from danq.cli import main
from danq.config.problems import problems

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


@pytest.mark.parametrize("path", ['a "b\\c.fa', "it's: #1.fa", "[x].fa", "α β.fa", "on", "1e3"])
def test_any_path_can_be_filled_in(tmp_path, path):
    output = tmp_path / "new.yaml"
    assert main(["init", "--output", str(output), "--genome", path, "--results", path]) == 0
    config = yaml.safe_load(output.read_text())
    assert (config["genome"], config["results"]) == (path, path)


def test_a_config_is_never_overwritten(tmp_path, capsys):
    output = tmp_path / "new.yaml"
    output.write_text("mine")
    assert main(["init", "--output", str(output)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert output.read_text() == "mine"

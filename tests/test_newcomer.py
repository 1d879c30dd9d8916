"""What the README tells a newcomer to type leads to a report, on data of one's own."""

import subprocess

import pytest

from tests import newcomer
from tests.miniature import ROOT


def test_the_readme_leads_from_peaks_to_a_report(tmp_path, capfd):
    results = newcomer.follow(tmp_path, quick=True)
    made = {path.name for path in results.iterdir()}
    assert made >= {"report.html", "dataset.h5", "models", "evaluation", "scores"}
    said = "".join(capfd.readouterr())
    assert "built-in example" not in said
    assert "epoch 1 of 1: loss" in said


def test_the_readme_has_every_step():
    table, commands = newcomer.steps()
    assert table.startswith("name\tpath\tgroup\n")
    assert [" ".join(command.split()[:2]) for command in commands] == [
        "danq init",
        "danq check",
        "snakemake --cores",
    ]


def test_a_step_that_fails_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(newcomer, "steps", lambda: ("", ["false --genome g --targets t --vcf v\n"]))
    with pytest.raises(subprocess.CalledProcessError):
        newcomer.follow(tmp_path)


def test_make_newcomer_runs_it():
    command = ["make", "--dry-run", "--no-print-directory", "newcomer"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "python -m tests.newcomer"

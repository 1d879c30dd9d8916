"""Standard streams that are closed, full or of another encoding change no result."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from danq.dataset import Dataset
from danq.genome import Reference

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def run(genome, targets, tmp_path):
    """Run `danq windows` or another command in a shell; give status and both streams."""
    # Read here, so that the command logs nothing.
    Reference(genome)
    words = ["windows", "--genome", genome, "--targets", targets, "--output", tmp_path / "d.h5"]
    words = [*words, "--valid", "chr1:20001-30000", "--window", "200"]

    def run(redirected, command=words, **environment):
        line = shlex.join([sys.executable, "-m", "danq", *map(str, command)])
        done = subprocess.run(
            ["bash", "-c", f"{line} {redirected}; exit ${{PIPESTATUS[0]}}"],
            capture_output=True,
            env={**os.environ, **environment},
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.mark.parametrize(
    ("redirected", "expected"),
    [
        (">&-", (0, "")),
        ("2>&-", (0, "")),
        ("<&- >&- 2>&-", (0, "")),
        ("2>/dev/full", (0, "")),
        (">/dev/full", (2, "danq: error: standard output: No space left on device\n")),
        ("| true", (141, "")),
    ],
)
def test_the_output_stands_and_the_status_is_true(run, tmp_path, redirected, expected):
    status, _, error = run(redirected)
    assert (status, error) == expected
    with Dataset.open(tmp_path / "d.h5") as data:
        assert len(data) > 30
    assert (tmp_path / "d.audit.tsv").read_text(encoding="utf-8").startswith("split\t")


@pytest.mark.parametrize(
    ("command", "redirected", "expected"),
    [
        (["--help"], ">/dev/full", (2, "danq: error: standard output: No space left on device\n")),
        (["train", "--help"], "| true", (141, "")),
        (["--help"], ">&-", (0, "")),
        (["windows"], "2>&-", (2, "")),
        (["windows"], "2>/dev/full", (2, "")),
        ([], "2>&-", (2, "")),
    ],
)
def test_help_and_wrong_use(run, command, redirected, expected):
    status, _, error = run(redirected, command)
    assert (status, error) == expected


def test_names_that_the_terminal_cannot_show(run, targets, tmp_path):
    text = targets.read_text(encoding="utf-8").replace("CTCF\t", "CTCF-α\t", 1)
    targets.write_text(text, encoding="utf-8")
    status, printed, error = run("", **ASCII)
    assert (status, error) == (0, "")
    assert printed
    with Dataset.open(tmp_path / "d.h5") as data:
        assert data.targets.names[0] == "CTCF-α"
    assert "CTCF-α" in (tmp_path / "d.audit.tsv").read_text(encoding="utf-8")
    targets.write_text(text.replace("H3K4me3\t", "CTCF-α\t", 1).replace("TF", "α", 1), "utf-8")
    (tmp_path / "CTCF.bed").unlink()
    status, printed, error = run("", **ASCII)
    assert (status, printed) == (2, "")
    assert error.startswith("danq: error: ")
    assert error.count("\n") == 1

"""The conda environments say what pyproject.toml says, and nothing of their own."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "workflow" / "envs" / "danq.post-deploy.sh"


def environment(name):
    return yaml.safe_load((ROOT / name).read_text())


def from_conda(name):
    """Packages that come from conda, by name, with their ranges."""
    plain = [entry for entry in environment(name)["dependencies"] if isinstance(entry, str)]
    return dict((entry + " ").split(" ", 1) for entry in plain)


@pytest.mark.parametrize("name", ["environment.yml", "workflow/envs/danq.yaml"])
def test_only_python_and_pip_come_from_conda(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = from_conda(name)
    assert set(packages) == {"python", "pip"}
    assert packages["python"].strip() == project["requires-python"]
    assert packages["pip"].strip() == ""
    assert environment(name)["channels"] == ["conda-forge"]


def test_environment_installs_the_checkout_with_its_workflow():
    (pip,) = [entry["pip"] for entry in environment("environment.yml")["dependencies"][2:]]
    assert pip == ["-e .[workflow]"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "workflow" in project["optional-dependencies"]


def run_script(tmp_path, **variables):
    """Run the post-deploy script with a `python` that says what it was asked."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    return subprocess.run(
        ["sh", SCRIPT],
        env={"PATH": f"{tmp_path}{os.pathsep}{os.defpath}", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rules_environment_installs_the_checkout_that_the_workflow_names(tmp_path):
    result = run_script(tmp_path, DANQ_SOURCE="/a checkout")
    assert result.returncode == 0
    assert result.stdout.split("\n")[:-1] == [
        *("-m", "pip", "install", "--editable"),
        "/a checkout[workflow]",
    ]


def test_rules_environment_without_a_checkout_is_an_error(tmp_path):
    result = run_script(tmp_path)
    assert result.returncode != 0
    assert "DANQ_SOURCE" in result.stderr


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("run", "snakemake --cores all"),
        ("dry-run", "snakemake --cores 1 --dry-run"),
        ("test", "pytest -n 2 --dist loadfile"),
        ("gallery", "python docs/gallery/gallery.py"),
    ],
)
def test_make_does_what_the_readme_says(target, command):
    result = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        # These tests may themselves be run by make, whose own options a make inside would take on.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == "", "make warns"
    assert result.stdout.splitlines()[-1] == command

"""The files around the package agree with it: version, Pythons, and the commands that CI runs."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import danq
from tests.miniature import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
# YAML 1.1, which PyYAML reads, takes the key `on` for true.
EVENTS = WORKFLOW[True]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = dict(re.findall(r"^([a-z-]+):[^\n]*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE))
PYTHONS = [f"3.{minor}" for minor in range(20)]
SUPPORTED = [
    version for version in PYTHONS if version in SpecifierSet(PROJECT["project"]["requires-python"])
]


def _runs(job: str) -> list[str]:
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_the_version_stands_in_one_place():
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "danq.__version__"}
    assert CITATION["version"] == danq.__version__
    assert f"## [{danq.__version__}] - 20" in (ROOT / "CHANGELOG.md").read_text()


def test_classifiers_and_make_name_the_pythons_that_are_supported():
    named = re.findall(r":: Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert named == SUPPORTED
    assert re.findall(r"python(3\.\d+)", MAKEFILE) == SUPPORTED[::-1]


def test_ci_runs_on_every_supported_python():
    matrix = WORKFLOW["jobs"]["everything"]["strategy"]["matrix"]
    assert matrix == {"python": SUPPORTED}
    assert {"push", "pull_request", "schedule"} <= set(EVENTS)
    (weekly,) = EVENTS["schedule"]
    minute, hour, *days, weekday = weekly["cron"].split()
    assert (minute + hour + weekday).isdigit()
    assert days == ["*", "*"]


@pytest.mark.parametrize("job", WORKFLOW["jobs"])
def test_ci_runs_what_is_there(job):
    commands = _runs(job)
    assert commands
    for command in commands:
        program, name = command.split()
        assert (ROOT / name).is_file() if program == "bash" else name in TARGETS


def test_ci_runs_the_one_script_and_the_other_backends():
    assert _runs("everything") == ["bash .ci/run"]
    assert _runs("backends") == ["make test-backends"]
    assert "for backend in jax torch" in TARGETS["test-backends"]
    assert WORKFLOW["jobs"]["everything"]["if"] == "github.event_name != 'schedule'"
    assert "github.event_name == 'schedule'" in WORKFLOW["jobs"]["backends"]["if"]


def test_hooks_run_commands_of_make_lint():
    (repository,) = HOOKS["repos"]
    assert repository["repo"] == "local", "hooks need nothing from outside"
    hooks = repository["hooks"]
    assert [hook["id"] for hook in hooks] == ["ruff-check", "ruff-format", "mypy", "snakefmt"]
    lint = [line.strip() for line in TARGETS["lint"].splitlines()]
    for hook in hooks:
        assert hook["entry"] in lint
        assert hook["language"] == "system"
        assert hook["pass_filenames"] is False


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md", "docs/index.md"])
def test_targets_that_pages_name_exist(name):
    named = re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / name).read_text(), re.MULTILINE)
    assert named
    assert set(named) <= TARGETS.keys()


def test_targets_that_ci_makes_exist():
    script = (ROOT / ".ci" / "run").read_text()
    named = re.findall(r"\bmake (?:--silent )?([a-z-]+)", script)
    assert set(named) >= {"test", "lint", "docs", "dry-run"}
    assert set(named) <= TARGETS.keys()

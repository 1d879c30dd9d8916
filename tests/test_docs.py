"""What the README and the pages under docs/ show must run, and what they link to must exist."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

import danq
from danq.cli import main, parser
from tests.training.planted import planted

ROOT = Path(__file__).parents[1]
CONFIG = "config/README.md"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"^ *danq \w+ +(?:.*\\\n)*.*", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


def _commands(page: Path) -> list[list[str]]:
    fenced = "\n".join(re.findall(r"```(?:\w*)\n(.*?)```", page.read_text(), re.DOTALL))
    return [
        shlex.split(command.replace("\\\n", " "), comments=True)
        for command in COMMAND.findall(fenced)
    ]


def _cases(items) -> list:
    return [
        pytest.param(page, item, id=f"{_name(page)}-{number}")
        for page in PAGES
        for number, item in enumerate(items(page))
    ]


def test_the_models_take_three_lines_for_another_task():
    block = _blocks(ROOT / "README.md")[0]
    assert len([line for line in block.splitlines() if line]) == 3
    names: dict = {}
    exec(block, names)
    network = names["network"]
    inputs = np.random.default_rng(0).random((4, 300, 20), dtype=np.float32)
    labels = np.random.default_rng(1).integers(0, 2, (4, 12))
    before = network.predict_on_batch(inputs)
    assert before.shape == (4, 12)
    network.train_on_batch(inputs, labels)
    assert not np.array_equal(network.predict_on_batch(inputs), before)


def test_the_page_of_the_core_runs_from_top_to_bottom():
    names: dict = {}
    for block in _blocks(ROOT / "docs" / "core.md"):
        exec(block, names)
    assert names["logits"].output_shape == (None, 12)
    assert names["tags"].shape == (2, 200, 3)
    assert names["written"].shape == (8, 10)
    assert names["answer"].shape == (1, 2)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with a small data set, where the pages' code runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield planted(tmp_path)
    sys.modules.pop("mine", None)


def test_the_page_about_a_network_of_your_own(workplace):
    Path("mine.py").write_text(_blocks(ROOT / "docs" / "own-network.md")[0])
    (command,) = _commands(ROOT / "docs" / "own-network.md")
    assert main(["-q", *command[1:], "--epochs", "1"]) == 0
    assert danq.models.metadata("mine.keras").training["model"] == "mine:residual"
    assert danq.models.load("mine.keras").input_shape == (None, 60, 4)


def test_the_page_about_a_loop_of_your_own(workplace, capsys):
    names: dict = {}
    for block in _blocks(ROOT / "docs" / "own-loop.md"):
        exec(block, names)
    assert "of the labels" in capsys.readouterr().out
    assert names["losses"][-1] < names["losses"][0]
    assert danq.models.metadata("mine.keras").targets == ["A", "B"]


@pytest.mark.parametrize(("page", "code"), _cases(_blocks))
def test_python_blocks_name_what_exists(page, code):
    compile(code, str(page), "exec")
    for name in re.findall(r"\bdanq\.([a-z]\w*)\(", code):
        assert callable(getattr(danq, name))


@pytest.mark.parametrize(("page", "words"), _cases(_commands))
def test_commands_are_understood(page, words):
    assert parser().parse_args(words[1:]).run


def _anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in links."""
    titles = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*PAGES, ROOT / CONFIG], ids=_name)
def test_what_is_linked_exists(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", prose):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in _anchors(linked), anchor


def _options(actions) -> set[str]:
    """Every option that a parser's actions declare, those of its commands too."""
    found = set()
    for action in actions:
        found |= {word for word in action.option_strings if word.startswith("--")}
        for command in getattr(action, "choices", None) or ():
            inner = action.choices[command] if isinstance(action.choices, dict) else None
            found |= _options(inner._actions) if inner is not None else set()
    return found


# Of Snakemake and of benchmarks.
OTHERS = {"--config", "--configfile", "--dry-run", "--scale", "--set-resources", "--snakefile"}


@pytest.mark.parametrize("page", [*PAGES, ROOT / CONFIG], ids=_name)
def test_options_in_the_text_exist(page):
    prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    named = set(re.findall(r"`(?:danq [\w ]*)?(--[a-z][a-z-]*)", prose))
    assert named - OTHERS <= _options(parser()._actions)


def test_the_rules_that_take_a_card_are_named():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    _, *parts = re.split(r"^ *rule (?=\w+:)", rules, flags=re.MULTILINE)
    taking = {part.partition(":")[0] for part in parts if re.search(r"^ +gpu=", part, re.MULTILINE)}
    sentence = re.search(r"Jobs of the rules (.*?) take one", (ROOT / CONFIG).read_text())
    assert set(re.findall(r"`(\w+)`", sentence[1])) == taking
    profile = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    assert set(re.findall(r"^# +(\w+):\n# +slurm_partition: gpu", profile, re.MULTILINE)) == taking


def test_every_command_is_shown_in_the_readme():
    shown = {words[1] for words in _commands(ROOT / "README.md")}
    known = {
        *("windows", "convert", "train", "evaluate", "predict"),
        *(
            "background",
            "score",
            "explain",
            "saturate",
            "import",
            "export",
            "info",
            "check",
            "init",
        ),
    }
    assert shown == known

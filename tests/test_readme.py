"""What the README shows must run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from danq.cli import parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^danq \w+ +--(?:.*\\\n)*.*", README, re.MULTILINE)


def test_the_models_take_three_lines_for_another_task():
    lines = [line for line in PYTHON[0].splitlines() if line]
    assert len(lines) == 3
    names: dict = {}
    exec(PYTHON[0], names)
    network = names["network"]
    inputs = np.random.default_rng(0).random((4, 300, 20), dtype=np.float32)
    labels = np.random.default_rng(1).integers(0, 2, (4, 12))
    before = network.predict_on_batch(inputs)
    assert before.shape == (4, 12)
    network.train_on_batch(inputs, labels)
    assert not np.array_equal(network.predict_on_batch(inputs), before)


@pytest.mark.parametrize("code", PYTHON)
def test_python_blocks_name_what_exists(code):
    compile(code, "README.md", "exec")
    import danq

    for name in re.findall(r"danq\.([a-z]\w*)\(", code):
        assert callable(getattr(danq, name))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command):
    words = shlex.split(command.replace("\\\n", " "))
    assert parser().parse_args(words[1:]).run


def test_files_that_are_linked_exist():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_every_command_is_shown():
    shown = {shlex.split(command.replace("\\\n", " "))[1] for command in COMMANDS}
    assert shown == {"windows", "train", "evaluate", "predict", "score"}

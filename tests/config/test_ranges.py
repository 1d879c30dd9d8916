"""The config's schema accepts the numbers that the commands accept, and no others."""

import argparse
import math

import numpy as np
import pytest
import yaml

from danq.cli import parser
from danq.config.problems import SCHEMA

SECTIONS = yaml.safe_load(SCHEMA.read_text())
PARTS = SECTIONS["properties"]
OPTIONS = {
    "windows": SECTIONS["$defs"]["windows"],
    "train": SECTIONS["$defs"]["trained"],
    "import": SECTIONS["$defs"]["imported"],
    "evaluate": PARTS["evaluate"],
    "explain": PARTS["explain"],
    "background": PARTS["score"]["properties"]["background"],
}
OWN_BOUNDS = {"resamples": (0, 100_000), "pieces": (1, 10_000)}
"""What schema and option do not say as one range: 1 to 39 resamples, how many pieces."""


def numbers(section: dict) -> dict[str, dict]:
    """The keys whose values are numbers."""
    return {
        key: part
        for key, part in section["properties"].items()
        if {"integer", "number"} & set(np.atleast_1d(part.get("type", "")))
    }


NUMBERS = [
    (command, key, part)
    for command, section in OPTIONS.items()
    for key, part in numbers(section).items()
    if key not in OWN_BOUNDS
]


def is_accepted(command: str, key: str, value: float) -> bool:
    """Whether the option of the command takes a number."""
    (commands,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    option = commands.choices[command]._option_string_actions[f"--{key.replace('_', '-')}"]
    try:
        option.type(str(value))
    except argparse.ArgumentTypeError:
        return False
    return True


@pytest.mark.parametrize(
    ("command", "key", "part"), NUMBERS, ids=[f"{command}-{key}" for command, key, _ in NUMBERS]
)
def test_bounds_are_those_of_the_command(command, key, part):
    is_whole = "integer" in part["type"]
    for bound, outwards in (("inimum", -math.inf), ("aximum", math.inf)):
        (kind,) = {f"m{bound}", f"exclusiveM{bound}"} & set(part)
        limit = part[kind]
        step = int(math.copysign(1, outwards))
        beyond = limit + step if is_whole else math.nextafter(limit, outwards)
        within = limit - step if is_whole else math.nextafter(limit, -outwards)
        assert is_accepted(command, key, limit) == (kind == f"m{bound}")
        assert is_accepted(command, key, within)
        assert not is_accepted(command, key, beyond)


def test_no_number_of_the_schema_is_left_out():
    assert len(NUMBERS) > 25
    assert set(numbers(PARTS["score"])) <= set(OWN_BOUNDS)

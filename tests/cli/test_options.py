"""Every option of every command: its number, its wording, its example, its misspelling."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex

import pytest

import danq
from danq.cli import main, parser
from danq.cli.parsing import CommandParser
from danq.dataset import Selection
from danq.dataset.bins.selection import NEGATIVES
from danq.dataset.splits import SPLITS
from danq.interpretation import options as explaining
from danq.interpretation.methods.attribution import UNITS
from danq.models import PRECISIONS
from danq.models.published import KINDS
from danq.scoring.options import Options
from danq.training.settings import CHOICES, Settings


def _commands() -> dict[str, CommandParser]:
    return next(a.choices for a in parser()._actions if a.choices and "train" in a.choices)


COMMANDS = _commands()
NUMBERS = [
    (command, action)
    for command, each in COMMANDS.items()
    for action in each._actions
    if action.metavar in ("N", "BP", "SHARE", "FACTOR", "RATE", "RATIO", "GAMMA", "WEIGHT", "NORM")
    or action.metavar == "VALUE"
]
# What takes the options of a command as they are.
FUNCTIONS = {
    "background": [danq.background, Options],
    "check": [danq.check],
    "evaluate": [danq.evaluate],
    "explain": [danq.explain, explaining.Options],
    "export": [danq.export],
    "init": [danq.init],
    "predict": [danq.predict],
    "saturate": [danq.saturate],
    "score": [danq.score, danq.score_piece, danq.gather_pieces, Options],
    "train": [danq.train, Settings],
    "windows": [danq.windows, Selection],
}
NEVER = ("9" * 20, "9" * 30, "9" * 5000, "nan", "inf", "1e400", "1_0", "0x1", "", "five", "٣")


def _error(capsys, words) -> str:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    printed, error = capsys.readouterr()
    assert not printed
    assert error.startswith("danq: error: ")
    assert error.count("\n") == 1
    assert len(error) < 400
    return error


def test_numbers_that_no_option_takes(capsys):
    assert len(NUMBERS) > 35
    for command, action in NUMBERS:
        option = action.option_strings[-1]
        whole = action.metavar in ("N", "BP") and option not in (
            *("--decay-epochs", "--checkpoint-minutes"),
        )
        for text in (*NEVER, "-1", *(("1e3", "1.5") if whole else ())):
            error = _error(capsys, [command, option, text])
            assert option in error, (command, option, text)
            assert "expected" in error


@pytest.mark.parametrize(
    ("words", "end"),
    [
        (["scor"], 'did you mean "score"?'),
        (["train", "--epoch_s", "3"], 'the option "--epoch_s"; did you mean "--epochs"?'),
        (["predict", "--modle=m.keras"], 'the option "--modle"; did you mean "--model"?'),
        (["evaluate", "--split", "vaild"], 'did you mean "valid"?'),
        (["train", "--optimizer", "Adam"], 'did you mean "adam"?'),
        (["--verbosity", "windows"], 'the option "--verbosity"; did you mean "--verbose"?'),
        (["windows", "-x"], 'the option "-x"'),
    ],
)
def test_what_was_probably_meant(capsys, words, end):
    assert end in _error(capsys, words)


def test_danq_alone_prints_its_help_and_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    printed, error = capsys.readouterr()
    assert not printed
    assert error.startswith("usage: danq")
    assert all(command in error for command in COMMANDS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_shows_an_example_that_is_understood(command):
    text = COMMANDS[command].format_help()
    examples = re.findall(rf"^  (danq {command} (?:.*\\\n)*.*)", text, re.MULTILINE)
    assert examples
    for example in examples:
        words = shlex.split(example.replace("\\\n", " "))
        assert parser().parse_args(words[1:]).run


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_help_stands_alone_as_a_phrase(command):
    for action in COMMANDS[command]._actions:
        assert action.help, action.dest
        assert action.help[0].islower() or action.help[0].isupper(), action.help
        assert not action.help.startswith(("at most", "of ", "(", "but ", "and ", "in ", "by "))
        assert not action.help.endswith("."), action.help


def test_an_option_is_the_same_in_every_command():
    seen: dict[str, tuple] = {}
    for command, each in COMMANDS.items():
        for action in each._actions:
            for option in action.option_strings:
                what = (action.metavar, action.nargs)
                if option in ("--model", "--targets", "--output", "--vcf", "--plot"):
                    continue
                assert seen.setdefault(option, what) == what, (command, option)


@pytest.mark.parametrize("command", sorted(FUNCTIONS))
def test_every_option_reaches_the_library_with_its_default(command):
    taken = {
        name: parameter
        for function in FUNCTIONS[command]
        for name, parameter in inspect.signature(function).parameters.items()
    }
    for action in COMMANDS[command]._actions:
        if action.dest == "help":
            continue
        parameter = taken[action.dest]
        if not action.required and action.default not in (None, argparse.SUPPRESS):
            assert _listed(action.default) == _listed(parameter.default), action.dest


def _listed(value):
    return list(value) if isinstance(value, (list, tuple)) else value


def test_every_optional_value_says_its_default():
    for command, each in COMMANDS.items():
        for action in each._actions:
            if action.default is not None and action.nargs != 0 and action.option_strings:
                text = each._get_formatter()._expand_help(action)
                shown = (
                    f"{action.default:g}" if isinstance(action.default, float) else action.default
                )
                assert action.default in ([], ()) or f"(default: {shown}" in text, (command, text)


def test_choices_come_from_the_library():
    for command, name, choices in (
        ("windows", "negatives", NEGATIVES),
        ("evaluate", "split", SPLITS),
        ("predict", "precision", PRECISIONS[1:]),
        ("train", "optimizer", CHOICES["optimizer"]),
        ("explain", "method", explaining.METHODS),
        ("saturate", "unit", UNITS),
        ("import", "kind", tuple(KINDS)),
    ):
        action = next(a for a in COMMANDS[command]._actions if a.dest == name)
        assert tuple(action.choices) == choices

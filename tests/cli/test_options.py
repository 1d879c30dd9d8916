"""Every option of every command: its number, its wording, its example, its misspelling."""

from __future__ import annotations

import re
import shlex

import pytest

from danq.cli import main, parser
from danq.cli.parsing import CommandParser


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
                if option in ("--model", "--targets", "--output", "--vcf"):
                    continue
                assert seen.setdefault(option, what) == what, (command, option)

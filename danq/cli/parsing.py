"""The parser of the command line: how options are read, refused and explained."""

import argparse
import errno
import inspect
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from danq.errors import InputError, quoted, suggestion
from danq.outputs import check_ending, check_folder_of, check_output
from danq.ranges import Range

_OPTION = re.compile(r"-(?!\.?\d)[^ ]+$")


class HelpFormatter(argparse.HelpFormatter):
    """Keeps the lines of examples; other text is filled."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("example"):
            return text
        fill = super()._fill_text
        return "\n\n".join(fill(part, width, indent) for part in text.split("\n\n"))


class CommandParser(argparse.ArgumentParser):
    """A parser that refuses in one sentence and says what was probably meant."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("formatter_class", HelpFormatter)
        super().__init__(*arguments, **options)

    def error(self, message: str) -> NoReturn:
        """End with one line on standard error and exit status 2."""
        sentence = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"danq: error: {sentence} (see {self.prog} --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print as argparse does from Python 3.11.3 on: a full disk behind it must not raise."""
        with suppress(OSError):
            super()._print_message(message, file)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and refuse unknown options before missing ones."""
        if args is not None:
            self._refuse_unknown(args)
        options, unknown = super().parse_known_args(args, namespace)
        if self._subparsers is None:
            options.parser = self
        if unknown:
            self.error(f"found {quoted(unknown[0])}, which is not expected there")
        return options, unknown

    def _refuse_unknown(self, words: Sequence[str]) -> None:
        known = self._option_string_actions
        for word in words:
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            name = word.partition("=")[0]
            if not _OPTION.match(word) or any(option.startswith(name) for option in known):
                continue
            if name.startswith("--") or name[:2] not in known:
                self.error(f"found the option {quoted(name)}{suggestion(name, known)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            names = list(action.choices)
            raise argparse.ArgumentError(
                action,
                f"found {quoted(value)}, expected one of {', '.join(names)}"
                f"{suggestion(str(value), names)}",
            )

    def check_files(self, options: argparse.Namespace) -> None:
        """Check what a command was given, inputs before outputs, before it begins.

        A command's default ``check`` is called first. InputError when options exclude each other,
        an input cannot be read, or an output not written.
        """
        given = [
            (action.type, path)
            for action in self._actions
            if isinstance(action.type, (InputFile, OutputFile, OutputFolder))
            for path in _as_list(getattr(options, action.dest))
        ]
        inputs = []
        if "check" in options:
            options.check(options)
        for kind, path in given:
            if isinstance(kind, InputFile):
                kind.check(path)
                inputs.append(path)
        for kind, path in given:
            if not isinstance(kind, InputFile):
                kind.check(path, inputs)


def arguments_of(function: Callable[..., Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that a function takes: those named as its parameters are."""
    return {
        name: getattr(options, name)
        for name in inspect.signature(function).parameters
        if name in options
    }


def number(limits: Range) -> Callable[[str], float]:
    """Return the type of an option that takes a number within limits."""

    def parse(text: str) -> float:
        try:
            return limits.parse(text)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def name(word: str) -> str:
    """Return an argument that is compared with names in files, which are UTF-8 in any locale."""
    return os.fsencode(word).decode("utf-8", "surrogateescape")


class FilePath:
    """The type of an option that takes a path."""

    def __call__(self, text: str) -> Path:
        """Read the option's value."""
        if not text:
            raise argparse.ArgumentTypeError("found an empty name, expected a path")
        return Path(text)


class InputFile(FilePath):
    """The type of an option that takes a file to read: `kind`, with its article.

    With `or_standard_input` ``-`` stands for standard input.
    """

    def __init__(self, kind: str, *, or_standard_input: bool = False) -> None:
        self._kind = kind
        self._or_standard_input = or_standard_input

    def check(self, path: Path) -> None:
        """Refuse what is not there or cannot be read."""
        if self._or_standard_input and os.fspath(path) == "-":
            return
        if path.is_dir():
            raise InputError(f"is a folder, expected {self._kind}", path=path)
        if not path.exists():
            raise InputError(f"does not exist, expected {self._kind}", path=path)
        if not os.access(path, os.R_OK):
            raise InputError(f"cannot be read ({os.strerror(errno.EACCES)})", path=path)


class OutputFile(FilePath):
    """The type of an option that takes a file to write, with an ending as in `check_ending`."""

    def __init__(self, kind: str, endings: Iterable[str] | None = None) -> None:
        self._kind, self._endings = kind, endings

    def check(self, path: Path, inputs: Iterable[Path]) -> None:
        """Refuse a name of no format written here, an input, and what cannot be written."""
        check_output(path, inputs=inputs, make=False)
        check_ending(path, self._kind, self._endings)


class OutputFolder(FilePath):
    """The type of an option that takes a folder to write into."""

    def check(self, path: Path, inputs: Iterable[Path]) -> None:
        """Refuse what cannot be such a folder."""
        check_folder_of(path / "file", make=False)


def _as_list(value: Any) -> list[Path]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]

"""The exception for wrong input, and the wording that its sentences share."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_ESCAPED_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")


class InputError(ValueError):
    """Bad input, told in one sentence; the command line turns it into exit status 2.

    The message says what was found and what was expected, of a file and its line (from 1), if any.
    """

    def __init__(
        self, message: str, *, path: str | os.PathLike[str] | None = None, line: int | None = None
    ) -> None:
        place = "" if path is None else f"{printable(os.fspath(path))}: "
        if line is not None:
            place = f"{place[:-2]}, line {line}: " if place else f"line {line}: "
        super().__init__(place + message)
        self.path = path
        self.line = line


@contextmanager
def reading(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", path=path) from error


def quoted(value: object, most: int = 40) -> str:
    """Return a value in double quotes, on one line and shortened to `most` characters.

    It is text, bytes (read as UTF-8), or anything that `str` spells. Where it has more characters,
    their number is added.
    """
    words = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else _spell(value)
    shown = printable(words[:most])
    return f'"{shown}"' if len(words) <= most else f'"{shown}…" ({len(words)} characters)'


def counted(number: int, noun: str) -> str:
    """Return a number of things, whose plural ends in s: ``1 contig``, ``2,340 contigs``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def suggestion(word: str, possible: Iterable[str]) -> str:
    """Return ``; did you mean "epochs"?`` or such, or nothing where no name is close to `word`."""
    names = {name.lower(): name for name in possible}
    close = difflib.get_close_matches(word[:100].lower(), names, n=1)
    return f"; did you mean {quoted(names[close[0]])}?" if close else ""


def is_memory(error: BaseException) -> bool:
    """Return whether an error says that memory is missing, or that of a graphics card."""
    # TensorFlow's and PyTorch's errors, without importing either.
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"MemoryError", "ResourceExhaustedError", "OutOfMemoryError"})


def _spell(value: object) -> str:
    try:
        return str(value)
    except ValueError:
        # Python spells no whole number of more than some 4,300 digits.
        return "a very large number"


def printable(text: str) -> str:
    """Return text with control characters, and bytes that are not UTF-8, as escapes."""
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return _ESCAPED_BYTE.sub(r"\\x\1", shown)

"""The exception for wrong input, and the wording that its sentences share."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input, told in one sentence; the command line turns it into exit status 2.

    Parameters
    ----------
    message
        What was found and what was expected.
    path
        The file at fault, if there is one.
    line
        Its line, counted from 1, if there is one.
    """

    def __init__(
        self, message: str, *, path: str | os.PathLike[str] | None = None, line: int | None = None
    ) -> None:
        place = "" if path is None else f"{os.fspath(path)}: "
        if line is not None:
            place = f"{place[:-2]}, line {line}: " if place else f"line {line}: "
        super().__init__(place + message)
        self.path = path
        self.line = line


def quoted(text: object, most: int = 40) -> str:
    """Return a value in double quotes for a sentence, on one line and shortened.

    Parameters
    ----------
    text
        What was found.
    most
        Characters kept; where there are more, their number is added.
    """
    words = str(text)
    shown = words if len(words) <= most else f"{words[:most]}…"
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown)
    return f'"{shown}"' if len(words) <= most else f'"{shown}" ({len(words)} characters)'


def suggestion(word: str, possible: Iterable[str]) -> str:
    """Return the end of a sentence that names what was probably meant.

    Parameters
    ----------
    word
        What was found.
    possible
        What would have been right.

    Returns
    -------
    str
        For instance ``; did you mean "epochs"?``, and nothing where no name is close.
    """
    names = {name.lower(): name for name in possible}
    close = difflib.get_close_matches(word[:100].lower(), names, n=1)
    return f"; did you mean {quoted(names[close[0]])}?" if close else ""

"""The one exception that means: the input is wrong, and here is where."""

from __future__ import annotations

import os


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

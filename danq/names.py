"""Names that files give to targets, groups and contigs: one line of text that tables can hold."""

from __future__ import annotations

import os

from danq.errors import InputError, quoted


def check_name(text: str, what: str, *, path: str | os.PathLike[str]) -> None:
    """Refuse text that a table or a terminal would trip over.

    Parameters
    ----------
    text
        The name.
    what
        What it names, for the sentence.
    path
        The file that holds it.

    Raises
    ------
    InputError
        When the text holds control characters, or bytes that are not UTF-8 (as surrogates).
    """
    if any(letter < " " or "\x7f" <= letter < "\xa0" or is_surrogate(letter) for letter in text):
        raise InputError(
            f"holds {quoted(text)} in {what}, expected text without control characters", path=path
        )


def is_surrogate(letter: str) -> bool:
    """Return whether a letter stands for a byte that is not UTF-8, or for half of a letter."""
    return "\ud800" <= letter <= "\udfff"

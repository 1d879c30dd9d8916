"""Names that files give to targets, groups and contigs: one line of text that tables can hold."""

import os
from collections.abc import Iterable

from danq.errors import InputError, quoted
from danq.paths import StrPath

# Line ends, and what turns the direction of the text behind it.
_TURNS = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LONGEST_NAME = 1000
"""Letters that a name may have at most."""


def clean_names(
    names: Iterable[str],
    what: str,
    *,
    path: StrPath | None = None,
    lines: Iterable[int] | None = None,
) -> list[str]:
    """Return names as danq keeps them: without blanks around them, those inside kept.

    Every door by which names of targets enter calls this, so that a name is the same behind each.
    InputError when one is empty, longer than `LONGEST_NAME`, or of letters that `check_name`
    refuses. `what` says what they name, `lines` where each stands in the file, where there is one.
    """
    given = list(names)
    cleaned = []
    for name, line in zip(given, [None] * len(given) if lines is None else lines, strict=True):
        if not isinstance(name, str) or not (name := name.strip()):
            raise InputError(f"found an empty name among the {what}", path=path, line=line)
        if len(name) > LONGEST_NAME:
            raise InputError(
                f"found {quoted(name)} among the {what}, expected at most {LONGEST_NAME} "
                "characters",
                path=path,
                line=line,
            )
        check_name(name, what, path=path, line=line)
        cleaned.append(name)
    return cleaned


def check_name(
    text: str, what: str, *, path: StrPath | None = None, line: int | None = None
) -> None:
    """Refuse text that a table or a terminal would trip over; `what` says what it names.

    That is text with control characters, or with bytes that are not UTF-8 (as surrogates).
    """
    if any(
        letter < " " or "\x7f" <= letter < "\xa0" or letter in _TURNS or is_surrogate(letter)
        for letter in text
    ):
        raise InputError(
            f"holds {quoted(text)} in {what}, expected text without control characters",
            path=path,
            line=line,
        )


def is_surrogate(letter: str) -> bool:
    """Return whether a letter stands for a byte that is not UTF-8, or for half of a letter."""
    return "\ud800" <= letter <= "\udfff"


def check_utf8(path: StrPath, program: str) -> None:
    """Refuse a path that holds bytes other than UTF-8, which `program` could not write."""
    if any(map(is_surrogate, os.fspath(path))):
        raise InputError(f"expected a name in UTF-8, as {program} needs", path=path)

"""One sentence for an output that cannot be written, whichever library found out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from danq.errors import InputError

_PROBE = b"\0" * (1 << 16)


@contextmanager
def writing(partial: Path, output: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what goes wrong while writing into a sentence that names the output and the cause.

    Parameters
    ----------
    partial
        The file that is written, which goes away after an error.
    output
        The name that it would have had.

    Raises
    ------
    InputError
        In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno else _cause(partial) or str(error)
        raise InputError(f"cannot be written ({cause})", path=output) from error


def _cause(partial: Path) -> str | None:
    """Write some bytes more, since htslib says that writing failed and not why."""
    try:
        with open(partial, "ab") as file:
            file.write(_PROBE)
    except OSError as error:
        return error.strerror
    return None

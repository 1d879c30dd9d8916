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
        known = error if error.errno else probe(partial) or error
        cause = os.strerror(known.errno) if known.errno else str(error)
        raise InputError(f"cannot be written ({cause})", path=output) from error


def probe(partial: Path) -> OSError | None:
    """Write some bytes more, since htslib says that writing failed and not why.

    Parameters
    ----------
    partial
        The file, which is of no use any more.

    Returns
    -------
    OSError or None
        What keeps the bytes from being written.
    """
    try:
        with open(partial, "ab") as file:
            file.write(_PROBE)
    except OSError as error:
        return error
    return None

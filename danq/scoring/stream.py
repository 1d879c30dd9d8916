"""Lines of a VCF from a file or from standard input, plain, gzip or bgzip."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator

from danq.genome.files import whole_lines, whole_lines_of

STANDARD_INPUT = "standard input"


def lines(source: str | os.PathLike[str]) -> Iterator[bytes]:
    """Read lines as bytes.

    Parameters
    ----------
    source
        A file, or ``-`` for standard input. Compression is told by the first bytes.

    Yields
    ------
    bytes
        Each line as it stands, with LF or CRLF at its end; the last gets an LF if it had none.

    Raises
    ------
    InputError
        When the input cannot be read, or is compressed and was cut short.
    """
    from_file = os.fspath(source) != "-"
    blocks = whole_lines(source) if from_file else whole_lines_of(sys.stdin.buffer, STANDARD_INPUT)
    for block in blocks:
        yield from io.BytesIO(block)

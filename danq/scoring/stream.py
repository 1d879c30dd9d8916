"""The bytes of a VCF or BCF from a file or from standard input, plain, gzip or bgzip."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from itertools import chain

from danq.errors import InputError
from danq.genome.files import cut_into_lines, decompressed

STANDARD_INPUT = "standard input"
_BCF = b"BCF"


class Stream:
    """An input, told by its first bytes.

    Parameters
    ----------
    source
        A file, or ``-`` for standard input. Compression is told by the first bytes too.

    Attributes
    ----------
    name
        What errors call it.
    is_bcf
        Whether it is BCF.

    Raises
    ------
    InputError
        When the input cannot be read, or is compressed and was cut short; the latter may also come
        when the end is reached.
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self._source = source
        self.name = STANDARD_INPUT if os.fspath(source) == "-" else os.fspath(source)
        blocks = self._read()
        first = next(blocks, b"")
        self.is_bcf = first.startswith(_BCF)
        self._blocks = chain([first], blocks)

    def _read(self) -> Iterator[bytes]:
        try:
            if self.name == STANDARD_INPUT:
                if sys.stdin is None:
                    raise InputError("is closed", path=self.name)
                yield from decompressed(sys.stdin.buffer, self.name)
            else:
                with open(self._source, "rb") as file:
                    yield from decompressed(file, self.name)
        except OSError as error:
            cause = error.strerror or error
            raise InputError(f"cannot be read ({cause})", path=self.name) from error

    def blocks(self) -> Iterator[bytes]:
        """Give the bytes in blocks, decompressed, once."""
        return self._blocks

    def lines(self) -> Iterator[bytes]:
        """Give each line as it stands, with LF or CRLF; the last gets an LF if it had none."""
        for block in cut_into_lines(self._blocks):
            yield from io.BytesIO(block)

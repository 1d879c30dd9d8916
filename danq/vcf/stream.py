"""The lines of a VCF or BCF from a file or from standard input, plain, gzip or bgzip."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

from danq.errors import InputError, reading
from danq.genome.files import decompress
from danq.paths import StrPath
from danq.vcf.htslib import HtslibError, vcf_lines

STANDARD_INPUT = "standard input"
LONGEST_LINE = 256 << 20
"""Half a million samples take less."""

_BCF = b"BCF"


class Stream:
    """An input, a file or ``-``, whose format and compression its first bytes tell.

    `name` is what errors call it. One that was cut short raises InputError, maybe at its end only.
    """

    def __init__(self, source: StrPath) -> None:
        self._source = source
        self.name = STANDARD_INPUT if os.fspath(source) == "-" else os.fspath(source)
        blocks = self._read()
        first = next(blocks, b"")
        self.is_bcf = first.startswith(_BCF)
        self._blocks = chain([first], blocks)

    def _read(self) -> Iterator[bytes]:
        with (
            reading(self.name),
            _standard_input() if self.name == STANDARD_INPUT else open(self._source, "rb") as file,
        ):
            yield from decompress(file, self.name)

    def lines(self, *, drop_samples: bool = False) -> Iterator[bytes]:
        """Yield each line of VCF text, once, with LF or CRLF; the last gets an LF if it had none.

        BCF becomes the text that ``bcftools view`` prints, which may come without FORMAT and
        samples. A line longer than `LONGEST_LINE` raises InputError, as does BCF that htslib cannot
        read.
        """
        if self.is_bcf:
            return self._lines_of_bcf(drop_samples)
        return self._cut()

    def _cut(self) -> Iterator[bytes]:
        """Cut blocks at line ends; what is left of one waits for the next."""
        rest: list[bytes] = []
        size = number = 0
        for block in self._blocks:
            for line in io.BytesIO(block):
                if not line.endswith(b"\n"):
                    rest.append(line)
                    size += len(line)
                    if size > LONGEST_LINE:
                        raise InputError(
                            f"is longer than {LONGEST_LINE >> 20} MB, expected a record",
                            path=self.name,
                            line=number + 1,
                        )
                    continue
                if rest:
                    line = b"".join([*rest, line])
                    rest, size = [], 0
                number += 1
                yield line
        if rest:
            yield b"".join([*rest, b"\n"])

    def _lines_of_bcf(self, drop_samples: bool) -> Iterator[bytes]:
        records = -1
        try:
            for line in vcf_lines(self._blocks, drop_samples=drop_samples):
                if line[:2] != b"##":
                    records += 1
                yield line
        except HtslibError as error:
            place = "its header" if records < 0 else f"record {records + 1}"
            raise InputError(
                f"{place} cannot be read by htslib ({error})", path=self.name
            ) from error


@contextmanager
def _standard_input() -> Iterator[BinaryIO]:
    """Open standard input without Python's buffer, which waits, and locks while it does."""
    if sys.stdin is None:
        raise InputError("is closed", path=STANDARD_INPUT)
    try:
        number = sys.stdin.fileno()
    except io.UnsupportedOperation:
        yield sys.stdin.buffer
        return
    with open(number, "rb", buffering=0, closefd=False) as file:
        yield file

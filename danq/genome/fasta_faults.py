"""The first line of a FASTA file that breaks a rule."""

from pathlib import Path
from typing import NoReturn

from danq.errors import InputError, quoted
from danq.genome.fasta_text import BYTE_ORDER_MARK, LONGEST_HEADER, name_of
from danq.genome.files import whole_lines
from danq.genome.sequence import INVALID, LETTER_CODES

_BASES = bytes(letter for letter in range(256) if LETTER_CODES[letter] != INVALID)


def raise_first_fault(text: Path, path: Path, *, strict: bool) -> None:
    """Read a FASTA file line by line and raise `InputError` for the first line that is wrong.

    `text` is the FASTA file, or its plain text, of other lines, where the file can be read only
    once. Errors call it `path`. `strict` asks for distinct names and even lines.
    """
    reader = _Reader(path, strict=strict, names_lines=text == path)
    start = BYTE_ORDER_MARK
    for block in whole_lines(text):
        for line in block.removeprefix(start)[:-1].split(b"\n"):
            reader.read(line)
        start = b""
    reader.close()


class _Reader:
    """Checks lines one after the other."""

    def __init__(self, path: Path, *, strict: bool, names_lines: bool) -> None:
        self._path = path
        self._strict = strict
        self._names_lines = names_lines
        self._number = 0
        self._names: set[str] = set()
        self._name: str | None = None
        self._name_line = 0
        self._width = 0
        # Of the lines before: whether one was shorter than those before it.
        self._ended = False

    def read(self, line: bytes) -> None:
        self._number += 1
        line = line.removesuffix(b"\r")
        if b"\r" in line:
            self._fail("found a carriage return inside a line, expected lines in LF or CRLF")
        if line.startswith(b">"):
            self._read_header(line[1:])
        elif self._name is not None:
            self._read_bases(line)
        elif line:
            self._fail(f"found {quoted(line)}, expected a FASTA header that begins with '>'")

    def close(self) -> None:
        """Check what only the end of the file shows."""
        if self._name is None:
            cause = "is empty, expected FASTA" if self._strict else "holds no sequences"
            raise InputError(cause, path=self._path)
        self._check_length()

    def _read_header(self, text: bytes) -> None:
        self._check_length()
        if len(text) > LONGEST_HEADER:
            self._fail(
                f"found a header of {len(text):,} bytes, expected at most {LONGEST_HEADER:,}"
            )
        name = name_of(text)
        if name is None:
            self._fail(f"found {quoted(text)}, expected a contig's name in UTF-8")
        if not name:
            self._fail("found a header without a name")
        if self._strict and name in self._names:
            self._fail(f"found a second contig named {quoted(name)}, names must be unique")
        self._names.add(name)
        self._name, self._name_line = name, self._number
        self._width, self._ended = 0, False

    def _read_bases(self, line: bytes) -> None:
        if wrong := line.translate(None, _BASES):
            self._fail(f"found {quoted(wrong[:1])}, expected an IUPAC base")
        if self._strict and line and (self._ended or len(line) > self._width > 0):
            cause = (
                "a line after one that is shorter than those before"
                if self._ended
                else f"a line of {len(line)} bases where lines have {self._width}"
            )
            self._fail(
                f"found {cause} in contig {quoted(self._name)}, "
                "expected all lines but the last to be equally long"
            )
        self._ended = self._ended or len(line) < self._width or not line
        self._width = self._width or len(line)

    def _check_length(self) -> None:
        if self._name is not None and not self._width:
            self._number = self._name_line
            self._fail(f"contig {quoted(self._name)} has no bases")

    def _fail(self, message: str) -> NoReturn:
        line = self._number if self._names_lines else None
        raise InputError(message, path=self._path, line=line)

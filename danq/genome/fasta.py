"""FASTA text to codes, a block of lines at a time.

The rules are those of a FASTA index (samtools faidx, pyfaidx): a contig's name ends at the first
white space, names are unique, and all lines of a contig but its last are equally long. Lines may
end in LF or CRLF, and blank lines may close a contig. Every base must be an IUPAC letter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome.files import whole_lines
from danq.genome.sequence import INVALID, LETTER_CODES, Codes

_LF, _CR, _HEADER = 10, 13, ord(">")
_SKIP = 254
_TABLE = LETTER_CODES.copy()
_TABLE[[_LF, _CR]] = _SKIP


def read_fasta(path: str | os.PathLike[str]) -> Iterator[tuple[str, Codes]]:
    """Read the contigs of a FASTA file in pieces.

    Parameters
    ----------
    path
        A plain, gzip or bgzip FASTA file.

    Yields
    ------
    name : str
        The contig; its pieces follow one another.
    codes : numpy.ndarray
        uint8, the next bases of that contig.

    Raises
    ------
    InputError
        When the file is empty, does not begin with a header, repeats a name, holds a contig
        without bases or of uneven lines, or a letter that is no IUPAC base.
    """
    reader = _Reader(Path(path))
    for block in whole_lines(path):
        yield from reader.pieces(np.frombuffer(block, dtype=np.uint8))
    reader.close()


class _Reader:
    """What must be remembered from one block of lines to the next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: set[str] = set()
        self.name: str | None = None
        self.name_line = 0
        self.bases = 0
        self.width = 0
        self.ended = False
        self.lines = 0

    def pieces(self, block: Codes) -> Iterator[tuple[str, Codes]]:
        ends = np.flatnonzero(block == _LF)
        starts = np.concatenate([[0], ends[:-1] + 1])
        headers = np.flatnonzero(block[starts] == _HEADER)
        first = 0
        for header in [*headers.tolist(), len(starts)]:
            if header > first:
                yield from self._bases(block, starts[first:header], ends[first:header])
            if header < len(starts):
                self._header(block[starts[header] + 1 : ends[header]].tobytes())
            first = header + 1

    def close(self) -> None:
        """Check what only the end of the file tells."""
        if not self.lines:
            raise InputError("is empty, expected FASTA", path=self.path)
        self._check_bases()

    def _check_bases(self) -> None:
        if self.name is not None and not self.bases:
            raise InputError(
                f'contig "{self.name}" has no bases', path=self.path, line=self.name_line
            )

    def _header(self, text: bytes) -> None:
        self._check_bases()
        self.lines += 1
        words = text.decode("utf-8", "replace").split(maxsplit=1)
        if not words or text[:1].isspace():
            raise InputError("found a header without a name", path=self.path, line=self.lines)
        if words[0] in self.names:
            raise InputError(
                f'found a second contig named "{words[0]}", names must be unique',
                path=self.path,
                line=self.lines,
            )
        self.name, self.name_line = words[0], self.lines
        self.names.add(words[0])
        self.bases, self.width, self.ended = 0, 0, False

    def _bases(
        self, block: Codes, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> Iterator[tuple[str, Codes]]:
        if self.name is None:
            found = block[starts[0] : ends[0]][:20].tobytes()
            raise InputError(
                f"found {found!r}, expected a FASTA header that begins with '>'",
                path=self.path,
                line=self.lines + 1,
            )
        lengths = ends - starts
        lengths -= (lengths > 0) & (block[ends - 1] == _CR)
        self._check_even(lengths)
        codes = np.take(_TABLE, block[starts[0] : ends[-1] + 1])
        invalid = np.flatnonzero(codes == INVALID)
        if invalid.size:
            position = starts[0] + invalid[0]
            line = self.lines + 1 + int(np.searchsorted(ends, position))
            letter = chr(block[position])
            raise InputError(f"found {letter!r}, expected an IUPAC base", path=self.path, line=line)
        codes = codes[codes != _SKIP]
        self.lines += len(starts)
        self.bases += len(codes)
        yield self.name, codes

    def _check_even(self, lengths: npt.NDArray[np.int64]) -> None:
        """All lines of a contig are `width` long, but the last, which may be shorter."""
        self.width = self.width or int(lengths[0])
        short = lengths < self.width
        ended = np.logical_or.accumulate(np.concatenate([[self.ended], short[:-1]]))
        wrong = np.flatnonzero((lengths > self.width) | (ended & (lengths > 0)))
        if wrong.size:
            row = wrong[0]
            cause = (
                "a line after one that is shorter than those before"
                if ended[row]
                else f"a line of {lengths[row]} bases where lines have {self.width}"
            )
            raise InputError(
                f'found {cause} in contig "{self.name}", '
                "expected all lines but the last to be equally long",
                path=self.path,
                line=self.lines + 1 + int(row),
            )
        self.ended = bool(ended[-1] or short[-1])

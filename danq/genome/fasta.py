"""FASTA files as codes, read through pyfaidx.

The rules are those of a FASTA index: a contig's name is the first word of its header, and all
lines of a contig but its last are equally long. Every base must be an IUPAC letter. Deliberate
leniencies: LF or CRLF, blank lines before and after contigs, a byte order mark, plain, gzip or
bgzip, a pipe.

pyfaidx reads plain text with LF, directly. Anything else becomes such text first, in one temporary
file; so does bgzip, which pyfaidx would unpack three times over, and a line of many blocks in
quadratic time. A text that does not read as its index says is wrong somewhere. Only then is it
read line by line, to name the first line that breaks a rule (`danq.genome.fasta_faults`).
"""

import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pyfaidx import Faidx, FastaIndexingError, IndexRecord

from danq.errors import InputError
from danq.genome.fasta_faults import raise_first_fault
from danq.genome.fasta_text import LONGEST_HEADER, NotPlainError, is_plain, write_plain
from danq.genome.sequence import INVALID, LETTER_CODES, Codes
from danq.names import check_name
from danq.paths import StrPath

logger = logging.getLogger(__name__)

_PIECE = 8 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Bases of a contig of `length` bases: uint8 `codes` (n,) from the 0-based `start` on."""

    name: str
    length: int
    start: int
    codes: Codes


class _OddError(Exception):
    """The text is not what its index says."""


def read_fasta(path: StrPath, scratch: Path, *, strict: bool = True) -> Iterator[Piece]:
    """Yield the contigs of a plain, gzip or bgzip FASTA file in pieces, in order.

    An index beside it (``.fai``) is used when it is newer than the file and describes it; nothing
    is written there. `scratch` is an empty folder for an index of our own and, where it is needed,
    the plain text. `strict` asks for distinct names and even lines, as in a genome; sequences that
    are only read in order need neither.

    InputError when the file is empty or truncated, does not begin with a header, repeats a name, or
    holds a contig without bases or of uneven lines. Also for a carriage return inside a line, or a
    letter that is not an IUPAC base.
    """
    path = Path(path)
    text = path
    try:
        if not strict or not is_plain(path):
            text = scratch / "text.fa"
            write_plain(path, text, unwrap=not strict)
        faidx, names = _open(text, Path(f"{path}.fai"), scratch)
        with faidx:
            if strict and len(set(names)) < len(names):
                raise _OddError("names repeat")
            for name, (key, record) in zip(names, faidx.index.items(), strict=True):
                check_name(name, "the names of its contigs", path=path)
                for start, codes in _pieces(faidx, key, record.rlen):
                    yield Piece(name, record.rlen, start, codes)
    except (_OddError, NotPlainError, FastaIndexingError, RuntimeError) as error:
        # pyfaidx raises RuntimeError for some uneven lines. A pipe cannot be read again.
        raise_first_fault(path if path.is_file() else text, path, strict=strict)
        raise InputError(f"cannot be read as FASTA ({error})", path=path) from error


def _open(text: Path, beside: Path, scratch: Path) -> tuple[Faidx, list[str]]:
    """Open plain text with the index beside the user's file if that will do, or with a new one."""
    if os.path.isfile(beside) and beside.stat().st_mtime_ns > text.stat().st_mtime_ns:
        try:
            faidx = _faidx(text, beside, build_index=False, rebuild=False)
            return faidx, _names(faidx, text)
        except (_OddError, ValueError, ArithmeticError, OSError) as error:
            logger.info("%s: does not describe the sequence (%s), another is made", beside, error)
    faidx = _faidx(text, scratch / "text.fai")
    return faidx, _names(faidx, text)


def _faidx(text: Path, index: Path, **options: bool) -> Faidx:
    # pyfaidx keeps the contigs by keys, which must be distinct where names need not.
    count = itertools.count()
    return Faidx(
        text,
        indexname=index,
        key_function=lambda name: f"{next(count)} {name}",
        as_raw=True,
        **options,
    )


def _names(faidx: Faidx, text: Path) -> list[str]:
    """Return the contigs' names after checking that the index describes all of the text."""
    names = []
    end = 0
    with open(text, "rb") as stream:
        for key, record in faidx.index.items():
            name = key.split(" ", 1)[1]
            if _header(stream, end, record.offset) != name:
                raise _OddError(f'no header of "{name:.40}" where it should be')
            names.append(name)
            end = _end(stream, record)
        # The last base, and nothing but a line end behind it.
        stream.seek(max(end - 1, 0))
        tail = stream.read(3)
        if tail[:1] in (b"", b"\n") or tail[1:] not in (b"", b"\n"):
            raise _OddError("another end than the last contig's")
    return names


def _header(stream: BinaryIO, end: int, offset: int) -> str:
    """Return the name in the one header between the end of a contig and the next one's bases."""
    if not 0 < offset - end <= LONGEST_HEADER + 3:
        raise _OddError("a header of no length or too long")
    stream.seek(end)
    header = stream.read(offset - end)
    before = b"\n>" if end else b">"
    if not header.startswith(before) or header.find(b"\n", len(before)) != len(header) - 1:
        raise _OddError("something other than a header between contigs")
    words = header[len(before) :].decode().split(maxsplit=1)
    return words[0] if words else ""


def _end(stream: BinaryIO, record: IndexRecord) -> int:
    """Return the offset behind a contig's last base."""
    if record.rlen < 1 or record.lenc < 1:
        raise _OddError("a contig without bases")
    breaks = (record.rlen - 1) // record.lenc
    # The first and the last: pyfaidx takes one base at the end of a text for a blank line, and then
    # accepts any length of the line before it.
    for number in {1, breaks} if breaks else ():
        stream.seek(record.offset + number * record.lenb - 1)
        if record.lenb != record.lenc + 1 or stream.read(1) != b"\n":
            raise _OddError("lines of another length")
    return int(record.offset + record.rlen + breaks)


def _pieces(faidx: Faidx, key: str, length: int) -> Iterator[tuple[int, Codes]]:
    for start in range(0, length, _PIECE):
        end = min(start + _PIECE, length)
        letters = np.frombuffer(faidx.fetch(key, start + 1, end).encode(), dtype=np.uint8)
        codes = LETTER_CODES[letters]
        # pyfaidx returns less than it was asked for where a text ends early, without a word.
        if len(codes) != end - start or codes.max() == INVALID:
            raise _OddError("something other than bases in a contig")
        yield start, codes

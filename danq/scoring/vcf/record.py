"""A record of a VCF: what scoring reads of it, and the bytes that come out as they went in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a VCF or BCF.

    Attributes
    ----------
    line
        Its line in the file, from 1; None in BCF, which has no lines.
    contig, id, ref
        As written.
    pos
        1-based.
    alts
        At least one; ``.`` is one.
    size
        Bytes that it takes in memory, about; blocks are cut by it.
    before, info, after
        The line's bytes: columns 1 to 7 with their tabs, column 8, and the rest with its end.
    """

    line: int | None
    contig: str
    pos: int
    id: str
    ref: str
    alts: tuple[str, ...]
    size: int
    before: bytes = b""
    info: bytes = b""
    after: bytes = b""


class RecordReader(Protocol):
    """The header of an input, then its records one by one.

    Attributes
    ----------
    name
        What errors call the input.
    header : list of bytes
        Lines of VCF text before the records, with their ends; the last is the ``#CHROM`` line.
    contig_lengths : dict of str to int
        Lengths that ``##contig`` lines give.
    """

    name: str
    header: list[bytes]
    contig_lengths: dict[str, int]

    def __iter__(self) -> Iterator[Record]:
        """Return the records in order, once."""


def header_end(header: Sequence[bytes]) -> bytes:
    """Return the line end of a header: LF or CRLF."""
    return b"\r\n" if header[-1].endswith(b"\r\n") else b"\n"

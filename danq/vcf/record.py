"""Header and records of a VCF: what scoring reads, and the bytes that come out as they went in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

_DECLARED = re.compile(rb"##(contig|FILTER|INFO|FORMAT)=<(?:.*?,)?ID=([^,>]+)")


@dataclass(frozen=True)
class Header:
    """What stands before the records of a VCF, or of a BCF, as text.

    `lines` keep their ends; the last is the ``#CHROM`` line. `contig_lengths` are those that
    ``##contig`` lines give.
    """

    lines: list[bytes]
    contig_lengths: dict[str, int]

    @cached_property
    def declared(self) -> dict[str, set[str]]:
        """The names that it declares: contigs, and by kind of column FILTER, INFO and FORMAT."""
        names: dict[str, set[str]] = {"contig": set(), "INFO": set(), "FORMAT": set()}
        names["FILTER"] = {"PASS"}
        for declaration in filter(None, map(_DECLARED.match, self.lines)):
            names[declaration[1].decode()].add(declaration[2].decode())
        return names

    def with_lines(self, added: list[str]) -> list[bytes]:
        """Return the lines with others before the last."""
        end = b"\r\n" if self.lines[-1].endswith(b"\r\n") else b"\n"
        return [*self.lines[:-1], *(line.encode() + end for line in added), self.lines[-1]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a VCF or BCF.

    `line` counts from 1 and is None in BCF, `pos` is 1-based, and `alts` has at least one text,
    such as ``.``. `size` is about how many bytes of memory it takes; blocks are cut by it.
    `before`, `info` and `after` are the line's bytes: columns 1 to 7 with their tabs, column 8, and
    the rest with its end.
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
    """The header of an input, then its records one by one; `name` is what errors call it."""

    name: str
    header: Header

    def __iter__(self) -> Iterator[Record]:
        """Return the records in order, once."""

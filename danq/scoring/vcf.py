"""VCF text in and out as bytes: only the header and column 8 grow.

A record is cut at its first eight tabs and never parsed further, so samples cost nothing and come
out as they went in. Lines keep LF or CRLF; a last line without an end gets one, since the output
may be indexed or concatenated. Blank lines and header lines among the records are errors, and so
is a file that already holds danq's INFO fields: scoring it again would leave two answers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

import pysam

from danq.errors import InputError
from danq.genome.variants import Reason
from danq.scoring.stream import STANDARD_INPUT, lines

COLUMNS = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
LARGEST_POS = (1 << 31) - 1
FIELDS = {
    "DANQ_MAX": ("Float", "Largest absolute change of log2 odds over the targets"),
    "DANQ_TARGET": (
        "String",
        "Target with the largest absolute change, percent-encoded; of several targets of one name, "
        "the name, # and the place from 0",
    ),
    "DANQ_REASON": ("String", f"Why the allele has no score: {', '.join(Reason)}"),
}
_OWN_FIELD = re.compile(rb"(?:^|;)(DANQ_(?:MAX|TARGET|REASON))(?:=|;|$)")
_OWN_DECLARATION = re.compile(rb"##INFO=<(?:.*,)?ID=(DANQ_(?:MAX|TARGET|REASON))[,>]")
_CONTIG_ID = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_CONTIG_LENGTH = re.compile(rb"##contig=<.*[<,]length=(\d+)[,>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a VCF.

    Attributes
    ----------
    line
        Its line in the file, from 1.
    contig, id, ref
        As written.
    pos
        1-based.
    alts
        At least one; ``.`` is one.
    before, info, after
        The line's bytes: columns 1 to 7 with their tabs, column 8, and the rest with its end.
    """

    line: int
    contig: str
    pos: int
    id: str
    ref: str
    alts: tuple[str, ...]
    before: bytes
    info: bytes
    after: bytes

    @property
    def size(self) -> int:
        """Bytes of the line."""
        return len(self.before) + len(self.info) + len(self.after)


class VcfReader:
    """The header of a VCF, then its records one by one.

    Parameters
    ----------
    source
        VCF text, plain, gzip or bgzip, or ``-`` for standard input.

    Attributes
    ----------
    name
        What errors call the input.
    header : list of bytes
        Lines before the records, with their ends; the last is the ``#CHROM`` line.
    contig_lengths : dict of str to int
        Lengths that ``##contig`` lines give.

    Raises
    ------
    InputError
        When the input cannot be read, is no VCF text, or already holds danq's scores.
    """

    def __init__(self, source: str | os.PathLike[str]) -> None:
        self.name = STANDARD_INPUT if os.fspath(source) == "-" else os.fspath(source)
        self._lines = enumerate(lines(source), start=1)
        self.header: list[bytes] = []
        self.contig_lengths: dict[str, int] = {}
        self._read_header()

    def _read_header(self) -> None:
        for number, line in self._lines:
            if number == 1:
                self._check_first(line)
            self._check_text(line, number)
            text = line.rstrip(b"\r\n")
            self.header.append(line)
            if text.startswith(b"##"):
                self._read_meta(text, number)
            elif text.startswith(b"#"):
                self._check_columns(text, number)
                return
            else:
                raise InputError(
                    f"found {_shown(text)}, expected the rest of the header and its #CHROM line",
                    path=self.name,
                    line=number,
                )
        if not self.header:
            raise InputError("is empty, expected a VCF", path=self.name)
        raise InputError("ends before the header's #CHROM line", path=self.name)

    def _check_first(self, line: bytes) -> None:
        if line.startswith(b"BCF"):
            raise InputError(
                "is BCF, expected VCF text (bcftools view turns the one into the other)",
                path=self.name,
            )
        if not line.startswith(b"##fileformat=VCF"):
            raise InputError(
                f"begins with {_shown(line.rstrip())}, expected ##fileformat=VCF…",
                path=self.name,
                line=1,
            )

    def _check_text(self, line: bytes, number: int) -> None:
        if line.isascii() and b"\0" not in line:
            return
        try:
            line.decode()
        except UnicodeDecodeError as error:
            found = f"byte {line[error.start]:#04x}"
        else:
            if b"\0" not in line:
                return
            found = "a zero byte"
        raise InputError(f"found {found}, expected UTF-8 text", path=self.name, line=number)

    def _check_columns(self, text: bytes, number: int) -> None:
        found = tuple(text.split(b"\t")[:8])
        if found != COLUMNS:
            raise InputError(
                f"found the columns {_shown(b' '.join(found))}, "
                f"expected {b' '.join(COLUMNS).decode()}, separated by tabs",
                path=self.name,
                line=number,
            )

    def _read_meta(self, text: bytes, number: int) -> None:
        if declared := _OWN_DECLARATION.match(text):
            self._refuse_scored(declared[1], number)
        length, name = _CONTIG_LENGTH.match(text), _CONTIG_ID.match(text)
        if length and name:
            self.contig_lengths[name[1].decode()] = int(length[1])

    def _refuse_scored(self, field: bytes, number: int) -> None:
        names = ",".join(f"INFO/{name}" for name in FIELDS)
        raise InputError(
            f"already holds {field.decode()}, expected a VCF without danq's scores "
            f"(bcftools annotate -x {names} takes them out)",
            path=self.name,
            line=number,
        )

    def __iter__(self) -> Iterator[Record]:
        for number, line in self._lines:
            self._check_text(line, number)
            yield self._record(line, number)

    def _record(self, line: bytes, number: int) -> Record:
        text = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        columns = text.split(b"\t", 8)
        if len(columns) < 8 or text.startswith(b"#"):
            found = _shown(text) if text.startswith(b"#") else f"{len(columns)} column(s)"
            raise InputError(
                f"found {found}, expected a record of at least 8 columns separated by tabs",
                path=self.name,
                line=number,
            )
        contig, pos, name, ref, alts, _, _, info = columns[:8]
        if not pos.isdigit() or int(pos[:20]) > LARGEST_POS:
            raise InputError(
                f"found POS {_shown(pos)}, expected a whole number from 0 to {LARGEST_POS}",
                path=self.name,
                line=number,
            )
        if own := _OWN_FIELD.search(info) if b"DANQ_" in info else None:
            self._refuse_scored(own[1], number)
        start = sum(map(len, columns[:7])) + 7
        return Record(
            line=number,
            contig=contig.decode(),
            pos=int(pos),
            id=name.decode(),
            ref=ref.decode(),
            alts=tuple(alts.decode().split(",")),
            before=line[:start],
            info=info,
            after=line[start + len(info) :],
        )


def _shown(text: bytes, longest: int = 40) -> str:
    """Quote some bytes of the input for an error."""
    cut = text if len(text) <= longest else text[: longest - 3] + b"..."
    return repr(cut.decode("utf-8", "backslashreplace"))


class VcfWriter:
    """Writes the input's header and records with what danq adds.

    Parameters
    ----------
    path
        Where to write; bgzip if the name ends in ``.gz``.
    header
        The input's header lines.
    note
        What the ``##danq`` line says, without line ends.

    Attributes
    ----------
    is_sorted
        Whether the records so far are in the order that an index needs.
    last_position
        The largest position so far where a record's REF ends, 1-based.
    """

    def __init__(self, path: Path, header: Sequence[bytes], note: str) -> None:
        is_bgzip = path.suffix == ".gz"
        self._file: BinaryIO = pysam.BGZFile(str(path), "wb") if is_bgzip else path.open("wb")
        self.is_sorted = True
        self.last_position = 0
        self._contigs: set[str] = set()
        self._last = ("", 0)
        end = b"\r\n" if header[-1].endswith(b"\r\n") else b"\n"
        declared = [
            f'##INFO=<ID={name},Number=A,Type={kind},Description="{text}">'
            for name, (kind, text) in FIELDS.items()
        ]
        added = [line.encode() + end for line in (*declared, f"##danq={note}")]
        self._file.write(b"".join([*header[:-1], *added, header[-1]]))

    def __enter__(self) -> VcfWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, records: Sequence[tuple[Record, str]]) -> None:
        """Write records, each with what is appended to its INFO."""
        pieces = []
        for record, addition in records:
            self._follow(record)
            info = b"" if record.info == b"." else record.info
            joint = b";" if info and not info.endswith(b";") else b""
            pieces += [record.before, info, joint, addition.encode(), record.after]
        self._file.write(b"".join(pieces))

    def _follow(self, record: Record) -> None:
        contig, pos = self._last
        if record.contig != contig:
            self.is_sorted &= record.contig not in self._contigs
            self._contigs.add(record.contig)
        elif record.pos < pos:
            self.is_sorted = False
        self._last = (record.contig, record.pos)
        self.last_position = max(self.last_position, record.pos + len(record.ref))


def info_text(alleles: Sequence[tuple[float, str] | Reason]) -> str:
    """Write the INFO fields of one record.

    ``DANQ_MAX`` and ``DANQ_TARGET`` are there when an ALT is scored, ``DANQ_REASON`` when one is
    not; each has one value for every ALT, ``.`` where there is none.

    Parameters
    ----------
    alleles
        For each ALT its largest absolute logit change and the target concerned, or the reason.
    """
    fields = []
    if any(not isinstance(allele, Reason) for allele in alleles):
        largest = ["." if isinstance(a, Reason) else f"{a[0]:.6g}" for a in alleles]
        names = ["." if isinstance(a, Reason) else encoded(a[1]) for a in alleles]
        fields += [f"DANQ_MAX={','.join(largest)}", f"DANQ_TARGET={','.join(names)}"]
    if any(isinstance(allele, Reason) for allele in alleles):
        reasons = [str(a) if isinstance(a, Reason) else "." for a in alleles]
        fields.append(f"DANQ_REASON={','.join(reasons)}")
    return ";".join(fields)


def encoded(name: str) -> str:
    """Percent-encode what an INFO value may not hold, so that any target name fits."""
    return "%2E" if name == "." else quote(name, safe="!\"#$&'()*+/<>?@[\\]^`{|}")

"""VCF text in, as bytes: a record is cut at its first eight tabs and never parsed further.

So samples cost nothing and come out as they went in. Lines keep LF or CRLF; a last line without an
end gets one, since the output may be indexed or concatenated. Blank lines and header lines among
the records are errors, and so is a file that already holds danq's INFO fields: scoring it again
would leave two answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from danq.errors import InputError
from danq.scoring.info import own_declarations, own_field
from danq.scoring.records import Record
from danq.scoring.stream import Stream

COLUMNS = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
LARGEST_POS = (1 << 31) - 1
_MOST_SHOWN = 8
_CONTIG_ID = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_CONTIG_LENGTH = re.compile(rb"##contig=<.*[<,]length=(\d+)[,>]", re.IGNORECASE)


class VcfReader:
    """The header of a VCF, then its records one by one.

    Parameters
    ----------
    stream
        VCF text.
    drop_samples
        Whether to leave out column 9 and what follows.

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
        When the input cannot be read, is no VCF, or already holds danq's scores.
    """

    def __init__(self, stream: Stream, *, drop_samples: bool = False) -> None:
        self.name = stream.name
        self._lines = enumerate(stream.lines(), start=1)
        self._drop_samples = drop_samples
        self.header: list[bytes] = []
        self.contig_lengths: dict[str, int] = {}
        self._read_header()
        if own := own_declarations(self.header):
            raise already_scored(list(own), self.name, 1 + min(own.values()))

    def _read_header(self) -> None:
        for number, line in self._lines:
            if number == 1:
                self._check_first(line)
            self._check_text(line, number)
            text = line.rstrip(b"\r\n")
            if self._drop_samples and not text.startswith(b"##"):
                line = b"\t".join(text.split(b"\t")[:8]) + line[len(text) :]
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
        self.contig_lengths |= contig_length(text)

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
        if own := own_field(info):
            raise already_scored([own], self.name, number)
        start = sum(map(len, columns[:7])) + 7
        return Record(
            line=number,
            contig=contig.decode(),
            pos=int(pos),
            id=name.decode(),
            ref=ref.decode(),
            alts=tuple(alts.decode().split(",")),
            size=len(line),
            before=line[:start],
            info=info,
            after=line[len(text) :] if self._drop_samples else line[start + len(info) :],
        )


def contig_length(line: bytes) -> dict[str, int]:
    """Give the contig and its length where a header line, without its end, says both."""
    length, name = _CONTIG_LENGTH.match(line), _CONTIG_ID.match(line)
    return {name[1].decode(): int(length[1])} if length and name else {}


def already_scored(fields: Sequence[str], path: str, line: int | None) -> InputError:
    """Say that an input holds fields of danq's."""
    names = ",".join(f"INFO/{name}" for name in fields[:_MOST_SHOWN])
    more = ",…" if len(fields) > _MOST_SHOWN else ""
    return InputError(
        f"already holds {fields[0]}, expected a VCF without danq's scores "
        f"(bcftools annotate -x {names}{more} takes them out)",
        path=path,
        line=line,
    )


def _shown(text: bytes, longest: int = 40) -> str:
    """Quote some bytes of the input for an error."""
    cut = text if len(text) <= longest else text[: longest - 3] + b"..."
    return repr(cut.decode("utf-8", "backslashreplace"))

"""VCF text in, as bytes: a record is cut at its first eight tabs and never parsed further.

So samples cost nothing and come out as they went in. Lines keep LF or CRLF; a last line without an
end gets one, since the output may be indexed or concatenated. Blank lines at the end are left out
and counted. Blank lines and header lines among the records are errors, and so is a file that
already holds danq's INFO fields: scoring it again would leave two answers.
"""

import logging
import re
from collections.abc import Iterator, Sequence

from danq.errors import InputError, counted, quoted
from danq.vcf.info import own_declarations, own_field
from danq.vcf.record import Header, Record
from danq.vcf.stream import Stream

logger = logging.getLogger(__name__)

COLUMNS = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
LARGEST_POS = (1 << 31) - 1
_LARGEST_LENGTH = (1 << 63) - 1
_MOST_SHOWN, _LONGEST_NAME = 8, 60
_CONTIG_ID = re.compile(rb"##contig=<(?:.*,)?ID=([^,>]+)")
_CONTIG_LENGTH = re.compile(rb"##contig=<.*[<,]length=([^,>]*)[,>]", re.IGNORECASE)


class VcfReader:
    """The header of a VCF, then its records one by one; BCF comes as text.

    `drop_samples` leaves out column 9 and what follows. Raises InputError when the input is not a
    VCF, or already holds danq's scores and `is_scored` does not allow it.
    """

    def __init__(
        self, stream: Stream, *, drop_samples: bool = False, is_scored: bool = False
    ) -> None:
        self.name = stream.name
        self._is_bcf = stream.is_bcf
        self._lines = enumerate(stream.lines(drop_samples=drop_samples), start=1)
        self._drop_samples, self._is_scored = drop_samples, is_scored
        self.header = Header([], {})
        self._read_header()
        if not is_scored and (own := own_declarations(self.header.lines)):
            raise self._already_scored(list(own), 1 + min(own.values()))

    def _read_header(self) -> None:
        for number, line in self._lines:
            if number == 1:
                self._check_first(line)
            self._check_text(line, number)
            text = line.rstrip(b"\r\n")
            if self._drop_samples and not text.startswith(b"##"):
                line = b"\t".join(text.split(b"\t")[:8]) + line[len(text) :]
            self.header.lines.append(line)
            if text.startswith(b"##"):
                self._read_contig(text, number)
            elif text.startswith(b"#"):
                self._check_columns(text, number)
                return
            else:
                raise self._fault(
                    f"found {quoted(text)}, expected the rest of the header and its #CHROM line",
                    number,
                )
        if not self.header.lines:
            raise InputError("is empty, expected a VCF", path=self.name)
        raise InputError("ends before the header's #CHROM line", path=self.name)

    def _fault(self, message: str, number: int) -> InputError:
        """Return an error that names a line of text, or a record of BCF, which has no lines."""
        if not self._is_bcf:
            return InputError(message, path=self.name, line=number)
        record = number - len(self.header.lines)
        place = f"record {record}: " if record > 0 else ""
        return InputError(f"{place}{message}", path=self.name)

    def _check_first(self, line: bytes) -> None:
        if not line.startswith(b"##fileformat=VCF"):
            raise self._fault(f"begins with {quoted(line.rstrip())}, expected ##fileformat=VCF…", 1)

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
        raise self._fault(f"found {found}, expected UTF-8 text", number)

    def _check_columns(self, text: bytes, number: int) -> None:
        found = tuple(text.split(b"\t")[:8])
        if found != COLUMNS:
            raise self._fault(
                f"found the columns {quoted(b' '.join(found))}, "
                f"expected {b' '.join(COLUMNS).decode()}, separated by tabs",
                number,
            )

    def _read_contig(self, text: bytes, number: int) -> None:
        """Keep the length of a contig where a header line says it."""
        length, name = _CONTIG_LENGTH.match(text), _CONTIG_ID.match(text)
        if length is None or name is None:
            return
        bases = _whole_number(length[1], _LARGEST_LENGTH)
        if bases is None and not length[1].isdigit():
            logger.warning(
                "%s, line %d: length %s of contig %s is not a whole number and is not compared",
                self.name,
                number,
                quoted(length[1]),
                quoted(name[1]),
            )
            return
        if bases is None:
            raise self._fault(
                f"found length {quoted(length[1])} of contig {quoted(name[1])}, "
                f"expected a whole number up to {_LARGEST_LENGTH}",
                number,
            )
        self.header.contig_lengths[name[1].decode()] = bases

    def __iter__(self) -> Iterator[Record]:
        blank = 0
        for number, line in self._lines:
            if line.isspace():
                blank += 1
                continue
            if blank:
                raise self._fault("found a blank line, expected a record", number - blank)
            self._check_text(line, number)
            yield self._record(line, number)
        if blank:
            logger.warning("%s: left out %s at its end", self.name, counted(blank, "blank line"))

    def _record(self, line: bytes, number: int) -> Record:
        text = line[:-2] if line.endswith(b"\r\n") else line[:-1]
        columns = text.split(b"\t", 8)
        if len(columns) < 8 or text.startswith(b"#"):
            found = quoted(text) if text.startswith(b"#") else counted(len(columns), "column")
            raise self._fault(
                f"found {found}, expected a record of at least 8 columns separated by tabs", number
            )
        contig, pos, name, ref, alts, _, _, info = columns[:8]
        position = _whole_number(pos, LARGEST_POS)
        if position is None:
            raise self._fault(
                f"found POS {quoted(pos)}, expected a whole number from 0 to {LARGEST_POS}", number
            )
        if not self._is_scored and (own := own_field(info)):
            raise self._already_scored([own], number)
        start = sum(map(len, columns[:7])) + 7
        return Record(
            line=None if self._is_bcf else number,
            contig=contig.decode(),
            pos=position,
            id=name.decode(),
            ref=ref.decode(),
            alts=tuple(alts.decode().split(",")),
            size=len(line),
            before=line[:start],
            info=info,
            after=line[len(text) :] if self._drop_samples else line[start + len(info) :],
        )

    def _already_scored(self, fields: Sequence[str], number: int) -> InputError:
        """Return an error that says that the input holds fields of danq's."""
        names = ",".join(f"INFO/{name[:_LONGEST_NAME]}" for name in fields[:_MOST_SHOWN])
        more = ",…" if len(fields) > _MOST_SHOWN else ""
        return self._fault(
            f"already holds {fields[0][:_LONGEST_NAME]}, expected a VCF without danq's scores "
            f"(bcftools annotate -x {names}{more} takes them out)",
            number,
        )


def _whole_number(text: bytes, largest: int) -> int | None:
    """Return the number that digits spell, None where they are none or it is too large."""
    digits = text.lstrip(b"0")
    if not text.isdigit() or len(digits) > len(str(largest)):
        return None
    number = int(digits or b"0")
    return number if number <= largest else None

"""Records that go to BCF, each tried on htslib as soon as it is read.

BCF holds only what its header declares, and numbers in the types that it declares. A line with a
filter or tag that is not declared is an error, since its type would be a guess, and so is a line
that htslib cannot read. Values that do not fit their type, which htslib replaces, are counted, and
the first of them is named.
"""

import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from danq.errors import InputError, counted, quoted
from danq.vcf.htslib import HtslibError, vcf_lines
from danq.vcf.record import Record, RecordReader
from danq.vcf.spelling import difference

logger = logging.getLogger(__name__)

# As the VCF specification (4.3, section 1.4.7) spells contigs.
_CONTIG = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_NUMBER = re.compile(rb",IDX=[^,>\"]*>(?=\s*$)")


class ReaderForBcf:
    """A reader whose records htslib can write as BCF; one that cannot is refused with its line."""

    def __init__(self, reader: RecordReader) -> None:
        self.name = reader.name
        # htslib would make a table as long as the largest, and numbers them itself.
        lines = [_NUMBER.sub(b">", line) for line in reader.header.lines]
        self.header = replace(reader.header, lines=lines)
        self._reader = reader
        self._columns = _columns(lines[-1])
        self._possible = set(self.header.declared["contig"])

    def __iter__(self) -> Iterator[Record]:
        waiting: deque[Record] = deque()
        number, altered, first = -1, 0, ""
        try:
            for line in vcf_lines(self._lines(waiting)):
                if line.startswith(b"#"):
                    number = 0
                    continue
                record = waiting.popleft()
                number += 1
                if changed := difference(_text(record).decode(), line.decode()):
                    altered += 1
                    first = first or f"record {number}, {changed}"
                yield record
        except HtslibError as error:
            raise self._refusal(number, waiting, error) from error
        if altered:
            logger.warning(
                "%s: BCF holds %s otherwise than the text: %s",
                self.name,
                counted(altered, "record"),
                first,
            )

    def _lines(self, waiting: deque[Record]) -> Iterator[bytes]:
        """Yield what htslib reads, and remember the records whose lines it has not printed yet."""
        yield b"".join(self.header.lines)
        for number, record in enumerate(self._reader, start=1):
            text = _text(record)
            if (count := _columns(text)) < self._columns:
                raise self._fault(
                    f"found {count} columns, expected the header's {self._columns}, as BCF needs",
                    number,
                    record,
                )
            self._check_declared(record, number)
            waiting.append(record)
            yield text

    def _refusal(self, number: int, waiting: deque[Record], error: HtslibError) -> InputError:
        if number < 0:
            return InputError(f"its header cannot go to BCF ({error})", path=self.name)
        record = waiting[0] if waiting else None
        return self._fault(f"cannot go to BCF ({error})", number + 1, record)

    def _fault(self, message: str, number: int, record: Record | None) -> InputError:
        line = None if record is None else record.line
        place = f"record {number}: " if line is None else ""
        return InputError(
            f"{place}{message} (.vcf.gz takes it as it is)", path=self.name, line=line
        )

    def _check_declared(self, record: Record, number: int) -> None:
        contig = record.contig
        if contig not in self._possible:
            if not _CONTIG.fullmatch(contig):
                raise self._fault(
                    f"found CHROM {quoted(contig)}, which no header of BCF can declare",
                    number,
                    record,
                )
            self._possible.add(contig)
        for kind, names in _names(record):
            for name in names:
                if name not in self.header.declared[kind]:
                    raise self._fault(
                        f"found {kind} {quoted(name)}, which the header does not declare, as BCF "
                        "needs",
                        number,
                        record,
                    )


def _text(record: Record) -> bytes:
    return record.before + record.info + record.after


def _columns(line: bytes) -> int:
    return line.count(b"\t") + 1


def _names(record: Record) -> list[tuple[str, list[str]]]:
    """List what a line names that headers declare.

    htslib leaves out empty INFO, and an empty filter at the end, but no others.
    """
    filters = record.before.rsplit(b"\t", 2)[-2].decode()
    info = [] if record.info == b"." else record.info.decode().split(";")
    names = [item.split("=", 1)[0] for item in info]
    keys = [part.decode().strip("\r\n") for part in record.after.split(b"\t", 2)[1:2]]
    return [
        ("FILTER", [] if filters == "." else filters.removesuffix(";").split(";")),
        ("INFO", [name for name in names if name]),
        ("FORMAT", [] if keys in ([], ["."]) else keys[0].split(":")),
    ]

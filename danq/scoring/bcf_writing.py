"""BCF out: records of a BCF as they are stored, lines of a VCF as htslib's converter reads them.

BCF holds only what its header declares, and numbers in the types that it declares. A line with a
filter or tag that is not declared is an error, since its type would be a guess; contigs that are
not declared are added to the header. Values that do not fit their type, which htslib replaces, are
counted, and the first of them is named.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pysam
import pysam.bcftools

from danq.errors import InputError
from danq.scoring.bcf_reading import StoredReader
from danq.scoring.bcf_records import MAGIC, grown
from danq.scoring.htslib import BgzipFile, quiet
from danq.scoring.info import Addition, InfoField
from danq.scoring.records import Record, RecordReader
from danq.scoring.spelling import difference
from danq.scoring.vcf_writing import Order, VcfWriter, grown_header

logger = logging.getLogger(__name__)

# As the VCF specification (4.3, section 1.4.7) spells contigs.
_CONTIG = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_DECLARED = re.compile(rb"##(contig|FILTER|INFO|FORMAT)=<(?:.*?,)?ID=([^,>]+)")


class StoredWriter:
    """Writes records of a BCF as they are, with what danq adds to their INFO.

    Parameters
    ----------
    path
        Where to write.
    reader
        The input.
    note
        What the ``##danq`` line says, without line ends.
    fields
        The INFO fields to declare.

    Attributes
    ----------
    order : Order
        Of the records so far.
    """

    def __init__(
        self, path: Path, reader: StoredReader, note: str, fields: Sequence[InfoField]
    ) -> None:
        self.order = Order()
        first = reader.dictionary.next_place
        self._places = {field.name: first + number for number, field in enumerate(fields)}
        lines = grown_header(reader.header, note, fields)
        if reader.dictionary.has_places:
            lines = [self._placed(line) for line in lines]
        text = b"".join(lines) + b"\0"
        self._file = BgzipFile(path)
        self._file.write(MAGIC + struct.pack("<I", len(text)) + text)

    def _placed(self, line: bytes) -> bytes:
        """Let a declaration of danq's say its number, as the others do."""
        found = _DECLARED.match(line)
        name = found[2].decode() if found and found[1] == b"INFO" else ""
        if name not in self._places:
            return line
        return line.rstrip(b">\n") + f",IDX={self._places[name]}>\n".encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError) if error else nullcontext():
            self._file.close()

    def write(self, records: Sequence[tuple[Record, Addition]]) -> None:
        """Write records, each with what its INFO grows by."""
        pieces = []
        for record, addition in records:
            self.order.follow(record)
            if record.stored is not None:
                pieces.append(grown(record.stored, addition, self._places))
        self._file.write(b"".join(pieces))


class ConvertedWriter:
    """Writes lines of a VCF beside the output and has them converted at the end.

    Parameters and attributes are those of `StoredWriter`.
    """

    def __init__(
        self, path: Path, reader: RecordReader, note: str, fields: Sequence[InfoField]
    ) -> None:
        self._path = path
        self._name = reader.name
        self._text = path.with_name(f"{path.name}.vcf.gz")
        self._declared: dict[str, set[str]] = {
            kind: set() for kind in ("contig", "FILTER", "INFO", "FORMAT")
        }
        self._declared["FILTER"].add("PASS")
        for found in map(_DECLARED.match, reader.header):
            if found is not None:
                self._declared[found[1].decode()].add(found[2].decode())
        self._contigs: dict[str, None] = {}
        self._writer = VcfWriter(self._text, reader.header, note, fields)
        self.order = self._writer.order

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._writer.__exit__(kind, error, trace)
            if error is None:
                self._convert()
        finally:
            self._text.unlink(missing_ok=True)

    def write(self, records: Sequence[tuple[Record, Addition]]) -> None:
        """Write records, each with what its INFO grows by."""
        for record, _ in records:
            self._check(record)
        self._writer.write(records)

    def _check(self, record: Record) -> None:
        contig = record.contig
        if contig not in self._contigs:
            if contig not in self._declared["contig"] and not _CONTIG.fullmatch(contig):
                raise InputError(
                    f'found CHROM "{contig}", which no header of BCF can declare (.vcf.gz takes it '
                    "as it is)",
                    path=self._name,
                    line=record.line,
                )
            self._contigs[contig] = None
        for kind, names in _names(record):
            for name in names:
                if name not in self._declared[kind] and name not in (".", ""):
                    raise InputError(
                        f'found {kind} "{name}", which the header does not declare, as BCF needs '
                        "(.vcf.gz takes it as it is)",
                        path=self._name,
                        line=record.line,
                    )

    def _convert(self) -> None:
        added = [name for name in self._contigs if name not in self._declared["contig"]]
        lines = self._text.with_suffix(".header")
        lines.write_text("".join(f"##contig=<ID={name}>\n" for name in added), encoding="utf-8")
        arguments = ["--no-version", "-Ob", "-o", str(self._path), str(self._text)]
        try:
            with quiet():
                if added:
                    pysam.bcftools.annotate("-h", str(lines), *arguments, catch_stdout=False)
                else:
                    pysam.bcftools.view(*arguments, catch_stdout=False)
        except pysam.SamtoolsError as error:
            said = " ".join(str(error).split())[-200:]
            raise InputError(f"htslib cannot turn it into BCF ({said})", path=self._name) from error
        finally:
            lines.unlink()
        self._compare()

    def _compare(self) -> None:
        """Count and name what BCF does not hold as the text has it."""
        altered, first = 0, ""
        with (
            quiet(),
            pysam.BGZFile(str(self._text)) as text,
            pysam.VariantFile(str(self._path)) as bcf,
        ):
            lines = (line for line in text if not line.startswith(b"#"))
            for number, (line, native) in enumerate(zip(lines, bcf, strict=True), start=1):
                if changed := difference(line.decode(), str(native)):
                    altered += 1
                    first = first or f"record {number}, {changed}"
        if altered:
            logger.warning(
                "%s: BCF holds %d record(s) otherwise than the text: %s", self._name, altered, first
            )


def _names(record: Record) -> list[tuple[str, list[str]]]:
    """List what a line names that headers declare."""
    keys = record.after.split(b"\t", 2)[1:2]
    return [
        ("FILTER", record.before.rsplit(b"\t", 2)[-2].decode().split(";")),
        ("INFO", [item.split("=", 1)[0] for item in record.info.decode().split(";")]),
        ("FORMAT", [key for part in keys for key in part.decode().strip().split(":")]),
    ]

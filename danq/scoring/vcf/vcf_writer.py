"""VCF text out: the input's bytes, with more header and a longer column 8."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from danq.scoring.vcf.bgzip import BgzipFile
from danq.scoring.vcf.info import Addition, InfoField, info_text
from danq.scoring.vcf.record import Record, header_end


class Order:
    """Follows records and tells whether a file of them can be indexed.

    Attributes
    ----------
    is_sorted
        Whether the records so far are in the order that an index needs.
    last_position
        The largest position so far where a record's REF ends, 1-based.
    """

    def __init__(self) -> None:
        self.is_sorted = True
        self.last_position = 0
        self._contigs: set[str] = set()
        self._last = ("", 0)

    def follow(self, record: Record) -> None:
        """Take the next record."""
        contig, pos = self._last
        if record.contig != contig:
            self.is_sorted &= record.contig not in self._contigs
            self._contigs.add(record.contig)
        elif record.pos < pos:
            self.is_sorted = False
        self._last = (record.contig, record.pos)
        self.last_position = max(self.last_position, record.pos + len(record.ref))


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
    fields
        The INFO fields to declare.

    Attributes
    ----------
    order : Order
        Of the records so far.
    """

    def __init__(
        self, path: Path, header: Sequence[bytes], note: str, fields: Sequence[InfoField]
    ) -> None:
        is_bgzip = path.suffix == ".gz"
        self._file: BgzipFile | BinaryIO = BgzipFile(path) if is_bgzip else path.open("wb")
        self.order = Order()
        self._file.write(b"".join(grown_header(header, note, fields)))

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
        for record, _ in records:
            self.order.follow(record)
        self._file.write(b"".join(grown(record, addition) for record, addition in records))


def grown(record: Record, addition: Addition) -> bytes:
    """Return a record's line with a longer column 8."""
    info = b"" if record.info == b"." else record.info
    joint = b";" if info and not info.endswith(b";") else b""
    return b"".join([record.before, info, joint, info_text(addition), record.after])


def grown_header(header: Sequence[bytes], note: str, fields: Sequence[InfoField]) -> list[bytes]:
    """Add declarations and the ``##danq`` line before a header's last line."""
    end = header_end(header)
    declared = [field.declaration for field in fields]
    added = [line.encode() + end for line in (*declared, f"##danq={note}")]
    return [*header[:-1], *added, header[-1]]

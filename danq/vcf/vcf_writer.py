"""VCF text out: the input's bytes, with more header and a longer column 8."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from danq.vcf.bgzip import BgzipFile
from danq.vcf.info import Addition, InfoField, info_text
from danq.vcf.record import Header, Record


class Order:
    """Follows records and reports whether a file of them can be indexed.

    `is_sorted` tells whether the records so far are in the order that an index needs, and
    `last_position` the largest 1-based position where a REF ends; `contigs` are in their order.
    """

    def __init__(self) -> None:
        self.is_sorted = True
        self.last_position = 0
        self.contigs: dict[str, None] = {}
        self._last = ("", 0)

    def follow(self, record: Record) -> None:
        """Take the next record."""
        contig, pos = self._last
        if record.contig != contig:
            self.is_sorted &= record.contig not in self.contigs
            self.contigs[record.contig] = None
        elif record.pos < pos:
            self.is_sorted = False
        self._last = (record.contig, record.pos)
        self.last_position = max(self.last_position, record.pos + len(record.ref))


class VcfWriter:
    """Writes the input's header and records with what danq adds, bgzip if the name ends in ``.gz``.

    `note` is what the ``##danq`` line says, without line ends; `order` is that of the records so
    far.
    """

    def __init__(self, path: Path, header: Header, note: str, fields: Sequence[InfoField]) -> None:
        is_bgzip = path.suffix == ".gz"
        self._file: BgzipFile | BinaryIO = BgzipFile(path) if is_bgzip else path.open("wb")
        self.order = Order()
        added = [*(field.declaration for field in fields), f"##danq={note}"]
        self._file.write(b"".join(header.with_lines(added)))

    def write(self, records: Sequence[tuple[Record, Addition]]) -> None:
        """Write records, each with what its INFO grows by."""
        for record, _ in records:
            self.order.follow(record)
        self._file.write(b"".join(grown(record, addition) for record, addition in records))

    def finish(self) -> None:
        """Complete the file."""
        self.close()

    def close(self) -> None:
        """Close the file, complete or not."""
        self._file.close()


def grown(record: Record, addition: Addition) -> bytes:
    """Return a record's line with a longer column 8."""
    info = b"" if record.info == b"." else record.info
    joint = b";" if info and not info.endswith(b";") else b""
    return b"".join([record.before, info, joint, info_text(addition), record.after])

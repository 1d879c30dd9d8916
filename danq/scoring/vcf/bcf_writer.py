"""BCF out: lines of a VCF beside the output, which htslib converts at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from danq.outputs import SCRATCH
from danq.scoring.vcf.bcf_checking import ReaderForBcf
from danq.scoring.vcf.htslib import HtslibError, convert_to_bcf
from danq.scoring.vcf.info import Addition, InfoField
from danq.scoring.vcf.record import Record
from danq.scoring.vcf.vcf_writer import VcfWriter
from danq.write_errors import probe


class BcfWriter:
    """Writes records as text, and has htslib convert it when all are there.

    Only then are all contigs known that the header has to declare.

    Parameters
    ----------
    path
        Where to write.
    reader
        The input, which has refused what cannot be converted.
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
        self, path: Path, reader: ReaderForBcf, note: str, fields: Sequence[InfoField]
    ) -> None:
        self._path = path
        self._reader = reader
        self._text = path.with_name(f"{path.name}{SCRATCH}.gz")
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
        self._writer.write(records)

    def _convert(self) -> None:
        added = [f"##contig=<ID={name}>" for name in self._reader.added_contigs]
        try:
            convert_to_bcf(self._text, self._path, added)
        except HtslibError as error:
            # Every record passed htslib when it was read: what fails now is the writing.
            raise probe(self._path) or OSError(str(error)) from error

"""BCF out: lines of a VCF beside the output, which htslib converts at the end."""

from collections.abc import Sequence
from pathlib import Path

from danq.outputs import SCRATCH
from danq.vcf.htslib import HtslibError, convert_to_bcf
from danq.vcf.info import InfoField
from danq.vcf.record import Header
from danq.vcf.vcf_writer import VcfWriter
from danq.write_errors import probe


class BcfWriter(VcfWriter):
    """Writes records as text, and has htslib convert it when all are there.

    Only then are all contigs known that the header has to declare. `ReaderForBcf` has refused what
    cannot be converted.
    """

    def __init__(self, path: Path, header: Header, note: str, fields: Sequence[InfoField]) -> None:
        self._path = path
        self._header = header
        self._text = path.with_name(f"{path.name}{SCRATCH}.gz")
        super().__init__(self._text, header, note, fields)

    def finish(self) -> None:
        """Convert what was written."""
        super().close()
        undeclared = [c for c in self.order.contigs if c not in self._header.declared["contig"]]
        try:
            convert_to_bcf(self._text, self._path, [f"##contig=<ID={c}>" for c in undeclared])
        except HtslibError as error:
            # Every record passed htslib when it was read: what fails now is the writing.
            raise probe(self._path) or OSError(str(error)) from error

    def close(self) -> None:
        """Remove the text."""
        try:
            super().close()
        finally:
            self._text.unlink(missing_ok=True)

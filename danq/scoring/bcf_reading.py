"""BCF in: as VCF text, which htslib makes of it, where text goes out, as stored where BCF does.

Text made of BCF has what ``bcftools view`` prints: floats with six digits. From BCF to BCF every
value stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pysam

from danq.errors import InputError
from danq.scoring.bcf_records import Dictionary, stored_records, without_samples
from danq.scoring.htslib import Pipe, quiet
from danq.scoring.info import own_declarations
from danq.scoring.records import Record, Stored
from danq.scoring.stream import Stream
from danq.scoring.vcf_reading import already_scored, contig_length

_BYTES_A_SAMPLE = 16


class BcfReader:
    """The header of a BCF, then its records as VCF text.

    Parameters
    ----------
    stream
        BCF, whichever way it is compressed.
    drop_samples
        Whether to leave out FORMAT and samples.

    Attributes
    ----------
    name, header, contig_lengths
        As in `danq.scoring.vcf_reading.VcfReader`.

    Raises
    ------
    InputError
        When the input cannot be read, or already holds danq's scores.
    """

    def __init__(self, stream: Stream, *, drop_samples: bool = False) -> None:
        self.name = stream.name
        self._pipe = Pipe()
        self._pipe.feed(stream.blocks())
        self._file = self._opened()
        self._samples = len(self._file.header.samples)
        if drop_samples:
            self._file.subset_samples([])
        text = str(self._file.header).encode()
        self.header = [line + b"\n" for line in text.rstrip(b"\n").split(b"\n")]
        self.contig_lengths = _checked(self.header, self.name, self.close)

    def _opened(self) -> Any:
        try:
            with quiet():
                return pysam.VariantFile(self._pipe.reading)
        except (OSError, ValueError) as error:
            self._pipe.close()
            self._pipe.join()
            raise InputError("is no BCF that htslib can read", path=self.name) from error

    def close(self) -> None:
        """Stop reading."""
        self._pipe.close()
        self._file.close()

    def __iter__(self) -> Iterator[Record]:
        natives = iter(self._file)
        number = 0
        try:
            while True:
                try:
                    with quiet():
                        native = next(natives, None)
                    if native is None:
                        break
                    record = self._record(native)
                except (OSError, ValueError) as error:
                    self._pipe.close()
                    self._pipe.join()
                    cause = " ".join(str(error).split())
                    raise InputError(
                        f"cannot be read after record {number} ({cause})", path=self.name
                    ) from error
                number += 1
                yield record
            self._pipe.join()
        finally:
            self.close()

    def _record(self, native: Any) -> Record:
        alts, ref = tuple(native.alts or (".",)), native.ref or "."
        before, info, after = _cut(str(native))
        return Record(
            line=None,
            contig=native.chrom,
            pos=native.pos,
            id=native.id or ".",
            ref=ref,
            alts=alts,
            size=_size(ref, alts, self._samples),
            before=before,
            info=info,
            after=after,
        )


class StoredReader:
    """The header of a BCF, then its records as they are stored.

    Parameters and attributes are those of `BcfReader`; the records' `stored` is for a BCF writer.

    Attributes
    ----------
    dictionary : Dictionary
        What numbers in records stand for.
    """

    def __init__(self, stream: Stream, *, drop_samples: bool = False) -> None:
        self.name = stream.name
        self._drop_samples = drop_samples
        self._parts = stored_records(stream.blocks(), stream.name)
        text = next(self._parts)
        assert isinstance(text, bytes)
        lines = text.rstrip(b"\n").split(b"\n")
        try:
            self.dictionary = Dictionary([line.decode() for line in lines])
        except UnicodeDecodeError:
            raise InputError("its header is no UTF-8 text", path=self.name) from None
        columns = lines[-1].split(b"\t")
        if columns[0] != b"#CHROM":
            raise InputError("its header ends without a #CHROM line", path=self.name)
        self._samples = len(columns[9:])
        if drop_samples:
            lines[-1] = b"\t".join(columns[:8])
        self.header = [line + b"\n" for line in lines]
        self.contig_lengths = _checked(self.header, self.name)

    def __iter__(self) -> Iterator[Record]:
        for number, stored in enumerate(self._parts, start=1):
            assert isinstance(stored, Stored)
            try:
                keys = self.dictionary.keys(stored)
            except ValueError as error:
                raise InputError(f"record {number}: found {error}", path=self.name) from error
            yield Record(
                line=None,
                contig=keys.contig,
                pos=keys.pos,
                id=keys.id,
                ref=keys.ref,
                alts=keys.alts,
                size=_size(keys.ref, keys.alts, self._samples),
                stored=without_samples(stored) if self._drop_samples else stored,
            )


def _checked(
    header: list[bytes], name: str, close: Callable[[], None] = lambda: None
) -> dict[str, int]:
    """Refuse a header with danq's fields; give the contigs' lengths."""
    lengths: dict[str, int] = {}
    for line in header:
        lengths |= contig_length(line.rstrip(b"\n"))
    if own := own_declarations(header):
        close()
        raise already_scored(list(own), name, None)
    return lengths


def _size(ref: str, alts: tuple[str, ...], samples: int) -> int:
    return len(ref) + sum(map(len, alts)) + _BYTES_A_SAMPLE * samples


def _cut(line: str) -> tuple[bytes, bytes, bytes]:
    """Cut a line of VCF text around its column 8."""
    text = line.encode()
    columns = text.rstrip(b"\n").split(b"\t", 8)
    start = sum(map(len, columns[:7])) + 7
    end = start + len(columns[7])
    return text[:start], text[start:end], text[end:]

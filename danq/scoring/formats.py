"""Which reader reads an input and which writer writes an output: VCF text or BCF."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from danq.scoring.bcf_reading import BcfReader, StoredReader
from danq.scoring.bcf_writing import ConvertedWriter, StoredWriter
from danq.scoring.info import InfoField
from danq.scoring.records import RecordReader
from danq.scoring.stream import Stream
from danq.scoring.vcf_reading import VcfReader
from danq.scoring.vcf_writing import VcfWriter

BCF = ".bcf"
Writer = VcfWriter | StoredWriter | ConvertedWriter


def open_records(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    drop_samples: bool = False,
) -> RecordReader:
    """Open an input, whose format its first bytes tell.

    Parameters
    ----------
    source
        VCF or BCF, plain, gzip or bgzip, or ``-`` for standard input.
    output
        Where its records will go, if anywhere: from BCF to BCF they stay as they are stored.
    drop_samples
        Whether to leave out FORMAT and samples.

    Raises
    ------
    InputError
        When the input cannot be read, is neither, or already holds danq's scores.
    """
    stream = Stream(source)
    if not stream.is_bcf:
        return VcfReader(stream, drop_samples=drop_samples)
    is_stored = output is not None and os.fspath(output).endswith(BCF)
    reader = StoredReader if is_stored else BcfReader
    return reader(stream, drop_samples=drop_samples)


def open_writer(path: Path, reader: RecordReader, note: str, fields: Sequence[InfoField]) -> Writer:
    """Open an output, whose format its name tells.

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
    """
    if path.suffix != BCF:
        return VcfWriter(path, reader.header, note, fields)
    if isinstance(reader, StoredReader):
        return StoredWriter(path, reader, note, fields)
    return ConvertedWriter(path, reader, note, fields)

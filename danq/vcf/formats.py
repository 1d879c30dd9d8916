"""Which reader reads an input and which writer writes an output: VCF text or BCF."""

import os

from danq.paths import StrPath
from danq.vcf.bcf_checking import ReaderForBcf
from danq.vcf.bcf_writer import BcfWriter
from danq.vcf.record import RecordReader
from danq.vcf.stream import Stream
from danq.vcf.vcf_reader import VcfReader
from danq.vcf.vcf_writer import VcfWriter

BCF = ".bcf"
WRITERS: dict[str, type[VcfWriter]] = {".vcf": VcfWriter, ".vcf.gz": VcfWriter, BCF: BcfWriter}
"""What writes a scored VCF, by the ending of its name."""


def open_records(
    source: StrPath,
    output: StrPath | None = None,
    *,
    drop_samples: bool = False,
    is_scored: bool = False,
) -> RecordReader:
    """Open an input, whose format its first bytes tell, or standard input (``-``).

    Records that BCF cannot hold are refused where `output` is BCF. So is an input that already
    holds danq's scores, unless `is_scored`.
    """
    reader = VcfReader(Stream(source), drop_samples=drop_samples, is_scored=is_scored)
    is_bcf = output is not None and os.fspath(output).endswith(BCF)
    return ReaderForBcf(reader) if is_bcf else reader

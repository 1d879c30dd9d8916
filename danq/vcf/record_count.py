"""How many records an input has, where that is known without reading it all."""

import os
from pathlib import Path

from danq.genome.files import BLOCK
from danq.paths import StrPath
from danq.vcf.htslib import count_by_index
from danq.vcf.record import RecordReader


def count_records(source: StrPath, reader: RecordReader) -> int | None:
    """Return the number of records for a progress bar: by an index, or of lines of plain text.

    It is None for standard input, compressed files without an index, and whatever cannot be read.
    """
    path = Path(source)
    try:
        if os.fspath(source) == "-" or not path.is_file():
            return None
        for ending in (".csi", ".tbi"):
            index = Path(f"{path}{ending}")
            if index.is_file() and index.stat().st_mtime >= path.stat().st_mtime:
                return count_by_index(path)
        with path.open("rb") as file:
            if file.read(2) != b"##":
                return None
            file.seek(0)
            lines, last = 0, b""
            while block := file.read(BLOCK):
                lines, last = lines + block.count(b"\n"), block[-1:]
    except OSError:
        return None
    return lines + (last != b"\n") - len(reader.header.lines)

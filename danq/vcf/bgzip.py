"""bgzip files to write."""

from pathlib import Path

from Bio.bgzf import BgzfWriter

_PIECE = 1 << 16
"""The writer copies all that waits for each block it cuts off: it gets little at a time."""


class BgzipFile:
    """A bgzip file to write, whose errors are those of the file system.

    htslib's writer knows that something failed and not what, and says so again when it goes away.
    """

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb")  # noqa: SIM115
        self._bgzip = BgzfWriter(fileobj=self._file)

    def write(self, data: bytes) -> int:
        """Write bytes; return their number."""
        for first in range(0, len(data), _PIECE):
            self._bgzip.write(data[first : first + _PIECE])
        return len(data)

    def close(self) -> None:
        """Write what is left, and the end marker, unless it is closed."""
        if not self._file.closed:
            try:
                self._bgzip.close()
            finally:
                self._file.close()

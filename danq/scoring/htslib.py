"""Bytes for htslib, which reads from a pipe what danq has read and checked."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pysam

from danq.errors import InputError

_QUIET = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep htslib's own notes from standard error; danq says what is wrong in its words."""
    with _QUIET:
        before = pysam.set_verbosity(0)
        try:
            yield
        finally:
            pysam.set_verbosity(before)


class BgzipFile:
    """A bgzip file to write, which tells of errors by exceptions alone.

    Parameters
    ----------
    path
        Where to write.
    """

    def __init__(self, path: Path) -> None:
        self._file = pysam.BGZFile(str(path), "wb")

    def write(self, data: bytes) -> int:
        """Write bytes."""
        with quiet():
            return int(self._file.write(data))

    def close(self) -> None:
        """Write what is left, and the end marker."""
        with quiet():
            self._file.close()


class Pipe:
    """Hands bytes to htslib, which reads from a file descriptor.

    Attributes
    ----------
    reading
        The file that htslib reads.
    """

    def __init__(self) -> None:
        read, write = os.pipe()
        self.reading = os.fdopen(read, "rb")
        self._writing = os.fdopen(write, "wb", buffering=0)
        self._error: InputError | None = None
        self._thread: threading.Thread | None = None

    def feed(self, blocks: Iterable[bytes]) -> None:
        """Begin to write blocks, in a thread of its own."""
        self._thread = threading.Thread(
            target=self._feed, args=(blocks,), name="to htslib", daemon=True
        )
        self._thread.start()

    def _feed(self, blocks: Iterable[bytes]) -> None:
        # When htslib reads no longer, an error elsewhere is already on its way.
        with suppress(BrokenPipeError):
            try:
                for block in blocks:
                    view = memoryview(block)
                    while view:
                        view = view[self._writing.write(view) or 0 :]
            except InputError as error:
                self._error = error
        self._writing.close()

    def join(self) -> None:
        """Wait until the blocks are written; raise what went wrong with them."""
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """End it from either side."""
        self.reading.close()
        if self._thread is not None:
            self._thread.join()
        self._writing.close()

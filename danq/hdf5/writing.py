"""HDF5 files that a full disk does not break.

HDF5 writes much of what it holds when it closes. Where it cannot, h5py only notes it, or the
process crashes at its end. So HDF5 never hears of an error here: what the disk no longer takes
stays in memory, little as the run ends then, and `PatientFile.check` raises what went wrong.

Text that danq reads again has a fixed length (`write_text`, `write_texts`): of text of any length
HDF5 believes what the file says, and takes gigabytes for one flipped bit.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.paths import StrPath


class PatientFile(io.RawIOBase):
    """A new file at `path` that can be read and written, to give to ``h5py.File``."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._place = 0
        self._size = 0
        self._held: list[tuple[int, bytes]] = []
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise the first error that there was."""
        if self._error is not None:
            raise self._error

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write at the present place, to the disk or beside it."""
        view = memoryview(data)
        place = self._place
        while view and self._error is None:
            try:
                count = os.pwrite(self._handle, view, place)
            except OSError as error:
                self._error = error
            else:
                view, place = view[count:], place + count
        if view:
            self._held.append((place, bytes(view)))
        self._place += len(data)
        self._size = max(self._size, self._place)
        return len(data)

    def readinto(self, buffer: Any) -> int:
        """Read what was written, wherever it is."""
        view = memoryview(buffer).cast("B")
        first = self._place
        size = max(0, min(len(view), self._size - first))
        view[:size] = os.pread(self._handle, size, first).ljust(size, b"\0")
        for place, held in self._held:
            low, high = max(place, first), min(place + len(held), first + size)
            if low < high:
                view[low - first : high - first] = held[low - place : high - place]
        self._place += size
        return size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = start + offset
        return self._place

    def truncate(self, size: int | None = None) -> int:
        """Set the size."""
        self._size = self._place if size is None else size
        if self._error is None:
            try:
                os.ftruncate(self._handle, self._size)
            except OSError as error:
                self._error = error
        return self._size

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            os.close(self._handle)
        super().close()


@contextmanager
def new_hdf5(path: StrPath, **options: Any) -> Iterator[tuple[h5py.File, PatientFile]]:
    """Make an HDF5 file with the options of ``h5py.File``; yield it and what it lies on.

    `danq.outputs.whole` is the caller's. Who writes block by block calls `PatientFile.check` after
    each, so that a full disk ends the run there. OSError when the disk does not take the file.
    """
    disk = PatientFile(Path(path))
    try:
        with h5py.File(disk, "w", **options) as file:
            yield file, disk
    finally:
        disk.close()
    disk.check()


def write_text(file: h5py.File, attribute: str, value: StrPath) -> None:
    """Write text, or a path with whatever bytes it has, as an attribute."""
    file.attrs[attribute] = _fix_length([os.fsencode(value)]).reshape(())


def write_texts(group: h5py.Group, name: str, values: Sequence[str]) -> None:
    """Write an array of strings."""
    group[name] = _fix_length([value.encode() for value in values])


def _fix_length(texts: list[bytes]) -> npt.NDArray[np.bytes_]:
    length = max([1, *map(len, texts)])
    return np.array(texts, h5py.string_dtype("utf-8", length))

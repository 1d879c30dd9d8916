"""Global heaps of HDF5 files, where strings lie, compared before the library walks through them.

HDF5 1.14 follows the sizes in a heap without looking whether they lead on: one flipped bit, and it
walks in a circle for ever. So each heap is walked here first. The layout is section III.E of the
*HDF5 File Format Specification*, version 3.0.
"""

import errno
import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from danq.paths import StrPath

_SIGNATURE = b"GCOL\1\0\0\0"
_HEAD = struct.Struct("<8sQ")
_OBJECT = struct.Struct("<HHIQ")
_BLOCK = 4 << 20


def has_damaged_heap(path: StrPath) -> bool:
    """Return whether a file holds a global heap that HDF5 would not come to the end of.

    All bytes are looked through, some gigabytes a second, except for holes in a sparse file.
    """
    size = os.stat(path).st_size
    with open(path, "rb") as file:
        return not all(_is_walkable(file, place, size) for place in _heaps(file))


def _heaps(file: BinaryIO) -> Iterator[int]:
    """Find the signatures, also those that two blocks share."""
    overlap = len(_SIGNATURE) - 1
    first = 0
    while block := os.pread(file.fileno(), _BLOCK + overlap, first := _data_from(file, first)):
        place = block.find(_SIGNATURE)
        while place >= 0:
            yield first + place
            place = block.find(_SIGNATURE, place + 1)
        first += _BLOCK


def _data_from(file: BinaryIO, first: int) -> int:
    """Return where the next data lie, from a position on; the end of the file where none do."""
    try:
        return os.lseek(file.fileno(), first, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            # Not every file system tells its holes.
            return first
        return os.lseek(file.fileno(), 0, os.SEEK_END)


def _is_walkable(file: BinaryIO, place: int, size: int) -> bool:
    file.seek(place)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or (end := place + _HEAD.unpack(head)[1]) > size:
        return False
    place += _HEAD.size
    while place + _OBJECT.size <= end:
        file.seek(place)
        index, _, _, length = _OBJECT.unpack(file.read(_OBJECT.size))
        # The rest, which is free, counts its own head.
        taken = _OBJECT.size + length + -length % 8 if index else length
        if taken < _OBJECT.size:
            return False
        place += taken
    return place <= end

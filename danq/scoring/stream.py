"""Lines of a VCF from a file or from standard input, plain, gzip or bgzip."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from danq.errors import InputError
from danq.genome.files import whole_lines

STANDARD_INPUT = "standard input"

_BLOCK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def lines(source: str | os.PathLike[str]) -> Iterator[bytes]:
    """Read lines as bytes.

    Parameters
    ----------
    source
        A file, or ``-`` for standard input. Compression is told by the first bytes.

    Yields
    ------
    bytes
        Each line as it stands, with LF or CRLF at its end; the last gets an LF if it had none.

    Raises
    ------
    InputError
        When the input cannot be read, or is compressed and was cut short.
    """
    blocks = _standard_input() if os.fspath(source) == "-" else whole_lines(source)
    for block in blocks:
        yield from io.BytesIO(block)


def _standard_input() -> Iterator[bytes]:
    rest = b""
    for block in _decompressed(sys.stdin.buffer):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block
    if rest:
        yield rest + b"\n"


def _decompressed(stream: BinaryIO) -> Iterator[bytes]:
    head = stream.read(18)
    watched = _Watched(head, stream)
    if not head.startswith(_GZIP_MAGIC):
        while block := watched.read(_BLOCK):
            yield block
        return
    try:
        unpacked = gzip.GzipFile(fileobj=watched, mode="rb")
        while block := unpacked.read(_BLOCK):
            yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"is truncated or damaged ({error})", path=STANDARD_INPUT) from error
    if head[12:14] == b"BC" and watched.tail != _BGZF_END:
        raise InputError("is truncated: bgzip data without its end marker", path=STANDARD_INPUT)


class _Watched(io.RawIOBase):
    """A stream that gives back what was peeked at, and remembers the last bytes it gave."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream
        self.tail = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(data) :]
        data += self._stream.read(-1 if size < 0 else size - len(data))
        self.tail = (self.tail + data)[-len(_BGZF_END) :]
        return data

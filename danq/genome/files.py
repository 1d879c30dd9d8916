"""Reading plain, gzip and bgzip text alike, and noticing when it was cut short."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from danq.errors import InputError, reading
from danq.paths import StrPath

BLOCK = 8 << 20
LONGEST_LINE = 1 << 30
"""Bytes: a line that is longer is refused, so that memory stays bounded."""

_HEAD = 18
_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def whole_lines(path: StrPath, *, longest: int = LONGEST_LINE) -> Iterator[bytes]:
    """Read a file in blocks of about 8 MB of whole lines, its last one with a newline too.

    It is plain, gzip or bgzip, as its first bytes say and not its name. InputError when it was cut
    short, or a line has more than `longest` bytes, to about a block.
    """
    with reading(path), open(path, "rb") as stream:
        yield from cut_into_lines(decompress(stream, path), path, longest=longest)


def cut_into_lines(
    blocks: Iterable[bytes],
    name: StrPath | None = None,
    *,
    longest: int = LONGEST_LINE,
) -> Iterator[bytes]:
    """Cut blocks again so that each ends where a line ends; the last gets an end if it has none.

    The blocks are consecutive bytes of a text that errors call `name`. InputError with its number
    for a line of more than `longest` bytes, to about a block.
    """
    begun: list[bytes] = []
    size = lines = 0
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            whole = b"".join([*begun, block[:cut]])
            lines += whole.count(b"\n")
            yield whole
            begun, size = [], 0
        begun.append(block[cut:])
        size += len(block) - cut
        if size > longest:
            raise InputError(
                f"is longer than {longest >> 20} MiB, expected shorter lines",
                path=name,
                line=lines + 1,
            )
    if size:
        yield b"".join([*begun, b"\n"])


def decompress(stream: BinaryIO, name: StrPath) -> Iterator[bytes]:
    """Read an open plain, gzip or bgzip stream in blocks of about 8 MB; it need not be seekable.

    Blocks of a raw stream are what there is, without waiting for more: a pipe may pause.
    InputError, which calls it `name`, when it is compressed and was cut short.
    """
    head = b""
    while len(head) < _HEAD and (more := stream.read(_HEAD - len(head))):
        head += more
    watched = _Watched(head, stream)
    source: _Watched | gzip.GzipFile = watched
    if head.startswith(_GZIP_MAGIC):
        source = gzip.GzipFile(fileobj=watched, mode="rb")
    read = source.read1 if isinstance(stream, io.RawIOBase) else source.read
    try:
        while block := read(BLOCK):
            yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"is truncated or damaged ({error})", path=name) from error
    # Gzip alone would take a bgzip stream cut between two blocks for a complete one.
    is_bgzf = source is not watched and head[3:4] == b"\x04" and head[12:14] == b"BC"
    if is_bgzf and watched.tail != _BGZF_END:
        raise InputError("is truncated: bgzip data without its end marker", path=name)


class _Watched(io.RawIOBase):
    """A stream that gives back what was peeked at, and remembers the last bytes it gave."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._head if size < 0 else self._head[:size]
        self._head = self._head[len(data) :]
        data += self._stream.read(-1 if size < 0 else size - len(data))
        self.tail = (self.tail + data)[-len(_BGZF_END) :]
        return data

    def read1(self, size: int) -> bytes:
        return self.read(size)

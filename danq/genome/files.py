"""Reading plain, gzip and bgzip files alike, and noticing when one was cut short."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from danq.errors import InputError

BLOCK = 8 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def whole_lines(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Read a file in blocks that end where a line ends.

    Compression is told by the file's first bytes, not by its name.

    Parameters
    ----------
    path
        A plain, gzip or bgzip file.

    Yields
    ------
    bytes
        About 8 MB of whole lines, each ending in a newline, the file's last one too.

    Raises
    ------
    InputError
        When the file cannot be read, or is a compressed file that was cut short.
    """
    rest = b""
    for block in _blocks(Path(path)):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        else:
            rest += block
    if rest:
        yield rest + b"\n"


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as raw:
            source: BinaryIO | gzip.GzipFile = raw
            if raw.read(2) == _GZIP_MAGIC:
                _check_bgzf_end(raw, path)
                raw.seek(0)
                source = gzip.GzipFile(fileobj=raw)
            else:
                raw.seek(0)
            while block := source.read(BLOCK):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"is truncated or damaged ({error})", path=path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", path=path) from error


def _check_bgzf_end(raw: BinaryIO, path: Path) -> None:
    """Refuse a bgzip file without its end marker: gzip alone would read it as complete."""
    raw.seek(0)
    head = raw.read(18)
    is_bgzf = len(head) == 18 and head[3] & 4 and head[12:14] == b"BC"
    if is_bgzf:
        raw.seek(-min(len(_BGZF_END), raw.seek(0, os.SEEK_END)), os.SEEK_END)
        if raw.read() != _BGZF_END:
            raise InputError("is truncated: a bgzip file without its end marker", path=path)

"""Plain FASTA text as pyfaidx takes it: UTF-8, LF, no blank lines, a header first."""

import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from danq.genome.files import BLOCK, whole_lines
from danq.names import is_surrogate

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_HEADER = 1 << 20
"""Bytes of a header line at most."""
_LF = 10
_PACKED_NAMES = (".gz", ".bgz", ".bz2", ".zip")
_HEADER = re.compile(rb"^>(.*)", re.MULTILINE)
_BLANKS_BEFORE_HEADER = re.compile(rb"\n{2,}(?=>)")


class NotPlainError(Exception):
    """The text breaks a rule that this rewriting must not hide."""


def is_plain(path: Path) -> bool:
    """Return whether pyfaidx can take a file as it is; too long a line is an InputError."""
    # pyfaidx goes by these names, not by the content.
    if path.name.lower().endswith(_PACKED_NAMES):
        return False
    try:
        # Opening a pipe would take its first bytes away.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as stream:
            if stream.read(1) != b">":
                return False
    except OSError:
        return False
    return all(
        block.isascii()
        and b"\r" not in block
        and b"\n\n" not in block
        and block[0] != _LF
        and not _has_long_header(block)
        for block in whole_lines(path)
    )


def write_plain(path: Path, text: Path, *, unwrap: bool = False) -> None:
    """Write the text of a FASTA file, plain, gzip, bgzip or a pipe, as pyfaidx takes it.

    `unwrap` joins the lines of each contig, however long they are. NotPlainError when the file is
    empty or does not begin with a header, has a blank line inside a contig, a carriage return
    inside a line, a header that is too long, or a name that is not UTF-8. InputError when it is
    truncated, or a line is too long.
    """
    with open(text, "wb") as out:
        write = _write_unwrapped if unwrap else _write
        # Before the first line, as after a blank one, only a header may stand.
        after_blank = True
        for number, block in enumerate(whole_lines(path)):
            if number == 0:
                block = block.removeprefix(BYTE_ORDER_MARK)
            after_blank = write(_with_lf(block).removesuffix(b"\n"), out, after_blank)
        if not out.tell():
            raise NotPlainError("nothing in it")
        if unwrap:
            out.write(b"\n")


def _has_long_header(block: bytes) -> bool:
    # Blocks of short lines are hardly longer than what is read at once.
    return len(block) > BLOCK + LONGEST_HEADER and any(
        len(header) > LONGEST_HEADER for header in _HEADER.findall(block)
    )


def _write(lines: bytes, out: BinaryIO, after_blank: bool) -> bool:
    """Write lines except the blank ones around contigs; return whether blank ones end them."""
    kept = lines.strip(b"\n")
    if not kept:
        return True
    if b"\n\n" in kept:
        kept = _BLANKS_BEFORE_HEADER.sub(b"\n", kept)
    if (after_blank or lines.startswith(b"\n")) and not kept.startswith(b">"):
        raise NotPlainError("no header where one should be")
    if b"\n\n" in kept:
        raise NotPlainError("a blank line inside a contig")
    out.write(kept)
    out.write(b"\n")
    return lines.endswith(b"\n")


def _write_unwrapped(lines: bytes, out: BinaryIO, at_start: bool) -> bool:
    """Write headers, and bases without line ends; return whether nothing has been written yet."""
    for line in lines.split(b"\n"):
        if line.startswith(b">"):
            out.write(line + b"\n" if at_start else b"\n" + line + b"\n")
            at_start = False
        elif line and at_start:
            raise NotPlainError("no header where one should be")
        else:
            out.write(line)
    return at_start


def name_of(header: bytes) -> str | None:
    """Return the name in a header without its ``>``, "" where none is, None if it is not UTF-8."""
    words = header.decode("utf-8", "surrogateescape").split(maxsplit=1)
    name = words[0] if words else ""
    return None if any(map(is_surrogate, name)) else name


def _with_lf(block: bytes) -> bytes:
    if _has_long_header(block):
        raise NotPlainError("a header that is too long")
    if not block.isascii():
        if None in map(name_of, _HEADER.findall(block)):
            raise NotPlainError("a name that is not UTF-8")
        # Descriptions in other encodings do no harm.
        block = block.decode("utf-8", "replace").encode()
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
        if b"\r" in block:
            raise NotPlainError("a carriage return inside a line")
    return block

"""BCF as it is stored: records pass as bytes, only their INFO grows.

htslib's own writing is no way there: pysam adds an END to records with symbolic alleles, undeclared
where the header has none. The format is that of the VCF specification, section 6 (BCF 2.2): the
header as text, then records of two parts, of which the first holds everything but the samples and
ends in INFO.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from danq.errors import InputError
from danq.scoring.info import Addition
from danq.scoring.records import Stored

MAGIC: Final = b"BCF\2\2"
# QUAL is read as an integer: as floats, missing ones (signalling NaN) would come out otherwise.
_FIXED = struct.Struct("<iiiiHHI")
_WIDTHS = {0: 0, 1: 1, 2: 2, 3: 4, 5: 4, 7: 1}
_INTEGERS = {1: ("<b", 0x11), 2: ("<h", 0x12), 3: ("<i", 0x13)}
_FLOAT, _TEXT = 5, 7
_MISSING_FLOAT = b"\x01\x00\x80\x7f"
_DECLARATION = re.compile(r"##(contig|FILTER|INFO|FORMAT)=<(?:.*?,)?ID=([^,>]+)")
_PLACE = re.compile(r",IDX=(\d+)>$")


@dataclass(frozen=True, slots=True)
class Keys:
    """What scoring reads of a record: as in `danq.scoring.records.Record`."""

    contig: str
    pos: int
    id: str
    ref: str
    alts: tuple[str, ...]


def grown(stored: Stored, addition: Addition, places: dict[str, int]) -> bytes:
    """Give a record with more INFO, as it goes into a file.

    Parameters
    ----------
    stored
        The record.
    addition
        What its INFO grows by.
    places
        Each field's number in the header's dictionary.
    """
    *fixed, count, alleles, last = _FIXED.unpack_from(stored.shared)
    head = _FIXED.pack(*fixed, count + len(addition), alleles, last)
    added = [
        _integer(places[field.name]) + _values(values, is_float=field.type == "Float")
        for field, values in addition
    ]
    shared = b"".join([head, stored.shared[_FIXED.size :], *added])
    return struct.pack("<II", len(shared), len(stored.samples)) + shared + stored.samples


def without_samples(stored: Stored) -> Stored:
    """Leave out FORMAT and samples: both their numbers become 0."""
    return Stored(stored.shared[:20] + bytes(4) + stored.shared[24:], b"")


class Dictionary:
    """What the numbers in records stand for.

    Parameters
    ----------
    header
        The header's lines, without their ends.

    Attributes
    ----------
    contigs : dict of int to str
        Names by number.
    next_place : int
        The first number that no FILTER, INFO or FORMAT has.
    has_places : bool
        Whether lines tell their numbers (``IDX``).
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.contigs: dict[int, str] = {}
        self.has_places = False
        places = {"PASS": 0}
        for line in header:
            declared = _DECLARATION.match(line)
            if declared is None:
                continue
            kind, name = declared.groups()
            said = _PLACE.search(line)
            self.has_places |= said is not None
            if kind == "contig":
                self.contigs[int(said[1]) if said else len(self.contigs)] = name
            elif name not in places:
                places[name] = int(said[1]) if said else max(places.values()) + 1
        self.next_place = max(places.values()) + 1

    def keys(self, stored: Stored) -> Keys:
        """Read what scoring needs of a record.

        Raises
        ------
        ValueError
            When the record is none.
        """
        shared = stored.shared
        try:
            contig, pos, _, _, _, alleles, _ = _FIXED.unpack_from(shared)
            texts = []
            place = _FIXED.size
            for _ in range(1 + alleles):
                text, place = _text(shared, place)
                texts.append(text)
        except (struct.error, IndexError, KeyError, UnicodeDecodeError) as error:
            raise ValueError("a damaged record") from error
        if contig not in self.contigs:
            raise ValueError(f"a contig of number {contig}, which the header does not have")
        name, ref, *alts = [text or "." for text in (*texts, "")[: max(2, 1 + alleles)]]
        return Keys(self.contigs[contig], pos + 1, name, ref, tuple(alts) or (".",))


def stored_records(blocks: Iterator[bytes], name: str) -> Iterator[bytes | Stored]:
    """Give the header's text, then every record.

    Parameters
    ----------
    blocks
        The decompressed bytes.
    name
        What errors call them.

    Raises
    ------
    InputError
        When they are no BCF 2.2, or end inside a record.
    """
    source = _Bytes(blocks)
    if source.take(5) != MAGIC:
        raise InputError("is another BCF than version 2.2", path=name)
    try:
        yield source.take(struct.unpack("<I", source.take(4))[0]).rstrip(b"\0")
        number = 0
        while head := source.take(8, may_end=True):
            shared, samples = struct.unpack("<II", head)
            number += 1
            yield Stored(source.take(shared), source.take(samples))
    except EOFError:
        raise InputError("ends inside its header or a record", path=name) from None


class _Bytes:
    """Takes bytes from blocks."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def take(self, count: int, *, may_end: bool = False) -> bytes:
        pieces = []
        missing = count
        while missing:
            if not self._rest:
                block = next(self._blocks, b"")
                if not block:
                    if may_end and missing == count:
                        return b""
                    raise EOFError
                self._rest = memoryview(block)
            pieces.append(self._rest[:missing])
            self._rest = self._rest[missing:]
            missing -= len(pieces[-1])
        return b"".join(pieces)


def _text(data: bytes, place: int) -> tuple[str, int]:
    """Read a typed string; give it and where it ends."""
    length, kind, place = _described(data, place)
    if kind not in (0, _TEXT) or place + length > len(data):
        raise IndexError
    return data[place : place + length].rstrip(b"\0").decode(), place + length


def _described(data: bytes, place: int) -> tuple[int, int, int]:
    """Read what stands before a value: its length, its type, and where it begins."""
    length, kind = data[place] >> 4, data[place] & 15
    place += 1
    if length == 15:
        _, inner, place = _described(data, place)
        pattern, _ = _INTEGERS[inner]
        (length,) = struct.unpack_from(pattern, data, place)
        place += _WIDTHS[inner]
    return length, kind, place


def _values(values: Sequence[str], *, is_float: bool) -> bytes:
    if is_float:
        numbers = [_MISSING_FLOAT if v == "." else struct.pack("<f", float(v)) for v in values]
        return _descriptor(len(values), _FLOAT) + b"".join(numbers)
    text = ",".join(values).encode()
    return _descriptor(len(text), _TEXT) + text


def _descriptor(length: int, kind: int) -> bytes:
    if length < 15:
        return bytes([length << 4 | kind])
    return bytes([0xF0 | kind]) + _integer(length)


def _integer(value: int) -> bytes:
    kind = 1 if value < 1 << 7 else 2 if value < 1 << 15 else 3
    pattern, descriptor = _INTEGERS[kind]
    return bytes([descriptor]) + struct.pack(pattern, value)

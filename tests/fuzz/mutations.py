"""Seeded damage to the bytes of a file: flips, cuts, copies, and values that readers trip over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Numbers at the edges of what 8, 32 and 64 bits and Python's int() hold, in text and in binary,
# and bytes that separate, end or hide something in text formats.
SPLICES = (
    b"",
    b"\0",
    b"\r",
    b"\n",
    b"\n\n",
    b"\t",
    b" ",
    b",",
    b";",
    b"=",
    b":",
    b".",
    b"-1",
    b"nan",
    b"1e308",
    b"9" * 20,
    b"9" * 30,
    b"9" * 5000,
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    "α\u202e".encode(),
    b"\x1b[31m",
    b"<script>",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\xff" * 8,
)


def flip(data: bytearray, random: np.random.Generator) -> None:
    """Change one bit."""
    if data:
        data[random.integers(len(data))] ^= 1 << int(random.integers(8))


def overwrite(data: bytearray, random: np.random.Generator) -> None:
    """Put one of `SPLICES` in place of as many bytes."""
    splice = SPLICES[random.integers(len(SPLICES))]
    first = int(random.integers(len(data) + 1))
    data[first : first + len(splice)] = splice


def insert(data: bytearray, random: np.random.Generator) -> None:
    """Put one of `SPLICES` between two bytes."""
    first = int(random.integers(len(data) + 1))
    data[first:first] = SPLICES[random.integers(len(SPLICES))]


def cut(data: bytearray, random: np.random.Generator) -> None:
    """Take out a stretch, most often a short one."""
    first, last = _stretch(data, random)
    del data[first:last]


def truncate(data: bytearray, random: np.random.Generator) -> None:
    """Take off the end."""
    del data[random.integers(len(data) + 1) :]


def repeat(data: bytearray, random: np.random.Generator) -> None:
    """Copy a stretch to another position."""
    first, last = _stretch(data, random)
    position = int(random.integers(len(data) + 1))
    data[position:position] = data[first:last]


def swap(data: bytearray, random: np.random.Generator) -> None:
    """Exchange two lines."""
    lines = bytes(data).split(b"\n")
    one, other = random.integers(len(lines), size=2)
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


MUTATIONS: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    flip,
    overwrite,
    insert,
    cut,
    truncate,
    repeat,
    swap,
)


def mutate(data: bytes, random: np.random.Generator) -> bytes:
    """Return `data` after one to four mutations, one more often than more."""
    damaged = bytearray(data)
    for _ in range(min(4, int(random.geometric(0.6)))):
        MUTATIONS[random.integers(len(MUTATIONS))](damaged, random)
    return bytes(damaged)


def substitute(value: Any, random: np.random.Generator) -> Any:
    """Return nested lists and dictionaries with one value, at any depth, replaced by another."""
    places: list[tuple[Any, Any]] = []

    def walk(item: Any) -> None:
        for key in item if isinstance(item, dict) else range(len(item)):
            places.append((item, key))
            if isinstance(item[key], (dict, list)):
                walk(item[key])

    walk(value)
    item, key = places[random.integers(len(places))]
    others = [None, True, -1, 0, 5, 2**40, 1e308, float("nan"), "", "x", "\ud800", [], {}, [3]]
    item[key] = others[random.integers(len(others))]
    return value


def _stretch(data: bytearray, random: np.random.Generator) -> tuple[int, int]:
    first = int(random.integers(len(data) + 1))
    return first, min(len(data), first + int(random.geometric(0.05)))

"""Motif files: MEME's and JASPAR's formats, checked line by line and read by Biopython.

MEME: the minimal format, or the text output of the MEME program. Alphabet (A, C, G, T), strands,
background and the numbers after ``letter-probability matrix:`` may be missing. Biopython wants
several of them, turns frequencies into whole counts, and stops without a word where a matrix is
shorter than it says: it is handed a completed text after every row was checked.

JASPAR: a header ``>ID NAME``, then four rows of counts in the order A, C, G, T, raw or as
``A [ 1 2 ]``. Biopython would join rows across headers and pass over a last matrix of three rows;
here each header must have four.

Both: plain or compressed, any line ends; lines that begin with ``#`` are passed over.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome import ALPHABET
from danq.genome.files import whole_lines
from danq.names import clean_names

_HEAD = f"MEME version 4\n\nALPHABET= {ALPHABET}\n\nBackground letter frequencies\n" + (
    "A 0.25 C 0.25 G 0.25 T 0.25\n\n"
)
# Biopython counts in whole sites: this number keeps nine decimals of a frequency.
_SITES = 10**9
# How far the four probabilities of a position, each rounded to a digit or two, sum past 1.
_ROUNDED = 0.05
_ALPHABETS = {"ACGU": "RNA", "ACDEFGHIKLMNPQRSTVWY": "protein"}
_LENGTHS = {"20": " (protein?)"}
_OTHER_FORMATS = {r"(AC|ID|VV|XX)\b": "TRANSFAC", "<": "XML or HTML"}
_TITLE = re.compile(r"MOTIF\s+(\S+)(?:[ \t]+(?!width\b)(\S+))?")
_VALUE = re.compile(r"(\w+)\s*=\s*(\S+)")
_BRACKETED = re.compile(r"([A-Za-z])\s*\[(.*)\]$")

Line = tuple[int, str]


@dataclass(frozen=True)
class Motif:
    """One position frequency matrix.

    `name` is as in the file: identifier and, where there is one, the factor (``MA0139.2 CTCF``).
    Files may repeat names. `frequencies` is float64 (length, 4): share of A, C, G, T at each
    position.
    """

    name: str
    frequencies: npt.NDArray[np.float64]


def read_motifs(path: str | os.PathLike[str]) -> list[Motif]:
    """Read a MEME or JASPAR file of DNA motifs with Biopython.

    Counts become frequencies, position by position; no pseudocounts are added.

    Parameters
    ----------
    path
        A file in MEME's minimal format or as the MEME program writes text, or in JASPAR's format,
        raw or bracketed; plain or compressed with gzip.

    Returns
    -------
    list of Motif
        In the order of the file.

    Raises
    ------
    InputError
        When the file cannot be read, holds no motifs, or holds something else than whole matrices
        over A, C, G, T; it names the line and what was found.
    """
    from Bio import motifs

    path = Path(path)
    lines = _lines(path)
    if any(text.startswith("MEME version") for _, text in lines):
        kind, names, text = "minimal", *_checked_meme(lines, path)
    else:
        kind, names, text = "jaspar", *_checked_jaspar(lines, path)
    if not names:
        raise InputError("holds no MEME or JASPAR motifs", path=path)
    found = motifs.parse(io.StringIO(text), kind)
    result = []
    for name, motif in zip(names, found, strict=True):
        matrix = np.array([motif.counts[base] for base in ALPHABET], float).T
        totals = matrix.sum(axis=1, keepdims=True)
        if not (totals > 0).all():
            raise InputError(f"motif {quoted(name)} has a position without counts", path=path)
        result.append(Motif(name, matrix / totals))
    return result


def _lines(path: Path) -> list[Line]:
    """Read lines with their numbers, from 1, without blanks at their ends and comments."""
    try:
        text = b"".join(whole_lines(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not a text file, expected MEME or JASPAR motifs", path=path) from error
    lines = enumerate(text.splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if not line.startswith("#")]


def _checked_meme(lines: list[Line], path: Path) -> tuple[list[str], str]:
    """Return names and a text that Biopython reads exactly."""
    starts = [place for place, (_, text) in enumerate(lines) if re.match(r"MOTIF\b", text)]
    first = starts[0] if starts else len(lines)
    for number, text in lines[:first]:
        _check_alphabet(text, path, number)
    names, parts = [], [_HEAD]
    for start, end in _spans(starts, len(lines)):
        number, title = lines[start]
        words = _TITLE.match(title)
        if words is None:
            raise InputError("found a MOTIF line without a name", path=path, line=number)
        name = " ".join(word for word in words.groups() if word)
        clean_names([name], "motifs", path=path, lines=[number])
        rows = _meme_rows(name, lines[start:end], path)
        names.append(name)
        parts.append(f"MOTIF {len(names)}\nletter-probability matrix: alength= 4 ")
        parts.append(f"w= {len(rows)} nsites= {_SITES}\n" + "\n".join(rows) + "\n\n")
    return names, "".join(parts)


def _check_alphabet(text: str, path: Path, number: int) -> None:
    if not text.startswith("ALPHABET"):
        return
    letters = text.removeprefix("ALPHABET").lstrip(" =\t")
    if letters != ALPHABET:
        kind = f" ({_ALPHABETS[letters]})" if letters in _ALPHABETS else ""
        raise InputError(
            f"found the alphabet {quoted(letters)[1:-1]}{kind}, expected {ALPHABET}",
            path=path,
            line=number,
        )


def _meme_rows(name: str, lines: list[Line], path: Path) -> list[str]:
    """Check one motif's matrix and give its rows as text."""
    head = [
        place
        for place, (_, text) in enumerate(lines)
        if text.startswith("letter-probability matrix")
    ]
    if len(head) != 1:
        raise InputError(
            f"motif {quoted(name)} has {len(head) or 'no'} letter-probability matrix, expected one",
            path=path,
            line=lines[0][0],
        )
    number, text = lines[head[0]]
    said = dict(_VALUE.findall(text))
    if said.get("alength", "4") != "4":
        guess = _LENGTHS.get(said["alength"], "")
        raise InputError(
            f"motif {quoted(name)} has an alphabet of {quoted(said['alength'])[1:-1]} "
            f"letters{guess}, expected 4: {', '.join(ALPHABET)}",
            path=path,
            line=number,
        )
    rows: list[str] = []
    for place, row in lines[head[0] + 1 :]:
        if not row and not rows:
            continue
        if not _is_numeric(row):
            break
        rows.append(_checked_row(row, 4, path, place))
        total = sum(map(float, row.split()))
        if total > 0 and abs(total - 1) > _ROUNDED:
            raise InputError(
                f"found letter probabilities that sum to {total:g}, expected 1",
                path=path,
                line=place,
            )
    expected = said.get("w", str(len(rows)))
    if not rows or expected != str(len(rows)):
        wanted = f"w= {quoted(said['w'])[1:-1]}" if "w" in said else "at least one"
        raise InputError(
            f"motif {quoted(name)} has {len(rows)} positions, expected {wanted}",
            path=path,
            line=number,
        )
    return rows


def _checked_jaspar(lines: list[Line], path: Path) -> tuple[list[str], str]:
    """Return names and a text in which every header has its four rows."""
    lines = [(number, text) for number, text in lines if text]
    if lines and not lines[0][1].startswith(">"):
        number, text = lines[0]
        kinds = [name for tell, name in _OTHER_FORMATS.items() if re.match(tell, text)]
        found = f"looks like {kinds[0]}" if kinds else f"begins with {quoted(text, most=30)}"
        raise InputError(f"holds no MEME or JASPAR motifs: it {found}", path=path, line=number)
    names, parts = [], []
    for header, rows in _records(lines):
        number, title = header
        name = " ".join(title[1:].split())
        if not name:
            raise InputError("found a header without a name", path=path, line=number)
        clean_names([name], "motifs", path=path, lines=[number])
        if len(rows) != 4:
            raise InputError(
                f"motif {quoted(name)} has {len(rows)} rows, expected 4: {', '.join(ALPHABET)}",
                path=path,
                line=number,
            )
        names.append(name)
        # A header of its own keeps Biopython from reading more into the name than two words.
        parts += [f">{len(names)}", *_jaspar_rows(name, rows, path)]
    return names, "\n".join(parts)


def _records(lines: list[Line]) -> Iterator[tuple[Line, list[Line]]]:
    starts = [place for place, (_, text) in enumerate(lines) if text.startswith(">")]
    for start, end in _spans(starts, len(lines)):
        yield lines[start], lines[start + 1 : end]


def _spans(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    """Pair each start with the next one, the last with the end."""
    return pairwise([*starts, end])


def _jaspar_rows(name: str, rows: list[Line], path: Path) -> list[str]:
    result, length = [], 0
    for base, (number, text) in zip(ALPHABET, rows, strict=True):
        bracketed = _BRACKETED.match(text)
        if bracketed and bracketed[1].upper() != base:
            hint = " (RNA?)" if bracketed[1].upper() == "U" else ""
            raise InputError(
                f"motif {quoted(name)} has a row {bracketed[1]}{hint}, expected {base}",
                path=path,
                line=number,
            )
        counts = bracketed[2] if bracketed else text
        length = length or len(counts.split())
        if not length:
            raise InputError(f"motif {quoted(name)} has no positions", path=path, line=number)
        result.append(f"{base} [ {_checked_row(counts, length, path, number)} ]")
    return result


def _checked_row(text: str, count: int, path: Path, number: int) -> str:
    """Refuse a row of another number of values, or of values that are not counts or shares."""
    words = text.split()
    if len(words) != count:
        raise InputError(f"found {len(words)} numbers, expected {count}", path=path, line=number)
    for word in words:
        try:
            fits = 0 <= float(word) < math.inf
        except ValueError:
            fits = False
        if not fits:
            raise InputError(
                f"found {quoted(word)}, expected a number from 0 up", path=path, line=number
            )
    return " ".join(words)


def _is_numeric(text: str) -> bool:
    return bool(re.match(r"[-+]?(\d|\.\d|nan|inf)", text, re.IGNORECASE))

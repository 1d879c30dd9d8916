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

import io
import math
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome import ALPHABET
from danq.genome.files import whole_lines
from danq.names import clean_names
from danq.paths import StrPath

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


class Line(NamedTuple):
    """A line of a file, without blanks around it; its number counts from 1."""

    path: Path
    number: int
    text: str

    def error(self, message: str) -> InputError:
        """Make an error that names the file and the line."""
        return InputError(message, path=self.path, line=self.number)


@dataclass(frozen=True)
class Motif:
    """One position frequency matrix.

    `name` is as in the file: identifier and, where there is one, the factor (``MA0139.2 CTCF``).
    Files may repeat names. `frequencies` is float64 (length, 4): share of A, C, G, T at each
    position.
    """

    name: str
    frequencies: npt.NDArray[np.float64]


def read_motifs(path: StrPath) -> list[Motif]:
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
    is_meme = any(line.text.startswith("MEME version") for line in lines)
    names, text = _check_meme(lines) if is_meme else _check_jaspar(lines)
    if not names:
        raise InputError("holds no MEME or JASPAR motifs", path=path)
    found = motifs.parse(io.StringIO(text), "minimal" if is_meme else "jaspar")
    result = []
    for name, motif in zip(names, found, strict=True):
        matrix = np.array([motif.counts[base] for base in ALPHABET], float).T
        totals = matrix.sum(axis=1, keepdims=True)
        if not (totals > 0).all():
            raise InputError(f"motif {quoted(name)} has a position without counts", path=path)
        result.append(Motif(name, matrix / totals))
    return result


def _lines(path: Path) -> list[Line]:
    """Read lines without comments."""
    try:
        text = b"".join(whole_lines(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not a text file, expected MEME or JASPAR motifs", path=path) from error
    lines = enumerate(text.splitlines(), start=1)
    return [Line(path, number, line.strip()) for number, line in lines if not line.startswith("#")]


def _check_meme(lines: list[Line]) -> tuple[list[str], str]:
    """Return names and a text that Biopython reads exactly."""
    before, motifs = _split(lines, r"MOTIF\b")
    for line in before:
        if line.text.startswith("ALPHABET"):
            _check_alphabet(line)
    names, parts = [], [_HEAD]
    for title, matrix in motifs:
        words = _TITLE.match(title.text)
        if words is None:
            raise title.error("found a MOTIF line without a name")
        name = " ".join(word for word in words.groups() if word)
        clean_names([name], "motifs", path=title.path, lines=[title.number])
        rows = _meme_rows(name, title, matrix)
        names.append(name)
        parts.append(f"MOTIF {len(names)}\nletter-probability matrix: alength= 4 ")
        parts.append(f"w= {len(rows)} nsites= {_SITES}\n" + "\n".join(rows) + "\n\n")
    return names, "".join(parts)


def _split(lines: list[Line], start: str) -> tuple[list[Line], list[tuple[Line, list[Line]]]]:
    """Return the lines before the first that begins so, and each of these with those behind it."""
    starts = [place for place, line in enumerate(lines) if re.match(start, line.text)]
    ends = pairwise([*starts, len(lines)])
    before = lines[: starts[0]] if starts else lines
    return before, [(lines[first], lines[first + 1 : end]) for first, end in ends]


def _check_alphabet(line: Line) -> None:
    letters = line.text.removeprefix("ALPHABET").lstrip(" =\t")
    if letters != ALPHABET:
        kind = f" ({_ALPHABETS[letters]})" if letters in _ALPHABETS else ""
        raise line.error(f"found the alphabet {quoted(letters)[1:-1]}{kind}, expected {ALPHABET}")


def _meme_rows(name: str, title: Line, lines: list[Line]) -> list[str]:
    """Check one motif's matrix and give its rows as text."""
    _, matrices = _split(lines, "letter-probability matrix")
    if len(matrices) != 1:
        count = len(matrices) or "no"
        raise title.error(
            f"motif {quoted(name)} has {count} letter-probability matrix, expected one"
        )
    [(head, numbers)] = matrices
    said = dict(_VALUE.findall(head.text))
    if said.get("alength", "4") != "4":
        guess = _LENGTHS.get(said["alength"], "")
        raise head.error(
            f"motif {quoted(name)} has an alphabet of {quoted(said['alength'])[1:-1]} "
            f"letters{guess}, expected 4: {', '.join(ALPHABET)}"
        )
    rows: list[str] = []
    for line in numbers:
        if not line.text and not rows:
            continue
        if not re.match(r"[-+]?(\d|\.\d|nan|inf)", line.text, re.IGNORECASE):
            break
        rows.append(_check_row(line, line.text, 4))
        total = sum(map(float, line.text.split()))
        if total > 0 and abs(total - 1) > _ROUNDED:
            raise line.error(f"found letter probabilities that sum to {total:g}, expected 1")
    expected = said.get("w", str(len(rows)))
    if not rows or expected != str(len(rows)):
        wanted = f"w= {quoted(said['w'])[1:-1]}" if "w" in said else "at least one"
        raise head.error(f"motif {quoted(name)} has {len(rows)} positions, expected {wanted}")
    return rows


def _check_jaspar(lines: list[Line]) -> tuple[list[str], str]:
    """Return names and a text in which every header has its four rows."""
    before, records = _split([line for line in lines if line.text], ">")
    if before:
        text = before[0].text
        kinds = [name for tell, name in _OTHER_FORMATS.items() if re.match(tell, text)]
        found = f"looks like {kinds[0]}" if kinds else f"begins with {quoted(text, most=30)}"
        raise before[0].error(f"holds no MEME or JASPAR motifs: it {found}")
    names, parts = [], []
    for header, rows in records:
        name = " ".join(header.text[1:].split())
        if not name:
            raise header.error("found a header without a name")
        clean_names([name], "motifs", path=header.path, lines=[header.number])
        if len(rows) != 4:
            bases = ", ".join(ALPHABET)
            raise header.error(f"motif {quoted(name)} has {len(rows)} rows, expected 4: {bases}")
        names.append(name)
        # A header of its own keeps Biopython from reading more into the name than two words.
        parts += [f">{len(names)}", *_jaspar_rows(name, rows)]
    return names, "\n".join(parts)


def _jaspar_rows(name: str, rows: list[Line]) -> list[str]:
    result, length = [], 0
    for base, row in zip(ALPHABET, rows, strict=True):
        bracketed = _BRACKETED.match(row.text)
        if bracketed and bracketed[1].upper() != base:
            hint = " (RNA?)" if bracketed[1].upper() == "U" else ""
            raise row.error(f"motif {quoted(name)} has a row {bracketed[1]}{hint}, expected {base}")
        counts = bracketed[2] if bracketed else row.text
        length = length or len(counts.split())
        if not length:
            raise row.error(f"motif {quoted(name)} has no positions")
        result.append(f"{base} [ {_check_row(row, counts, length)} ]")
    return result


def _check_row(line: Line, text: str, count: int) -> str:
    """Refuse a row of another number of values, or of values that are not counts or shares."""
    words = text.split()
    if len(words) != count:
        raise line.error(f"found {len(words)} numbers, expected {count}")
    for word in words:
        try:
            fits = 0 <= float(word) < math.inf
        except ValueError:
            fits = False
        if not fits:
            raise line.error(f"found {quoted(word)}, expected a number from 0 up")
    return " ".join(words)

"""DNA as numbers: codes, one-hot rows, reverse complements.

A base is a uint8 code: 0, 1, 2, 3 for A, C, G, T, and 4 for everything unknown (N and the other
IUPAC letters). Lower case counts as upper case.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from danq.errors import InputError

Codes = npt.NDArray[np.uint8]

ALPHABET = "ACGT"
UNKNOWN = 4
IUPAC_UNKNOWN = "NRYSWKMBDHVU"
INVALID = 255

_COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)
_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)


def _letter_table() -> Codes:
    table = np.full(256, INVALID, dtype=np.uint8)
    for letter in IUPAC_UNKNOWN:
        table[[ord(letter), ord(letter.lower())]] = UNKNOWN
    for code, letter in enumerate(ALPHABET):
        table[[ord(letter), ord(letter.lower())]] = code
    return table


LETTER_CODES = _letter_table()
"""uint8 (256,): the code of every byte; `INVALID` where the byte is no IUPAC base."""


def encode(text: str | bytes) -> Codes:
    """Turn letters into codes.

    U, RNA's base, is not DNA and becomes unknown like the other IUPAC letters.

    Parameters
    ----------
    text
        Bases in upper or lower case.

    Returns
    -------
    numpy.ndarray
        uint8, shape (len(text),).

    Raises
    ------
    InputError
        When a letter is no IUPAC base; it names the first one and its 0-based position.
    """
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    codes = LETTER_CODES[np.frombuffer(raw, dtype=np.uint8)]
    wrong = np.flatnonzero(codes == INVALID)
    if wrong.size:
        letter = chr(raw[wrong[0]])
        raise InputError(f"found {letter!r} at position {wrong[0]}, expected an IUPAC base")
    return codes


def decode(codes: Codes) -> str:
    """Turn codes back into upper-case letters, unknown as N.

    Parameters
    ----------
    codes
        uint8, shape (n,), values 0 to 4.
    """
    return _LETTERS[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """Read the other strand: reverse the last axis and complement each base.

    Parameters
    ----------
    codes
        uint8, shape (..., length).

    Returns
    -------
    numpy.ndarray
        uint8, same shape; unknown stays unknown.
    """
    return np.take(_COMPLEMENT, codes[..., ::-1], mode="clip")


def one_hot(
    codes: Codes, *, unknown: float = 0.0, dtype: npt.DTypeLike = np.float32
) -> npt.NDArray[np.floating]:
    """Turn codes into one-hot rows, channels in the order A, C, G, T.

    Parameters
    ----------
    codes
        uint8, shape (..., length).
    unknown
        What every channel of an unknown base holds: 0 in DeepSEA and DanQ, 0.25 in Selene.
    dtype
        The floating type of the result.

    Returns
    -------
    numpy.ndarray
        Shape (..., length, 4).
    """
    table = np.vstack([np.eye(4), np.full((1, 4), unknown)]).astype(dtype)
    return np.take(table, codes, axis=0, mode="clip")

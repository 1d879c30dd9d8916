"""DNA as numbers: codes, one-hot rows, reverse complements.

A base is a uint8 code: 0, 1, 2, 3 for A, C, G, T, and 4 for everything unknown (N and the other
IUPAC letters). Lower case counts as upper case, and U, RNA's T, as T.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted

Codes = npt.NDArray[np.uint8]

ALPHABET = "ACGT"
UNKNOWN = 4
IUPAC_UNKNOWN = "NRYSWKMBDHV"
INVALID = 255

_PART = 1 << 15
_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)


def _letter_table() -> Codes:
    table = np.full(256, INVALID, dtype=np.uint8)
    for letter in IUPAC_UNKNOWN:
        table[[ord(letter), ord(letter.lower())]] = UNKNOWN
    for code, letter in [*enumerate(ALPHABET), (ALPHABET.index("T"), "U")]:
        table[[ord(letter), ord(letter.lower())]] = code
    return table


LETTER_CODES = _letter_table()
"""uint8 (256,): the code of every byte; `INVALID` where the byte is not an IUPAC base."""


def encode(text: str | bytes) -> Codes:
    """Turn letters into codes.

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
        When a letter is not an IUPAC base; it names the first one and its 0-based position.
    """
    raw = text.encode("latin-1", "replace") if isinstance(text, str) else text
    codes = LETTER_CODES[np.frombuffer(raw, dtype=np.uint8)]
    wrong = np.flatnonzero(codes == INVALID)
    if wrong.size:
        letter = quoted(raw[wrong[0] : wrong[0] + 1])
        raise InputError(f"found {letter} at position {wrong[0]}, expected an IUPAC base")
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
    return complement(codes[..., ::-1])


def complement(codes: Codes) -> Codes:
    """Return the base that pairs with each; unknown stays unknown.

    Parameters
    ----------
    codes
        uint8, any shape.
    """
    return codes ^ (codes < UNKNOWN) * np.uint8(3)


def one_hot(
    codes: Codes,
    *,
    unknown: float = 0.0,
    dtype: npt.DTypeLike = np.float32,
    out: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """Turn codes into one-hot rows, channels in the order A, C, G, T.

    Parameters
    ----------
    codes
        uint8, shape (..., length).
    unknown
        What every channel of an unknown base holds: 0 in DeepSEA and DanQ, 0.25 in Selene.
    dtype
        Of the result, where `out` is not given.
    out
        A C-contiguous array of shape (..., length, 4) to write into, of any type.

    Returns
    -------
    numpy.ndarray
        Shape (..., length, 4): `out` where it is given.

    Raises
    ------
    ValueError
        When `out` has another shape or lies in pieces.
    """
    result = np.empty((*codes.shape, 4), dtype) if out is None else out
    if result.shape != (*codes.shape, 4) or not result.flags.c_contiguous:
        raise ValueError(
            f"found out of shape {result.shape} with strides {result.strides}, "
            f"expected a C-contiguous array of shape {(*codes.shape, 4)}"
        )
    table = np.vstack([np.eye(4), np.full((1, 4), unknown)]).astype(result.dtype)
    # Part by part, so that the codes, which np.take widens first, stay in the processor's cache.
    flat, rows = codes.reshape(-1), result.reshape(-1, 4)
    for first in range(0, len(flat), _PART):
        part = slice(first, first + _PART)
        np.take(table, flat[part], axis=0, out=rows[part], mode="clip")
    return result

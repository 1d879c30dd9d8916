"""Windows as people hand them over: codes, letters, lists and dictionaries of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome import UNKNOWN, encode

Codes = npt.NDArray[np.uint8]
Sequences = npt.NDArray[np.integer] | str | Mapping[str, Any] | Iterable[Any]
"""Codes (n, window) or (window,), letters, a dictionary by name, or an iterable of windows."""


def as_codes(sequences: Sequences, window: int) -> Codes:
    """Return windows as codes, whatever form they came in.

    Parameters
    ----------
    sequences
        Codes, integers 0 to 4 of shape (n, window), or (window,) for one window; the letters of
        one window; or an iterable, or a dictionary by name, of such single windows.
    window
        Bases that the network reads.

    Returns
    -------
    numpy.ndarray
        uint8 (n, window), in the order given.

    Raises
    ------
    InputError
        When it is something else, or a window has another length or holds what is not a base.
    """
    if isinstance(sequences, np.ndarray):
        return _check_codes(sequences if sequences.ndim == 2 else sequences[None], window)
    if isinstance(sequences, (str, bytes)):
        return _one(sequences, window, "the sequence")[None]
    if isinstance(sequences, Mapping):
        named = [(f"sequence {quoted(name)}", one) for name, one in sequences.items()]
    elif isinstance(sequences, Iterable):
        named = [(f"sequence {number}", one) for number, one in enumerate(sequences, 1)]
    else:
        raise InputError(
            f"found {type(sequences).__name__}, expected codes, letters, or a list or dictionary "
            "of them"
        )
    codes = np.empty((len(named), window), np.uint8)
    for row, (name, one) in enumerate(named):
        codes[row] = _one(one, window, name)
    return codes


def _one(sequence: Any, window: int, name: str) -> Codes:
    if isinstance(sequence, (str, bytes)):
        if len(sequence) != window:
            raise InputError(
                f"{name} has {len(sequence)} bases, the network reads windows of {window}"
            )
        try:
            return encode(sequence)
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
    if not isinstance(sequence, np.ndarray) or sequence.ndim != 1:
        shape = f" of shape {sequence.shape}" if isinstance(sequence, np.ndarray) else ""
        raise InputError(
            f"{name} is {type(sequence).__name__}{shape}, expected letters or codes of one window"
        )
    return _check_codes(sequence[None], window)[0]


def _check_codes(codes: npt.NDArray[Any], window: int) -> Codes:
    if codes.ndim != 2 or codes.shape[1] != window:
        raise InputError(
            f"found windows of shape {codes.shape}, the network reads codes of shape (n, {window})"
        )
    if codes.dtype.kind not in "ui":
        raise InputError(f"found windows of type {codes.dtype}, expected codes: integers 0 to 4")
    if codes.size and (codes.max() > UNKNOWN or codes.min() < 0):
        raise InputError(
            f"found codes from {codes.min()} to {codes.max()}, expected 0 to 3 for A, C, G and T "
            "and 4 for an unknown base"
        )
    return codes.astype(np.uint8, copy=False)

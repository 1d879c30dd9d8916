"""DeepSEA's labelled windows as its authors publish them: ``valid.mat`` and ``test.mat``.

MATLAB version 5: ``testxdata`` (N, 4, 1000), one-hot with channels A, G, C, T, and ``testdata``
(N, 919), or both with ``valid`` in their names. The second half of the rows are the reverse
complements of the first, in the same order (Zhou & Troyanskaya 2015, Supplementary Note).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome import ALPHABET, UNKNOWN, reverse_complement

CHANNELS = "AGCT"
_CODES = np.array([ALPHABET.index(base) for base in CHANNELS], dtype=np.uint8)
_MAGIC = b"MATLAB "
_BLOCK = 4096


@dataclass(frozen=True)
class LabelledWindows:
    """Windows with their labels.

    Attributes
    ----------
    codes
        uint8 (n, window).
    labels
        uint8 (n, targets), 0 or 1.
    """

    codes: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]


def is_mat(path: str | os.PathLike[str]) -> bool:
    """Tell a MATLAB file by its first bytes, or else by its name in any case."""
    try:
        with open(path, "rb") as file:
            start = file.read(len(_MAGIC))
    except OSError:
        start = b""
    return start == _MAGIC or os.fspath(path).lower().endswith(".mat")


def read_mat(path: str | os.PathLike[str]) -> LabelledWindows:
    """Read a ``valid.mat`` or ``test.mat``; each window counts once.

    The windows of the published ``test.mat`` take 1.8 GB of memory, its labels 0.4 GB.

    Parameters
    ----------
    path
        MATLAB file of version 5.

    Returns
    -------
    LabelledWindows
        Without the second half of the rows where these are the reverse complements of the first
        half, with the same labels.

    Raises
    ------
    InputError
        When the file cannot be read, holds no such arrays, or windows are not one-hot.
    """
    arrays = _load(path)
    names = [name for name in ("test", "valid") if f"{name}xdata" in arrays]
    if not names or f"{names[0]}data" not in arrays:
        found = ", ".join(name for name in arrays if not name.startswith("__")) or "nothing"
        raise InputError(
            f"holds {found}, expected testxdata and testdata, or validxdata and validdata",
            path=path,
        )
    for name in (f"{names[0]}xdata", f"{names[0]}data"):
        array = arrays[name]
        full = isinstance(array, np.ndarray)
        if not full or array.dtype.kind not in "biuf":
            found = f"ndarray of {array.dtype.type.__name__}" if full else type(array).__name__
            raise InputError(
                f"holds {name} as {found.rstrip('_')}, expected a full array of numbers", path=path
            )
    rows, labels = arrays[f"{names[0]}xdata"], arrays[f"{names[0]}data"]
    if rows.ndim != 3 or rows.shape[1] != 4 or labels.ndim != 2 or len(labels) != len(rows):
        raise InputError(
            f"holds windows of shape {rows.shape} and labels of shape {labels.shape}, "
            "expected (N, 4, length) and (N, targets)",
            path=path,
        )
    if not len(rows) or not np.isin(labels, (0, 1)).all():
        raise InputError("holds no windows, or labels other than 0 and 1", path=path)
    return _each_once(_codes(rows, path), labels.astype(np.uint8))


def _load(path: str | os.PathLike[str]) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not os.path.isfile(path):
        found = "is a folder" if os.path.isdir(path) else "does not exist"
        raise InputError(f"{found}, expected a MATLAB file", path=path)
    try:
        arrays: dict[str, Any] = loadmat(path, appendmat=False)
    except NotImplementedError as error:
        raise InputError(
            "is a MATLAB file of version 7.3, expected version 5 as valid.mat and test.mat are",
            path=path,
        ) from error
    except (OSError, ValueError, TypeError, MatReadError) as error:
        raise InputError(f"is no MATLAB file, or a damaged one ({error})", path=path) from error
    return arrays


def _codes(rows: npt.NDArray[Any], path: str | os.PathLike[str]) -> npt.NDArray[np.uint8]:
    codes = np.empty((len(rows), rows.shape[2]), dtype=np.uint8)
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        total = block.sum(axis=1)
        if not (np.isin(block, (0, 1)).all() and (total <= 1).all()):
            raise InputError(
                f"holds windows that are not one-hot, among rows {first + 1} to "
                f"{first + len(block)}",
                path=path,
            )
        known = _CODES[block.argmax(axis=1)]
        codes[first : first + len(block)] = np.where(total == 1, known, UNKNOWN)
    return codes


def _each_once(codes: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> LabelledWindows:
    """Leave out the second half where it is the other strand of the first."""
    half = len(codes) // 2
    paired = (
        len(codes) == 2 * half
        and np.array_equal(labels[:half], labels[half:])
        and np.array_equal(reverse_complement(codes[:half]), codes[half:])
    )
    return (
        LabelledWindows(codes[:half], labels[:half]) if paired else LabelledWindows(codes, labels)
    )

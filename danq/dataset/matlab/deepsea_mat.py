"""DeepSEA's labelled windows as published: ``train.mat``, ``valid.mat`` and ``test.mat``.

``trainxdata`` (N, 4, 1000) is one-hot with channels A, G, C, T, ``traindata`` (N, 919) its labels;
the other two files have `valid` and `test` in their names. ``train.mat`` is of MATLAB version 7.3,
where HDF5 shows the dimensions in reverse, the others are of version 5. The second half of the rows
are the reverse complements of the first, in the same order (Zhou & Troyanskaya 2015, Supplementary
Note). Any other length of window and number of targets is read as well, and either version under
each name.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.matlab.mat5 import Array5, read_mat5
from danq.dataset.matlab.mat73 import Array73, read_mat73
from danq.dataset.matlab.mat_rows import (
    CHANNELS,
    FoldedRows,
    complement_columns,
    fold_codes,
    fold_labels,
)
from danq.dataset.splits import SPLITS
from danq.dataset.writing import Block
from danq.errors import InputError, quoted
from danq.paths import StrPath

_MAGIC = b"MATLAB "
_GLANCE = 256


@dataclass(frozen=True)
class LabelledWindows:
    """Windows, uint8 (n, window), with their labels, uint8 (n, targets) of 0 and 1."""

    codes: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]


class UnpairedError(Exception):
    """Rows of the split that is named began as pairs of strands, and are not all such pairs."""


class MatSet:
    """The windows of one split in a MATLAB file, read in blocks.

    `rows` are those in the file, `window` bases in each, `targets` labels of each.
    """

    def __init__(
        self,
        path: StrPath,
        split: str,
        arrays: tuple[Array5 | Array73, Array5 | Array73],
        scratch: StrPath | None,
    ) -> None:
        self.path, self.split = path, split
        for name, array in zip((f"{split}xdata", f"{split}data"), arrays, strict=True):
            if array.fault:
                raise InputError(
                    f"holds {name} as {array.fault}, expected a full array of numbers", path=path
                )
        windows, labels = arrays
        if (
            len(windows.shape) != 3
            or windows.shape[1] != len(CHANNELS)
            or len(labels.shape) != 2
            or labels.shape[0] != windows.shape[0]
        ):
            raise InputError(
                f"holds windows of shape {windows.shape} and labels of shape {labels.shape}, "
                "expected (N, 4, length) and (N, targets)",
                path=path,
            )
        self.rows, _, self.window = windows.shape
        self.targets = labels.shape[1]
        if not self.rows * self.window * self.targets:
            raise InputError("holds no windows, or none with labels", path=path)
        self._codes = FoldedRows(
            windows, fold_codes, 4, wrong="windows that are not one-hot", scratch=scratch
        )
        self._labels = FoldedRows(
            labels, fold_labels, 8, wrong="labels other than 0 and 1", scratch=scratch
        )

    def begins_in_pairs(self) -> bool:
        """Return whether the first rows of the second half are the other strands of the first."""
        half = self.rows // 2
        return not self.rows % 2 and self._are_pairs(*self._columns(0, min(half, _GLANCE)), 0)

    def has_both_strands(self) -> bool:
        """Return whether the sequences of these rows are pairs, whatever the labels say."""
        half = self.rows // 2
        last = min(half, _GLANCE)
        first = self._codes.read(0, last)
        return not self.rows % 2 and np.array_equal(
            complement_columns(first), self._codes.read(half, half + last)
        )

    def blocks(self, *, once: bool) -> Iterator[Block]:
        """Yield codes, uint8 (k, window), and packed labels, uint8 (k, ceil(targets / 8)).

        With `once` the second half of the rows is left out, having seen that they are the other
        strands of the first with the same labels; UnpairedError where they are not. Windows that
        are not one-hot and labels other than 0 and 1 raise InputError.
        """
        rows = self.rows // 2 if once else self.rows
        for first in range(0, rows, self._codes.step):
            last = min(first + self._codes.step, rows)
            codes, packed = self._columns(first, last)
            if once and not self._are_pairs(codes, packed, first):
                raise UnpairedError(self.split)
            yield np.ascontiguousarray(codes.T), np.ascontiguousarray(packed.T)

    def close(self) -> None:
        """Free scratch memory and files."""
        self._codes.close()
        self._labels.close()

    def _columns(self, first: int, last: int) -> Block:
        return self._codes.read(first, last), self._labels.read(first, last)

    def _are_pairs(
        self, codes: npt.NDArray[np.uint8], packed: npt.NDArray[np.uint8], first: int
    ) -> bool:
        first += self.rows // 2
        others, labels = self._columns(first, first + codes.shape[1])
        return np.array_equal(packed, labels) and np.array_equal(complement_columns(codes), others)


def is_mat(path: StrPath) -> bool:
    """Recognise a MATLAB file by its first bytes, or else by its name in any case."""
    try:
        with open(path, "rb") as file:
            start = file.read(len(_MAGIC))
    except OSError:
        start = b""
    return start == _MAGIC or os.fspath(path).lower().endswith(".mat")


def open_mat(path: StrPath, *, scratch: StrPath | None = None) -> list[MatSet]:
    """Find the labelled windows of a MATLAB file, one set a split: in DeepSEA's files one.

    The numbers of a file of version 7.3 are read later; scipy unpacks those of version 5 now, into
    a file without a name in `scratch`, where what must be laid aside of more than a gigabyte goes
    too.
    """
    if not os.path.isfile(path):
        found = "is a folder" if os.path.isdir(path) else "does not exist"
        raise InputError(f"{found}, expected a MATLAB file", path=path)
    names = [f"{split}{kind}" for split in SPLITS for kind in ("xdata", "data")]
    arrays: dict[str, Array5] | dict[str, Array73]
    arrays = read_mat73(path) if h5py.is_hdf5(path) else read_mat5(path, names, scratch=scratch)
    splits = [name for name in SPLITS if f"{name}xdata" in arrays and f"{name}data" in arrays]
    if not splits:
        raise InputError(
            f"holds {quoted(', '.join(arrays)) if arrays else 'nothing'}, expected trainxdata and "
            "traindata, validxdata and validdata, or testxdata and testdata",
            path=path,
        )
    return [
        MatSet(path, name, (arrays[f"{name}xdata"], arrays[f"{name}data"]), scratch)
        for name in splits
    ]


def read_mat(path: StrPath) -> LabelledWindows:
    """Read a ``valid.mat`` or ``test.mat`` as a whole; each window counts once.

    The second half of the rows is left out where these are the reverse complements of the first
    half, with the same labels. Of several splits ``test`` is read. A ``test.mat`` of full size
    takes 3 GB of memory while it is read, and 0.4 GB after.
    """
    windows = open_mat(path)[-1]
    if windows.split == "train":
        raise InputError(
            "holds training windows, expected those of valid.mat or test.mat", path=path
        )
    with closing(windows):
        once = windows.begins_in_pairs()
        try:
            blocks = list(windows.blocks(once=once))
        except UnpairedError:
            blocks = list(windows.blocks(once=False))
    codes, packed = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return LabelledWindows(codes, np.unpackbits(packed, axis=1, count=windows.targets))

"""The data set file: coordinates and packed labels in HDF5, sequences from the reference.

Layout (format 1)::

    contig   uint32 (n,)    place in the reference
    start    int64  (n,)    0-based first base of the window; may be negative at a contig's start
    split    uint8  (n,)    place in `danq.dataset.splits.SPLITS`
    labels   uint8  (n, ceil(targets / 8))   numpy.packbits along the targets
    targets/ name, group and further columns, UTF-8 strings, one a target

The root's attributes hold the format, window, bin and threshold, the channel order, the reference's
path and checksum, and the package's version.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.splits import SPLITS
from danq.dataset.targets import Targets
from danq.dataset.writing import FORMAT, KIND
from danq.errors import InputError
from danq.genome import ALPHABET, Reference
from danq.genome.intervals import Coverage


class Dataset:
    """Labelled windows on a reference.

    Open it with `Dataset.open`, in a ``with`` statement or not: all but the sequence is read then.

    Attributes
    ----------
    path : pathlib.Path
        The data set file.
    targets : Targets
        What the label columns stand for.
    window, bin : int
        Bases in a window and in its labelled bin.
    contigs : list of str
        The reference's contigs.
    contig : numpy.ndarray
        uint32 (n,): each window's contig, as its place in `contigs`.
    start : numpy.ndarray
        int64 (n,): each window's 0-based first base.
    checksum : str
        SHA-256 of the windows, splits, labels and targets.
    reference : danq.genome.Reference
        Where the sequence comes from.
    """

    def __init__(self, path: Path, file: h5py.File, reference: Reference) -> None:
        self.path = path
        self.reference = reference
        table = {column: _strings(values) for column, values in file["targets"].items()}
        self.targets = Targets(table.pop("name"), table.pop("group"), table)
        self.window = int(file.attrs["window"])
        self.bin = int(file.attrs["bin"])
        self.contigs = list(reference.contigs)
        self.contig: npt.NDArray[np.uint32] = file["contig"][:]
        self.start: npt.NDArray[np.int64] = file["start"][:]
        self._split: npt.NDArray[np.uint8] = file["split"][:]
        self._packed: npt.NDArray[np.uint8] = file["labels"][:]
        self.checksum = self._checksum()

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, genome: str | os.PathLike[str] | None = None
    ) -> Self:
        """Open a data set file and the reference it was made from.

        Parameters
        ----------
        path
            The file that `danq windows` wrote.
        genome
            Where the reference lies now, when it has moved.

        Raises
        ------
        InputError
            When the file is no data set of a known format, or the reference's checksum differs.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError("does not exist, expected a data set of danq windows", path=path)
        try:
            with h5py.File(path, "r") as file:
                if file.attrs.get("kind") != KIND:
                    raise InputError("is no danq data set", path=path)
                if file.attrs["format"] != FORMAT:
                    raise InputError(
                        f"found data set format {file.attrs['format']}, expected {FORMAT}",
                        path=path,
                    )
                if file.attrs["channels"] != ALPHABET:
                    raise InputError(
                        f"holds channels in the order {file.attrs['channels']}, "
                        f"danq gives {ALPHABET}",
                        path=path,
                    )
                reference = Reference(genome or file.attrs["reference"])
                if reference.checksum != file.attrs["reference_checksum"]:
                    raise InputError(
                        f"was made from another sequence than that of {reference.path} "
                        "(the checksums differ)",
                        path=path,
                    )
                return cls(path, file, reference)
        except OSError as error:
            cause = error.strerror or "it is no HDF5 file, or a damaged one"
            raise InputError(f"cannot be read ({cause})", path=path) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def __len__(self) -> int:
        return len(self.start)

    def indices(self, split: str) -> npt.NDArray[np.int64]:
        """Give the windows of one split, in the order of the genome.

        Raises
        ------
        InputError
            When there is no split of this name, or it holds no windows.
        """
        if split not in SPLITS:
            raise InputError(f'found split "{split}", expected one of {", ".join(SPLITS)}')
        rows = np.flatnonzero(self._split == SPLITS.index(split))
        if not rows.size:
            raise InputError(
                f'has no windows in the split "{split}" (danq windows --{split} names its regions)'
                if split != "train"
                else 'has no windows in the split "train"',
                path=self.path,
            )
        return rows

    def codes(
        self, indices: npt.NDArray[np.integer], *, shift: npt.NDArray[np.integer] | int = 0
    ) -> npt.NDArray[np.uint8]:
        """Read windows.

        Parameters
        ----------
        indices
            (k,): which.
        shift
            Bases by which each is moved along the contig, (k,) or one for all.

        Returns
        -------
        numpy.ndarray
            uint8 (k, window): codes.
        """
        return self.reference.windows(
            self.contig[indices], self.start[indices] + shift, self.window
        )

    def labels(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Read labels.

        Parameters
        ----------
        indices
            (k,): which windows.

        Returns
        -------
        numpy.ndarray
            uint8 (k, targets): 0 or 1.
        """
        return np.unpackbits(self._packed[indices], axis=1, count=len(self.targets))

    def coverage_without(self, indices: npt.NDArray[np.integer]) -> dict[int, Coverage]:
        """Give the bases under the windows of all splits but those of some windows.

        Parameters
        ----------
        indices
            (k,): windows whose splits do not count.

        Returns
        -------
        dict of int to Coverage
            By contig, as its place in `contigs`.
        """
        others = ~np.isin(self._split, np.unique(self._split[indices]))
        result = {}
        for contig in np.unique(self.contig[others]).tolist():
            start = self.start[others & (self.contig == contig)]
            result[contig] = Coverage(start, start + self.window)
        return result

    def _checksum(self) -> str:
        content = hashlib.sha256(repr((self.targets, self.window, self.bin)).encode())
        for array in (self.contig, self.start, self._split, self._packed):
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()


def _strings(values: h5py.Dataset) -> list[str]:
    return list(values.asstr()[:])

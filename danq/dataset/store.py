"""The data set file: labelled windows in HDF5, of either kind behind one interface.

`danq windows` writes coordinates, and the reference supplies the sequence. Layout (format 1)::

    contig   uint32 (n,)    place in the reference
    start    int64  (n,)    0-based first base of the window; may be negative at a contig's start
    split    uint8  (n,)    place in `danq.dataset.splits.SPLITS`
    labels   uint8  (n, ceil(targets / 8))   numpy.packbits along the targets
    targets/ name, group and further columns, UTF-8 strings, one a target

The root's attributes hold the format, window, bin and threshold, the channel order, the reference's
path and checksum, and the package's version.

`danq convert` writes the sequences themselves, which came without coordinates (format 2,
`danq.dataset.code_files`).
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

from danq.dataset.code_files import CODES_FORMAT, map_codes
from danq.dataset.splits import SPLITS
from danq.dataset.targets import Targets
from danq.dataset.writing import FORMAT, KIND
from danq.errors import InputError
from danq.genome import ALPHABET, Reference
from danq.genome.intervals import Coverage


class Dataset:
    """Labelled windows, on a reference or with codes of their own.

    Open it with `Dataset.open`, in a ``with`` statement or not: all but the sequence is read then.
    What needs a place in a genome (`reference`, `contigs`, `contig`, `start`, a shift) raises
    InputError where the windows have none.

    Attributes
    ----------
    path : pathlib.Path
        The data set file.
    targets : Targets
        What the label columns stand for.
    window : int
        Bases in a window.
    bin : int or None
        Bases in its labelled bin; None where the file does not say.
    has_coordinates : bool
        Whether the windows are places on a reference.
    checksum : str
        SHA-256 of the windows, splits, labels and targets.
    reference_checksum : str or None
        That of the reference, None where there is none.
    """

    def __init__(self, path: Path, file: h5py.File, reference: Reference | None) -> None:
        self.path = path
        table = {column: _strings(values) for column, values in file["targets"].items()}
        self.targets = Targets(table.pop("name"), table.pop("group"), table)
        self.window = int(file.attrs["window"])
        self.bin = int(file.attrs["bin"]) if "bin" in file.attrs else None
        self.has_coordinates = reference is not None
        self.reference_checksum = reference.checksum if reference else None
        self._reference = reference
        self._split: npt.NDArray[np.uint8] = file["split"][:]
        self._packed: npt.NDArray[np.uint8] = file["labels"][:]
        if reference is None:
            self._codes = map_codes(path, file)
            self.checksum = self._checksum(file.attrs["codes_checksum"].encode())
        else:
            self._contig: npt.NDArray[np.uint32] = file["contig"][:]
            self._start: npt.NDArray[np.int64] = file["start"][:]
            self.checksum = self._checksum(self._contig, self._start)

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, genome: str | os.PathLike[str] | None = None
    ) -> Self:
        """Open a data set file, and the reference where it was made from one.

        Parameters
        ----------
        path
            The file that `danq windows` or `danq convert` wrote.
        genome
            Where the reference lies now, when it has moved.

        Raises
        ------
        InputError
            When the file is no data set of a known format, the reference's checksum differs, or a
            genome is given for windows that need none.
        """
        path = Path(path)
        if not path.is_file():
            raise InputError("does not exist, expected a data set of danq windows", path=path)
        try:
            with h5py.File(path, "r") as file:
                return cls(path, file, _reference(path, file, genome))
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
        return len(self._split)

    @property
    def reference(self) -> Reference:
        """Where the sequence comes from."""
        return self._on_reference()

    @property
    def contigs(self) -> list[str]:
        """The reference's contigs."""
        return list(self._on_reference().contigs)

    @property
    def contig(self) -> npt.NDArray[np.uint32]:
        """Each window's contig, as its place in `contigs`: uint32 (n,)."""
        self._on_reference()
        return self._contig

    @property
    def start(self) -> npt.NDArray[np.int64]:
        """Each window's 0-based first base: int64 (n,)."""
        self._on_reference()
        return self._start

    def _on_reference(self) -> Reference:
        if self._reference is None:
            raise InputError(
                "holds sequences without coordinates, as danq convert makes it: nothing that needs "
                "a place in a genome can be done with it",
                path=self.path,
            )
        return self._reference

    def indices(self, split: str) -> npt.NDArray[np.int64]:
        """Give the windows of one split, in the order of the file (that of the genome, if any).

        Raises
        ------
        InputError
            When there is no split of this name, or it holds no windows.
        """
        rows = self.rows(split)
        if not rows.size:
            raise InputError(
                f'has no windows in the split "{split}" (danq windows --{split} names its regions)'
                if split != "train" and self.has_coordinates
                else f'has no windows in the split "{split}"',
                path=self.path,
            )
        return rows

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Give the windows of one split as `indices` does; none where it holds none.

        Raises
        ------
        InputError
            When there is no split of this name.
        """
        if split not in SPLITS:
            raise InputError(f'found split "{split}", expected one of {", ".join(SPLITS)}')
        return np.flatnonzero(self._split == SPLITS.index(split))

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

        Raises
        ------
        InputError
            When windows without coordinates shall be moved.
        """
        if self._reference is None:
            if np.any(shift):
                raise InputError(
                    "holds sequences without coordinates, which cannot be moved along a contig",
                    path=self.path,
                )
            return np.take(self._codes, indices, axis=0)
        return self._reference.windows(
            self._contig[indices], self._start[indices] + shift, self.window
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
        return np.unpackbits(self.packed_labels(indices), axis=1, count=len(self.targets))

    def packed_labels(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Read labels as the file holds them, eight in a byte.

        Parameters
        ----------
        indices
            (k,): which windows.

        Returns
        -------
        numpy.ndarray
            uint8 (k, ceil(targets / 8)): numpy.packbits along the targets.
        """
        return np.take(self._packed, indices, axis=0)

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

        Raises
        ------
        InputError
            When the windows have no coordinates.
        """
        self._on_reference()
        others = ~np.isin(self._split, np.unique(self._split[indices]))
        result = {}
        for contig in np.unique(self._contig[others]).tolist():
            start = self._start[others & (self._contig == contig)]
            result[contig] = Coverage(start, start + self.window)
        return result

    def _checksum(self, *windows: npt.NDArray[np.integer] | bytes) -> str:
        content = hashlib.sha256(repr((self.targets, self.window, self.bin)).encode())
        for part in (*windows, self._split, self._packed):
            content.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
        return content.hexdigest()


def _reference(
    path: Path, file: h5py.File, genome: str | os.PathLike[str] | None
) -> Reference | None:
    """Check that danq can read a file, and open the reference that its windows lie on."""
    if file.attrs.get("kind") != KIND:
        raise InputError("is no danq data set", path=path)
    if file.attrs["format"] not in (FORMAT, CODES_FORMAT):
        raise InputError(
            f"found data set format {file.attrs['format']}, expected {FORMAT} or {CODES_FORMAT}",
            path=path,
        )
    if file.attrs["channels"] != ALPHABET:
        raise InputError(
            f"holds channels in the order {file.attrs['channels']}, danq gives {ALPHABET}",
            path=path,
        )
    if file.attrs["format"] == CODES_FORMAT:
        if genome is not None:
            raise InputError("holds its own sequences, found a genome as well", path=path)
        return None
    reference = Reference(genome or file.attrs["reference"])
    if reference.checksum != file.attrs["reference_checksum"]:
        raise InputError(
            f"was made from another sequence than that of {reference.path} (the checksums differ)",
            path=path,
        )
    return reference


def _strings(values: h5py.Dataset) -> list[str]:
    return list(values.asstr()[:])

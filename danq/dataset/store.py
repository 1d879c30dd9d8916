"""Labelled windows in a data set file, of either kind behind one interface."""

from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from danq.dataset.layout import CODES_FORMAT, Contents, read_contents
from danq.dataset.splits import SPLITS
from danq.errors import InputError
from danq.genome import Reference
from danq.genome.intervals import Coverage, Integers
from danq.names import clean_names
from danq.paths import StrPath


class Dataset:
    """Labelled windows, on a reference or with codes of their own.

    Open it with `Dataset.open`: all but the sequence is read then. A ``with`` statement ends with
    `close`. What needs a place in a genome (`reference`, `contigs`, `contig`, `start`, a shift)
    raises InputError where the windows have none.

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

    def __init__(self, path: Path, contents: Contents, reference: Reference | None) -> None:
        self.path = path
        # Earlier versions kept blanks around names, and their checksums are of these.
        names = clean_names(contents.targets.names, "targets", path=path)
        self.targets = replace(contents.targets, names=names)
        self.window: int = contents.attributes["window"]
        self.bin: int | None = contents.attributes.get("bin")
        self.checksum = contents.checksum
        self.has_coordinates = reference is not None
        self.reference_checksum = reference.checksum if reference else None
        self._split: npt.NDArray[np.uint8] = contents.arrays["split"]
        self._packed: npt.NDArray[np.uint8] = contents.arrays["labels"]
        # Where the sequence comes from, until it is closed.
        self._source: Reference | npt.NDArray[np.uint8] | None = reference
        if reference is None:
            self._source = contents.arrays["codes"]
        else:
            self._contig: npt.NDArray[np.uint32] = contents.arrays["contig"]
            self._start: Integers = contents.arrays["start"]

    @classmethod
    def open(
        cls,
        path: StrPath,
        *,
        genome: StrPath | Reference | None = None,
    ) -> Self:
        """Open a data set file, and the reference where it was made from one.

        Parameters
        ----------
        path
            The file that `danq windows` or `danq convert` wrote.
        genome
            The reference or where it lies now, when it has moved.

        Raises
        ------
        InputError
            When the file is not a data set of a known format or is damaged, the reference's
            checksum differs, or a genome is given for windows that need none.
        """
        path = Path(path)
        contents = read_contents(path)
        return cls(path, contents, _reference(path, contents, genome))

    def close(self) -> None:
        """Release the sequence, be it the genome's map or codes in memory.

        Windows cannot be read afterwards; labels, splits and places can.
        """
        self._source = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<Dataset {self.path.name}: {len(self)} windows of {self.window} bases, "
            f"{len(self.targets)} targets>"
        )

    def __len__(self) -> int:
        return len(self._split)

    @property
    def reference(self) -> Reference:
        """Where the sequence comes from."""
        self._check_coordinates()
        source = self._sequence()
        assert isinstance(source, Reference)
        return source

    @property
    def contigs(self) -> list[str]:
        """The reference's contigs."""
        return list(self.reference.contigs)

    @property
    def contig(self) -> npt.NDArray[np.uint32]:
        """Each window's contig, as its place in `contigs`: uint32 (n,)."""
        self._check_coordinates()
        return self._contig

    @property
    def start(self) -> Integers:
        """Each window's 0-based first base: int64 (n,)."""
        self._check_coordinates()
        return self._start

    def _check_coordinates(self) -> None:
        if not self.has_coordinates:
            raise InputError(
                "holds sequences without coordinates, as danq convert makes it: nothing that needs "
                "a place in a genome can be done with it",
                path=self.path,
            )

    def _sequence(self) -> Reference | npt.NDArray[np.uint8]:
        if self._source is None:
            raise ValueError(f"{self.path} is closed: its windows cannot be read any more")
        return self._source

    def indices(self, split: str) -> Integers:
        """Return the windows of one split, in the order of the file (that of the genome, if any).

        Raises
        ------
        InputError
            When the data set lacks a split of this name, or it holds no windows.
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

    def rows(self, split: str) -> Integers:
        """Return the windows of one split as `indices` does; none where it holds none.

        Raises
        ------
        InputError
            When the data set lacks a split of this name.
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
            When windows without coordinates would have to be moved.
        """
        source = self._sequence()
        if isinstance(source, Reference):
            return source.windows(self._contig[indices], self._start[indices] + shift, self.window)
        if np.any(shift):
            raise InputError(
                "holds sequences without coordinates, which cannot be moved along a contig",
                path=self.path,
            )
        return np.take(source, indices, axis=0)

    def labels(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Read labels of windows: uint8 (k, targets), 0 or 1."""
        return np.unpackbits(self.packed_labels(indices), axis=1, count=len(self.targets))

    def packed_labels(self, indices: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
        """Read labels as `numpy.packbits` has them: uint8 (k, ceil(targets / 8))."""
        return np.take(self._packed, indices, axis=0)

    def coverage_without(self, indices: npt.NDArray[np.integer]) -> dict[int, Coverage]:
        """Return the bases under windows of other splits than those of `indices`, by contig."""
        self._check_coordinates()
        others = ~np.isin(self._split, np.unique(self._split[indices]))
        result = {}
        for contig in np.unique(self._contig[others]).tolist():
            start = self._start[others & (self._contig == contig)]
            result[contig] = Coverage(start, start + self.window)
        return result


def _reference(
    path: Path, contents: Contents, genome: StrPath | Reference | None
) -> Reference | None:
    """Open the reference that windows lie on, and make sure that they do."""
    if contents.attributes["format"] == CODES_FORMAT:
        if genome is not None:
            raise InputError("holds its own sequences, found a genome as well", path=path)
        return None
    reference = Reference.of(genome or contents.attributes["reference"])
    if reference.checksum != contents.attributes["reference_checksum"]:
        raise InputError(
            f"was made from another sequence than that of {reference.path} (the checksums differ)",
            path=path,
        )
    lengths = np.array(list(reference.contigs.values()))
    contig, start = contents.arrays["contig"], contents.arrays["start"]
    if contig.max(initial=0) >= len(lengths):
        raise InputError(
            f"holds a window on contig number {contig.max() + 1}, the reference has {len(lengths)}",
            path=path,
        )
    outside = np.flatnonzero((start <= -contents.attributes["window"]) | (start >= lengths[contig]))
    if outside.size:
        raise InputError(f"holds a window at {start[outside[0]]}, outside its contig", path=path)
    return reference

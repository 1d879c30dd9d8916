"""A reference genome: FASTA once, memory-mapped codes ever after.

The first opening reads the file (`danq.genome.fasta`) and leaves its codes in a cache
(`danq.genome.cache`); later ones map that cache into memory, so a window is a slice and a batch of
windows is one gather.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, counted, quoted
from danq.genome.cache import open_cache
from danq.genome.intervals import Coverage, Integers
from danq.genome.sequence import UNKNOWN, Codes
from danq.paths import StrPath
from danq.ranges import checked

_SCAN = 16 << 20
_MITOCHONDRIA = ("chrM", "M", "chrMT", "MT")


class Reference:
    """The sequence of a FASTA file (plain, gzip or bgzip) as codes.

    Parameters
    ----------
    path
        The FASTA file. Its cache lies in a folder `.danq` beside it, in the user's cache folder
        where that one cannot be written to, or where the environment variable `DANQ_CACHE` says.
        It is made again when the file's size or modification time has changed, or the cache has.

    Attributes
    ----------
    path : pathlib.Path
        The FASTA file.
    contigs : dict of str to int
        Length of each contig in bases, in the order of the file.
    checksum : str
        SHA-256 over names, lengths and codes: equal for equal sequences, whatever the line width,
        the case or the compression.

    Raises
    ------
    InputError
        When the file is missing or is not a FASTA file.
    """

    @checked
    def __init__(self, path: StrPath) -> None:
        self.path = Path(path)
        cache = open_cache(self.path)
        self.contigs: dict[str, int] = cache.contigs
        self.checksum: str = cache.checksum
        self._flat = cache.codes
        self._lengths = np.array(list(self.contigs.values()), dtype=np.int64)
        self._offsets = np.concatenate([[0], np.cumsum(self._lengths)[:-1]]).astype(np.int64)
        self._number = {name: number for number, name in enumerate(self.contigs)}

    @classmethod
    def of(cls, genome: StrPath | Reference) -> Reference:
        """Return a reference as it is, or open the FASTA file."""
        return genome if isinstance(genome, Reference) else cls(genome)

    def __repr__(self) -> str:
        bases = counted(sum(self.contigs.values()), "base")
        return f"<Reference {self.path.name}: {counted(len(self.contigs), 'contig')}, {bases}>"

    def number(self, contig: str) -> int:
        """Return a contig's place in the file, from 0.

        Raises
        ------
        InputError
            When the reference has no contig of this name.
        """
        try:
            return self._number[contig]
        except KeyError:
            raise InputError(
                f"contig {quoted(contig)} not found (it has {self._some_contigs()})", path=self.path
            ) from None

    def codes(self, contig: str, start: int, end: int) -> Codes:
        """Read one interval.

        Parameters
        ----------
        contig
            The contig's name, exactly as in the file.
        start, end
            0-based half-open; positions outside the contig are unknown bases.

        Returns
        -------
        numpy.ndarray
            uint8, shape (end − start,), a copy.
        """
        if end < start:
            raise InputError(f"the interval {quoted(contig)} {start}-{end} ends before it starts")
        number = self.number(contig)
        length = int(self._lengths[number])
        result = np.full(end - start, UNKNOWN, dtype=np.uint8)
        first, last = max(start, 0), min(end, length)
        if first < last:
            offset = int(self._offsets[number])
            result[first - start : last - start] = self._flat[offset + first : offset + last]
        return result

    def windows(
        self, contigs: npt.NDArray[np.integer], starts: npt.NDArray[np.integer], length: int
    ) -> Codes:
        """Read many intervals of one length in one gather.

        Parameters
        ----------
        contigs
            Shape (n,): each window's contig, as its place in the file (`number`).
        starts
            Shape (n,): 0-based first position; may be negative or reach past the contig's end.
        length
            Bases in each window.

        Returns
        -------
        numpy.ndarray
            uint8, shape (n, length), unknown outside the contigs.
        """
        contigs = np.asarray(contigs, dtype=np.int64)
        starts = np.asarray(starts, dtype=np.int64)
        inside = (starts >= 0) & (starts <= (self._lengths - length).take(contigs))
        # inside.all() takes a detour through Python that a small batch feels; counting does not.
        if np.count_nonzero(inside) == len(starts) and length <= len(self._flat):
            # One element for every place where a window begins, as wide as the window: NumPy
            # gathers elements faster than rows, and sliding_window_view takes longer than a small
            # batch.
            kind = np.dtype((np.void, length))
            elements = np.ndarray(len(self._flat) - length + 1, kind, self._flat, strides=(1,))
            gathered = elements[self._offsets.take(contigs) + starts]
            return np.ndarray((len(starts), length), np.uint8, gathered)
        result = np.empty((len(starts), length), dtype=np.uint8)
        if length > 0 and inside.any():
            result[inside] = self.windows(contigs[inside], starts[inside], length)
        names = list(self.contigs)
        for row in np.flatnonzero(~inside):
            start = int(starts[row])
            result[row] = self.codes(names[contigs[row]], start, start + length)
        return result

    def unknown(self, contig: str) -> Coverage:
        """Return the stretches of unknown bases of a contig."""
        number = self.number(contig)
        offset, length = int(self._offsets[number]), int(self._lengths[number])
        edges = []
        last = False
        for first in range(0, length, _SCAN):
            codes = self._flat[offset + first : offset + min(first + _SCAN, length)]
            unknown = codes == UNKNOWN
            edges.append(first + np.flatnonzero(np.diff(unknown, prepend=last)))
            last = bool(unknown[-1])
        if last:
            edges.append(np.array([length]))
        borders = np.concatenate([np.empty(0, dtype=np.int64), *edges])
        return Coverage(borders[0::2], borders[1::2])

    def resolve(self, name: str, length: int | None = None) -> str | None:
        """Find the contig that another file calls `name`.

        An exact match wins; otherwise `chr7` and `7` name the same contig. The mitochondrion's
        names, `M`, `MT`, `chrM` and `chrMT`, are bridged only where the lengths agree, since hg19's
        chrM and GRCh37's MT are different sequences.

        Parameters
        ----------
        name
            The name in the other file.
        length
            The contig's length there, if it says.

        Returns
        -------
        str or None
            The name here, or None when there is no such contig.

        Raises
        ------
        InputError
            When several names of the mitochondrion stand for contigs of that length.
        """
        if name in self._number:
            return name
        if name in _MITOCHONDRIA:
            agreeing = [other for other in _MITOCHONDRIA if self.contigs.get(other, -1) == length]
            if len(agreeing) > 1:
                raise InputError(
                    f"has {' and '.join(agreeing)}, each of {length:,} bases, so that contig "
                    f"{quoted(name)} could mean either; expected one of these names",
                    path=self.path,
                )
            return agreeing[0] if agreeing else None
        other = name[3:] if name.startswith("chr") else f"chr{name}"
        return other if other in self._number and other not in _MITOCHONDRIA else None

    def places(self, names: Sequence[str]) -> Integers:
        """Find the contigs that another file calls `names`: int64 (n,), their places or −1."""
        found = map(self.resolve, names)
        return np.array([-1 if name is None else self._number[name] for name in found], np.int64)

    def _some_contigs(self) -> str:
        names = list(self.contigs)
        return ", ".join(name[:40] for name in names[:5]) + (", …" if len(names) > 5 else "")

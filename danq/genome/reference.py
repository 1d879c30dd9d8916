"""A reference genome: FASTA once, memory-mapped codes ever after.

The first opening reads the file (`danq.genome.fasta`) and leaves its codes in a cache; later ones
map that cache into memory, so a window is a slice and a batch of windows is one gather.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome.fasta import read_fasta
from danq.genome.intervals import Coverage
from danq.genome.sequence import UNKNOWN, Codes
from danq.outputs import clear_partials

logger = logging.getLogger(__name__)

_FORMAT = 1
_SCAN = 16 << 20
_MITOCHONDRIA = ("chrM", "MT")


class Reference:
    """The sequence of a FASTA file (plain, gzip or bgzip) as codes.

    Parameters
    ----------
    path
        The FASTA file. Its cache lies in a folder `.danq` beside it, or where the environment
        variable `DANQ_CACHE` says, or in the user's cache folder when neither can be written; it
        is made anew when the file's size or modification time has changed.

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
        When the file is missing or is no FASTA file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        folder = _cached(self.path)
        index = json.loads((folder / "index.json").read_text())
        self.contigs: dict[str, int] = dict(zip(index["names"], index["lengths"], strict=True))
        self.checksum: str = index["checksum"]
        self._flat = np.memmap(folder / "codes.u8", dtype=np.uint8, mode="r")
        self._lengths = np.array(index["lengths"], dtype=np.int64)
        self._offsets = np.concatenate([[0], np.cumsum(self._lengths)[:-1]]).astype(np.int64)
        self._number = {name: number for number, name in enumerate(self.contigs)}

    def number(self, contig: str) -> int:
        """Give a contig's place in the file, from 0.

        Raises
        ------
        InputError
            When the reference has no contig of this name.
        """
        try:
            return self._number[contig]
        except KeyError:
            known = ", ".join(list(self.contigs)[:5])
            more = ", …" if len(self.contigs) > 5 else ""
            raise InputError(
                f'contig "{contig}" not found (it has {known}{more})', path=self.path
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
            raise InputError(f"the interval {contig}:{start}-{end} ends before it starts")
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
            # One element of so many bytes for every place where so many bases begin: NumPy gathers
            # elements faster than rows, and sliding_window_view takes longer than a small batch.
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
        """Give the stretches of unknown bases of a contig."""
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

        An exact match wins; otherwise `chr7` and `7` name the same contig. The mitochondrion's two
        names are bridged only where the lengths agree, since hg19's chrM and GRCh37's MT are
        different sequences.

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
        """
        if name in self._number:
            return name
        if name in _MITOCHONDRIA:
            other = _MITOCHONDRIA[1 - _MITOCHONDRIA.index(name)]
            agrees = other in self._number and self.contigs[other] == length
            return other if agrees else None
        other = name[3:] if name.startswith("chr") else f"chr{name}"
        return other if other in self._number and other not in (*_MITOCHONDRIA, "M") else None


def _cached(fasta: Path) -> Path:
    """Give the folder with the codes of `fasta`, making it when there is none that fits."""
    try:
        stat = fasta.stat()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=fasta) from error
    if fasta.is_dir():
        raise InputError("is a folder, expected a FASTA file", path=fasta)
    state = f"{fasta.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}\0{_FORMAT}"
    key = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    home = _cache_home(fasta)
    folder = home / f"{fasta.name}.{key}"
    if _is_complete(folder):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    _build(fasta, folder)
    for stale in home.glob(f"{fasta.name}.*"):
        if stale != folder and _belongs_to(stale, fasta):
            shutil.rmtree(stale, ignore_errors=True)
    return folder


def _cache_home(fasta: Path) -> Path:
    """Choose the folder for caches: `DANQ_CACHE`, beside the FASTA, or the user's own."""
    beside = fasta.parent / ".danq"
    if os.environ.get("DANQ_CACHE"):
        home = Path(os.environ["DANQ_CACHE"])
    elif os.access(beside if beside.is_dir() else fasta.parent, os.W_OK):
        home = beside
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "danq"
        logger.warning("%s: its folder is not writable, the cache goes to %s", fasta, home)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the cache folder cannot be made ({error.strerror})", path=home
        ) from error
    return home


def _is_complete(folder: Path) -> bool:
    """Tell whether a cache holds what its index says; a damaged one is made again."""
    try:
        index = json.loads((folder / "index.json").read_text())
        return (folder / "codes.u8").stat().st_size == sum(index["lengths"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _belongs_to(folder: Path, fasta: Path) -> bool:
    """Tell whether a cache was made from `fasta`, so that it is stale and may go."""
    try:
        source: str = json.loads((folder / "index.json").read_text())["source"]
    except (OSError, ValueError, KeyError):
        return False
    return source == str(fasta.resolve())


def _build(fasta: Path, folder: Path) -> None:
    """Write the codes and their index beside `folder`, then move them there in one step."""
    logger.info("%s: reading the sequence into %s", fasta, folder)
    lengths: dict[str, int] = {}
    content = hashlib.sha256()
    clear_partials(folder)
    # Threads of one process may read the same file, each into a folder of its own.
    prefix, suffix = f".partial-{os.getpid()}-", f"-{folder.name}"
    partial = Path(tempfile.mkdtemp(prefix=prefix, suffix=suffix, dir=folder.parent))
    try:
        with open(partial / "codes.u8", "wb") as out:
            for name, codes in read_fasta(fasta):
                out.write(codes.data)
                content.update(codes.data)
                lengths[name] = lengths.get(name, 0) + len(codes)
        content.update(json.dumps(list(lengths.items())).encode())
        index = {
            "names": list(lengths),
            "lengths": list(lengths.values()),
            "checksum": content.hexdigest(),
            "source": str(fasta.resolve()),
        }
        (partial / "index.json").write_text(json.dumps(index))
        try:
            partial.rename(folder)
        except OSError:
            # Another process has made the same cache in the meantime; either will do.
            if not _is_complete(folder):
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)

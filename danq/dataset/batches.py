"""Batches for training: codes and labels, shuffled, strands and shifts drawn by seed and epoch.

Every random choice of an epoch follows from the seed and the epoch's number alone, so that a run
resumed in the middle of an epoch sees what an uninterrupted one would have seen.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from danq.dataset.store import Dataset
from danq.errors import InputError
from danq.genome import reverse_complement
from danq.genome.intervals import Integers
from danq.genome.sequence import complement
from danq.threads import side_by_side

Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]
Draw = tuple[Integers, npt.NDArray[np.bool_], Integers | None]
"""The windows of an epoch in order, which of them are turned around, and how far they are moved."""

# Windows are read in blocks of batches, since a small batch costs more in calls than in bytes. Two
# threads read, so that a file larger than memory does not wait for one page after the other.
_BLOCK = 1024
_AHEAD = 3
_THREADS = 2


class Batches:
    """The training windows of a data set, epoch by epoch.

    Parameters
    ----------
    dataset
        Where the windows come from.
    indices
        int64 (n,): which of them.
    batch_size
        Windows in a batch; every batch is full, and what an epoch has left over is another choice
        in each epoch.
    seed
        Together with the epoch's number it fixes every choice.
    reverse_complement
        Turn each window around with probability one half.
    max_jitter
        Maximum number of bases by which a window is moved, either way, its labels unchanged; a
        window that would then share a base with a window of another split stays where it is.

    Raises
    ------
    InputError
        When a number is out of range.
    """

    def __init__(
        self,
        dataset: Dataset,
        indices: Integers,
        batch_size: int,
        *,
        seed: int = 1,
        reverse_complement: bool = True,
        max_jitter: int = 0,
    ) -> None:
        if batch_size < 1:
            raise InputError(f"found batch size {batch_size}, expected at least 1")
        if not 0 <= max_jitter < dataset.window:
            raise InputError(
                f"found max_jitter {max_jitter}, expected at least 0 and less than a window "
                f"({dataset.window})"
            )
        self.dataset = dataset
        self.indices = indices
        self.batch_size = min(batch_size, len(indices))
        self.seed = seed
        self.reverse_complement = reverse_complement
        self.max_jitter = max_jitter
        self._elsewhere = dataset.coverage_without(indices) if max_jitter else {}

    def __len__(self) -> int:
        return len(self.indices) // self.batch_size

    def _strays(self, rows: Integers, shift: Integers) -> npt.NDArray[np.bool_]:
        """Return which windows, moved, would reach into those of another split."""
        strays = np.zeros(len(rows), dtype=bool)
        start = self.dataset.start[rows] + shift
        for contig, windows in self._elsewhere.items():
            here = np.flatnonzero(self.dataset.contig[rows] == contig)
            strays[here] = windows.within(start[here], start[here] + self.dataset.window) > 0
        return strays

    def epoch(self, number: int, *, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch, the next ones being read meanwhile.

        Parameters
        ----------
        number
            Of the epoch, from 1.
        first
            So many batches are left out, as if they had been given already; they are not read.

        Yields
        ------
        codes : numpy.ndarray
            uint8 (batch_size, window).
        labels : numpy.ndarray
            uint8 (batch_size, targets).
        """
        draw = self._draw(number)
        a_block = max(1, _BLOCK // self.batch_size)
        steps = [range(at, min(at + a_block, len(self))) for at in range(first, len(self), a_block)]
        read = partial(self._read, draw)
        for codes, labels in side_by_side(read, steps, most=_THREADS, depth=_AHEAD):
            for at in range(0, len(codes), self.batch_size):
                rows = slice(at, at + self.batch_size)
                yield codes[rows], labels[rows]

    def _draw(self, number: int) -> Draw:
        random = np.random.default_rng([self.seed, number])
        order = random.permutation(self.indices)
        turned = random.random(len(order)) < (0.5 if self.reverse_complement else 0.0)
        if not self.max_jitter:
            return order, turned, None
        shift = random.integers(-self.max_jitter, self.max_jitter + 1, len(order))
        shift[self._strays(order, shift)] = 0
        return order, turned, shift

    def _read(self, draw: Draw, steps: range) -> Batch:
        """Read the windows of some batches at once."""
        rows = slice(steps.start * self.batch_size, steps.stop * self.batch_size)
        order, is_turned, shift = draw
        codes = self.dataset.codes(order[rows], shift=0 if shift is None else shift[rows])
        turned = np.flatnonzero(is_turned[rows])
        codes[turned] = _other_strand(codes[turned])
        return codes, self.dataset.labels(order[rows])


def _other_strand(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Reverse and complement, eight bases at a time where that is possible.

    NumPy reverses single bytes at 1 GB/s, which would take most of the time of a batch.
    """
    if codes.shape[1] % 8:
        return reverse_complement(codes)
    words = np.ascontiguousarray(codes.view(np.uint64)[:, ::-1])
    return complement(words.byteswap(inplace=True).view(np.uint8))

"""Batches for training: codes and labels, shuffled, strands and shifts drawn by seed and epoch.

Every random choice of an epoch follows from the seed and the epoch's number alone, so that a run
resumed at an epoch sees what an uninterrupted one would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from danq.dataset.store import Dataset
from danq.errors import InputError
from danq.genome import reverse_complement

Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]

_AHEAD = 4


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
        Move each window by up to so many bases, either way, its labels unchanged; a window that
        would then share a base with a window of another split stays where it is.

    Raises
    ------
    InputError
        When a number is out of range.
    """

    def __init__(
        self,
        dataset: Dataset,
        indices: npt.NDArray[np.int64],
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

    def _strays(
        self, rows: npt.NDArray[np.int64], shift: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Tell which windows, moved, would reach into those of another split."""
        strays = np.zeros(len(rows), dtype=bool)
        start = self.dataset.start[rows] + shift
        for contig, windows in self._elsewhere.items():
            here = np.flatnonzero(self.dataset.contig[rows] == contig)
            strays[here] = windows.within(start[here], start[here] + self.dataset.window) > 0
        return strays

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give the batches of one epoch, the next ones being read meanwhile.

        Parameters
        ----------
        number
            Of the epoch, from 1.

        Yields
        ------
        codes : numpy.ndarray
            uint8 (batch_size, window).
        labels : numpy.ndarray
            uint8 (batch_size, targets).
        """
        random = np.random.default_rng([self.seed, number])
        order = random.permutation(self.indices)
        turned = random.random(len(order)) < (0.5 if self.reverse_complement else 0.0)
        shift = random.integers(-self.max_jitter, self.max_jitter + 1, len(order))
        if self.max_jitter:
            shift[self._strays(order, shift)] = 0

        def read(step: int) -> Batch:
            rows = slice(step * self.batch_size, (step + 1) * self.batch_size)
            codes = self.dataset.codes(order[rows], shift=shift[rows])
            turn = turned[rows]
            codes[turn] = reverse_complement(codes[turn])
            return codes, self.dataset.labels(order[rows])

        pending: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            try:
                for step in range(len(self)):
                    pending.append(pool.submit(read, step))
                    if len(pending) > _AHEAD:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()

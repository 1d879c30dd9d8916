"""Rows for an HDF5 dataset, compressed chunk by chunk on all cores.

HDF5 itself compresses one chunk after the other in one thread, which would take longer than a GPU
takes to predict. What is written here is what it would have written: bytes shuffled, then deflated.
"""

import zlib
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.threads import side_by_side


class ChunkedRows:
    """Appends rows to an HDF5 dataset; those that do not fill a chunk wait until `finish`.

    The dataset has no rows yet, grows along its first axis, and is in chunks of whole rows, with
    HDF5's shuffle and gzip filters.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._level = int(dataset.compression_opts)
        self._waiting = np.empty((0, *dataset.shape[1:]), dataset.dtype)

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows, an array of the dataset's shape except for its length."""
        length = self._dataset.chunks[0]
        rows = np.concatenate([self._waiting, rows.astype(self._dataset.dtype, copy=False)])
        full = len(rows) - len(rows) % length
        begin = len(self._dataset)
        self._dataset.resize(begin + full, axis=0)
        chunks = [rows[first : first + length] for first in range(0, full, length)]
        across = (0,) * (rows.ndim - 1)
        for number, packed in enumerate(side_by_side(self._packed, chunks)):
            self._dataset.id.write_direct_chunk((begin + number * length, *across), packed)
        self._waiting = rows[full:].copy()

    def _packed(self, chunk: npt.NDArray[Any]) -> bytes:
        """Do what HDF5's shuffle and gzip filters do."""
        by_byte = np.ascontiguousarray(chunk).view(np.uint8).reshape(-1, chunk.itemsize).T
        # Both the copy and zlib leave Python's lock to others; `tobytes` would not.
        return zlib.compress(np.ascontiguousarray(by_byte).data, self._level)

    def finish(self) -> None:
        """Write what waits."""
        begin = len(self._dataset)
        self._dataset.resize(begin + len(self._waiting), axis=0)
        self._dataset[begin:] = self._waiting
        self._waiting = self._waiting[:0]

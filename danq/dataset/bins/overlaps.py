"""The peaks of all targets, read side by side and laid over the grid."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danq.dataset.bins.labels import Grid, Overlap, overlap
from danq.genome import read_bed
from danq.genome.intervals import Integers
from danq.progress import bar
from danq.threads import side_by_side

logger = logging.getLogger(__name__)

BLOCK = 1 << 18
"""Windows whose labels are packed at once: 30 MB at 919 targets."""


def read_overlaps(
    paths: Sequence[Path], grid: Grid, *, min_overlap: float, progress: bool | None = None
) -> list[Overlap]:
    """Read every target's peaks, one BED or narrowPeak file a target.

    The error raised is that of the first file that is wrong. `progress` None shows a bar on a
    terminal only.
    """

    def read(path: Path) -> Overlap:
        peaks = read_bed(path, drop_empty=True)
        if not len(peaks):
            logger.warning("%s: holds no peaks", path)
        return overlap(peaks, grid, min_overlap)

    return list(
        bar(
            side_by_side(read, paths, most=4),
            progress=progress,
            total=len(paths),
            desc="peaks",
            unit=" files",
            leave=False,
        )
    )


def pack_labels(bins: Integers, overlaps: Sequence[Overlap]) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the labels of chosen bins (int64 (n,), sorted) in blocks of rows.

    A block is uint8 (≤ BLOCK, ceil(targets / 8)), as packbits packs.
    """
    for first in range(0, len(bins), BLOCK):
        here = bins[first : first + BLOCK]
        packed = np.zeros((len(here), -(-len(overlaps) // 8)), dtype=np.uint8)
        # Where each bin of the stretch stands in the block, if it does.
        row = np.full(here[-1] - here[0] + 1, -1, dtype=np.int32)
        row[here - here[0]] = np.arange(len(here))
        for column, target in enumerate(overlaps):
            ends = np.array([2 * here[0], 2 * here[-1] + 2]).astype(target.codes.dtype)
            low, high = np.searchsorted(target.codes, ends)
            codes = target.codes[low:high]
            rows = row[(codes[codes & 1 > 0] >> 1).astype(np.int64) - here[0]]
            rows = rows[rows >= 0]
            packed[rows, column // 8] |= np.uint8(128 >> column % 8)
        yield packed

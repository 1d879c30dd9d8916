"""Blocks of neighbouring windows, and how often each is drawn in every resample of them.

Windows overlap and neighbours share peaks, so they are not independent draws. Resampling whole
stretches of a contig keeps what hangs together (the block bootstrap; Künsch 1989, Annals of
Statistics 17:1217). All targets and models of a run share the same resamples, so that their
figures can be compared and averaged resample by resample.
"""

import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from danq.dataset import Dataset
from danq.errors import InputError, counted

logger = logging.getLogger(__name__)

RESAMPLES = 1000

MOST_RESAMPLES = 100_000
"""Maximum number of resamples: the weights of `MOST_BLOCKS` blocks take 3 GB then."""

LARGEST_BLOCK = 1_000_000_000
"""Maximum length of a block, in bases: it holds the largest human contig whole."""

BLOCK_SIZES = (1_000_000, 500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000)
"""Bases in a block, in the order tried: a megabase unless that makes too few blocks."""

LEAST_BLOCKS = 20
"""With fewer blocks than this their spread is too uncertain to give intervals by."""

MOST_BLOCKS = 3500
"""Of more, neighbours are put together: a human genome has 3,100 megabases, and time and memory
grow with blocks. Larger blocks are as valid."""

LEAST_WINDOWS = 10
"""Minimum length of a block, in windows: with less, neighbours would fall apart."""

WINDOWS_A_MEGABASE = 800
"""Windows in a row that stand for a megabase without coordinates: DeepSEA's test windows
lie so densely on chromosomes 8 and 9 (227,512 on 287.6 Mb)."""


@dataclass(frozen=True)
class Bootstrap:
    """How an evaluation's intervals were made.

    `block_size` is in bases; `blocks` counts those that hold windows. Without coordinates blocks
    are windows in a row. `together` neighbouring blocks of that size make one where there would be
    more than `MOST_BLOCKS`.
    """

    resamples: int
    block_size: int
    blocks: int
    has_coordinates: bool
    seed: int
    together: int = 1

    @property
    def is_enough(self) -> bool:
        """Whether there are blocks enough to give intervals by."""
        return self.blocks >= LEAST_BLOCKS


@dataclass(frozen=True)
class Resampling:
    """The blocks of the windows, and the resamples.

    `block`, int32 (windows,), numbers each window's block from 0, none left out. `weights`, float32
    (resamples, blocks), is how often each block is drawn; float64 where a resample may have more
    windows than float32 can count.
    """

    block: npt.NDArray[np.int32]
    weights: npt.NDArray[np.floating]

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return self.weights.shape[1]

    @cached_property
    def float64(self) -> npt.NDArray[np.float64]:
        """The weights in float64."""
        return self.weights.astype(np.float64)


def blocks_of(data: Dataset, indices: npt.NDArray[np.integer], size: int) -> npt.NDArray[np.int32]:
    """Return the number of each window's block, int32 (windows,), from 0 without gaps.

    Blocks of `size` bases lie side by side from the contig's first base. A window belongs to the
    block that holds its middle. Without coordinates a block is windows in a row,
    `WINDOWS_A_MEGABASE` for a megabase.
    """
    if not data.has_coordinates:
        return (np.arange(len(indices)) // _in_a_row(size)).astype(np.int32)
    contig = data.contig[indices].astype(np.int64)
    place = (data.start[indices] + data.window // 2) // size
    numbers = contig * (place.max() + 1) + place
    return np.unique(numbers, return_inverse=True)[1].astype(np.int32)


def _in_a_row(size: int) -> int:
    """Count the windows that stand for a block without coordinates."""
    return max(1, round(size * WINDOWS_A_MEGABASE / 1e6))


def draw(block: npt.NDArray[np.int32], *, resamples: int, seed: int) -> Resampling:
    """Draw as many blocks as there are, with replacement, for every resample."""
    windows = np.bincount(block)
    blocks = windows.size
    weights = np.random.default_rng(seed).multinomial(
        blocks, np.full(blocks, 1 / blocks), size=resamples
    )
    # float32 counts exactly to 2**24; sums of whole numbers below are exact.
    exact = resamples == 0 or (weights @ windows).max() < 1 << 24
    return Resampling(block, weights.astype(np.float32 if exact else np.float64))


def plan(
    data: Dataset,
    indices: npt.NDArray[np.integer],
    *,
    resamples: int = RESAMPLES,
    size: int | None = None,
    seed: int = 0,
) -> tuple[Bootstrap | None, Resampling | None]:
    """Prepare the bootstrap of some windows of a data set; None for both where none is wanted.

    `size` None takes a megabase, or less where that makes fewer than `LEAST_BLOCKS` blocks: the
    first of `BLOCK_SIZES` that makes enough. Where the blocks are too few the second is None too,
    which is logged.
    """
    if not resamples:
        return None, None
    chosen, block = _blocks(data, indices, size)
    together = -(-(int(block.max()) + 1) // MOST_BLOCKS)
    block //= together
    blocks = int(block.max()) + 1
    found = Bootstrap(resamples, chosen, blocks, data.has_coordinates, seed, together)
    if not data.has_coordinates:
        logger.info(
            "the windows have no coordinates: %d in a row stand for a block of %d bases",
            _in_a_row(chosen) * together,
            chosen * together,
        )
    if not found.is_enough:
        logger.warning(
            "the windows lie in %s of %d bases; intervals need %d or more and are NA",
            counted(found.blocks, "block"),
            chosen,
            LEAST_BLOCKS,
        )
        return found, None
    if size is None and chosen != BLOCK_SIZES[0]:
        logger.warning(
            "the windows lie in fewer than %d blocks of a megabase: the intervals are over %d "
            "blocks of %d bases and may be too narrow",
            LEAST_BLOCKS,
            found.blocks,
            chosen,
        )
    return found, draw(block, resamples=resamples, seed=seed)


def _blocks(
    data: Dataset, indices: npt.NDArray[np.integer], size: int | None
) -> tuple[int, npt.NDArray[np.int32]]:
    """Settle the size of the blocks; the largest where none makes enough."""
    if size is not None:
        return size, blocks_of(data, indices, size)
    for candidate in BLOCK_SIZES:
        if not _holds_enough(data, candidate):
            break
        block = blocks_of(data, indices, candidate)
        if block.max() + 1 >= LEAST_BLOCKS:
            return candidate, block
    return BLOCK_SIZES[0], blocks_of(data, indices, BLOCK_SIZES[0])


def _holds_enough(data: Dataset, size: int) -> bool:
    """Return whether `LEAST_WINDOWS` lie in a block, side by side or as many as stand for it."""
    if data.has_coordinates:
        return size >= LEAST_WINDOWS * data.window
    return size * WINDOWS_A_MEGABASE >= LEAST_WINDOWS * 1e6


def check_options(resamples: int, size: int | None, seed: int) -> None:
    """Refuse a bootstrap that cannot be.

    The number of resamples may not be below 0, too small for an interval of 95 % or above
    `MOST_RESAMPLES`; a block holds at least one base and no more than a contig may.
    """
    if resamples and not 40 <= resamples <= MOST_RESAMPLES:
        raise InputError(
            f"found {resamples} resamples, expected 0 for none or 40 to {MOST_RESAMPLES}"
        )
    if size is not None and not resamples:
        raise InputError("found a block size, but no resamples to draw blocks for")
    if size is not None and not 1 <= size <= LARGEST_BLOCK:
        raise InputError(f"found blocks of {size} bases, expected 1 to {LARGEST_BLOCK}")
    if seed < 0:
        raise InputError(f"found seed {seed}, expected at least 0")

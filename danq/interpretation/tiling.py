"""Regions as tiles: windows whose central bases are changed, on a grid of the genome."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.inputs import PlacedRegions
from danq.genome.intervals import Coverage, Integers
from danq.genome.reference import Reference
from danq.genome.sequence import UNKNOWN, Codes

SPAN = 200
"""Positions around a window's centre that it stands for unless told otherwise."""

_WINDOWS = 8
"""Windows of `SPAN` positions in a block; of fewer positions as many more."""


class Substitutions(NamedTuple):
    """n single-nucleotide changes on one contig, in order.

    `positions` are int64 (n,), 0-based, `ref` and `alt` uint8 (n,), codes of A, C, G and T.
    """

    contig: str
    positions: Integers
    ref: Codes
    alt: Codes


@dataclass(frozen=True)
class Tiles:
    """A block of n tiles of one contig.

    `firsts` are the tiles' first positions, int64 (n,), `codes` their windows, uint8 (n, window),
    `bases` those of the tiles themselves, uint8 (n, span), and `chosen`, bool (n, span), the
    positions that lie in the regions and have a known base: at least one of each tile.
    """

    number: int
    contig: str
    firsts: Integers
    codes: Codes
    bases: Codes
    chosen: npt.NDArray[np.bool_]

    @property
    def key(self) -> bytes:
        """The input, spelled out."""
        arrays = (self.firsts, self.chosen, self.codes)
        return self.contig.encode() + b"".join(array.tobytes() for array in arrays)

    @property
    def title(self) -> str:
        """What it covers."""
        return f"tiles from {self.contig}:{self.firsts[0] + 1} on"

    @property
    def places(self) -> tuple[npt.NDArray[np.intp], ...]:
        """Tile, position in it and new base of every substitution, in the genome's order."""
        return np.nonzero(self.chosen[..., None] & (self.bases[..., None] != np.arange(4)))

    @property
    def substitutions(self) -> Substitutions:
        """Every substitution, as `places` lists them."""
        tiles, at, alt = self.places
        ref = self.bases[tiles, at]
        return Substitutions(self.contig, self.firsts[tiles] + at, ref, alt.astype(np.uint8))


class Tiling:
    """Cuts regions into tiles of `span` positions, each with the window that is centred on it.

    Tiles begin at multiples of `span`, so that a substitution has the same window whichever regions
    it lies in. Regions may overlap: every position comes once, in the genome's order. `size` counts
    the positions, and `unknown` those so far whose base is unknown, which are left out.
    """

    def __init__(
        self, reference: Reference, regions: PlacedRegions, *, window: int, span: int
    ) -> None:
        self._reference, self._window, self._span = reference, window, span
        self._lead = (window - 1) // 2 - (span - 1) // 2
        self._coverage = {
            int(number): Coverage(regions.start[rows], regions.end[rows])
            for number in np.unique(regions.numbers)
            for rows in [regions.numbers == number]
        }
        self.size = sum(int((each.end - each.start).sum()) for each in self._coverage.values())
        self.unknown = 0

    def __iter__(self) -> Iterator[Tiles]:
        """Yield blocks of tiles, once."""
        number = 0
        contigs = list(self._reference.contigs)
        at_once = _WINDOWS * max(1, SPAN // self._span)
        for contig, coverage in self._coverage.items():
            firsts = self._firsts(coverage)
            while some := list(islice(firsts, at_once)):
                tiles = self._cut(number, contig, contigs[contig], coverage, np.array(some))
                if len(tiles.firsts):
                    yield tiles
                    number += 1

    def _firsts(self, coverage: Coverage) -> Iterator[int]:
        """Yield where tiles that hold positions of the regions begin."""
        span, begun = self._span, -1
        for start, end in zip(coverage.start.tolist(), coverage.end.tolist(), strict=True):
            for tile in range(max(start // span, begun), (end - 1) // span + 1):
                yield tile * span
                begun = tile + 1

    def _cut(
        self, number: int, contig: int, name: str, coverage: Coverage, firsts: Integers
    ) -> Tiles:
        """Cut the windows of tiles; those without a known base of the regions are left out."""
        numbers = np.full(len(firsts), contig)
        codes = self._reference.windows(numbers, firsts - self._lead, self._window)
        bases = codes[:, self._lead : self._lead + self._span]
        positions = firsts[:, None] + np.arange(self._span)
        asked = coverage.within(positions, positions + 1) > 0
        chosen = asked & (bases != UNKNOWN)
        self.unknown += int(asked.sum() - chosen.sum())
        rows = chosen.any(axis=1)
        return Tiles(number, name, firsts[rows], codes[rows], bases[rows], chosen[rows])

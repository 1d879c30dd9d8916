"""Blocks of maps, kept until the files of a run stand, so that another can resume after them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danq.genome.sequence import Codes
from danq.interpretation.maps import ExplainedOutput, Maps, Stretch
from danq.resuming import BlockSource

_READS = frozenset(["codes", "hypothetical", "predicted"])


@dataclass(frozen=True)
class MapBlock:
    """Consecutive maps of a run that are computed together.

    Attributes
    ----------
    number
        The block's index in the run, from 0.
    first
        The index of its first map in the run, from 0.
    stretches
        Where its n maps lie.
    windows
        uint8 (n, window): the bases that the network reads, all that maps depend on besides what
        the run was started with.
    """

    number: int
    first: int
    stretches: Sequence[Stretch]
    windows: Codes

    @property
    def key(self) -> bytes:
        """The maps' stretches, and the bases of their windows."""
        lines = "".join("\t".join(map(str, stretch)) + "\n" for stretch in self.stretches)
        return lines.encode() + np.ascontiguousarray(self.windows).tobytes()

    @property
    def title(self) -> str:
        """The maps, counted from 1."""
        return f"maps {self.first + 1} to {self.first + len(self.stretches)}"


def load_maps(
    source: BlockSource, block: MapBlock, outputs: Sequence[ExplainedOutput]
) -> Maps | None:
    """Return the maps of a block that an interrupted run has finished, None where it has not.

    The outputs are part of what `source` tells runs by (`danq.resuming.whole_run`).
    """
    arrays = source.load(block, _READS)
    return None if arrays is None else Maps(outputs, block.stretches, **arrays)


def save_maps(source: BlockSource, block: MapBlock, maps: Maps) -> None:
    """Keep the maps of a finished block."""
    source.save(block, {name: getattr(maps, name) for name in _READS}, _READS)

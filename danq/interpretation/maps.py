"""Contribution maps: what each base of a stretch of sequence adds to each output of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.genome.sequence import UNKNOWN, Codes

Floats = npt.NDArray[np.float32]


class ExplainedOutput(NamedTuple):
    """One output that is explained: a target, or the mean over a group of targets.

    `columns` are the places of its targets among those of the network.
    """

    name: str
    columns: tuple[int, ...]


class Stretch(NamedTuple):
    """The bases that one map covers: contig, 0-based half-open ends, and the region's name.

    `allele` is ``REF`` or ``ALT`` for the maps of a variant, whose ends are those of the reference
    window; otherwise it is empty.
    """

    contig: str
    start: int
    end: int
    name: str
    allele: str = ""


@dataclass(frozen=True)
class Maps:
    """The maps of n stretches of equal length for T outputs.

    Attributes
    ----------
    outputs
        The T outputs.
    stretches
        Where the n maps lie.
    codes
        uint8 (n, length): the bases.
    hypothetical
        float32 (n, T, length, 4): what A, C, G or T would contribute at each position, were it
        there. The difference of two of them is the effect of that substitution; of in-silico
        mutagenesis the four of a position have the mean 0.
    predicted
        float32 (n, T): what the network predicts for the whole window, in the maps' unit.
    """

    outputs: Sequence[ExplainedOutput]
    stretches: Sequence[Stretch]
    codes: Codes
    hypothetical: Floats
    predicted: Floats

    @cached_property
    def contributions(self) -> Floats:
        """float32 (n, T, length): those of the bases that are there, 0 where one is unknown."""
        known = self.codes != UNKNOWN
        chosen = np.where(known, self.codes, 0)[:, None, :, None]
        there = np.take_along_axis(self.hypothetical, chosen, axis=3)[..., 0]
        return there * known[:, None]

    def check(self) -> None:
        """Refuse numbers that are not finite, as those of a broken network are."""
        if not (np.isfinite(self.hypothetical).all() and np.isfinite(self.predicted).all()):
            raise InputError("the contributions are not finite numbers, so nothing is explained")

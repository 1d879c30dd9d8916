"""The alleles with the largest changes, remembered while a run continues."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from danq.scoring.blocks.block import Allele, Block
from danq.scoring.scorers.measures import Scores

Shown = TypeVar("Shown")


@dataclass(frozen=True, order=True)
class Ranked(Generic[Shown]):
    """One of them.

    `size` is its absolute logit change, and `order` minus its place among the scored alleles, so
    that the earlier of two equals ranks higher.
    """

    size: float
    order: int
    shown: Shown = field(compare=False)


class Largest(Generic[Shown]):
    """Remembers `most` alleles, each as `show` describes it by its row in a block's scores."""

    def __init__(self, most: int, show: Callable[[Allele, Scores, int], Shown]) -> None:
        self._most, self._show = most, show
        self._heap: list[Ranked[Shown]] = []
        self._count = 0

    def add(self, block: Block, scores: Scores) -> None:
        """Take one block."""
        alleles = list(block.scored())
        sizes = np.abs(scores["largest"])
        for row in np.argsort(-sizes, kind="stable")[: self._most].tolist():
            size, order = float(sizes[row]), -(self._count + row)
            is_full = len(self._heap) == self._most
            if is_full and (size, order) < (self._heap[0].size, self._heap[0].order):
                break
            ranked = Ranked(size, order, self._show(alleles[row], scores, row))
            (heapq.heappushpop if is_full else heapq.heappush)(self._heap, ranked)
        self._count += len(alleles)

    def ranked(self) -> list[Ranked[Shown]]:
        """Return them, the largest first."""
        return sorted(self._heap, reverse=True)

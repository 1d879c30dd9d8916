"""What the picture needs to remember of a run: a few numbers an allele, names only at the top."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.scoring.blocks.block import Block
from danq.scoring.scorers.quantities import Scores
from danq.scoring.vcf.record import Record

_NAMED = 40
_LONGEST_ALLELE = 6


@dataclass(frozen=True, order=True)
class Named:
    """One of the alleles with the largest effects.

    Attributes
    ----------
    size
        Its largest absolute logit change.
    order
        Minus its place among the scored alleles, so that the earlier of two equals ranks higher.
    text
        What a person calls it.
    """

    size: float
    order: int
    text: str


class Peaks:
    """The largest logit change of every scored allele.

    Attributes
    ----------
    contigs : list of str
        In order of appearance.
    top : list of Named
        The alleles with the largest effects, a heap.
    """

    reads = frozenset(["largest", "best"])

    def __init__(self) -> None:
        self.contigs: list[str] = []
        self.top: list[Named] = []
        self._numbers: dict[str, int] = {}
        self._blocks: list[tuple[npt.NDArray[np.generic], ...]] = []
        self._count = 0

    def write(self, block: Block, scores: Scores) -> None:
        """Add the scored alleles of a block: their largest logit changes and the targets."""
        alleles = list(block.scored())
        largest, best = scores["largest"], scores["best"]
        self._blocks.append(
            (
                np.array([self._number(a.record.contig) for a in alleles], dtype=np.int32),
                np.array([a.record.pos for a in alleles], dtype=np.int64),
                largest.astype(np.float32),
                best.astype(np.int32),
            )
        )
        for row in np.argsort(-np.abs(largest), kind="stable")[:_NAMED]:
            text = _text(alleles[row].record, alleles[row].alt)
            self._remember(Named(float(abs(largest[row])), -(self._count + int(row)), text))
        self._count += len(alleles)

    def _number(self, contig: str) -> int:
        if contig not in self._numbers:
            self._numbers[contig] = len(self.contigs)
            self.contigs.append(contig)
        return self._numbers[contig]

    def _remember(self, named: Named) -> None:
        if len(self.top) < _NAMED:
            heapq.heappush(self.top, named)
        else:
            heapq.heappushpop(self.top, named)

    def arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        """Return contig numbers, 1-based positions, signed logit changes and targets, each (n,)."""
        types = (np.int32, np.int64, np.float32, np.int32)
        empty = tuple(np.empty(0, dtype=kind) for kind in types)
        return tuple(np.concatenate(column) for column in zip(empty, *self._blocks, strict=True))


def _text(record: Record, alt: str) -> str:
    """Name an allele: its identifier, or its place and alleles."""
    if record.id not in (".", ""):
        name = record.id.split(";")[0]
        return name if len(record.alts) == 1 else f"{name} {_short(alt)}"
    return f"{record.contig}:{record.pos:,} {_short(record.ref)}>{_short(alt)}"


def _short(bases: str) -> str:
    return bases if len(bases) <= _LONGEST_ALLELE else f"{bases[: _LONGEST_ALLELE - 1]}…"

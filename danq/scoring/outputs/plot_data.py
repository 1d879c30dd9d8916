"""What the picture needs to remember of a run: a few numbers an allele, names only at the top."""

import numpy as np
import numpy.typing as npt

from danq.scoring.blocks.block import Allele, Block
from danq.scoring.outputs.largest import Largest
from danq.scoring.outputs.output import Output
from danq.scoring.scorers.measures import Scores

LABELLED = 10
_LONGEST_ALLELE = 6
_TYPES = (np.int32, np.int64, np.float32, np.int32)


class Peaks(Output):
    """The largest logit change of every scored allele.

    `contigs` are in order of appearance, and `top` has the names of the largest changes.
    """

    reads = frozenset(["largest", "best"])

    def __init__(self) -> None:
        self.contigs: dict[str, int] = {}
        self.top = Largest(LABELLED, lambda allele, *_: _name(allele))
        self._blocks = [tuple(np.empty(0, dtype=kind) for kind in _TYPES)]

    def write(self, block: Block, scores: Scores) -> None:
        """Add the scored alleles of a block: their largest logit changes and the targets."""
        records = [allele.record for allele in block.scored()]
        contig = [self.contigs.setdefault(r.contig, len(self.contigs)) for r in records]
        columns = (contig, [r.pos for r in records], scores["largest"], scores["best"])
        self._blocks.append(
            tuple(np.asarray(c, dtype=kind) for c, kind in zip(columns, _TYPES, strict=True))
        )
        self.top.add(block, scores)

    def arrays(self) -> tuple[npt.NDArray[np.generic], ...]:
        """Return contig numbers, 1-based positions, signed logit changes and targets, each (n,)."""
        return tuple(map(np.concatenate, zip(*self._blocks, strict=True)))


def _name(allele: Allele) -> str:
    """Name an allele: its identifier, or its place and alleles."""
    record = allele.record
    ref, alt = (_short(bases) for bases in (record.ref, allele.alt))
    if record.id not in (".", ""):
        name = record.id.split(";")[0]
        return name if len(record.alts) == 1 else f"{name} {alt}"
    return f"{record.contig}:{record.pos:,} {ref}>{alt}"


def _short(bases: str) -> str:
    return bases if len(bases) <= _LONGEST_ALLELE else f"{bases[: _LONGEST_ALLELE - 1]}…"

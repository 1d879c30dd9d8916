"""From records to blocks: judged, gathered, and cut into windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from danq.genome.reference import Reference
from danq.genome.variants import Change, Reason
from danq.scoring.blocks.block import Block
from danq.scoring.blocks.judging import Judge
from danq.scoring.blocks.pieces import Piece
from danq.scoring.scorers.effects import AlleleWindows, cut
from danq.scoring.scorers.quantities import Scores
from danq.scoring.vcf.record import Record, RecordReader

BLOCK_ALLELES = 4096
BLOCK_BYTES = 64 << 20


def gathered(reader: RecordReader) -> Iterator[list[Record]]:
    """Gather records until they are many enough, or large enough, to be scored.

    Where a block ends depends on the records alone, so that every run over a file has the same.
    """
    records: list[Record] = []
    alleles = size = 0
    for record in reader:
        records.append(record)
        alleles += len(record.alts)
        size += record.size
        if alleles >= BLOCK_ALLELES or size >= BLOCK_BYTES:
            yield records
            records, alleles, size = [], 0, 0
    if records:
        yield records


def judged(reader: RecordReader, judge: Judge, piece: Piece) -> Iterator[Block]:
    """Yield the blocks of a piece with the outcome of each ALT."""
    first = 0
    for number, records in enumerate(gathered(reader)):
        if piece.has(number):
            outcomes: list[list[Change | Reason]] = [
                judge.judge(r.contig, r.pos, r.ref, r.alts, line=r.line) for r in records
            ]
            yield Block(number, first, records, outcomes)
        first += len(records)


@dataclass(frozen=True)
class Prepared:
    """A block with its windows, or with its scores where they were finished before."""

    block: Block
    content: AlleleWindows | Scores


def prepared(
    blocks: Iterable[Block],
    reference: Reference,
    window: int,
    finished: Callable[[Block], Scores | None],
) -> Iterator[Prepared]:
    """Yield blocks ready to be predicted, or to be written.

    Parameters
    ----------
    blocks
        In order.
    reference, window
        Where and how long windows are cut.
    finished
        Gives the scores of a block that need not be computed.
    """
    for block in blocks:
        scores = finished(block)
        yield Prepared(block, cut(reference, block.changes, window) if scores is None else scores)

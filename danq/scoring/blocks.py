"""From records to blocks: judged, gathered, and cut into windows."""

from __future__ import annotations

from collections.abc import Iterator

from danq.genome.reference import Reference
from danq.genome.variants import Change, Reason
from danq.scoring.block import Block
from danq.scoring.effects import AlleleWindows, cut
from danq.scoring.judging import Judge
from danq.scoring.records import Record, RecordReader

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


def judged(reader: RecordReader, judge: Judge) -> Iterator[Block]:
    """Give blocks with the outcome of each ALT."""
    first = 0
    for number, records in enumerate(gathered(reader)):
        outcomes: list[list[Change | Reason]] = [
            judge.judge(r.contig, r.pos, r.ref, r.alts, line=r.line) for r in records
        ]
        yield Block(number, first, records, outcomes)
        first += len(records)


def prepared(
    reader: RecordReader, judge: Judge, reference: Reference, window: int
) -> Iterator[tuple[Block, AlleleWindows]]:
    """Give blocks with the windows of their changes."""
    for block in judged(reader, judge):
        yield block, cut(reference, block.changes, window)

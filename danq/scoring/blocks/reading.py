"""From records to blocks."""

from collections.abc import Iterable, Iterator

from danq.scoring.blocks.block import Block
from danq.scoring.blocks.pieces import Piece
from danq.vcf.judging import Judge
from danq.vcf.record import Record

BLOCK_ALLELES = 4096
BLOCK_BYTES = 64 << 20


def read_blocks(records: Iterable[Record], judge: Judge, piece: Piece) -> Iterator[Block]:
    """Yield the blocks of a piece with the outcome of each ALT."""
    first = 0
    for number, some in enumerate(_cut(records)):
        if piece.has(number):
            yield Block(number, first, some, [judge.judge(record) for record in some])
        first += len(some)


def _cut(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Gather records until they are many enough, or large enough, to be scored.

    Where a block ends depends on the records alone, so that every run over a file has the same.
    """
    some: list[Record] = []
    alleles = size = 0
    for record in records:
        some.append(record)
        alleles += len(record.alts)
        size += record.size
        if alleles >= BLOCK_ALLELES or size >= BLOCK_BYTES:
            yield some
            some, alleles, size = [], 0, 0
    if some:
        yield some

"""A block: consecutive records of a VCF, and what became of their alleles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from danq.genome.variants import Change, Reason
from danq.vcf.record import Record


class Allele(NamedTuple):
    """One ALT of a block: its record's place in the VCF, from 0, and its own, from 1."""

    place: int
    number: int
    record: Record
    alt: str
    outcome: Change | Reason


@dataclass(frozen=True)
class Block:
    """Consecutive records with the outcome of each ALT: the change that is scored, or the reason.

    `number` is the block's place in the run and `first` its first record's place in the VCF, both
    from 0. Where blocks begin depends on the VCF alone.
    """

    number: int
    first: int
    records: Sequence[Record]
    outcomes: Sequence[Sequence[Change | Reason]]

    @cached_property
    def changes(self) -> list[Change]:
        """The changes that are scored: n of them, the rows of the block's `Scores`."""
        return [o for outcomes in self.outcomes for o in outcomes if isinstance(o, Change)]

    @property
    def key(self) -> bytes:
        """What scores depend on: contigs, positions and alleles."""
        lines = (f"{r.contig}\t{r.pos}\t{r.ref}\t{','.join(r.alts)}\n" for r in self.records)
        return "".join(lines).encode()

    @property
    def title(self) -> str:
        """The records, counted from 1."""
        return f"records {self.first + 1} to {self.first + len(self.records)} of the VCF"

    def alleles(self) -> Iterator[Allele]:
        """Yield every ALT, scored or not."""
        for place, (record, outcomes) in enumerate(
            zip(self.records, self.outcomes, strict=True), self.first
        ):
            for number, (alt, outcome) in enumerate(zip(record.alts, outcomes, strict=True), 1):
                yield Allele(place, number, record, alt, outcome)

    def scored(self) -> Iterator[Allele]:
        """Return the ALTs that `changes` lists."""
        return (allele for allele in self.alleles() if isinstance(allele.outcome, Change))

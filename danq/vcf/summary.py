"""The count of everything that went in: each ALT scored or given a reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from danq.genome.variants import Change, Reason


@dataclass
class Summary:
    """What became of the input.

    Attributes
    ----------
    records
        Records of the VCF.
    alleles
        Their ALT alleles; a record whose ALT is ``.`` has one.
    scored
        Alleles with scores.
    reasons
        Alleles without, by `Reason`; all reasons are there, most of them 0.
    contigs
        Contigs that go by another name in the genome: name in the VCF to name in the genome.
    contig_records
        How many records each of those contigs has.
    """

    records: int = 0
    alleles: int = 0
    scored: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: {str(reason): 0 for reason in Reason})
    contigs: dict[str, str] = field(default_factory=dict)
    contig_records: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        reasons = {reason: count for reason, count in self.reasons.items() if count}
        return (
            f"<Summary: {self.records} records, {self.alleles} alleles, {self.scored} scored, "
            f"reasons {reasons}>"
        )

    def count(self, outcomes: Iterable[Change | Reason]) -> None:
        """Add one record with the outcomes of its ALTs."""
        self.records += 1
        for outcome in outcomes:
            self.alleles += 1
            if isinstance(outcome, Change):
                self.scored += 1
            else:
                self.reasons[outcome] += 1

    def count_contig(self, name: str, resolved: str | None) -> None:
        """Add one record on the contig `name`, which the genome calls `resolved`."""
        if resolved is not None and resolved != name:
            self.contigs[name] = resolved
            self.contig_records[name] = self.contig_records.get(name, 0) + 1

    def rows(self) -> list[tuple[str, int]]:
        """List what was counted: records, alleles = scored + reasons, then renamed contigs."""
        renamed = [
            (f"records of contig {name} read as {self.contigs[name]}", count)
            for name, count in self.contig_records.items()
        ]
        counted = [("records", self.records), ("alleles", self.alleles), ("scored", self.scored)]
        return [*counted, *self.reasons.items(), *renamed]

    def shown(self) -> list[tuple[str, int]]:
        """List what was counted, without the reasons that no allele has."""
        return [(what, count) for what, count in self.rows() if count or what not in self.reasons]

    def __str__(self) -> str:
        rows = self.shown()
        width = max(len(what) for what, _ in rows)
        return "\n".join(f"{what:<{width}}  {count:>9,}" for what, count in rows)

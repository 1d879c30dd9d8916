"""The alleles with the largest changes, as a web page with a table that sorts."""

from datetime import UTC, datetime

from danq.pages import Cell, Column, Table, number, render
from danq.plotting import shortened
from danq.scoring.blocks.block import Allele, Block
from danq.scoring.outputs.largest import Largest
from danq.scoring.outputs.output import File, Output, Run
from danq.scoring.scorers.measures import Scores
from danq.vcf.summary import Summary

MOST = 200
"""Alleles that the table holds."""

_LONGEST_ALLELE = 24
_LONGEST_ID = 60
_TEXTS = ("contig", "ID", "change", "target")
_NUMBERS = {
    "largest": ("change of log2 odds", "+.3f"),
    "best_p_ref": ("probability with REF", ".4g"),
    "best_p_alt": ("probability with ALT", ".4g"),
    "best_e_value": ("E-value", ".3g"),
    "functional": ("functional score", ".3g"),
}
"""By quantity: heading and format; the last two where there is a background."""


class TopTable(Output):
    """Remembers the alleles with the largest absolute logit changes, and writes the page."""

    def __init__(self, file: File, run: Run) -> None:
        self._path, self._run = file.partial, run
        names = run.plan.measures.names
        self._numbers = {name: kind for name, kind in _NUMBERS.items() if name in names}
        self._top = Largest(MOST, self._cells)
        self.reads = frozenset([*self._numbers, "best"])

    def write(self, block: Block, scores: Scores) -> None:
        """Take one block."""
        self._top.add(block, scores)

    def _cells(self, allele: Allele, scores: Scores, row: int) -> list[Cell]:
        record = allele.record
        ref, alt = (shortened(bases, _LONGEST_ALLELE) for bases in (record.ref, allele.alt))
        return [
            Cell(record.contig),
            number(record.pos, ","),
            Cell("" if record.id == "." else shortened(record.id, _LONGEST_ID)),
            Cell(f"{ref}>{alt}"),
            Cell(self._run.plan.ensemble.labels[int(scores["best"][row])]),
            *(
                number(float(scores[name][row]), style)
                for name, (_, style) in self._numbers.items()
            ),
        ]

    def finish(self, summary: Summary) -> None:
        """Write the page, the largest change first."""
        contig, *texts = (Column(title, is_number=False) for title in _TEXTS)
        numbers = (Column(title) for title, _ in self._numbers.values())
        rows = [ranked.shown for ranked in self._top.ranked()]
        table = Table([contig, Column("position"), *texts, *numbers], rows)
        origin = self._run.origin
        facts = [
            ("Variants", self._run.vcf),
            ("Genome", f"{origin['genome']} (checksum {origin['genome_checksum'][:12]})"),
            ("Model", f"{origin['model']} (checksum {origin['model_checksum'][:12] or 'unknown'})"),
            ("Background", origin.get("background", "none")),
            ("Date", datetime.now(UTC).isoformat(timespec="minutes")),
            ("Software", f"danq {origin['version']}"),
        ]
        counts = [(what, f"{count:,}") for what, count in summary.shown()]
        page = render(
            "variants.html",
            facts=facts,
            counts=counts,
            table=table,
            verdict=self._run.verdict,
            most=MOST,
        )
        self._path.write_text(page, encoding="utf-8", newline="\n")

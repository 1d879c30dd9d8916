"""The alleles with the largest changes, as a web page with a table that sorts."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from danq.pages import Cell, Column, Table, number, render
from danq.plotting import shortened
from danq.scoring.blocks.block import Allele, Block
from danq.scoring.blocks.summary import Summary
from danq.scoring.scorers.quantities import Scores
from danq.scoring.verdict import Verdict

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


@dataclass(frozen=True, order=True)
class _Ranked:
    """An allele: its size, and minus its order among the scored, so that earlier ones win."""

    size: float
    order: int
    cells: Sequence[Cell] = field(compare=False)


class TopTable:
    """Remembers the alleles with the largest absolute logit changes.

    Parameters
    ----------
    quantities
        Names of what the run computes.
    labels
        Names of the targets.
    """

    def __init__(self, quantities: Collection[str], labels: Sequence[str]) -> None:
        self._labels = labels
        self._numbers = {name: kind for name, kind in _NUMBERS.items() if name in quantities}
        self._top: list[_Ranked] = []
        self._count = 0
        self.reads = frozenset([*self._numbers, "best"])

    def write(self, block: Block, scores: Scores) -> None:
        """Take one block."""
        alleles = list(block.scored())
        sizes = np.abs(scores["largest"])
        for row in np.argsort(-sizes, kind="stable")[:MOST].tolist():
            size, order = float(sizes[row]), -(self._count + row)
            if len(self._top) == MOST and (size, order) < (self._top[0].size, self._top[0].order):
                break
            ranked = _Ranked(size, order, self._cells(alleles[row], scores, row))
            if len(self._top) < MOST:
                heapq.heappush(self._top, ranked)
            else:
                heapq.heapreplace(self._top, ranked)
        self._count += len(alleles)

    def _cells(self, allele: Allele, scores: Scores, row: int) -> list[Cell]:
        record = allele.record
        ref, alt = (shortened(bases, _LONGEST_ALLELE) for bases in (record.ref, allele.alt))
        return [
            Cell(record.contig),
            number(record.pos, ","),
            Cell("" if record.id == "." else shortened(record.id, _LONGEST_ID)),
            Cell(f"{ref}>{alt}"),
            Cell(self._labels[int(scores["best"][row])]),
            *(
                number(float(scores[name][row]), style)
                for name, (_, style) in self._numbers.items()
            ),
        ]

    def table(self) -> Table:
        """Return the table, the largest change first."""
        contig, *texts = (Column(title, is_number=False) for title in _TEXTS)
        numbers = (Column(title) for title, _ in self._numbers.values())
        rows = [ranked.cells for ranked in sorted(self._top, reverse=True)]
        return Table([contig, Column("position"), *texts, *numbers], rows)


def write_page(
    path: Path,
    table: Table,
    *,
    vcf: str,
    origin: Mapping[str, Any],
    verdict: Verdict | None,
    summary: Summary,
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        Where to.
    table
        Of a `TopTable`.
    vcf
        Name of the input.
    origin
        Where the scores come from (`danq.scoring.provenance`).
    verdict
        What was found about the models; None where nobody said.
    summary
        What became of the input.
    """
    facts = [
        ("Variants", vcf),
        ("Genome", f"{origin['genome']} (checksum {origin['genome_checksum'][:12]})"),
        ("Model", f"{origin['model']} (checksum {origin['model_checksum'][:12] or 'unknown'})"),
        ("Background", origin.get("background", "none")),
        ("Date", datetime.now(UTC).isoformat(timespec="minutes")),
        ("danq", origin["version"]),
    ]
    counts = [(what, f"{count:,}") for what, count in summary.shown()]
    page = render(
        "variants.html", facts=facts, counts=counts, table=table, verdict=verdict, most=MOST
    )
    path.write_text(page, encoding="utf-8", newline="\n")

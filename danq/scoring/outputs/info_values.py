"""What records grow by: the fields of the largest change, and the texts of every field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from danq.genome.variants import Reason
from danq.scoring.blocks.block import Block
from danq.scoring.scorers.quantities import Scores
from danq.scoring.vcf.info import REASON, Addition, InfoField, encoded, number


def largest_fields(labels: Sequence[str]) -> list[InfoField]:
    """Return the fields of the largest absolute change, of its target, and of what it is there.

    Parameters
    ----------
    labels
        Names of the targets, no two of them equal.
    """
    names = [encoded(label) for label in labels]
    return [
        InfoField(
            "DANQ_MAX",
            "Float",
            "Largest absolute change of log2 odds over the targets",
            frozenset(["largest"]),
            lambda scores: [number(value) for value in np.abs(scores["largest"]).tolist()],
        ),
        InfoField(
            "DANQ_TARGET",
            "String",
            "Target with the largest absolute change, percent-encoded; of several targets of one "
            "name, the name, # and the place from 0",
            frozenset(["best"]),
            lambda scores: [names[place] for place in scores["best"].tolist()],
        ),
        InfoField(
            "DANQ_LOGIT",
            "Float",
            "Change of log2 odds of DANQ_TARGET, ALT minus REF: positive where ALT raises it; "
            "DANQ_MAX is its absolute value",
            frozenset(["largest"]),
            _Numbers("largest"),
        ),
        *(
            InfoField(
                f"DANQ_P_{allele}",
                "Float",
                f"Predicted probability of DANQ_TARGET with {allele}, mean over both strands and "
                "all models",
                frozenset([f"best_p_{allele.lower()}"]),
                _Numbers(f"best_p_{allele.lower()}"),
            )
            for allele in ("REF", "ALT")
        ),
    ]


@dataclass(frozen=True)
class _Numbers:
    """Gives a quantity of one value per allele as text."""

    quantity: str

    def __call__(self, scores: Scores) -> list[str]:
        return [number(value) for value in scores[self.quantity].tolist()]


def additions(fields: Sequence[InfoField], block: Block, scores: Scores) -> list[Addition]:
    """Return what each record of a block grows by.

    A field of values is there when an ALT is scored, that of reasons when one is not.
    """
    valued = [field for field in fields if field.values is not None]
    columns = [field.values(scores) for field in valued if field.values is not None]
    result: list[Addition] = []
    row = 0
    for outcomes in block.outcomes:
        rows = []
        for outcome in outcomes:
            is_scored = not isinstance(outcome, Reason)
            rows.append(row if is_scored else None)
            row += is_scored
        added: list[tuple[InfoField, list[str]]] = []
        if any(place is not None for place in rows):
            for field, column in zip(valued, columns, strict=True):
                added.append((field, ["." if p is None else column[p] for p in rows]))
        if any(place is None for place in rows):
            reasons = [str(o) if isinstance(o, Reason) else "." for o in outcomes]
            added.append((REASON, reasons))
        result.append(added)
    return result

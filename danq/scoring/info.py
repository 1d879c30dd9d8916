"""The INFO fields that danq adds to records, declared once.

Every field is ``Number=A``: one value an ALT, ``.`` where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from danq.genome.variants import Reason
from danq.scoring.block import Block, Scores

_EITHER = (
    rb"(DANQ_(?:MAX|TARGET|LOGIT|P_REF|P_ALT|SD|FUNC|REASON|"
    rb"(?:LOGIT|DIFF|SD|E|GROUP)_[0-9A-Za-z_.]*))"
)
"""All fields that a run may write; an input may hold none of them."""

_OWN_FIELD = re.compile(rb"(?:^|;)" + _EITHER + rb"(?:=|;|$)")
_OWN_DECLARATION = re.compile(rb"##INFO=<(?:.*,)?ID=" + _EITHER + rb"[,>]")


@dataclass(frozen=True)
class InfoField:
    """One INFO field.

    Attributes
    ----------
    name, type, description
        As its header line says; the type is ``Float``, ``Integer`` or ``String``.
    reads
        The quantities that its values are made from.
    values
        From a block's scores to one text for each scored allele; None for the field of reasons.
    """

    name: str
    type: str
    description: str
    reads: frozenset[str] = frozenset()
    values: Callable[[Scores], Sequence[str]] | None = None

    @property
    def declaration(self) -> str:
        """The header line, without its end."""
        return f'##INFO=<ID={self.name},Number=A,Type={self.type},Description="{self.description}">'


Addition = Sequence[tuple[InfoField, Sequence[str]]]
"""What one record's INFO grows by: fields, each with one text an ALT."""

REASON = InfoField("DANQ_REASON", "String", f"Why the allele has no score: {', '.join(Reason)}")


def largest_fields(labels: Sequence[str]) -> list[InfoField]:
    """Give the fields of the largest absolute change, of its target, and of what it is there.

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
    """Gives a quantity of one value an allele as text."""

    quantity: str

    def __call__(self, scores: Scores) -> list[str]:
        return [number(value) for value in scores[self.quantity].tolist()]


def additions(fields: Sequence[InfoField], block: Block, scores: Scores) -> list[Addition]:
    """Give what each record of a block grows by.

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


def info_text(addition: Addition) -> bytes:
    """Write what one record's INFO grows by."""
    return ";".join(f"{field.name}={','.join(values)}" for field, values in addition).encode()


def number(value: float) -> str:
    """Write a float as INFO holds it."""
    return f"{value:.6g}"


def encoded(name: str) -> str:
    """Percent-encode what an INFO value may not hold, so that any target name fits."""
    return "%2E" if name == "." else quote(name, safe="!\"#$&'()*+/<>?@[\\]^`{|}")


def own_field(info: bytes) -> str | None:
    """Give the first of danq's fields in column 8, which an earlier run left there."""
    found = _OWN_FIELD.search(info) if b"DANQ_" in info else None
    return found[1].decode() if found else None


def own_declarations(header: Sequence[bytes]) -> dict[str, int]:
    """Find fields of danq's that a header declares, each with its line's place, from 0."""
    found = [(_OWN_DECLARATION.match(line), place) for place, line in enumerate(header)]
    return {match[1].decode(): place for match, place in found if match}

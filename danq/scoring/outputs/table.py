"""Tables of all scores: one row per ALT, in the order of the VCF, scored or not.

Their keys tell the rows apart: they join back to the record by its place or by contig, POS and REF,
to the allele by its number or by ALT. All formats hold the same numbers: float32, as text with as
many digits as that takes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.genome.variants import Reason
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.output import Output
from danq.scoring.plan import Plan
from danq.scoring.scorers.measures import Quantity, Scores

KEYS = {
    "record": "the record's place in the VCF, from 0",
    "allele": "the ALT's place in the record, from 1",
    "contig": "as in the VCF",
    "pos": "as in the VCF: 1-based, not normalised",
    "ref": "as in the VCF",
    "alt": "as in the VCF",
    "reason": "reason for a missing score, empty where the allele has one",
}
INTEGERS: dict[str, npt.DTypeLike] = {"record": np.int64, "allele": np.int32, "pos": np.int64}
"""The keys that are not text."""


class Table(Output):
    """Turns blocks into rows; the base of all formats, which take them in `add`.

    Attributes
    ----------
    quantities
        What it holds in addition to the keys.
    columns
        Names of the columns of each kind, such as ``targets``.
    """

    def __init__(self, plan: Plan) -> None:
        self.quantities = [q for q in plan.measures.quantities if q.is_tabled]
        self.columns = plan.columns
        self.reads = frozenset(quantity.name for quantity in self.quantities)

    def width(self, quantity: Quantity) -> tuple[int, ...]:
        """Return the shape of one row of a quantity."""
        return () if quantity.columns is None else (len(self.columns[quantity.columns]),)

    def write(self, block: Block, scores: Scores) -> None:
        """Add the alleles of one block."""
        keys = _keys(block)
        is_scored = np.array([reason == "" for reason in keys["reason"]], dtype=bool)
        arrays = {name: _spread(scores[name], is_scored) for name in self.reads}
        self.add(keys, arrays, is_scored)

    def add(
        self, keys: Mapping[str, list[Any]], arrays: Scores, is_scored: npt.NDArray[np.bool_]
    ) -> None:
        """Add n rows.

        Parameters
        ----------
        keys
            The n values of each of `KEYS`.
        arrays
            Those of each quantity by name, (n,) or (n, columns): NaN, or in integers -1, in the
            rows of alleles that are not scored.
        is_scored
            Shape (n,).
        """
        raise NotImplementedError


def _keys(block: Block) -> dict[str, list[Any]]:
    alleles = list(block.alleles())
    return {
        "record": [allele.place for allele in alleles],
        "allele": [allele.number for allele in alleles],
        "contig": [allele.record.contig for allele in alleles],
        "pos": [allele.record.pos for allele in alleles],
        "ref": [allele.record.ref for allele in alleles],
        "alt": [allele.alt for allele in alleles],
        "reason": [str(a.outcome) if isinstance(a.outcome, Reason) else "" for a in alleles],
    }


def _spread(scores: npt.NDArray[Any], is_scored: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Return one row per allele: its scores, or nothing where there is a reason instead."""
    if is_scored.all():
        return scores
    nothing = np.nan if np.issubdtype(scores.dtype, np.floating) else -1
    result = np.full((len(is_scored), *scores.shape[1:]), nothing, dtype=scores.dtype)
    result[is_scored] = scores
    return result

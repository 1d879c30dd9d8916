"""Tables of all scores: their columns, and the writers of their formats.

A table has one row an ALT, in the order of the VCF, scored or not. Its keys tell which: they join
back to the record by its place or by contig, POS and REF, to the allele by its number or by ALT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from danq.genome.variants import Reason
from danq.scoring.block import Block, Consumer, Quantity, Scores

KEYS = {
    "record": "the record's place in the VCF, from 0",
    "allele": "the ALT's place in the record, from 1",
    "contig": "as in the VCF",
    "pos": "as in the VCF: 1-based, not normalised",
    "ref": "as in the VCF",
    "alt": "as in the VCF",
    "reason": "why there is no score, empty where there is one",
}
INTEGERS: dict[str, npt.DTypeLike] = {"record": np.int64, "allele": np.int32, "pos": np.int64}


class Table(Consumer, AbstractContextManager[Any], Protocol):
    """A consumer of blocks that is closed at the end."""


def keys(block: Block) -> dict[str, list[Any]]:
    """Give the columns that `KEYS` describes, one value for each ALT of a block."""
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


def rows(block: Block, scores: Scores, quantities: Sequence[Quantity]) -> dict[str, Any]:
    """Give arrays with a row for each ALT of a block, NaN where there is a reason instead."""
    is_scored = np.array(
        [not isinstance(o, Reason) for outcomes in block.outcomes for o in outcomes], dtype=bool
    )
    return {quantity.name: _spread(scores[quantity.name], is_scored) for quantity in quantities}


def _spread(scores: npt.NDArray[Any], is_scored: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    if is_scored.all():
        return scores
    result = np.full((len(is_scored), *scores.shape[1:]), np.nan, dtype=scores.dtype)
    result[is_scored] = scores
    return result


def open_table(
    path: Path,
    *,
    columns: Mapping[str, Sequence[str]],
    quantities: Sequence[Quantity],
    origin: Mapping[str, Any],
) -> Table:
    """Open a table of the format that its name says.

    Parameters
    ----------
    path
        Where to write.
    columns
        Names of the columns of each kind: ``targets``, and whatever a quantity's `columns` says.
    quantities
        What the table holds beside its keys.
    origin
        What it says of itself.
    """
    from danq.scoring.score_file import ScoreFile

    return ScoreFile(path, columns, origin, quantities)

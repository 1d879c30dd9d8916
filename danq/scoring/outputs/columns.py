"""Tables of all scores: their columns, and the writers of their formats.

A table has one row per ALT, in the order of the VCF, scored or not. Its keys tell which: they join
back to the record by its place or by contig, POS and REF, to the allele by its number or by ALT.
The three formats hold the same numbers: float32, as text with as many digits as that takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from danq.genome.variants import Reason
from danq.scoring.blocks.block import Block, Consumer
from danq.scoring.scorers.quantities import Quantity
from danq.targets.names import distinct

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


class Table(Consumer, AbstractContextManager[Any], Protocol):
    """A consumer of blocks that is closed at the end."""


def keys(block: Block) -> dict[str, list[Any]]:
    """Return the columns that `KEYS` describes, one value for each ALT of a block."""
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


def scored(block: Block) -> npt.NDArray[np.bool_]:
    """Return for each ALT of a block whether it has scores."""
    return np.array(
        [not isinstance(o, Reason) for outcomes in block.outcomes for o in outcomes], dtype=bool
    )


def headings(quantities: Sequence[Quantity], columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the columns of a flat table: ``logit:CTCF``; ``logit:CTCF#127`` where names repeat."""
    names = []
    for quantity in quantities:
        if quantity.columns is None:
            names.append(quantity.name)
        else:
            names += [f"{quantity.name}:{one}" for one in distinct(columns[quantity.columns])]
    return names

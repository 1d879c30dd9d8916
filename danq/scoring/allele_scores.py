"""Scores as arrays: of a list of alleles, or of what a VCF holds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.genome.reference import Reference
from danq.genome.variants import Reason
from danq.scoring.blocks.block import Block
from danq.scoring.blocks.judging import Judge
from danq.scoring.blocks.summary import Summary
from danq.scoring.e_values.background_file import Background
from danq.scoring.outputs.columns import scored
from danq.scoring.plan import Plan, planned
from danq.scoring.scorers.effects import Floats, cut, spread
from danq.scoring.scorers.ensemble import open_ensemble
from danq.scoring.scorers.quantities import Scores
from danq.scoring.vcf.record import Record

_BLOCK = 1024


@dataclass(frozen=True)
class AlleleScores:
    """Scores of n alleles for t targets in g groups.

    Where there is a reason instead of scores, floats are NaN and places are -1.

    Attributes
    ----------
    diff, logit
        float32, shape (n, t): change of probability and of log2 odds; of several models their mean.
    reasons
        For each allele why it has no scores, None where it has.
    targets
        Names of the t columns.
    alleles
        For each row contig, 1-based position, REF and ALT, as they were given.
    records
        int64, shape (n,): the place, from 0, of the record or list entry that each row belongs to.
    groups
        Names of the g groups of targets.
    group_logit, group_target, group_mean
        Shape (n, g): the logit change with the largest absolute value in the group (signed), the
        place of its target (int32), and the mean absolute logit change.
    summary
        The counts.
    diff_sd, logit_sd
        float32, shape (n, t): standard deviations over several models, None with one.
    e_value
        float32, shape (n, t): share of background variants with a score at least as large, None
        without a background.
    functional
        float32, shape (n,): geometric mean of the E-values over the targets; NaN where there is
        none.
    """

    diff: Floats
    logit: Floats
    reasons: list[Reason | None]
    targets: list[str]
    alleles: list[tuple[str, int, str, str]]
    records: npt.NDArray[np.int64]
    groups: list[str]
    group_logit: Floats
    group_target: npt.NDArray[np.int32]
    group_mean: Floats
    summary: Summary
    diff_sd: Floats | None = None
    logit_sd: Floats | None = None
    e_value: Floats | None = None
    functional: Floats | None = None

    def __repr__(self) -> str:
        return (
            f"<AlleleScores: {len(self.reasons)} alleles, {self.summary.scored} scored, "
            f"{len(self.targets)} targets>"
        )


class Collector:
    """Takes blocks and keeps all of their scores in memory.

    Parameters
    ----------
    plan
        What is computed.

    Attributes
    ----------
    reads
        The names of all quantities that tables hold.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._quantities = [q for q in plan.measures.quantities if q.is_tabled]
        self.reads = frozenset(quantity.name for quantity in self._quantities)
        self._blocks: list[Mapping[str, npt.NDArray[Any]]] = []
        self._alleles: list[tuple[str, int, str, str]] = []
        self._records: list[int] = []
        self._reasons: list[Reason | None] = []

    def write(self, block: Block, scores: Scores) -> None:
        """Take one block."""
        is_scored = scored(block)
        self._blocks.append({q.name: spread(scores[q.name], is_scored) for q in self._quantities})
        for place, _, record, alt, outcome in block.alleles():
            self._alleles.append((record.contig, record.pos, record.ref, alt))
            self._records.append(place)
            self._reasons.append(outcome if isinstance(outcome, Reason) else None)

    def scores(self, summary: Summary) -> AlleleScores:
        """Return everything that was taken."""
        arrays = {}
        columns = self._plan.columns
        for quantity in self._quantities:
            width = () if quantity.columns is None else (len(columns[quantity.columns]),)
            empty = np.empty((0, *width), quantity.dtype)
            arrays[quantity.name] = np.concatenate(
                [empty, *(block[quantity.name] for block in self._blocks)]
            )
        return AlleleScores(
            reasons=self._reasons,
            targets=list(columns["targets"]),
            alleles=self._alleles,
            records=np.array(self._records, dtype=np.int64),
            groups=list(columns["group_names"]),
            summary=summary,
            **arrays,
        )


def score_alleles(
    model: Any,
    genome: str | os.PathLike[str] | Reference,
    alleles: Iterable[tuple[str, int, str, str]],
    *,
    background: str | os.PathLike[str] | Background | None = None,
    ref_mismatch: str = "error",
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> AlleleScores:
    """Score alleles given as (contig, pos, ref, alt).

    Parameters
    ----------
    model, genome, background, ref_mismatch, targets, batch_size, precision
        As in `danq.score`.
    alleles
        Contig, 1-based position, REF and one ALT each, spelled as in a VCF.

    Returns
    -------
    AlleleScores
        In the order of `alleles`.

    Raises
    ------
    InputError
        When a REF differs from the genome and that is an error, or an input is wrong.
    """
    reference = genome if isinstance(genome, Reference) else Reference(genome)
    ensemble = open_ensemble(model, targets=targets, batch_size=batch_size, precision=precision)
    plan = planned(ensemble, reference, background, precision)
    judge = Judge(reference, ensemble.window, ref_mismatch)
    collector = Collector(plan)
    for block in _blocks(alleles, judge):
        windows = cut(reference, block.changes, ensemble.window)
        collector.write(block, plan.measures.of(ensemble.predict(windows).scores()))
    return collector.scores(judge.summary)


def _blocks(alleles: Iterable[tuple[str, int, str, str]], judge: Judge) -> Iterator[Block]:
    """Judge alleles and gather them in blocks; each is a record of its own."""
    waiting = iter(alleles)
    first = number = 0
    while some := list(islice(waiting, _BLOCK)):
        records = [
            Record(line=None, contig=contig, pos=index(pos), id=".", ref=ref, alts=(alt,), size=0)
            for contig, pos, ref, alt in some
        ]
        outcomes = [judge.judge(r.contig, r.pos, r.ref, r.alts) for r in records]
        yield Block(number, first, records, outcomes)
        first, number = first + len(records), number + 1

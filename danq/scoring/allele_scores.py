"""Scores as arrays: of a list of alleles, or of what a VCF holds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import index
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.genome.reference import Reference
from danq.genome.variants import Reason
from danq.paths import StrPath
from danq.ranges import checked
from danq.resuming import BlockSource
from danq.scoring.blocks.pieces import Piece
from danq.scoring.blocks.reading import read_blocks
from danq.scoring.options import Options, ScoreKeywords
from danq.scoring.outputs.table import KEYS, Table
from danq.scoring.pipeline import progress_bar, score_blocks
from danq.scoring.plan import Plan, open_plan
from danq.scoring.scorers.effects import Floats
from danq.scoring.scorers.measures import Scores
from danq.vcf.judging import Judge
from danq.vcf.record import Record
from danq.vcf.summary import Summary


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
    further
        Other quantities by name, one row per allele.
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
    further: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"<AlleleScores: {len(self.reasons)} alleles, {self.summary.scored} scored, "
            f"{len(self.targets)} targets>"
        )


class Collector(Table):
    """Takes blocks and keeps all of their scores in memory."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._keys: dict[str, list[Any]] = {name: [] for name in KEYS}
        self._arrays = {q.name: [np.empty((0, *self.width(q)), q.dtype)] for q in self.quantities}

    def add(
        self, keys: Mapping[str, list[Any]], arrays: Scores, is_scored: npt.NDArray[np.bool_]
    ) -> None:
        """Add rows."""
        for name, values in keys.items():
            self._keys[name] += values
        for name, array in arrays.items():
            self._arrays[name].append(array)

    def scores(self, summary: Summary) -> AlleleScores:
        """Return everything that was taken."""
        keys = self._keys
        arrays = {name: np.concatenate(blocks) for name, blocks in self._arrays.items()}
        known = {field.name for field in fields(AlleleScores)}
        return AlleleScores(
            reasons=[Reason(reason) if reason else None for reason in keys["reason"]],
            targets=list(self.columns["targets"]),
            alleles=list(zip(*(keys[n] for n in ("contig", "pos", "ref", "alt")), strict=True)),
            records=np.array(keys["record"], dtype=np.int64),
            groups=list(self.columns["group_names"]),
            summary=summary,
            further={name: array for name, array in arrays.items() if name not in known},
            **{name: array for name, array in arrays.items() if name in known},
        )


@checked
def score_alleles(
    model: Any,
    genome: StrPath | Reference,
    alleles: Iterable[tuple[str, int, str, str]],
    **options: Unpack[ScoreKeywords],
) -> AlleleScores:
    """Score alleles given as (contig, pos, ref, alt).

    Parameters
    ----------
    model, genome, **options
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
    chosen = Options.of(score_alleles, options, ScoreKeywords)
    if not isinstance(alleles, Iterable):
        raise InputError(f"found alleles of type {type(alleles).__name__}, expected a list of them")
    plan = open_plan(model, chosen)
    reference = plan.open_genome(genome)
    judge = Judge(reference, plan.ensemble.window, chosen.ref_mismatch)
    blocks = read_blocks(_records(alleles), judge, Piece())
    collector = Collector(plan)
    with progress_bar(chosen.progress, " alleles") as bar:
        score_blocks(plan, reference, blocks, BlockSource(), output=collector, shown=bar)
    return collector.scores(judge.summary)


def _records(alleles: Iterable[tuple[str, int, str, str]]) -> Iterator[Record]:
    """Make each allele a record of its own."""
    for number, allele in enumerate(alleles, start=1):
        try:
            contig, pos, ref, alt = allele
            pos = index(pos)
        except (TypeError, ValueError):
            pos = None
        if pos is None or not all(isinstance(text, str) for text in (contig, ref, alt)):
            raise InputError(
                f"found {quoted(allele)} as allele {number}, expected (contig, position, REF, ALT) "
                "with a whole number as the position"
            )
        yield Record(line=None, contig=contig, pos=pos, id=".", ref=ref, alts=(alt,), size=0)

"""Score a list of alleles without a VCF."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from danq.genome.reference import Reference
from danq.genome.variants import Change, Reason
from danq.scoring.effects import Floats, effects, spread
from danq.scoring.judging import Judge
from danq.scoring.network import open_scorer

_BLOCK = 1024


@dataclass(frozen=True)
class AlleleScores:
    """Scores of n alleles for t targets.

    Attributes
    ----------
    diff, logit
        float32, shape (n, t): change of probability and of log2 odds, NaN where there is a reason.
    reasons
        For each allele why it has no scores, None where it has.
    targets
        Names of the columns.
    """

    diff: Floats
    logit: Floats
    reasons: list[Reason | None]
    targets: list[str]


def score_alleles(
    model: Any,
    genome: str | os.PathLike[str] | Reference,
    alleles: Iterable[tuple[str, int, str, str]],
    *,
    ref_mismatch: str = "error",
    targets: Sequence[str] | None = None,
    batch_size: int | None = None,
    precision: str = "float32",
) -> AlleleScores:
    """Score alleles given as (contig, pos, ref, alt).

    Parameters
    ----------
    model, genome, ref_mismatch, targets, batch_size, precision
        As in `danq.scoring.score`.
    alleles
        Contig, 1-based position, REF and one ALT each, spelled as in a VCF.

    Returns
    -------
    AlleleScores
        In the order of `alleles`.

    Raises
    ------
    InputError
        When a REF differs from the genome and that is an error.
    """
    reference = genome if isinstance(genome, Reference) else Reference(genome)
    scorer = open_scorer(model, targets=targets, batch_size=batch_size, precision=precision)
    judge = Judge(reference, scorer.predictor.window, ref_mismatch)
    outcomes = [judge.judge(contig, pos, ref, [alt])[0] for contig, pos, ref, alt in alleles]
    changes = [outcome for outcome in outcomes if isinstance(outcome, Change)]
    # One empty block, so that no alleles give arrays of the right shape.
    starts = range(0, max(len(changes), 1), _BLOCK)
    blocks = [effects(scorer.predictor, reference, changes[i : i + _BLOCK]) for i in starts]
    is_scored = np.array([isinstance(outcome, Change) for outcome in outcomes], dtype=bool)
    diff, logit = (spread(np.concatenate(parts), is_scored) for parts in zip(*blocks, strict=True))
    reasons = [outcome if isinstance(outcome, Reason) else None for outcome in outcomes]
    return AlleleScores(diff, logit, reasons, scorer.targets)

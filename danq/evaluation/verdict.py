"""Whether each network beats the linear models of k-mers, as a verdict in words."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from danq import __version__
from danq.errors import counted
from danq.evaluation.baselines.registry import BASELINES
from danq.evaluation.results import Evaluation
from danq.evaluation.statistics.comparison import LEVEL, GroupDifference
from danq.evaluation.statistics.genome_blocks import BLOCK_SIZES, Bootstrap

FORMAT = 1

BETTER, WORSE, UNCLEAR, UNTESTED = "better", "worse", "unclear", "untested"
"""Outcomes. Unclear: a difference that chance explains; untested: no p value, or no baseline."""

LEAST_P = 1e-4
"""Smaller p values are shown as below it: a few dozen blocks say nothing about tails that thin."""

METRIC = "roc_auc"


@dataclass(frozen=True)
class Verdict:
    """How one network does against one linear model of k-mers on the same windows.

    `baseline` is None where none was evaluated. `outcome` is `BETTER`, `WORSE`, `UNCLEAR` or
    `UNTESTED`, by the mean difference in ROC AUC over all targets and whether its p value is below
    0.05; `sentence` says the same in words, with the numbers. `difference` is the network's ROC AUC
    less the baseline's, with its 95 % interval and p value; what is not known or defined is None.
    """

    model: str
    baseline: str | None
    outcome: str
    sentence: str
    median: float | None = None
    baseline_median: float | None = None
    difference: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    targets: int = 0


def verdicts(evaluation: Evaluation) -> list[Verdict]:
    """Return a verdict for every network and linear model, in the order of the evaluation."""
    networks = [model for model in evaluation.models if model not in BASELINES]
    baselines = [model for model in evaluation.models if model in BASELINES]
    if not baselines:
        return [
            Verdict(
                model,
                None,
                UNTESTED,
                f"{model} was not compared with a linear model of k-mers: none was evaluated.",
            )
            for model in networks
        ]
    return [_verdict(evaluation, model, baseline) for model in networks for baseline in baselines]


def _verdict(evaluation: Evaluation, model: str, baseline: str) -> Verdict:
    pair = evaluation.comparison(model, baseline)
    lead = pair.differences[METRIC].groups[-1]
    if pair.first != model:
        lead = lead.reversed()
    outcome = UNTESTED
    if not math.isnan(lead.p):
        outcome = (BETTER if lead.mean > 0 else WORSE) if lead.p < LEVEL else UNCLEAR
    median, baseline_median = (
        evaluation.summaries()[name][-1].averages[f"{METRIC}_median"] for name in (model, baseline)
    )
    return Verdict(
        model,
        baseline,
        outcome,
        f"{model} {_WORDS[outcome]} {BASELINES[baseline].description.replace('a ', 'the ', 1)} "
        f"({baseline}): {_numbers(lead, median, baseline_median, evaluation.bootstrap)}.",
        median=_known(median),
        baseline_median=_known(baseline_median),
        difference=_known(lead.mean),
        lower=_known(lead.interval.lower),
        upper=_known(lead.interval.upper),
        p=_known(lead.p),
        targets=lead.targets,
    )


_WORDS = {
    BETTER: "is better than",
    WORSE: "is worse than",
    UNCLEAR: "is not shown to be better than",
    UNTESTED: "was not tested against",
}


def _numbers(
    lead: GroupDifference, median: float, baseline_median: float, bootstrap: Bootstrap | None
) -> str:
    if not lead.targets:
        return "no target has both positive and negative windows"
    lower, upper = lead.interval.lower, lead.interval.upper
    interval = "" if math.isnan(lower) else f", 95 % interval {lower:+.3f} to {upper:+.3f}"
    p = "no p value" if math.isnan(lead.p) else f"p = {p_number(lead.p)}".replace("= <", "<")
    blocks = "" if bootstrap is None else f" and {counted(bootstrap.blocks, 'block')}"
    return (
        f"median ROC AUC {median:.3f} against {baseline_median:.3f}; mean difference "
        f"{lead.mean:+.3f}{interval}, {p}, {counted(lead.targets, 'target')}{blocks}"
    )


def p_number(p: float) -> str:
    """Return a p value as it is shown: ``0.003``, or ``< 0.0001`` of all that are below."""
    return f"< {LEAST_P:.4f}" if p < LEAST_P else f"{p:.2g}"


def notes(evaluation: Evaluation) -> list[str]:
    """Return what a reader of the numbers must know of the windows and of the blocks."""
    found = []
    if evaluation.split == "train":
        found.append(
            "Models that were trained on this data set, baselines included, have seen these "
            "windows: their figures say how well they fit, not how well they predict."
        )
    if evaluation.split == "valid":
        found.append(
            "Models that were trained on this data set kept the weights, and baselines chose their "
            "penalty, by these windows: their figures are somewhat too high."
        )
    if evaluation.foreign:
        names = ", ".join(evaluation.foreign)
        found.append(
            f"Trained on another data set or reference than this one: {names}. Windows evaluated "
            "may have been among the training windows."
        )
    return found + _notes_on_blocks(evaluation.bootstrap)


def _notes_on_blocks(bootstrap: Bootstrap | None) -> list[str]:
    if bootstrap is None:
        return ["No resamples were asked for, so nothing here has an interval or a p value."]
    size = f"{bootstrap.block_size * bootstrap.together:,} bases"
    blocks = counted(bootstrap.blocks, "block")
    if not bootstrap.is_enough:
        return [f"The windows lie in only {blocks} of {size}, too few for intervals and p values."]
    if bootstrap.block_size * bootstrap.together < BLOCK_SIZES[0]:
        return [
            f"Intervals and p values come from {blocks} of {size}. Blocks below a "
            "megabase may share peaks with their neighbours: intervals may be too narrow, and p "
            "values too small."
        ]
    return []


def verdict_json(evaluation: Evaluation) -> str:
    """Return the verdicts, and what they rest on, as JSON that ``danq score`` reads."""
    bootstrap, checksums = evaluation.bootstrap, _checksums(evaluation)
    content = {
        "format": FORMAT,
        "version": __version__,
        "split": evaluation.split,
        "windows": evaluation.windows,
        "targets": len(evaluation.targets),
        "blocks": None if bootstrap is None else bootstrap.blocks,
        "block_size": None if bootstrap is None else bootstrap.block_size,
        "notes": notes(evaluation),
        "verdicts": [
            {"model_checksum": checksums.get(verdict.model), **asdict(verdict)}
            for verdict in verdicts(evaluation)
        ],
    }
    return json.dumps(content, indent=1) + "\n"


def _checksums(evaluation: Evaluation) -> Mapping[str, str]:
    provenance = evaluation.provenance
    return {} if provenance is None else {m.name: m.checksum for m in provenance.models}


def _known(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)

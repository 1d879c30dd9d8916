"""The tables of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from danq.evaluation.published_figures import AVERAGED
from danq.evaluation.results import Evaluation
from danq.evaluation.statistics.bootstrap import Interval
from danq.evaluation.statistics.metrics import METRICS, GroupSummary, group_names
from danq.evaluation.verdict import p_number
from danq.pages import MISSING, Cell, Column, Table, number
from danq.targets.groups import ALL

TITLES = {
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "recall_at_fdr50": "recall at 50 % FDR",
    "calibration_error": "calibration error",
}
LOWEST_IS_BEST = "calibration_error"
CHANCE = "PR AUC of guessing"


def overview_rows(evaluation: Evaluation) -> Table:
    """Return a row for each model, over all targets, and for each published network."""
    averages = [f"{metric}_{average}" for metric in METRICS[:2] for average in ("median", "mean")]
    heads = ["median ROC AUC", "mean ROC AUC", "median PR AUC", "mean PR AUC", CHANCE]
    rows = []
    for model, summaries in evaluation.summaries().items():
        total = summaries[-1]
        cells = [_average(total, name) for name in averages]
        mean = number(total.positive_rate_mean)
        rows.append([Cell(model), number(total.targets, ","), *cells, mean])
    kinds = [""] * len(rows)
    for network, figures in evaluation.published.items():
        roc_auc, pr_auc = (number(value) for value in figures[ALL])
        missing = Cell(MISSING)
        name, targets = Cell(f"{network} (published)"), number(AVERAGED[ALL], ",")
        rows.append([name, targets, missing, roc_auc, missing, pr_auc, missing])
        kinds.append("published")
    return Table(_columns(["model"], ["targets", *heads]), rows, kinds)


def groups_rows(evaluation: Evaluation) -> Table:
    """Return a row for each group and model."""
    heads = ["targets", "ROC AUC", "PR AUC", CHANCE, "recall at 50 % FDR", "calibration error"]
    columns = _columns(["group", "model"], [*heads, "median ROC AUC", "median PR AUC"])
    rows = []
    for place, group in enumerate(group_names(evaluation.groups)):
        summaries = {model: found[place] for model, found in evaluation.summaries().items()}
        best = {
            name: _best(name, [getattr(one, f"{name}_mean") for one in summaries.values()])
            for name in METRICS
        }
        for order, (model, summary) in enumerate(summaries.items()):
            means = [
                _average(summary, f"{name}_mean", is_best=order in best[name]) for name in METRICS
            ]
            rows.append(
                [
                    *(Cell(group), Cell(model), number(summary.targets, ",")),
                    *(*means[:2], number(summary.positive_rate_mean), *means[2:]),
                    *(number(summary.roc_auc_median), number(summary.pr_auc_median)),
                ]
            )
    return Table(columns, rows)


def published_rows(evaluation: Evaluation) -> Table:
    """Return a row for each group and model, and one for each published network."""
    rows, kinds = [], []
    for place, group in enumerate(group_names(evaluation.groups)):
        summaries = {model: found[place] for model, found in evaluation.summaries().items()}
        ours = [(name, found.roc_auc_mean, found.pr_auc_mean) for name, found in summaries.items()]
        theirs = [
            (f"{network}, published", *figures[group])
            for network, figures in evaluation.published.items()
        ]
        for name, roc_auc, pr_auc in [*ours, *theirs]:
            rows.append([Cell(group), Cell(name), number(roc_auc, ".4f"), number(pr_auc, ".4f")])
        kinds += [""] * len(ours) + ["published"] * len(theirs)
    return Table(_columns(["group", "model"], ["mean ROC AUC", "mean PR AUC"]), rows, kinds)


def comparison_rows(evaluation: Evaluation) -> Table:
    """Return a row for each pair of models, metric and group."""
    heads = ["targets", "difference", "p of the mean", "won"]
    columns = _columns(
        ["models", "metric", "group"], [*heads, "significantly won", "significantly lost"]
    )
    rows = []
    for pair in evaluation.comparisons():
        for metric, found in pair.differences.items():
            for group in found.groups:
                p = Cell(MISSING) if math.isnan(group.p) else Cell(p_number(group.p), group.p)
                rows.append(
                    [
                        Cell(f"{pair.first} − {pair.second}"),
                        *(Cell(TITLES[metric]), Cell(group.group), number(group.targets, ",")),
                        number(group.mean, "+.4f", detail=_between(group.interval, "+.4f")),
                        *(p, number(group.share, ".1%")),
                        number(group.won_significantly, ","),
                        number(group.lost_significantly, ","),
                    ]
                )
    return Table(columns, rows)


def targets_rows(evaluation: Evaluation) -> Table:
    """Return a row for each target, with the models side by side under each metric."""
    columns = _columns(["target", "group"], ["positives", CHANCE])
    columns += [
        Column(model, group=title) for title in TITLES.values() for model in evaluation.models
    ]
    first = evaluation.results[0].metrics
    rows = []
    for place, (target, group) in enumerate(zip(evaluation.labels, evaluation.groups, strict=True)):
        cells = [
            *(Cell(target), Cell(group)),
            number(int(first.positives[place]), ","),
            number(float(first.positive_rate[place])),
        ]
        for name in METRICS:
            cells += _side_by_side(evaluation, name, place)
        rows.append(cells)
    return Table(columns, rows)


def _columns(names: Sequence[str], numbers: Sequence[str]) -> list[Column]:
    return [*(Column(title, is_number=False) for title in names), *map(Column, numbers)]


def _side_by_side(evaluation: Evaluation, name: str, place: int) -> list[Cell]:
    values = [float(getattr(result.metrics, name)[place]) for result in evaluation.results]
    best = _best(name, values)
    intervals = [
        ""
        if result.resamples is None or name not in METRICS[:2]
        else _between(result.resamples.intervals[name].of(place))
        for result in evaluation.results
    ]
    return [
        number(value, detail=interval, is_best=order in best)
        for order, (value, interval) in enumerate(zip(values, intervals, strict=True))
    ]


def _average(summary: GroupSummary, name: str, *, is_best: bool = False) -> Cell:
    interval = summary.intervals.get(name)
    between = "" if interval is None else _between(interval)
    return number(getattr(summary, name), detail=between, is_best=is_best)


def _between(interval: Interval, style: str = ".3f") -> str:
    lower, upper = float(interval.lower), float(interval.upper)
    return "" if math.isnan(lower) else f"{lower:{style}} to {upper:{style}}"


def _best(name: str, values: Sequence[float]) -> set[int]:
    """Return the indices of the best values as they are shown; none where there is only one."""
    known = {place: round(value, 3) for place, value in enumerate(values) if value == value}
    if len(known) < 2:
        return set()
    best = (min if name == LOWEST_IS_BEST else max)(known.values())
    return {place for place, value in known.items() if value == best}

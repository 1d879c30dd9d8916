"""The tables of the page."""

import math
from collections.abc import Sequence

from danq.evaluation.published_figures import AVERAGED
from danq.evaluation.results import Evaluation
from danq.evaluation.statistics.bootstrap import Interval
from danq.evaluation.statistics.metric import Metric
from danq.evaluation.statistics.metrics import AVERAGES, RATE, GroupSummary, group_names
from danq.evaluation.statistics.registry import METRICS, compared
from danq.evaluation.verdict import p_number
from danq.pages import MISSING, Cell, Column, Table, number
from danq.targets.groups import ALL


def overview_rows(evaluation: Evaluation) -> Table:
    """Return a row for each model, over all targets, and for each published network."""
    heads, averages = ["targets"], []
    for metric in compared():
        heads += [f"{average} {metric.title}" for average in AVERAGES]
        averages += [f"{metric.name}_{average}" for average in AVERAGES]
        if metric.has_rate_as_baseline:
            heads.append(_guessing(metric))
            averages.append(f"{RATE}_mean")
    rows = []
    for model, summaries in evaluation.summaries().items():
        cells = [_average(summaries[-1], name) for name in averages]
        rows.append([Cell(model), number(summaries[-1].targets, ","), *cells])
    kinds = [""] * len(rows)
    for network, figures in evaluation.published.items():
        known = {f"{name}_mean": number(value) for name, value in figures[ALL]._asdict().items()}
        cells = [known.get(name, Cell(MISSING)) for name in averages]
        name, targets = Cell(f"{network} (published)"), number(AVERAGED[ALL], ",")
        rows.append([name, targets, *cells])
        kinds.append("published")
    return Table(_columns(["model"], heads), rows, kinds)


def groups_rows(evaluation: Evaluation) -> Table:
    """Return a row for each group and model."""
    heads = ["targets"]
    for metric in METRICS.values():
        heads += [metric.title, *([_guessing(metric)] if metric.has_rate_as_baseline else [])]
    heads += [f"median {metric.title}" for metric in compared()]
    rows = []
    for place, group in enumerate(group_names(evaluation.groups)):
        summaries = {model: found[place] for model, found in evaluation.summaries().items()}
        best = {
            name: _best(metric, [one.averages[f"{name}_mean"] for one in summaries.values()])
            for name, metric in METRICS.items()
        }
        for order, (model, summary) in enumerate(summaries.items()):
            cells = [Cell(group), Cell(model), number(summary.targets, ",")]
            for name, metric in METRICS.items():
                cells.append(_average(summary, f"{name}_mean", is_best=order in best[name]))
                if metric.has_rate_as_baseline:
                    cells.append(number(summary.averages[f"{RATE}_mean"]))
            cells += [number(summary.averages[f"{metric.name}_median"]) for metric in compared()]
            rows.append(cells)
    return Table(_columns(["group", "model"], heads), rows)


def _guessing(metric: Metric) -> str:
    return f"{metric.title} of guessing"


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
                        *(
                            Cell(METRICS[metric].title),
                            Cell(group.group),
                            number(group.targets, ","),
                        ),
                        number(group.mean, "+.4f", detail=_between(group.interval, "+.4f")),
                        *(p, number(group.share, ".1%")),
                        number(group.won_significantly, ","),
                        number(group.lost_significantly, ","),
                    ]
                )
    return Table(columns, rows)


def targets_rows(evaluation: Evaluation) -> Table:
    """Return a row for each target, with the models side by side under each metric."""
    rates = [_guessing(metric) for metric in METRICS.values() if metric.has_rate_as_baseline]
    columns = _columns(["target", "group"], ["positives", *rates])
    columns += [
        Column(model, group=metric.title)
        for metric in METRICS.values()
        for model in evaluation.models
    ]
    first = evaluation.results[0].metrics
    rows = []
    for place, (target, group) in enumerate(zip(evaluation.labels, evaluation.groups, strict=True)):
        cells = [Cell(target), Cell(group), number(int(first.positives[place]), ",")]
        cells += [number(float(first.positive_rate[place]))] * len(rates)
        for metric in METRICS.values():
            cells += _side_by_side(evaluation, metric, place)
        rows.append(cells)
    return Table(columns, rows)


def _columns(names: Sequence[str], numbers: Sequence[str]) -> list[Column]:
    return [*(Column(title, is_number=False) for title in names), *map(Column, numbers)]


def _side_by_side(evaluation: Evaluation, metric: Metric, place: int) -> list[Cell]:
    values = [float(result.metrics.values[metric.name][place]) for result in evaluation.results]
    best = _best(metric, values)
    intervals = [
        ""
        if result.resamples is None or not metric.is_compared
        else _between(result.resamples.intervals[metric.name].of(place))
        for result in evaluation.results
    ]
    return [
        number(value, detail=interval, is_best=order in best)
        for order, (value, interval) in enumerate(zip(values, intervals, strict=True))
    ]


def _average(summary: GroupSummary, name: str, *, is_best: bool = False) -> Cell:
    interval = summary.intervals.get(name)
    between = "" if interval is None else _between(interval)
    return number(summary.averages[name], detail=between, is_best=is_best)


def _between(interval: Interval, style: str = ".3f") -> str:
    lower, upper = float(interval.lower), float(interval.upper)
    return "" if math.isnan(lower) else f"{lower:{style}} to {upper:{style}}"


def _best(metric: Metric, values: Sequence[float]) -> set[int]:
    """Return the indices of the best values as they are shown; none where there is only one."""
    known = {place: round(value, 3) for place, value in enumerate(values) if value == value}
    if len(known) < 2:
        return set()
    best = (min if metric.is_lowest_best else max)(known.values())
    return {place for place, value in known.items() if value == best}

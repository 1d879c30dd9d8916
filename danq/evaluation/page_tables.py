"""The tables of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from danq.evaluation.bootstrap import Interval
from danq.evaluation.metrics import METRICS, GroupSummary, group_names
from danq.evaluation.results import Evaluation

TITLES = {
    "roc_auc": "ROC AUC",
    "pr_auc": "PR AUC",
    "recall_at_fdr50": "recall at 50 % FDR",
    "calibration_error": "calibration error",
}
LOWEST_IS_BEST = "calibration_error"


def groups_html(evaluation: Evaluation) -> str:
    """Make a row a group and model."""
    summaries = evaluation.summaries()
    rows = []
    for place, group in enumerate(group_names(evaluation.groups)):
        of_models = [summaries[model][place] for model in evaluation.models]
        best = {name: _best(name, [_mean(one, name) for one in of_models]) for name in METRICS}
        for number, (model, summary) in enumerate(zip(evaluation.models, of_models, strict=True)):
            cells = [
                _text(group if number == 0 else "", "name"),
                _text(model, "name"),
                _text(f"{summary.targets:,}"),
                *(
                    _value(_mean(summary, name), _of(summary, name), bold=number in best[name])
                    for name in METRICS[:2]
                ),
                _value(summary.positive_rate_mean),
                *(
                    _value(_mean(summary, name), _of(summary, name), bold=number in best[name])
                    for name in METRICS[2:]
                ),
                _value(summary.roc_auc_median),
                _value(summary.pr_auc_median),
            ]
            rows.append(("first" if number == 0 else "", cells))
    heads = [
        *("group", "model", "targets", "ROC AUC", "PR AUC", "PR baseline"),
        *("recall at 50 % FDR", "calibration error", "median ROC AUC", "median PR AUC"),
    ]
    return _table(_heads(heads, names=2), rows)


def published_html(evaluation: Evaluation) -> str:
    """Make a row a group and model, and one a published network."""
    summaries = evaluation.summaries()
    rows = []
    for place, group in enumerate(group_names(evaluation.groups)):
        ours = [
            ("", model, summaries[model][place].roc_auc_mean, summaries[model][place].pr_auc_mean)
            for model in evaluation.models
        ]
        theirs = [
            ("published", f"{network}, published", *figures[group])
            for network, figures in evaluation.published.items()
        ]
        for number, (kind, name, roc_auc, pr_auc) in enumerate([*ours, *theirs]):
            cells = [
                _text(group if number == 0 else "", "name"),
                _text(name, "name"),
                _value(roc_auc, digits=4),
                _value(pr_auc, digits=4),
            ]
            rows.append((f"{kind} first" if number == 0 else kind, cells))
    return _table(_heads(["group", "model", "mean ROC AUC", "mean PR AUC"], names=2), rows)


def comparison_html(evaluation: Evaluation) -> str:
    """Make a row a pair of models, metric and group."""
    rows = []
    for pair in evaluation.comparisons():
        for metric, found in pair.differences.items():
            for number, group in enumerate(found.groups):
                cells = [
                    _text(f"{pair.first} − {pair.second}" if number == 0 else "", "name"),
                    _text(TITLES[metric] if number == 0 else "", "name"),
                    _text(group.group, "name"),
                    _text(f"{group.targets:,}"),
                    _value(group.mean, group.interval, digits=4, signed=True),
                    _text("NA" if math.isnan(group.p) else f"{group.p:.2g}"),
                    _text("NA" if math.isnan(group.share) else f"{group.share:.1%}"),
                    _count(group.won_significantly),
                    _count(group.lost_significantly),
                ]
                rows.append(("first" if number == 0 else "", cells))
    heads = [
        *("models", "metric", "group", "targets", "difference", "p of the mean", "won"),
        *("significantly won", "significantly lost"),
    ]
    return _table(_heads(heads, names=3), rows)


def targets_html(evaluation: Evaluation) -> str:
    """Make a row a target, with the models side by side under each metric."""
    metrics = [result.metrics for result in evaluation.results]
    rows = []
    for place, (target, group) in enumerate(zip(evaluation.labels, evaluation.groups, strict=True)):
        cells = [
            _text(target, "name"),
            _text(group, "name group"),
            _text(f"{metrics[0].positives[place]:,}"),
            _value(metrics[0].positive_rate[place]),
        ]
        for name in METRICS:
            cells += _side_by_side(evaluation, name, place)
        rows.append(("", cells))
    models = len(evaluation.models)
    names = "".join(f'<th class="name" rowspan="2">{name}</th>' for name in ("target", "group"))
    names += "".join(f'<th rowspan="2">{name}</th>' for name in ("positives", "PR baseline"))
    spans = "".join(f'<th colspan="{models}">{title}</th>' for title in TITLES.values())
    heads = "".join(f"<th>{escape(model)}</th>" for model in evaluation.models * len(METRICS))
    return _table(f"<tr>{names}{spans}</tr>\n<tr>{heads}</tr>", rows)


def _side_by_side(evaluation: Evaluation, name: str, place: int) -> list[str]:
    values = [float(getattr(result.metrics, name)[place]) for result in evaluation.results]
    best = _best(name, values)
    intervals = [
        None
        if result.resamples is None or name not in METRICS[:2]
        else result.resamples.intervals[name].of(place)
        for result in evaluation.results
    ]
    return [
        _value(value, found, bold=number in best)
        for number, (value, found) in enumerate(zip(values, intervals, strict=True))
    ]


def _mean(summary: GroupSummary, name: str) -> float:
    return float(getattr(summary, f"{name}_mean"))


def _of(summary: GroupSummary, name: str) -> Interval | None:
    return summary.intervals.get(f"{name}_mean")


def _best(name: str, values: Sequence[float]) -> set[int]:
    """Places of the best values as they are shown; none where there is only one."""
    known = {number: round(value, 3) for number, value in enumerate(values) if value == value}
    if len(known) < 2:
        return set()
    best = (min if name == LOWEST_IS_BEST else max)(known.values())
    return {number for number, value in known.items() if value == best}


def _text(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _count(number: int | None) -> str:
    return _text("NA", "undefined") if number is None else _text(f"{number:,}")


def _value(
    value: float,
    found: Interval | None = None,
    *,
    bold: bool = False,
    digits: int = 3,
    signed: bool = False,
) -> str:
    if math.isnan(value):
        return _text("NA", "undefined")
    style = f"{'+' * signed}.{digits}f"
    shown = f"<b>{value:.{digits}f}</b>" if bold else format(value, style)
    if found is None or math.isnan(float(found.lower)):
        return f"<td>{shown}</td>"
    between = f"{float(found.lower):{style}} to {float(found.upper):{style}}"
    return f"<td>{shown}<small>{between}</small></td>"


def _heads(titles: Sequence[str], *, names: int) -> str:
    cells = [
        f'<th class="name">{title}</th>' if place < names else f"<th>{title}</th>"
        for place, title in enumerate(titles)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _table(heads: str, rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    body = "\n".join(
        f'<tr class="{kind}">{"".join(cells)}</tr>' if kind else f"<tr>{''.join(cells)}</tr>"
        for kind, cells in rows
    )
    return (
        f'<div class="scroll"><table>\n<thead>{heads}</thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )

"""The evaluation as one small web page: medians by group and every target, models side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from danq.evaluation.metrics import group_names
from danq.evaluation.results import KMER, Evaluation

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p { max-width: 46rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap; }
th.name, td.name { text-align: left; }
td.group { color: #666; }
thead th { border-bottom: 1px solid #999; }
thead tr:first-child th[colspan] { border-bottom: 1px solid #ccc; text-align: center; }
tbody tr:nth-child(even) { background: #f6f6f6; }
tbody tr.all { border-top: 1px solid #999; }
td.undefined { color: #999; }
.scroll { overflow-x: auto; }
"""

READING = (
    "<b>ROC AUC</b> is the chance that a positive window is ranked above a negative one: 0.5 is "
    "guessing, 1 is perfect. <b>Average precision</b> (the area under the precision-recall curve) "
    "asks how pure the top of the ranking is; guessing gives the share of positive windows, so "
    "rare targets have low values. The best model of a row is in bold. NA: the windows hold no "
    "positives or no negatives of the target; it is in no median."
)
FLOOR = (
    f" <b>{KMER}</b> is the floor, a linear model of 5-mer frequencies trained on the same "
    "windows: what a network adds to it is more than composition and short words."
)


def page(evaluation: Evaluation) -> str:
    """Write the page as self-contained HTML."""
    windows = f"{evaluation.windows:,} windows of the split “{escape(evaluation.split)}”"
    reading = READING + (FLOOR if KMER in evaluation.models else "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Evaluation</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Evaluation on {windows}</h1>\n<p>{reading}</p>\n"
        f"<h2>Medians by group</h2>\n{_groups(evaluation)}\n"
        f"<h2>Every target</h2>\n{_targets(evaluation)}\n</body>\n</html>\n"
    )


def _groups(evaluation: Evaluation) -> str:
    summaries = evaluation.summaries()
    rows = []
    for place, group in enumerate(group_names(evaluation.groups)):
        of_models = [summaries[model][place] for model in evaluation.models]
        cells = [
            _cell(group, "name"),
            _cell(f"{of_models[0].targets:,}"),
            *_values([summary.roc_auc_median for summary in of_models]),
            *_values([summary.pr_auc_median for summary in of_models]),
        ]
        last = place == len(summaries[evaluation.models[0]]) - 1
        rows.append((cells, "all" if last else ""))
    return _table(["group"], ["targets averaged"], evaluation.models, "median ", rows)


def _targets(evaluation: Evaluation) -> str:
    metrics = [result.metrics for result in evaluation.results]
    rows = []
    for column, (target, group) in enumerate(
        zip(evaluation.labels, evaluation.groups, strict=True)
    ):
        cells = [
            _cell(target, "name"),
            _cell(group, "name group"),
            _cell(f"{metrics[0].positives[column]:,}"),
            *_values([metric.roc_auc[column] for metric in metrics]),
            *_values([metric.pr_auc[column] for metric in metrics]),
        ]
        rows.append((cells, ""))
    return _table(["target", "group"], ["positives"], evaluation.models, "", rows)


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _values(values: Sequence[float]) -> list[str]:
    """Cells of one row and metric; the best of several models is bold."""
    shown = ["NA" if math.isnan(value) else f"{value:.3f}" for value in values]
    best = max((text for text in shown if text != "NA"), default="")
    return [
        _cell(text, "undefined")
        if text == "NA"
        else f"<td><b>{text}</b></td>"
        if text == best and len(values) > 1
        else _cell(text)
        for text in shown
    ]


def _table(
    names: Sequence[str],
    counts: Sequence[str],
    models: Sequence[str],
    prefix: str,
    rows: Sequence[tuple[Sequence[str], str]],
) -> str:
    spans = "".join(f'<th class="name" rowspan="2">{name}</th>' for name in names)
    spans += "".join(f'<th rowspan="2">{name}</th>' for name in counts)
    spans += "".join(
        f'<th colspan="{len(models)}">{prefix}{metric}</th>'
        for metric in ("ROC AUC", "average precision")
    )
    heads = "".join(f"<th>{escape(model)}</th>" for model in [*models, *models])
    body = "\n".join(
        f'<tr class="{kind}">{"".join(cells)}</tr>' if kind else f"<tr>{''.join(cells)}</tr>"
        for cells, kind in rows
    )
    return (
        f'<div class="scroll"><table>\n<thead><tr>{spans}</tr>\n<tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )

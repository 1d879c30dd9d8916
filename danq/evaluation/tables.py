"""The tables of an evaluation as tab-separated text."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

from danq.evaluation.published_figures import published_figures
from danq.evaluation.results import Evaluation
from danq.outputs import whole

METRICS_COLUMNS = ("model", "target", "group", "windows", "positives", "roc_auc", "pr_auc")
GROUPS_COLUMNS = (
    "model",
    "group",
    "targets",
    "roc_auc_median",
    "roc_auc_mean",
    "pr_auc_median",
    "pr_auc_mean",
)


def metrics_table(evaluation: Evaluation) -> str:
    """Make a row for every model and target, in the order of the data set; NA where undefined.

    Targets of equal names are told apart as `danq.models.target_names.distinct` does.
    """
    rows = []
    labels = evaluation.labels
    for result in evaluation.results:
        metrics = result.metrics
        for column, (target, group) in enumerate(zip(labels, evaluation.groups, strict=True)):
            rows.append(
                (
                    result.model,
                    target,
                    group,
                    str(metrics.windows),
                    str(metrics.positives[column]),
                    _number(metrics.roc_auc[column]),
                    _number(metrics.pr_auc[column]),
                )
            )
    return _table(METRICS_COLUMNS, rows)


def groups_table(evaluation: Evaluation) -> str:
    """Make a row for every model and group, ``all`` last; `targets` counts those averaged.

    Below test windows of DeepSEA's targets stand the published means, rows such as
    ``DanQ (published)``.
    """
    rows = [
        (
            model,
            summary.group,
            str(summary.targets),
            _number(summary.roc_auc_median),
            _number(summary.roc_auc_mean),
            _number(summary.pr_auc_median),
            _number(summary.pr_auc_mean),
        )
        for model, summaries in evaluation.summaries().items()
        for summary in summaries
    ]
    return _table(GROUPS_COLUMNS, [*rows, *_published_rows(evaluation)])


def _published_rows(evaluation: Evaluation) -> list[list[str]]:
    """Lay out what the papers report, which is means on test windows only."""
    if evaluation.split != "test":
        return []
    rows = [
        {
            "model": f"{network} (published)",
            "group": group,
            "roc_auc_mean": f"{figures.roc_auc:.4f}",
            "pr_auc_mean": f"{figures.pr_auc:.4f}",
        }
        for network, by_group in (published_figures(evaluation.targets) or {}).items()
        for group, figures in by_group.items()
    ]
    return [[row.get(column, "NA") for column in GROUPS_COLUMNS] for row in rows]


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file whole."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def _number(value: float) -> str:
    return "NA" if math.isnan(value) else f"{value:.6f}"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in (columns, *rows))

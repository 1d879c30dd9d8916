"""Tables of an evaluation, as tab-separated text and as Parquet with the same columns."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from danq.evaluation.published_figures import AVERAGED
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.bootstrap import Interval
from danq.evaluation.statistics.calibration import BINS, EDGES, Reliability
from danq.evaluation.statistics.metrics import AVERAGES, RATE, GroupSummary
from danq.evaluation.statistics.registry import METRICS, compared
from danq.outputs import whole
from danq.paths import StrPath

TABLE_SUFFIXES = ("tsv", "parquet")


@dataclass(frozen=True)
class Table:
    """Rows under named columns of str, int or float; a value that is not known is None or NaN."""

    columns: Mapping[str, Sequence[Any]]

    def text(self) -> str:
        """Tab-separated, with a heading: six digits behind the point, three of a p value, or NA."""
        lines = ["\t".join(self.columns)]
        styles = [".3g" if is_p(name) else ".6f" for name in self.columns]
        for row in zip(*self.columns.values(), strict=True):
            lines.append(
                "\t".join(_cell(value, style) for value, style in zip(row, styles, strict=True))
            )
        return "".join(f"{line}\n" for line in lines)

    def write(self, stem: StrPath) -> None:
        """Write `stem`.tsv and `stem`.parquet, each whole; in Parquet what is NA there is null."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        write_text(f"{os.fspath(stem)}.tsv", self.text())
        arrays = {
            name: pa.array(values, type=getattr(pa, _kind(name))(), from_pandas=True)
            for name, values in self.columns.items()
        }
        # pyarrow opens no file whose name is not UTF-8.
        with whole(f"{os.fspath(stem)}.parquet") as partial, open(partial, "wb") as file:
            pq.write_table(pa.table(arrays), file)


def is_p(name: str) -> bool:
    """Return whether a column holds p values, which may be very small."""
    return name == "p" or name.endswith(("_p", "_p_holm"))


_TEXTS = ("model", "model_a", "model_b", "target", "group", "metric")
_COUNTS = (
    *("windows", "positives", "targets", "won", "lost"),
    *("won_significantly", "lost_significantly"),
)


def _kind(name: str) -> str:
    """Name Arrow's type of a column, whatever rows there are."""
    return "string" if name in _TEXTS else "int64" if name in _COUNTS else "float64"


def _cell(value: Any, style: str) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "NA"
    return format(value, style) if isinstance(value, float) else str(value)


def write_text(path: StrPath, text: str) -> None:
    """Write a text file whole."""
    with whole(path) as partial:
        Path(partial).write_text(text, encoding="utf-8", newline="\n")


def metrics_table(evaluation: Evaluation) -> Table:
    """Make a row for every model and target, in the order of the data set.

    Targets of equal names are distinguished as `danq.targets.names.distinct` does.
    """
    return _stacked([_metrics(evaluation, result) for result in evaluation.results])


def _metrics(evaluation: Evaluation, result: ModelResult) -> dict[str, Any]:
    metrics, targets = result.metrics, len(evaluation.targets)
    columns: dict[str, Any] = {
        "model": [result.model] * targets,
        "target": evaluation.labels,
        "group": evaluation.groups,
        "windows": [metrics.windows] * targets,
        "positives": metrics.positives.tolist(),
    }
    for column, name in _columns():
        columns[column] = getattr(metrics, name).tolist()
    unknown = [math.nan] * targets
    for name in METRICS:
        bounds = None if result.resamples is None else result.resamples.intervals[name]
        columns[f"{name}_lower"] = unknown if bounds is None else bounds.lower.tolist()
        columns[f"{name}_upper"] = unknown if bounds is None else bounds.upper.tolist()
    return columns


def _columns() -> list[tuple[str, str]]:
    """List the columns of values, each with the attribute of `Metrics` that it holds."""
    columns = []
    for name, metric in METRICS.items():
        columns.append((name, name))
        if metric.has_rate_as_baseline:
            columns.append((f"{name}_baseline", RATE))
    return columns


def groups_table(evaluation: Evaluation) -> Table:
    """Make a row for every model and group, ``all`` last; `targets` counts those averaged.

    Where the targets are DeepSEA's 919 in their order, the means that the papers report follow
    under the network's name and ``(published)``.
    """
    rows = [
        {"model": model, "group": summary.group, "targets": summary.targets} | _averages(summary)
        for model, summaries in evaluation.summaries().items()
        for summary in summaries
    ]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    for network, groups in evaluation.published.items():
        for group, figures in groups.items():
            known = {
                "model": f"{network} (published)",
                "group": group,
                "targets": AVERAGED[group],
                "roc_auc_mean": figures.roc_auc,
                "pr_auc_mean": figures.pr_auc,
            }
            for name, values in columns.items():
                values.append(known.get(name, math.nan))
    return Table(columns)


def medians(evaluation: Evaluation) -> str:
    """Lay out medians by model and group for a terminal, with intervals where there are some."""
    rows = [["model", "group", "targets", *(metric.title for metric in compared())]]
    for model, summaries in evaluation.summaries().items():
        for summary in summaries:
            figures = [_median(summary, f"{metric.name}_median") for metric in compared()]
            rows.append([model, summary.group, str(summary.targets), *figures])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([f"medians over the targets of a group, split {evaluation.split}", *lines])


def _median(summary: GroupSummary, name: str) -> str:
    value, interval = summary.averages[name], summary.intervals.get(name)
    if math.isnan(value):
        return "NA"
    ends = "" if interval is None else f" ({interval.lower:.3f} to {interval.upper:.3f})"
    return f"{value:.3f}{ends}"


def _averages(summary: GroupSummary) -> dict[str, float]:
    values = {
        f"{column}_{average}": summary.averages[f"{name}_{average}"]
        for column, name in _columns()
        for average in AVERAGES
    }
    for name in (f"{metric}_{average}" for metric in METRICS for average in AVERAGES):
        bounds = summary.intervals.get(name)
        values[f"{name}_lower"] = math.nan if bounds is None else float(bounds.lower)
        values[f"{name}_upper"] = math.nan if bounds is None else float(bounds.upper)
    return values


def comparison_table(evaluation: Evaluation) -> Table:
    """Make a row for every pair of models and target: the first's figures, the second's, and both.

    A difference is the first model's less the second's; the p values of each pair and metric are
    corrected for its targets.
    """
    metrics = {result.model: result.metrics for result in evaluation.results}
    columns: dict[str, list[Any]] = {name: [] for name in _COMPARISON}
    columns |= {f"{metric.name}_{what}": [] for metric in compared() for what in _COMPARED_BY}
    for pair in evaluation.comparisons():
        columns["model_a"] += [pair.first] * len(evaluation.targets)
        columns["model_b"] += [pair.second] * len(evaluation.targets)
        columns["target"] += evaluation.labels
        columns["group"] += evaluation.groups
        for metric, found in pair.differences.items():
            figures = {
                "a": metrics[pair.first].values[metric],
                "b": metrics[pair.second].values[metric],
                "difference": found.difference,
                "difference_lower": found.interval.lower,
                "difference_upper": found.interval.upper,
                "p": found.p,
                "p_holm": found.p_holm,
            }
            for what, values in figures.items():
                columns[f"{metric}_{what}"] += values.tolist()
    return Table(columns)


_COMPARISON = ("model_a", "model_b", "target", "group")
_COMPARED_BY = ("a", "b", "difference", "difference_lower", "difference_upper", "p", "p_holm")


def comparison_groups_table(evaluation: Evaluation) -> Table:
    """Make a row for every pair of models, metric and group: the mean difference, and who wins."""
    return _rows(
        _COMPARISON_GROUPS,
        [
            (
                *(pair.first, pair.second, metric, group.group, group.targets, group.mean),
                *(float(group.interval.lower), float(group.interval.upper), group.p),
                *(group.won, group.lost, group.share),
                *(group.won_significantly, group.lost_significantly),
            )
            for pair in evaluation.comparisons()
            for metric, found in pair.differences.items()
            for group in found.groups
        ],
    )


_COMPARISON_GROUPS = (
    *("model_a", "model_b", "metric", "group", "targets", "mean_difference"),
    *("mean_difference_lower", "mean_difference_upper", "p", "won", "lost", "share_won"),
    *("won_significantly", "lost_significantly"),
)


def reliability_table(evaluation: Evaluation) -> Table:
    """Make a row for every model, target and bin of predicted probability.

    Rows without a target (NA) are over all windows of the targets of a group, or of ``all``. Models
    whose predictions are not probabilities have no rows.
    """
    rows: list[tuple[Any, ...]] = []
    for result in evaluation.results:
        for summary in evaluation.summaries()[result.model]:
            names = (result.model, summary.group, None)
            rows += _bins(names, summary.reliability, summary.observed)
        observed = None if result.resamples is None else result.resamples.observed
        targets = zip(evaluation.labels, evaluation.groups, strict=True)
        for place, (target, group) in enumerate(targets):
            rows += _bins(
                (result.model, group, target),
                result.metrics.reliability.of(place),
                None if observed is None else observed.of(place),
            )
    return _rows(_RELIABILITY, rows)


_RELIABILITY = (
    *("model", "group", "target", "bin_lower", "bin_upper", "windows", "predicted"),
    *("observed", "observed_lower", "observed_upper"),
)


def _bins(
    names: tuple[str, str, str | None], reliability: Reliability, observed: Interval | None
) -> list[tuple[Any, ...]]:
    if not reliability.windows.any():
        return []
    unknown = np.full(BINS, math.nan)
    columns = (
        *(EDGES[:-1], EDGES[1:], reliability.windows, reliability.predicted, reliability.observed),
        *((unknown, unknown) if observed is None else (observed.lower, observed.upper)),
    )
    return [(*names, *row) for row in zip(*(each.tolist() for each in columns), strict=True)]


def _rows(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Table:
    """Make a table of rows, of which there may be none."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return Table(dict(zip(names, columns, strict=True)))


def _stacked(parts: Sequence[Mapping[str, Sequence[Any]]]) -> Table:
    """Put the rows of tables with the same columns under each other."""
    return Table({name: [value for part in parts for value in part[name]] for name in parts[0]})

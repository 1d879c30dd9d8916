"""Models side by side: dots for few targets, distributions by group for many."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.report.plot_style import Look, bars, legend_columns, model_looks
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.metric import Metric
from danq.evaluation.statistics.metrics import GroupSummary, group_names
from danq.evaluation.statistics.ranking_metrics import PR_AUC, ROC_AUC
from danq.plotting import DASHED, GRID, MUTED, caption, handle, in_danqs_look, new_figure
from danq.targets.groups import members

MOST_ROWS = 40
"""Up to this many targets are named in a dot plot."""

METRICS = (ROC_AUC, PR_AUC)


@in_danqs_look
def comparison_figure(evaluation: Evaluation) -> Any:
    """Draw ROC AUC and average precision of every model on every target.

    Up to `MOST_ROWS` targets: a row per target with a dot per model and its interval, sorted within
    their groups by the best ROC AUC. More: a box a model and group, with the mean and its interval.
    """
    if len(evaluation.targets) <= MOST_ROWS:
        return _dots(evaluation)
    return _distribution(evaluation)


def _rows(evaluation: Evaluation) -> list[int | str]:
    """Rows from top to bottom: a group's name, then its targets from the best ROC AUC down."""
    every = np.array([result.metrics.roc_auc for result in evaluation.results])
    best = np.nan_to_num(every, nan=-1).max(axis=0)
    rows: list[int | str] = []
    distinct = list(dict.fromkeys(evaluation.groups))
    for group in distinct:
        if len(distinct) > 1:
            rows.append(group)
        members = [i for i, other in enumerate(evaluation.groups) if other == group]
        rows.extend(sorted(members, key=lambda i: -best[i]))
    return rows


def _dots(evaluation: Evaluation) -> Any:
    rows = _rows(evaluation)
    figure = new_figure((7.2, 1.1 + max(0.2, 0.075 * len(evaluation.results)) * len(rows)))
    panels = figure.subplots(1, 2, sharey=True)
    places = {row: place for place, row in enumerate(rows) if isinstance(row, int)}
    targets, heights = list(places), np.array(list(places.values()))
    looks = model_looks(evaluation.models)
    # Dots of equal models would hide each other: each model has its own height within the row.
    step = min(0.2, 0.8 / len(looks))
    offsets = step * (np.arange(len(looks)) - (len(looks) - 1) / 2)
    for axes, metric in zip(panels, METRICS, strict=True):
        axes.hlines(heights, 0, 1, color=GRID, linewidth=0.7, zorder=0)
        for result, look, offset in zip(evaluation.results, looks, offsets, strict=True):
            values = result.metrics.values[metric.name][targets]
            if result.resamples is not None:
                found = result.resamples.intervals[metric.name].of(targets)
                axes.hlines(
                    heights + offset, found.lower, found.upper, color=look.colour, linewidth=1.1
                )
            axes.scatter(
                values,
                heights + offset,
                s=20,
                color=look.colour,
                marker=look.marker,
                edgecolor="white",
                linewidth=0.5,
                # Not the model's name: matplotlib keeps labels that begin with _ to itself.
                label=f"model {result.model}",
                zorder=3,
            )
        axes.set_xlabel(metric.term)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    _chance_marks(panels, evaluation, targets, heights)
    _name_rows(panels[0], evaluation, rows)
    handles, _ = panels[1].get_legend_handles_labels()
    names = [*(caption(model, 30) for model in evaluation.models), "chance"]
    columns = legend_columns(names, figure)
    figure.legend(handles, names, loc="outside upper center", ncols=columns)
    return figure


def _chance_marks(
    panels: Any, evaluation: Evaluation, targets: list[int], heights: NDArray[np.int64]
) -> None:
    """Chance is 0.5 for ROC AUC and the positive rate for average precision."""
    metrics = evaluation.results[0].metrics
    lowest = [
        float(np.nanmin(values))
        for result in evaluation.results
        for values in (
            result.metrics.roc_auc,
            *([] if result.resamples is None else [result.resamples.intervals["roc_auc"].lower]),
        )
        if not np.isnan(values).all()
    ]
    panels[0].axvline(0.5, **DASHED, zorder=1)
    panels[0].set_xlim(min([0.5, *lowest]) - 0.02, 1.01)
    panels[1].set_xlim(-0.02, 1.01)
    defined = ~np.isnan(metrics.roc_auc[targets])
    panels[1].scatter(
        metrics.positives[targets][defined] / metrics.windows,
        heights[defined],
        marker="|",
        s=40,
        color=MUTED,
        linewidth=1,
        zorder=4,
        label="chance",
    )


def _name_rows(axes: Any, evaluation: Evaluation, rows: list[int | str]) -> None:
    undefined = np.isnan(evaluation.results[0].metrics.roc_auc)
    names = evaluation.labels
    labels = [
        caption(names[row], 26) + " (NA)"
        if isinstance(row, int) and undefined[row]
        else caption(names[row], 32)
        if isinstance(row, int)
        else caption(row, 32)
        for row in rows
    ]
    axes.set_yticks(range(len(rows)), labels)
    for text, row in zip(axes.get_yticklabels(), rows, strict=True):
        if not isinstance(row, int):
            text.set(fontweight="bold", color=MUTED)
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _distribution(evaluation: Evaluation) -> Any:
    groups = group_names(evaluation.groups)
    looks = model_looks(evaluation.models)
    height = 1.1 + len(groups) * (0.18 + 0.2 * len(looks))
    figure = new_figure((7.2, height))
    panels = figure.subplots(1, 2, sharey=True)
    step = 0.8 / len(looks)
    for axes, metric in zip(panels, METRICS, strict=True):
        for place, (result, look) in enumerate(zip(evaluation.results, looks, strict=True)):
            offset = step * (place - (len(looks) - 1) / 2)
            _boxes(axes, evaluation, result, metric, look, offset=offset, width=0.72 * step)
        axes.set_xlabel(metric.term)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
    panels[0].set_yticks(range(len(groups)), [caption(group, 32) for group in groups])
    panels[0].set_ylim(len(groups) - 0.45, -0.55)
    _model_legend(figure, evaluation.models, looks)
    return figure


def _boxes(
    axes: Any,
    evaluation: Evaluation,
    result: ModelResult,
    metric: Metric,
    look: Look,
    *,
    offset: float,
    width: float,
) -> None:
    """Draw the quartiles and the middle 90 % of a model's targets by group, and their mean."""
    scores = result.metrics.values[metric.name]
    summaries = evaluation.summaries()[result.model]
    for place, summary in enumerate(summaries):
        values = scores[members(evaluation.groups, summary.group) & ~np.isnan(scores)]
        if not values.size:
            continue
        axes.boxplot(
            [values],
            positions=[place + offset],
            orientation="horizontal",
            manage_ticks=False,
            widths=width,
            whis=(5, 95),
            showfliers=False,
            patch_artist=True,
            boxprops={"facecolor": look.colour, "alpha": 0.35, "linewidth": 0},
            whiskerprops={"color": look.colour, "linewidth": 0.9},
            capprops={"linewidth": 0},
            medianprops={"color": look.colour, "linewidth": 1.4},
        )
        _mean(axes, summary, metric, look, place + offset)


def _mean(axes: Any, summary: GroupSummary, metric: Metric, look: Look, height: float) -> None:
    mean = summary.averages[f"{metric.name}_mean"]
    found = summary.intervals.get(f"{metric.name}_mean")
    axes.errorbar(
        [mean],
        [height],
        xerr=None if found is None else bars(np.array([mean]), found),
        fmt=look.marker,
        markersize=4,
        color="black",
        markerfacecolor=look.colour,
        markeredgewidth=0.7,
        elinewidth=1,
        capsize=1.5,
        zorder=4,
    )


def _model_legend(figure: Any, models: list[str], looks: list[Look]) -> None:
    handles = [
        handle(
            color=look.colour,
            marker=look.marker,
            markersize=4,
            markeredgecolor="black",
            markeredgewidth=0.7,
            linewidth=1.4,
        )
        for look in looks
    ]
    names = [caption(model, 30) for model in models]
    figure.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=legend_columns(names, figure),
        title="Boxes: quartiles and median of the targets; lines: 5 % to 95 %. "
        "Symbols: mean, with its 95 % interval.",
        title_fontsize=7,
    )

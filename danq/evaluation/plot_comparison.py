"""Models side by side: dots for few targets, model against model for many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.plot_style import (
    MUTED,
    RC,
    group_looks,
    model_looks,
    plain,
    shortened,
)
from danq.evaluation.results import Evaluation, ModelResult

MOST_ROWS = 40
"""Up to this many targets are named in a dot plot."""

MOST_COLOURS = 7
METRICS = ("ROC AUC", "Average precision")


def comparison_figure(evaluation: Evaluation) -> Any:
    """Draw ROC AUC and average precision of every model on every target.

    Up to `MOST_ROWS` targets: a row a target with a dot a model, sorted within their groups by the
    best ROC AUC. More: every model (x) against the one with the highest median ROC AUC (y), a dot
    a target; of a single model, its distribution by group.

    Parameters
    ----------
    evaluation
        The models on the same windows.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib

    with matplotlib.rc_context(RC):
        if len(evaluation.targets) <= MOST_ROWS:
            return _dots(evaluation)
        if len(evaluation.results) > 1:
            return _scatter(evaluation)
        return _distribution(evaluation)


def _scores(result: ModelResult) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return result.metrics.roc_auc, result.metrics.pr_auc


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
    from matplotlib.figure import Figure

    rows = _rows(evaluation)
    figure = Figure(figsize=(7.2, 1.1 + 0.2 * len(rows)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    places = {row: place for place, row in enumerate(rows) if isinstance(row, int)}
    targets, heights = list(places), np.array(list(places.values()))
    looks = model_looks(evaluation.models)
    # Dots of equal models would hide each other: each model has its own height within the row.
    offsets = 0.14 * (np.arange(len(looks)) - (len(looks) - 1) / 2)
    for panel, (axes, metric) in enumerate(zip(panels, METRICS, strict=True)):
        axes.hlines(heights, 0, 1, color="#E4E4E4", linewidth=0.7, zorder=0)
        for result, look, offset in zip(evaluation.results, looks, offsets, strict=True):
            axes.scatter(
                _scores(result)[panel][targets],
                heights + offset,
                s=22,
                color=look.colour,
                marker=look.marker,
                edgecolor="white",
                linewidth=0.5,
                label=plain(shortened(result.model, 30)),
                zorder=3,
            )
        axes.set_xlabel(metric)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    _chance_marks(panels, evaluation, targets, heights)
    _name_rows(panels[0], evaluation, rows)
    handles, names = panels[1].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=min(len(names), 5))
    return figure


def _chance_marks(
    panels: Any, evaluation: Evaluation, targets: list[int], heights: NDArray[np.int64]
) -> None:
    """Chance is 0.5 for ROC AUC and the positive rate for average precision."""
    metrics = evaluation.results[0].metrics
    lowest = [
        float(np.nanmin(result.metrics.roc_auc))
        for result in evaluation.results
        if not np.isnan(result.metrics.roc_auc).all()
    ]
    panels[0].axvline(0.5, color=MUTED, linewidth=0.7, linestyle=(0, (4, 3)), zorder=1)
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
        zorder=2,
        label="chance",
    )


def _name_rows(axes: Any, evaluation: Evaluation, rows: list[int | str]) -> None:
    undefined = np.isnan(evaluation.results[0].metrics.roc_auc)
    names = evaluation.labels
    labels = [
        plain(shortened(names[row], 32)) + " (NA)" * bool(undefined[row])
        if isinstance(row, int)
        else plain(shortened(row, 32))
        for row in rows
    ]
    axes.set_yticks(range(len(rows)), labels)
    for text, row in zip(axes.get_yticklabels(), rows, strict=True):
        if not isinstance(row, int):
            text.set(fontweight="bold", color=MUTED)
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _scatter(evaluation: Evaluation) -> Any:
    from matplotlib.figure import Figure

    medians = [_median(result.metrics.roc_auc) for result in evaluation.results]
    best = int(np.argmax(medians))
    others = [result for place, result in enumerate(evaluation.results) if place != best]
    figure = Figure(figsize=(max(4.0, 2.6 * len(others)), 5.6), layout="constrained")
    grid = figure.subplots(2, len(others), squeeze=False)
    for panel, (row, metric) in enumerate(zip(grid, METRICS, strict=True)):
        for axes, other in zip(row, others, strict=True):
            x, y = _scores(other)[panel], _scores(evaluation.results[best])[panel]
            _target_dots(axes, x, y, evaluation.groups)
            _square(axes, x, y)
            axes.set_xlabel(plain(shortened(other.model, 24)))
            axes.set_title(metric, loc="left", fontweight="bold")
            axes.text(0.97, 0.04, _won(x, y), transform=axes.transAxes, ha="right", fontsize=7)
        row[0].set_ylabel(plain(shortened(evaluation.results[best].model, 24)))
    _group_legend(figure, grid[0, 0])
    return figure


def _target_dots(
    axes: Any, x: NDArray[np.float64], y: NDArray[np.float64], groups: list[str]
) -> None:
    looks = group_looks(groups)
    column = np.array(groups, dtype=object)
    if len(looks) > MOST_COLOURS:
        axes.scatter(x, y, s=9, color=MUTED, alpha=0.6, linewidth=0)
        return
    for group, look in looks.items():
        chosen = column == group
        axes.scatter(
            x[chosen],
            y[chosen],
            s=9,
            color=look.colour,
            marker=look.marker,
            alpha=0.6,
            linewidth=0,
            label=plain(shortened(group, 24)),
        )


def _square(axes: Any, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    from matplotlib.ticker import MaxNLocator

    both = np.r_[x, y]
    low, high = (np.nanmin(both), np.nanmax(both)) if not np.isnan(both).all() else (0.0, 1.0)
    margin = 0.03 * max(high - low, 0.01)
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, color=MUTED, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))


def _won(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    compared = ~np.isnan(x)
    if not compared.any():
        return "no target compared"
    share = np.mean(y[compared] > x[compared])
    return f"above the diagonal:\n{share:.1%} of {compared.sum():,} targets"


def _group_legend(figure: Any, axes: Any) -> None:
    handles, names = axes.get_legend_handles_labels()
    if len(names) > 1:
        figure.legend(
            handles, names, loc="outside upper center", ncols=min(len(names), 4), markerscale=1.6
        )


def _distribution(evaluation: Evaluation) -> Any:
    from matplotlib.figure import Figure

    result = evaluation.results[0]
    groups = list(dict.fromkeys(evaluation.groups))
    column = np.array(evaluation.groups, dtype=object)
    figure = Figure(figsize=(7.2, 1.2 + 0.32 * len(groups)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, metric, scores in zip(panels, METRICS, _scores(result), strict=True):
        values = [scores[(column == group) & ~np.isnan(scores)] for group in groups]
        axes.boxplot(
            values,
            orientation="horizontal",
            manage_ticks=False,
            widths=0.6,
            flierprops={"markersize": 2.5, "markeredgecolor": MUTED},
            medianprops={"color": model_looks([result.model])[0].colour, "linewidth": 1.6},
        )
        axes.set_xlabel(metric)
    panels[0].set_yticks(
        range(1, len(groups) + 1), [plain(shortened(group, 32)) for group in groups]
    )
    panels[0].set_ylim(len(groups) + 0.5, 0.5)
    figure.suptitle(f"{plain(result.model)}: targets by group", fontsize=8)
    return figure


def _median(values: NDArray[np.float64]) -> float:
    return -1.0 if np.isnan(values).all() else float(np.nanmedian(values))

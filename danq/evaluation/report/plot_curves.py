"""ROC and precision-recall figures: a panel per target, or the spread over many targets."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from danq.errors import counted
from danq.evaluation.report.plot_style import Look, model_looks
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.curves import Curve, median_curve
from danq.evaluation.statistics.metrics import group_names
from danq.plotting import DASHED, MUTED, caption, handle, in_danqs_look, new_figure
from danq.targets.groups import ALL, UNGROUPED, members

Kind = Literal["roc", "pr"]

MOST_PANELS = 24
"""Up to this many targets each get a panel; more are shown by group."""

MOST_GROUPS = 8
COLUMNS = 4
SCORES_IN_A_LINE = 5
LEGEND_COLUMNS = 6
LINE = 8.5
"""Height of a line above a panel, in points."""


@dataclass(frozen=True)
class _Texts:
    x: str
    y: str
    score: str


TEXTS: dict[Kind, _Texts] = {
    "roc": _Texts("False positive rate", "True positive rate", "ROC AUC"),
    "pr": _Texts("Recall", "Precision", "Average precision"),
}


@in_danqs_look
def curves_figure(evaluation: Evaluation, kind: Kind) -> Any:
    """Draw ROC or precision-recall curves (`kind`) of all models.

    Up to `MOST_PANELS` targets have a panel each with every model in it and its score in the
    legend. More are drawn by model and group: every target as a thin line, their pointwise median
    as a thick one. A dashed line is chance: the diagonal, or the positive rate (over a group, its
    median).
    """
    if len(evaluation.targets) <= MOST_PANELS:
        return _panel_per_target(evaluation, kind)
    return _panel_per_group(evaluation, kind)


def _scores(result: ModelResult, kind: Kind) -> NDArray[np.float64]:
    return result.metrics.roc_auc if kind == "roc" else result.metrics.pr_auc


def _curves(result: ModelResult, kind: Kind) -> list[Curve | None]:
    return result.roc if kind == "roc" else result.pr


def _unit_axes(axes: Any) -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ticks = [0, 0.5, 1]
    axes.set_xticks(ticks, ["0", "0.5", "1"])
    axes.set_yticks(ticks, ["0", "0.5", "1"])


def _chance(axes: Any, kind: Kind, rate: float) -> None:
    y = (0, 1) if kind == "roc" else (rate, rate)
    axes.plot((0, 1), y, **DASHED, zorder=1)


def _grid(
    rows: int, columns: int, *, panel: float, top: float, head: float = 0.22
) -> tuple[Any, Any]:
    """Make a figure of square panels with heads, and room for a legend on top; inches."""
    # "compressed" keeps panels of fixed aspect together instead of spreading them.
    size = (columns * panel + 0.3, rows * (panel + head) + top)
    figure = new_figure(size, "compressed")
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - top / figure.get_figheight()))
    return figure, figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)


def _panel_per_target(evaluation: Evaluation, kind: Kind) -> Any:
    targets = len(evaluation.targets)
    columns = min(COLUMNS, targets)
    rows = math.ceil(targets / columns)
    looks = model_looks(evaluation.models)
    lines = math.ceil(len(looks) / SCORES_IN_A_LINE)
    figure, grid = _grid(
        rows,
        columns,
        panel=1.85 if columns > 2 else 2.8,
        top=0.27 + 0.18 * math.ceil((len(looks) + 1) / LEGEND_COLUMNS),
        head=0.2 + lines * LINE / 72,
    )
    for target, axes in enumerate(grid.flat):
        if target >= targets:
            axes.set_axis_off()
            continue
        _draw_target(axes, evaluation, kind, target, looks)
        # Where the last row ends early, the axis above the gap carries the labels.
        axes.tick_params(labelbottom=target + columns >= targets)
    figure.supxlabel(TEXTS[kind].x, fontsize=8)
    figure.supylabel(TEXTS[kind].y, fontsize=8)
    _model_legend(figure, evaluation.models, looks, TEXTS[kind].score)
    return figure


def _draw_target(
    axes: Any, evaluation: Evaluation, kind: Kind, target: int, looks: list[Look]
) -> None:
    metrics = evaluation.results[0].metrics
    positives = int(metrics.positives[target])
    _unit_axes(axes)
    # Scores stand above the panel, where no curve runs.
    lines = math.ceil(len(looks) / SCORES_IN_A_LINE)
    name = caption(evaluation.labels[target], 20)
    axes.set_title(name, loc="left", fontweight="bold", pad=3 + (lines + 1) * LINE)
    group = evaluation.groups[target]
    subtitle = f"{positives:,} positive"
    if group != UNGROUPED:
        subtitle = f"{caption(group, 14)} · {subtitle}"
    _above(axes, 0, lines, subtitle, MUTED)
    if evaluation.results[0].roc[target] is None:
        text = "no positive window" if positives == 0 else "no negative window"
        axes.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, fontsize=7)
        return
    _chance(axes, kind, positives / metrics.windows)
    for place, (result, look) in enumerate(zip(evaluation.results, looks, strict=True)):
        curve = _curves(result, kind)[target]
        assert curve is not None  # the labels are the same for all models
        score = _scores(result, kind)[target]
        # Average precision counts a precision for the step in recall that leads to it.
        steps = "default" if kind == "roc" else "steps-pre"
        axes.plot(
            curve.x,
            curve.y,
            color=look.colour,
            linewidth=1.1,
            drawstyle=steps,
        )
        line, column = divmod(place, SCORES_IN_A_LINE)
        x = column / SCORES_IN_A_LINE
        _above(axes, x, lines - 1 - line, f"{score:.3f}", look.colour)


def _above(axes: Any, x: float, line: int, text: str, colour: str) -> None:
    """Write above a panel, at a share of its width, in a line counted upwards from 0."""
    axes.annotate(
        text,
        (x, 1),
        (0, 3 + line * LINE),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=6.5,
        color=colour,
    )


def _model_legend(figure: Any, models: list[str], looks: list[Look], score: str) -> None:
    handles: list[Any] = [handle(color=look.colour, linewidth=1.6) for look in looks]
    handles.append(handle(**DASHED))
    names = [caption(model, 30) for model in models]
    figure.legend(
        handles,
        [*names, "chance"],
        loc="upper center",
        ncols=min(len(handles), LEGEND_COLUMNS),
        fontsize=8,
        title=f"Numbers above the panels: {score}",
        title_fontsize=7,
    )


def _panel_per_group(evaluation: Evaluation, kind: Kind) -> Any:
    groups = group_names(evaluation.groups)
    if len(groups) > MOST_GROUPS + 1 or len(groups) == 2:
        groups = [ALL]
    figure, grid = _grid(len(groups), len(evaluation.results), panel=2.1, top=0.3)
    looks = model_looks(evaluation.models)
    for row, group in zip(grid, groups, strict=True):
        chosen = members(evaluation.groups, group)
        for axes, result, look in zip(row, evaluation.results, looks, strict=True):
            _draw_group(axes, result, kind, chosen, look)
        row[0].set_ylabel(TEXTS[kind].y)
        row[-1].text(
            1.06,
            0.5,
            caption(group, 24),
            transform=row[-1].transAxes,
            rotation=-90,
            va="center",
            fontweight="bold",
        )
    for top, bottom, result in zip(grid[0], grid[-1], evaluation.results, strict=True):
        top.set_title(caption(result.model, 24), fontweight="bold")
        bottom.set_xlabel(TEXTS[kind].x)
    figure.suptitle(
        "Thin lines: targets. Thick line: their median. Dashed: chance.", fontsize=7, color=MUTED
    )
    return figure


def _draw_group(
    axes: Any, result: ModelResult, kind: Kind, chosen: NDArray[np.bool_], look: Look
) -> None:
    from matplotlib.collections import LineCollection

    _unit_axes(axes)
    curves = [
        curve
        for curve, wanted in zip(_curves(result, kind), chosen, strict=True)
        if wanted and curve is not None
    ]
    metrics = result.metrics
    _chance(axes, kind, float(np.median(metrics.positives[chosen])) / metrics.windows)
    if not curves:
        axes.text(0.5, 0.5, "no target to draw", ha="center", color=MUTED, fontsize=7)
        return
    lines = LineCollection(
        [np.column_stack([curve.x, curve.y]) for curve in curves],
        colors=look.colour,
        linewidths=0.4,
        alpha=max(0.08, min(0.5, 12 / len(curves))),
        # Hundreds of curves of hundreds of points would make a vector file nobody can open.
        rasterized=True,
    )
    axes.add_collection(lines)
    median = median_curve(curves)
    axes.plot(median.x, median.y, color="white", linewidth=3.2)
    axes.plot(median.x, median.y, color=look.colour, linewidth=1.8)
    score = float(np.nanmedian(_scores(result, kind)[chosen]))
    # A good precision-recall curve fills the upper right corner.
    high = kind == "pr" and score <= 0.6
    right = kind == "roc" or high
    axes.text(
        0.96 if right else 0.04,
        0.96 if high else 0.04,
        f"median {score:.3f}\n{counted(len(curves), 'target')}",
        transform=axes.transAxes,
        ha="right" if right else "left",
        va="top" if high else "bottom",
        fontsize=7,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.5},
    )

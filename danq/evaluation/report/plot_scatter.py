"""Model against model: a dot per target, as in the DanQ paper's figure."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.errors import counted
from danq.evaluation.report.plot_style import group_looks, legend_columns
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.comparison import LEVEL
from danq.evaluation.statistics.metric import Floats, Metric
from danq.evaluation.statistics.ranking_metrics import PR_AUC, ROC_AUC
from danq.plotting import DASHED, MUTED, caption, handle, in_danqs_look, new_figure, say

MOST_COLOURS = 7
COLUMNS = 4
METRICS = (ROC_AUC, PR_AUC)
FEW = 100
"""Maximum number of targets with larger dots."""


@in_danqs_look
def scatter_figure(evaluation: Evaluation) -> Any:
    """Draw every model (x) against the one with the highest mean ROC AUC (y), a dot per target.

    Dots above the diagonal are targets that the best model is better on. They are filled where the
    difference is significant after Holm's correction, or where p values are missing. Of a single
    model there is nothing to draw but a sentence.
    """
    best = _best(evaluation)
    others = [result for result in evaluation.results if result is not best]
    if not others:
        return say(
            f"{caption(best.model, 40)} is the only model:\nthere is nothing to hold it against."
        )
    figure, pairs = _grid(len(others))
    for other, panels in zip(others, pairs, strict=True):
        for axes, metric in zip(panels, METRICS, strict=True):
            axes.set_axis_on()
            _panel(axes, evaluation, best, other, metric)
    _legend(figure, evaluation)
    return figure


def _grid(others: int) -> tuple[Any, list[tuple[Any, Any]]]:
    """Make two panels for each other model: side by side for one, under each other for several."""
    columns = min(others, COLUMNS)
    rows = math.ceil(others / columns)
    shape = (1, 2) if others == 1 else (2 * rows, columns)
    size = (2.35 * shape[1] + 0.4, 2.45 * shape[0] + 0.5)
    figure = new_figure(size)
    grid = figure.subplots(*shape, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    if others == 1:
        return figure, [(grid[0, 0], grid[0, 1])]
    places = [divmod(place, columns) for place in range(others)]
    return figure, [(grid[2 * row, column], grid[2 * row + 1, column]) for row, column in places]


def _best(evaluation: Evaluation) -> ModelResult:
    means = [
        -1.0 if np.isnan(scores).all() else float(np.nanmean(scores))
        for scores in (result.metrics.roc_auc for result in evaluation.results)
    ]
    return evaluation.results[int(np.argmax(means))]


def _panel(
    axes: Any, evaluation: Evaluation, best: ModelResult, other: ModelResult, metric: Metric
) -> None:
    x, y = other.metrics.values[metric.name], best.metrics.values[metric.name]
    p = evaluation.comparison(best.model, other.model).differences[metric.name].p_holm
    told = not np.isnan(p).all()
    _dots(axes, x, y, evaluation.groups, filled=p < LEVEL if told else np.full(len(x), True))
    _square(axes, x, y)
    axes.set_xlabel(caption(other.model, 26))
    axes.set_ylabel(caption(best.model, 26))
    text = _won(x, y, p if told else None)
    axes.set_title(metric.title, loc="left", fontweight="bold", pad=12 + 8 * text.count("\n"))
    axes.text(0, 1.03, text, transform=axes.transAxes, fontsize=6.5, color=MUTED)


def _dots(axes: Any, x: Floats, y: Floats, groups: list[str], *, filled: NDArray[np.bool_]) -> None:
    looks = group_looks(groups)
    column = np.array(groups, dtype=object)
    size = 7 if len(x) > FEW else 20
    several = len(looks) <= MOST_COLOURS
    # The largest group first, so that it hides no other.
    for group, look in sorted(looks.items(), key=lambda item: -groups.count(item[0])):
        colour = look.colour if several else MUTED
        for face, chosen in ((colour, filled), ("none", ~filled)):
            dots = (column == group) & chosen
            axes.scatter(
                x[dots],
                y[dots],
                s=size,
                facecolor=face,
                edgecolor=colour,
                marker=look.marker if several else "o",
                alpha=0.6,
                linewidth=0.5,
            )


def _square(axes: Any, x: Floats, y: Floats) -> None:
    from matplotlib.ticker import MaxNLocator

    both = np.r_[x, y]
    low, high = (np.nanmin(both), np.nanmax(both)) if not np.isnan(both).all() else (0.0, 1.0)
    margin = 0.04 * max(high - low, 0.01)
    limits = (low - margin, high + margin)
    axes.plot(limits, limits, **DASHED, zorder=0)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))


def _won(x: Floats, y: Floats, p_holm: Floats | None) -> str:
    compared = ~np.isnan(x)
    if not compared.any():
        return "no target compared"
    above = y > x
    text = f"above: {np.mean(above[compared]):.1%} of {counted(compared.sum(), 'target')}"
    if p_holm is None:
        return text
    sure = p_holm < LEVEL
    return f"{text}\nsignificant: {(sure & above).sum():,} above, {(sure & (y < x)).sum():,} below"


def _legend(figure: Any, evaluation: Evaluation) -> None:
    looks = group_looks(evaluation.groups)
    handles = []
    if 1 < len(looks) <= MOST_COLOURS:
        handles += [
            handle(color=look.colour, marker=look.marker, linestyle="", markersize=4)
            for look in looks.values()
        ]
    names = [caption(group, 24) for group in looks][: len(handles)]
    if any(pair.has_p_values for pair in evaluation.comparisons()):
        for face in (MUTED, "none"):
            handles.append(
                handle(
                    marker="o",
                    markerfacecolor=face,
                    markeredgecolor=MUTED,
                    linestyle="",
                    markersize=4,
                )
            )
        names += [f"p < {LEVEL} (Holm)", "not significant"]
    if handles:
        figure.legend(
            handles, names, loc="outside upper center", ncols=legend_columns(names, figure)
        )

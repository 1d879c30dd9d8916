"""Reliability diagrams: how often what is predicted with some probability comes true."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from danq.evaluation.report.plot_curves import MOST_GROUPS, MOST_PANELS
from danq.evaluation.report.plot_style import Look, bars, legend_columns, model_looks
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.bootstrap import Interval
from danq.evaluation.statistics.calibration import BINS, EDGES, Reliability
from danq.plotting import DASHED, caption, handle, in_danqs_look, new_figure, say
from danq.targets.groups import ALL

COLUMNS = 4
IN_A_ROW = 4
"""So many numbers stand beside each other above a panel."""


@dataclass(frozen=True)
class _Line:
    """One model in one panel."""

    reliability: Reliability
    observed: Interval | None
    error: float
    look: Look


@in_danqs_look
def reliability_figure(evaluation: Evaluation) -> Any:
    """Draw the share of positives against the predicted probability, and the number of windows.

    Up to `danq.evaluation.report.plot_curves.MOST_PANELS` targets have a panel each; more are
    pooled by group. The numbers above a panel are expected calibration errors, over a group their
    means. Models whose predictions are not probabilities are left out.
    """
    looks = model_looks(evaluation.models)
    shown = [
        (result, look)
        for result, look in zip(evaluation.results, looks, strict=True)
        if result.metrics.reliability.windows.any()
    ]
    if not shown:
        return say("No model predicts probabilities.")
    few = len(evaluation.targets) <= MOST_PANELS
    panels = (_targets if few else _groups)(evaluation, shown)
    return _draw(panels, shown, "" if few else ", mean of the targets")


Shown = Sequence[tuple[ModelResult, Look]]


def _targets(evaluation: Evaluation, shown: Shown) -> dict[str, list[_Line]]:
    return {
        target: [
            _Line(
                result.metrics.reliability.of(place),
                None if result.resamples is None else result.resamples.observed.of(place),
                float(result.metrics.calibration_error[place]),
                look,
            )
            for result, look in shown
        ]
        for place, target in enumerate(evaluation.labels)
    }


def _groups(evaluation: Evaluation, shown: Shown) -> dict[str, list[_Line]]:
    panels: dict[str, list[_Line]] = {}
    for result, look in shown:
        for summary in evaluation.summaries()[result.model]:
            line = _Line(
                summary.reliability, summary.observed, summary.calibration_error_mean, look
            )
            panels.setdefault(summary.group, []).append(line)
    if len(panels) > MOST_GROUPS + 1 or len(panels) == 2:
        panels = {ALL: panels[ALL]}
    return panels


def _draw(panels: dict[str, list[_Line]], shown: Shown, averaged: str) -> Any:
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    side = 1.8 if columns > 2 else 2.6
    figure = new_figure((columns * side + 0.5, rows * (1.35 * side + 0.25) + 0.6))
    grid = figure.subplots(
        2 * rows,
        columns,
        squeeze=False,
        sharex=True,
        sharey="row" if rows == 1 else False,
        gridspec_kw={"height_ratios": [3.4, 1] * rows},
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (title, lines) in enumerate(panels.items()):
        row, column = divmod(place, columns)
        upper, lower = grid[2 * row : 2 * row + 2, column]
        _panel(upper, title, lines)
        _counts(lower, lines)
        lower.tick_params(labelbottom=place + columns >= len(panels))
        for axes in (upper, lower):
            axes.tick_params(labelleft=column == 0 or axes is lower)
        if column == 0:
            lower.set_ylabel("windows")
    figure.supxlabel("Predicted probability", fontsize=8)
    figure.supylabel("Share of positives", fontsize=8)
    _legend(figure, shown, averaged)
    return figure


def _panel(axes: Any, title: str, lines: Sequence[_Line]) -> None:
    axes.set_axis_on()
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.tick_params(labelbottom=False)
    axes.plot((0, 1), (0, 1), **DASHED, zorder=1)
    # Side by side, bars of several models in one bin do not hide each other; all stay in their bin.
    step = min(0.008, 0.5 / BINS / len(lines))
    shifts = step * (np.arange(len(lines)) - (len(lines) - 1) / 2)
    rows = math.ceil(len(lines) / IN_A_ROW)
    axes.set_title(caption(title, 22), loc="left", fontweight="bold", pad=3 + 9 * rows)
    for place, (line, shift) in enumerate(zip(lines, shifts, strict=True)):
        text = "NA" if np.isnan(line.error) else f"{line.error:.4f}"
        row, column = divmod(place, IN_A_ROW)
        axes.text(
            column / IN_A_ROW,
            1.03 + 0.08 * (rows - 1 - row),
            text,
            transform=axes.transAxes,
            color=line.look.colour,
            fontsize=6.5,
        )
        if not np.isnan(line.error):
            _draw_line(axes, line, shift)


def _draw_line(axes: Any, line: _Line, shift: float) -> None:
    """Bins that hold too little for an interval are hollow, and no line leads to them."""
    x, y = line.reliability.predicted + shift, line.reliability.observed
    style: dict[str, Any] = {"color": line.look.colour, "marker": line.look.marker}
    sure = ~np.isnan(y if line.observed is None else line.observed.lower)
    axes.plot(x[~sure], y[~sure], linestyle="", markersize=2.6, markerfacecolor="none", **style)
    axes.errorbar(
        x[sure],
        y[sure],
        yerr=None if line.observed is None else bars(y, line.observed)[:, sure],
        markersize=2.6,
        linewidth=1,
        elinewidth=0.8,
        **style,
    )


def _counts(axes: Any, lines: Sequence[_Line]) -> None:
    axes.set_axis_on()
    axes.set_yscale("symlog", linthresh=1)
    most = 1
    for line in lines:
        windows = line.reliability.windows
        most = max(most, int(windows.max()))
        axes.stairs(windows, EDGES, color=line.look.colour, linewidth=0.9)
    top = math.ceil(math.log10(most)) if most > 1 else 1
    axes.set_ylim(0, 10**top)
    axes.set_yticks([0, 10**top], ["0", f"$10^{top}$"])
    axes.minorticks_off()


def _legend(figure: Any, shown: Shown, averaged: str) -> None:
    handles = [
        handle(color=look.colour, marker=look.marker, markersize=3, linewidth=1)
        for _, look in shown
    ]
    names = [caption(result.model, 30) for result, _ in shown]
    figure.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=legend_columns(names, figure),
        fontsize=8,
        title=f"Numbers above the panels: expected calibration error, {BINS} bins{averaged}",
        title_fontsize=7,
    )

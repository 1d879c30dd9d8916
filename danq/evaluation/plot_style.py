"""The look of every figure of an evaluation, and how figures are written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.bootstrap import Interval
from danq.evaluation.floors import FLOORS
from danq.outputs import whole

Floats = NDArray[np.float64]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""

MARKERS = ("o", "s", "^", "v", "P", "X")
"""One fewer than there are colours: 42 looks before the first comes again."""

FLOOR_MARKER = "D"
FLOOR_COLOURS = ("#8A8A8A", "#BDBDBD", "#5C5C5C")
MUTED = "#6B6B6B"
DPI = 150
FIGURE_SUFFIXES = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""Kinds of files that a figure is written as, and what is left out so that the bytes repeat."""

MARGIN = 0.05
"""Inches around what is drawn."""

RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    # Text stays text in vector output, so that an author can edit it.
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    # Without a fixed salt every writing of the same figure gives other bytes.
    "svg.hashsalt": "danq",
}


@dataclass(frozen=True)
class Look:
    """Colour and marker of one model or group."""

    colour: str
    marker: str


def model_looks(models: Sequence[str]) -> list[Look]:
    """Give the looks of the models in their order; floors are grey."""
    looks: list[Look] = []
    for model in models:
        floors = sum(look.colour in FLOOR_COLOURS for look in looks)
        if model in FLOORS:
            looks.append(Look(FLOOR_COLOURS[floors % len(FLOOR_COLOURS)], FLOOR_MARKER))
        else:
            looks.append(_look(len(looks) - floors))
    return looks


def group_looks(groups: Sequence[str]) -> dict[str, Look]:
    """Give the looks of distinct groups in order of first appearance."""
    return {group: _look(place) for place, group in enumerate(dict.fromkeys(groups))}


def _look(place: int) -> Look:
    return Look(PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])


def shortened(name: str, length: int) -> str:
    """Cut a long name in its middle, where names of one project differ least."""
    if len(name) <= length:
        return name
    head = (length - 1) // 2
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"


def legend_columns(names: Sequence[str], figure: Any) -> int:
    """Give how many names stand beside each other in a legend as wide as its figure, at most 6."""
    longest = max(len(name) for name in names)
    # A letter is 0.07 inches wide on the average, the symbol with its space 0.6.
    fitting = int(figure.get_figwidth() / (0.07 * longest + 0.6))
    return max(1, min(len(names), fitting, 6))


def plain(text: str) -> str:
    """Keep matplotlib from reading dollar signs as mathematics."""
    return text.replace("$", r"\$")


def bars(values: Floats, found: Interval) -> Floats:
    """Give matplotlib the lengths of error bars, (2, …); 0 where an interval is not known.

    Parameters
    ----------
    values
        float64 (…).
    found
        Their intervals. A figure may lie outside the quantiles of its resamples: the bar then is on
        one side.
    """
    lengths = np.array([values - found.lower, found.upper - values])
    result: Floats = np.nan_to_num(lengths).clip(min=0)
    return result


def save(figure: Any, stem: str | os.PathLike[str]) -> None:
    """Write a matplotlib figure as `stem`.png, .svg and .pdf, the same bytes every time."""
    import matplotlib

    # What is drawn is measured in the dots of the picture: letters are as wide as whole ones.
    figure.set_dpi(DPI)
    with matplotlib.rc_context(RC):
        # Laid out and measured once and not anew for every format.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        box = figure.get_tightbbox().padded(MARGIN)
    for suffix, metadata in FIGURE_SUFFIXES.items():
        with whole(f"{os.fspath(stem)}.{suffix}") as partial, matplotlib.rc_context(RC):
            figure.savefig(
                partial,
                format=suffix,
                dpi=DPI,
                bbox_inches=box,
                metadata=metadata,
            )

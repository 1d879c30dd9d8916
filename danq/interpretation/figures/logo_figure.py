"""The layout of logos: lanes above each other, in rows that are short enough to read."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from danq.genome.sequence import Codes
from danq.interpretation.figures.logo import draw_logo
from danq.plotting import GRID, MUTED, caption, in_danqs_look, new_figure

LONGEST_ROW = 220
"""Columns: a variant with 100 bases to either side takes one row."""

_COLUMN, _LEAST_WIDTH = 0.066, 5.0
"""Inches: of a column where there are many, and of a row."""
_LANE, _APART, _LEVEL, _BETWEEN = 0.9, 0.12, 0.3, 0.42
"""Heights in inches: of a lane, of what is between lanes, of a level of marks, and between rows."""
_CHARACTER = 0.06
"""Inches that a character of small text takes on the average."""
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200)
_TICK = 0.85
"""Inches from one labelled position to the next, at least."""
_CHANGED = "#FFEFB0"
_LONGEST_CONTIG = 40


class Lane(NamedTuple):
    """One logo: its label, and by column the contributions, codes and whether there is a gap."""

    label: str
    contributions: npt.NDArray[np.floating[Any]]
    codes: Codes
    is_gap: npt.NDArray[np.bool_]


class Mark(NamedTuple):
    """A bracket beneath some columns, with text beneath it."""

    columns: slice
    text: str


class Logos(NamedTuple):
    """What one figure shows.

    Attributes
    ----------
    title, subtitle
        The lines above.
    contig
        Named below.
    positions
        int64 (columns,): 1-based in the genome; 0 or less where a column has none.
    lanes
        The first is on top.
    changed
        Columns that are shaded.
    marks
        Beneath the lanes.
    """

    title: str
    subtitle: str
    contig: str
    positions: npt.NDArray[np.int64]
    lanes: Sequence[Lane]
    changed: slice = slice(0, 0)
    marks: Sequence[Mark] = ()


@in_danqs_look
def logo_figure(logos: Logos) -> Any:
    """Draw logos in rows of equal length, all on one scale."""
    columns = len(logos.positions)
    longest = math.ceil(columns / math.ceil(columns / LONGEST_ROW))
    column = max(_COLUMN, _LEAST_WIDTH / longest)
    rows = [slice(first, min(first + longest, columns)) for first in range(0, columns, longest)]
    brackets = [list(_brackets(logos.marks, row, column)) for row in rows]
    rooms = [_LEVEL * max((each.level + 1 for each in of_row), default=0) for of_row in brackets]
    lanes = len(logos.lanes) * (_LANE + _APART)
    height = sum(rooms) + len(rows) * (lanes + _BETWEEN)
    figure = new_figure((longest * column, height), None)
    limits = _limits(logos.lanes)
    top = height
    for row, of_row, room in zip(rows, brackets, rooms, strict=True):
        for lane in logos.lanes:
            axes = _axes(figure, row, column, top, top - _LANE)
            axes.set_ylim(limits)
            _draw_lane(axes, lane, row, logos.changed)
            top -= _LANE + _APART
        axes = _axes(figure, row, column, top + _APART, top - room)
        axes.set_ylim(-room, _APART)
        _draw_brackets(axes, of_row)
        _draw_positions(axes, logos.positions[row], row, column)
        top -= room + _BETWEEN
    axes.set_xlabel(f"position on {caption(logos.contig, _LONGEST_CONTIG)}")
    for text, above, look in (
        (logos.title, 0.26, {"fontweight": "bold"}),
        (logos.subtitle, 0.1, {"color": MUTED}),
    ):
        figure.text(0, 1 + above / height, text, ha="left", va="bottom", **look)
    return figure


def _axes(figure: Any, row: slice, column: float, top: float, bottom: float) -> Any:
    """Add axes over the columns of a row, between two heights in inches."""
    width, height = figure.get_size_inches()
    length = row.stop - row.start
    axes = figure.add_axes(
        (0, bottom / height, length * column / width, (top - bottom) / height),
        xlim=(row.start - 0.5, row.stop - 0.5),
    )
    axes.patch.set_visible(False)
    return axes


def _limits(lanes: Sequence[Lane]) -> tuple[float, float]:
    """Return the scale that all contributions fit in, zero too."""
    low = min(0.0, *(float(lane.contributions.min()) for lane in lanes))
    high = max(0.0, *(float(lane.contributions.max()) for lane in lanes))
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def _draw_lane(axes: Any, lane: Lane, row: slice, changed: slice) -> None:
    from matplotlib.ticker import MaxNLocator

    first, last = max(changed.start, row.start), min(changed.stop, row.stop)
    if first < last:
        axes.axvspan(first - 0.5, last - 0.5, facecolor=_CHANGED, linewidth=0, zorder=0)
    gaps = np.flatnonzero(lane.is_gap[row]) + row.start
    axes.hlines(0, row.start - 0.5, row.stop - 0.5, color=GRID, linewidth=0.7, zorder=0.5)
    axes.hlines(np.zeros(len(gaps)), gaps - 0.3, gaps + 0.3, color=MUTED, linewidth=1.2)
    draw_logo(axes, lane.contributions[row], lane.codes[row], start=row.start)
    axes.set_ylabel(lane.label)
    axes.yaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axes.spines["bottom"].set_visible(False)
    axes.xaxis.set_visible(False)


class _Bracket(NamedTuple):
    """A mark in one row: its columns there, where its text is centred, and how far down it is."""

    first: float
    last: float
    centre: float
    level: int
    text: str


def _brackets(marks: Sequence[Mark], row: slice, column: float) -> Iterator[_Bracket]:
    """Place the marks of one row on as few levels as keep their texts apart."""
    taken: list[list[tuple[float, float]]] = []
    for mark in marks:
        first, last = max(mark.columns.start, row.start), min(mark.columns.stop, row.stop)
        if first >= last:
            continue
        half = len(mark.text) * _CHARACTER / column / 2
        left, right = row.start + half, row.stop - half
        centre = min(max((first + last) / 2, left), max(left, right)) - 0.5
        low, high = min(first - 1, centre - half), max(last, centre + half)
        level = 0
        while level < len(taken) and any(low < end and start < high for start, end in taken[level]):
            level += 1
        if level == len(taken):
            taken.append([])
        taken[level].append((low, high))
        yield _Bracket(first - 0.5, last - 0.5, centre, level, mark.text)


def _draw_brackets(axes: Any, brackets: Sequence[_Bracket]) -> None:
    for bracket in brackets:
        top = -_LEVEL * bracket.level + 0.02
        corners = [bracket.first, bracket.first, bracket.last, bracket.last]
        heights = [top, top - 0.06, top - 0.06, top]
        axes.plot(corners, heights, color="black", linewidth=0.9)
        axes.text(bracket.centre, top - 0.08, bracket.text, ha="center", va="top", fontsize=7)


def _draw_positions(axes: Any, positions: npt.NDArray[np.int64], row: slice, column: float) -> None:
    step = next((each for each in _TICKS if each * column >= _TICK), _TICKS[-1])
    marked = np.flatnonzero((positions > 0) & (positions % step == 0))
    axes.set_xticks(marked + row.start, [f"{position:,}" for position in positions[marked]])
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)

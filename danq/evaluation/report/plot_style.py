"""The looks of models and groups in every figure of an evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.baselines.registry import BASELINES
from danq.evaluation.statistics.bootstrap import Interval
from danq.plotting import PALETTE

Floats = NDArray[np.float64]

MARKERS = ("o", "s", "^", "v", "P", "X")
"""One fewer than there are colours: 42 looks before the first comes again."""

BASELINE_MARKER = "D"
BASELINE_COLOURS = ("#8A8A8A", "#BDBDBD", "#5C5C5C")


@dataclass(frozen=True)
class Look:
    """Colour and marker of one model or group."""

    colour: str
    marker: str


def model_looks(models: Sequence[str]) -> list[Look]:
    """Return the looks of the models in their order; baselines are grey."""
    looks: list[Look] = []
    for model in models:
        baselines = sum(look.colour in BASELINE_COLOURS for look in looks)
        if model in BASELINES:
            looks.append(Look(BASELINE_COLOURS[baselines % len(BASELINE_COLOURS)], BASELINE_MARKER))
        else:
            looks.append(_look(len(looks) - baselines))
    return looks


def group_looks(groups: Sequence[str]) -> dict[str, Look]:
    """Return the looks of distinct groups in order of first appearance."""
    return {group: _look(place) for place, group in enumerate(dict.fromkeys(groups))}


def _look(place: int) -> Look:
    return Look(PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)])


def legend_columns(names: Sequence[str], figure: Any) -> int:
    """Return the number of columns in a legend as wide as its figure, at most 6."""
    longest = max(len(name) for name in names)
    # A letter is 0.07 inches wide on the average, the symbol with its space 0.6.
    fitting = int(figure.get_figwidth() / (0.07 * longest + 0.6))
    return max(1, min(len(names), fitting, 6))


def bars(values: Floats, found: Interval) -> Floats:
    """Return the lengths of error bars for matplotlib, (2, …); 0 where an interval is not known.

    A figure may lie outside the quantiles of its resamples: the bar then is on one side.
    """
    lengths = np.array([values - found.lower, found.upper - values])
    result: Floats = np.nan_to_num(lengths).clip(min=0)
    return result

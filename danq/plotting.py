"""The look of danq's figures, and how they are written."""

import functools
import os
from collections.abc import Callable
from typing import Any, ParamSpec

from danq.errors import printable
from danq.outputs import whole
from danq.paths import StrPath

_Arguments = ParamSpec("_Arguments")

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, told apart with any kind of colour vision."""

MUTED = "#6B6B6B"
GRID = "#E4E4E4"
DASHED: dict[str, Any] = {"color": MUTED, "linewidth": 0.7, "linestyle": (0, (4, 3))}
"""A line to compare with, such as the diagonal."""

DPI = 150
FIGURE_SUFFIXES = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
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


def in_danqs_look(draw: Callable[_Arguments, Any]) -> Callable[_Arguments, Any]:
    """Make a function that returns a figure draw it in this look."""

    @functools.wraps(draw)
    def drawn(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> Any:
        import matplotlib

        with matplotlib.rc_context(RC):
            return draw(*arguments, **options)

    return drawn


def new_figure(size: tuple[float, float], layout: Any = "constrained") -> Any:
    """Make a figure of a size in inches; matplotlib loads with the first."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout=layout)


def handle(**look: Any) -> Any:
    """Return a line or marker for a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)


def say(text: str) -> Any:
    """Make a small figure that says why there is nothing to draw."""
    figure = new_figure((3.6, 1.2), None)
    figure.text(0.5, 0.5, text, ha="center", va="center", color=MUTED)
    return figure


def caption(name: str, length: int) -> str:
    """Return a name for a figure: `plain`, and `shortened` to a length."""
    return plain(shortened(name, length))


def shortened(name: str, length: int) -> str:
    """Cut a long name in its middle, where names of one project differ least."""
    if len(name) <= length:
        return name
    head = (length - 1) // 2
    return f"{name[:head]}…{name[len(name) - (length - 1 - head) :]}"


def plain(text: str) -> str:
    """Return a name as matplotlib draws it letter by letter, and as any SVG may hold it.

    Dollar signs do not begin mathematics. What cannot be printed is shown as an escape, since XML
    forbids most control characters.
    """
    return printable(text).replace("$", r"\$")


def save(figure: Any, stem: StrPath) -> None:
    """Write a matplotlib figure as `stem`.png, .svg and .pdf, the same bytes every time."""
    import matplotlib

    # What is drawn is measured in the dots of the picture: letters are as wide as whole ones.
    figure.set_dpi(DPI)
    with matplotlib.rc_context(RC):
        # Laid out and measured once for all formats.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        box = figure.get_tightbbox().padded(MARGIN)
    for suffix, metadata in FIGURE_SUFFIXES.items():
        with (
            whole(f"{os.fspath(stem)}.{suffix}") as partial,
            matplotlib.rc_context(RC),
            # Opened here, since matplotlib leaves a file open when writing fails.
            open(partial, "wb") as file,
        ):
            figure.savefig(file, format=suffix, dpi=DPI, bbox_inches=box, metadata=metadata)

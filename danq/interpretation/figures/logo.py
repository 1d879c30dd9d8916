"""Logos of contributions: a letter per base, as high as what the base contributes."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.genome import ALPHABET
from danq.genome.sequence import Codes
from danq.plotting import PALETTE

COLOURS = (PALETTE[2], PALETTE[0], PALETTE[4], PALETTE[1])
"""Of A, C, G and T: green, blue, orange and red as in most logos, for any kind of colour vision."""

_WIDTH = 0.94
"""Share of a position that its letter fills."""

Outline = tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]


def draw_logo(
    axes: Any, contributions: npt.NDArray[np.floating], codes: Codes, *, start: int = 0
) -> None:
    """Draw a base's letter at each position, from zero to what the base contributes.

    Letters of negative contributions hang upside down below zero, as in logos of other programs.
    All letters of one base are a single patch: a thousand take less than a millisecond, and
    seconds as patches of their own. The limits of the axes stay as they are.

    Parameters
    ----------
    axes
        matplotlib's axes.
    contributions
        float (length,).
    codes
        uint8 (length,): the bases; nothing is drawn at unknown ones.
    start
        Where on the horizontal axis the first letter is centred; each position is 1 wide.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for code, (letter, colour) in enumerate(zip(ALPHABET, COLOURS, strict=True)):
        positions = np.flatnonzero(codes == code)
        if not positions.size:
            continue
        outline, kinds = _outline(letter)
        vertices = np.tile(outline, (len(positions), 1, 1))
        vertices[..., 0] += (positions + start)[:, None]
        vertices[..., 1] *= contributions[positions, None]
        path = Path(vertices.reshape(-1, 2), np.tile(kinds, len(positions)))
        # Not add_patch, which goes through all vertices for the limits of the axes.
        axes.add_artist(PathPatch(path, facecolor=colour, linewidth=0, label=letter))


@functools.cache
def _outline(letter: str) -> Outline:
    """Return a letter's vertices, from 0 to 1 in height and around 0 in width, and their kinds."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    path = TextPath(
        (0, 0), letter, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold")
    )
    box = path.get_extents()
    vertices = (path.vertices - box.min) / box.size
    # Only the kind of a closing vertex counts; it must not widen the letter's extent.
    vertices[path.codes == Path.CLOSEPOLY] = 0
    vertices[:, 0] = _WIDTH * (vertices[:, 0] - 0.5)
    return vertices, path.codes

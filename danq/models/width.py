"""How `width` makes a network narrower or wider."""

from __future__ import annotations

import math


def scaled(units: float, width: float) -> int:
    """Multiply a number of units, rounded and at least 1."""
    if not 0 < width < math.inf:
        raise ValueError(f"width must be more than 0. Received: {width}")
    return max(1, round(units * width))

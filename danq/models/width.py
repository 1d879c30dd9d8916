"""How `width` makes a network narrower or wider."""

from danq.core.specs import number


def scale_units(units: float, width: float) -> int:
    """Multiply a number of units, rounded and at least 1."""
    return max(1, round(number("hidden", units, above=0) * number("width", width, above=0)))

"""Ranges of numbers, for options of the command line and arguments of functions alike."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from danq.errors import InputError, quoted

_QUOTE = '"'
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_REAL = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Range:
    """The numbers that something may be: from `least` to `most`, both allowed.

    `above` and `below` are limits that are not allowed themselves, in place of these. `is_whole`
    allows whole numbers only.
    """

    least: float = -math.inf
    most: float = math.inf
    is_whole: bool = False
    above: float | None = None
    below: float | None = None

    def __contains__(self, value: object) -> bool:
        return self._is_kind(value) and self._is_within(value)  # type: ignore[arg-type]

    def __str__(self) -> str:
        least = f"at least {self.least:.15g}"
        most = f"at most {self.most:.15g}"
        low = least if self.above is None else f"a finite number above {self.above:g}"
        high = most if self.below is None else f"less than {self.below:.15g}"
        return f"{low} and {high}"

    @property
    def kind(self) -> str:
        """What kind of number it is."""
        return "a whole number" if self.is_whole else "a number"

    def _is_kind(self, value: object) -> bool:
        """Return whether a value is such a number; NumPy's are too, truth values are not."""
        method = "__index__" if self.is_whole else "__float__"
        return hasattr(value, method) and not isinstance(value, bool)

    def _is_within(self, value: float) -> bool:
        return (
            self.least <= value <= self.most
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def check(self, name: str, value: object) -> None:
        """Refuse a value outside the range, or of another kind; `name` is what has the value."""
        if not self._is_kind(value):
            raise InputError(f"found {name} {quoted(value)}, expected {self.kind}, {self}")
        if not self._is_within(value):  # type: ignore[arg-type]
            raise InputError(f"found {name} {quoted(value).replace(_QUOTE, '')}, expected {self}")

    def parse(self, text: str) -> float:
        """Read a number of the range as an option has it; whole ones become `int`."""
        pattern, kind = (_WHOLE, int) if self.is_whole else (_REAL, float)
        if pattern.fullmatch(text):
            value = kind(text)
            if self._is_within(value):
                return value
        raise InputError(f"found {quoted(text)}, expected {self.kind}, {self}")


def whole(least: int, most: int) -> Range:
    """Return the whole numbers from `least` to `most`."""
    return Range(least, most, is_whole=True)


BATCH_SIZE = whole(1, 1_000_000)
SEED = Range(0, is_whole=True, below=2**32)
BASES = whole(1, 10_000_000)
COUNT = whole(1, 1_000_000_000)
SHARE = Range(0, 1)
SHARE_BELOW_1 = Range(0, below=1)

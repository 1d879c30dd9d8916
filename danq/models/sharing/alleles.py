"""Alternative alleles as edits of their references' windows."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from danq.models.sharing.edits import Codes, Edits
from danq.models.sharing.windows import Span

EDIT_SIZES = (4, 16)
"""Bases that are passed on for a change of several: the smaller that holds it."""

LONGEST_EDIT = EDIT_SIZES[-1]


def central_scope(window: int, longest: int) -> Span:
    """Return where up to `longest` changed bases of a variant stand, on either strand.

    A variant begins at index (window - 1) // 2; in the reverse complement it ends at window // 2.
    """
    first, last = window // 2 + 1 - longest, (window - 1) // 2 + longest
    return Span(min(first, (window - 1) // 2), max(last, window // 2 + 1)).clipped(window)


class Changed(NamedTuple):
    """Where alternatives (n, window) differ from their references: [first, last), (n,) each.

    Both are 0 where they are equal.
    """

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]

    def within(self, scope: Span) -> npt.NDArray[np.bool_]:
        """Return which differ in nothing outside a scope."""
        return (self.first == self.last) | ((self.first >= scope.first) & (self.last <= scope.last))


def find_changes(references: Codes, alternatives: Codes, rows: npt.NDArray[np.integer]) -> Changed:
    """Compare alternatives (n, window) with their references, whose rows are (n,)."""
    differs = alternatives != references[rows]
    some = differs.any(axis=1)
    last = differs.shape[1] - differs[:, ::-1].argmax(axis=1)
    return Changed(np.where(some, differs.argmax(axis=1), 0), np.where(some, last, 0))


def edits_of(
    alternatives: Codes,
    rows: npt.NDArray[np.integer],
    chosen: npt.NDArray[np.bool_],
    first: npt.NDArray[np.int64],
    size: int,
) -> tuple[npt.NDArray[np.intp], Edits]:
    """Return the chosen alternatives as edits of `size` bases from `first` on.

    In the order of their references' rows; the first array says which of the alternatives they are.
    """
    which = np.flatnonzero(chosen)
    which = which[np.argsort(rows[which], kind="stable")]
    at = first[which].astype(np.int32)
    bases = np.take_along_axis(alternatives[which], at[:, None] + np.arange(size), axis=1)
    return which, Edits(rows[which].astype(np.int32), at, bases)

"""Predict edited copies of sequences beside them, computing once what both share."""

from danq.models.sharing.edits import Edits, SharedNetwork, as_they_are
from danq.models.sharing.windows import Span

__all__ = ["Edits", "SharedNetwork", "Span", "as_they_are"]

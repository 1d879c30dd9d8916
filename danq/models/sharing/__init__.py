"""Predict edited copies of sequences beside them, computing once what both share."""

from danq.models.sharing.edits import Edits, SharedNetwork, as_they_are
from danq.models.sharing.prediction import SharedPrediction
from danq.models.sharing.windows import Span

__all__ = ["Edits", "SharedNetwork", "SharedPrediction", "Span", "as_they_are"]

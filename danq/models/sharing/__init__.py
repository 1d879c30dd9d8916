"""Predict an alternative allele beside its reference, computing once what both share."""

from danq.models.sharing.alleles import AlleleNetwork, central_span
from danq.models.sharing.stages import Span

__all__ = ["AlleleNetwork", "Span", "central_span"]

"""What every network must beat: models too simple to have learnt a motif or its grammar."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.kmers import KmerFloor

logger = logging.getLogger(__name__)

KMER = "kmer"
"""Name of the 5-mer floor in tables and figures."""

Batches = Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]]
"""Blocks of codes uint8 (n, length) and labels uint8 (n, targets)."""


class Fitted(Protocol):
    """A floor that was fitted."""

    def predict(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict a score, (n, targets), for codes (n, length)."""


@dataclass(frozen=True)
class Floor:
    """A kind of floor.

    Attributes
    ----------
    description
        What it is, to stand after "the floor,".
    fit
        From training and validation windows to what predicts.
    """

    description: str
    fit: Callable[[Batches, Batches], Fitted]


FLOORS: dict[str, Floor] = {
    KMER: Floor("a linear model of 5-mer frequencies", KmerFloor.fit),
}
"""By name in tables and figures."""

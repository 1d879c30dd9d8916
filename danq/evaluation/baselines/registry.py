"""What every network must beat: models too simple to have learnt a motif or its grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.baselines.gapped_kmers import GappedKmerFloor
from danq.evaluation.baselines.kmers import KmerFloor
from danq.evaluation.baselines.ridge import Batches

KMER = "kmer"
"""Name of the 5-mer floor in tables and figures."""

GAPPED_KMER = "gapped-kmer"
"""Name of the floor of gapped k-mers."""


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
    GAPPED_KMER: Floor("a linear model of gapped k-mer frequencies", GappedKmerFloor.fit),
}
"""By name in tables and figures."""

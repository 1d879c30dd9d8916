"""What every network must beat: models too simple to have learnt a motif or its grammar."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from danq.evaluation.baselines.gapped_kmers import GappedKmerBaseline
from danq.evaluation.baselines.kmers import KmerBaseline
from danq.evaluation.baselines.ridge import Batches

KMER = "kmer"
"""Name of the 5-mer baseline in tables and figures."""

GAPPED_KMER = "gapped-kmer"
"""Name of the baseline of gapped k-mers."""


class Fitted(Protocol):
    """A baseline that was fitted."""

    def predict(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Predict a score, (n, targets), for codes (n, length)."""


@dataclass(frozen=True)
class Baseline:
    """A kind of baseline: how to fit it, from training and validation windows to what predicts.

    `description` stands after "the baseline,".
    """

    description: str
    fit: Callable[[Batches, Batches], Fitted]


BASELINES: dict[str, Baseline] = {
    KMER: Baseline("a linear model of 5-mer frequencies", KmerBaseline.fit),
    GAPPED_KMER: Baseline("a linear model of gapped k-mer frequencies", GappedKmerBaseline.fit),
}
"""By name in tables and figures."""

"""What an evaluation found, for tables, figures and callers alike."""

from __future__ import annotations

from dataclasses import dataclass

from danq.evaluation.curves import Curve
from danq.evaluation.metrics import GroupSummary, Metrics, summarise
from danq.models.target_names import distinct

KMER = "kmer"
"""Name of the k-mer floor in tables and figures."""

GAPPED_KMER = "gapped-kmer"
"""Name of the floor of gapped k-mers."""


@dataclass(frozen=True)
class ModelResult:
    """One model on the evaluated windows.

    Attributes
    ----------
    model
        Its name in the tables.
    metrics
        Per target.
    roc, pr
        Curves per target, None where a target has no positives or no negatives.
    """

    model: str
    metrics: Metrics
    roc: list[Curve | None]
    pr: list[Curve | None]


@dataclass(frozen=True)
class Evaluation:
    """All models on the same windows.

    Attributes
    ----------
    split
        The split evaluated.
    targets, groups
        Name and group of every target; the position is the identity, names may repeat.
    results
        One a model, as given, the k-mer floor last.
    """

    split: str
    targets: list[str]
    groups: list[str]
    results: list[ModelResult]

    @property
    def windows(self) -> int:
        """Number of windows evaluated."""
        return self.results[0].metrics.windows

    @property
    def labels(self) -> list[str]:
        """Names of the targets in tables and figures: equal ones with their places behind."""
        return distinct(self.targets)

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return [result.model for result in self.results]

    def summaries(self) -> dict[str, list[GroupSummary]]:
        """Medians and means by model; each list has one entry a group, ``all`` last."""
        return {result.model: summarise(result.metrics, self.groups) for result in self.results}

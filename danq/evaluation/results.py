"""What an evaluation found, for tables, figures and callers alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from danq.errors import counted
from danq.evaluation.published_figures import Figures, published_figures
from danq.evaluation.statistics.comparison import Comparison, compare
from danq.evaluation.statistics.curves import Curve
from danq.evaluation.statistics.genome_blocks import Bootstrap
from danq.evaluation.statistics.metrics import GroupSummary, Metrics, Resamples, summarise
from danq.evaluation.statistics.registry import compared
from danq.targets.names import distinct


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
    resamples
        The metrics in every resample; None without a bootstrap.
    """

    model: str
    metrics: Metrics
    roc: list[Curve | None]
    pr: list[Curve | None]
    resamples: Resamples | None = None

    def __repr__(self) -> str:
        return f"<ModelResult of {self.model}: {counted(self.metrics.windows, 'window')}>"


@dataclass(frozen=True)
class ModelFile:
    """A model that was evaluated: its name in the tables, its file, and its checksum."""

    name: str
    path: str
    checksum: str


@dataclass(frozen=True)
class Provenance:
    """What an evaluation was made from, and when (ISO 8601, UTC).

    The genome's path and checksum are None where the data set holds its own sequence; linear
    baselines have no model file.
    """

    date: str
    dataset: str
    genome: str | None
    genome_checksum: str | None
    models: tuple[ModelFile, ...]


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
        One a model, as given, baselines last.
    bootstrap
        How the intervals were made; None where none were asked for.
    foreign
        Names of the models that were trained on another data set or reference.
    provenance
        What it was made from; None where results were put together by hand.
    """

    split: str
    targets: list[str]
    groups: list[str]
    results: list[ModelResult]
    bootstrap: Bootstrap | None = None
    foreign: tuple[str, ...] = ()
    provenance: Provenance | None = None

    def __repr__(self) -> str:
        return (
            f"<Evaluation of {', '.join(self.models)}: {counted(self.windows, 'window')} of "
            f"{self.split}, {counted(len(self.targets), 'target')}>"
        )

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

    @property
    def published(self) -> Mapping[str, Mapping[str, Figures]]:
        """Means of the papers by network and group; empty unless these are DeepSEA's targets.

        They are of test windows, so that of another split they are empty as well.
        """
        return published_figures(self.targets) or {} if self.split == "test" else {}

    def summaries(self) -> dict[str, list[GroupSummary]]:
        """Medians and means by model; each list has one entry a group, ``all`` last."""
        return self._summaries

    def comparisons(self) -> list[Comparison]:
        """Every pair of models, the one that was given earlier first."""
        return self._comparisons

    def comparison(self, one: str, other: str) -> Comparison:
        """Return the pair of two models, whichever comes first in it."""
        return next(pair for pair in self._comparisons if {pair.first, pair.second} == {one, other})

    @cached_property
    def _summaries(self) -> dict[str, list[GroupSummary]]:
        return {
            result.model: summarise(result.metrics, self.groups, result.resamples)
            for result in self.results
        }

    @cached_property
    def _comparisons(self) -> list[Comparison]:
        return [
            Comparison(
                first.model,
                second.model,
                {
                    metric.name: compare(
                        (first.metrics, first.resamples),
                        (second.metrics, second.resamples),
                        self.groups,
                        metric=metric.name,
                    )
                    for metric in compared()
                },
            )
            for first, second in combinations(self.results, 2)
        ]

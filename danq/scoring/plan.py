"""What a run computes: the networks, and what is derived from their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from danq.genome.reference import Reference
from danq.paths import StrPath
from danq.scoring.e_values.background_file import Background
from danq.scoring.options import Options
from danq.scoring.reference_checks import warn_of_reference
from danq.scoring.scorers.ensemble import Ensemble, open_ensemble
from danq.scoring.scorers.measures import Measures


@dataclass(frozen=True)
class Plan:
    """What is computed for every block; `background` is what E-values are looked up in."""

    ensemble: Ensemble
    background: Background | None
    measures: Measures
    options: Options

    @property
    def columns(self) -> dict[str, Sequence[str]]:
        """Names of the columns of each kind, and the group of each target."""
        return {
            "targets": self.ensemble.targets,
            "groups": self.ensemble.groups.of_targets,
            "group_names": self.ensemble.groups.names,
        }

    def open_genome(self, genome: StrPath | Reference) -> Reference:
        """Read the genome, which may take minutes, and warn where it is not the models' own.

        A background of another model is refused.
        """
        reference = genome if isinstance(genome, Reference) else Reference(genome)
        for member in self.ensemble.members:
            warn_of_reference(reference, member)
        if self.background is not None:
            self.background.check(self.ensemble, reference, self.options.precision)
        return reference


def open_plan(model: Any, options: Options) -> Plan:
    """Open models and background, and put together what is computed."""
    ensemble = open_ensemble(
        model,
        targets=options.targets,
        batch_size=options.batch_size,
        precision=options.precision,
    )
    background = options.background
    if not isinstance(background, Background | None):
        background = Background(background)
    measures = Measures(ensemble.quantities, ensemble.groups, background)
    return Plan(ensemble, background, measures, options)

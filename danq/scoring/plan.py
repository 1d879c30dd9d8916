"""What a run computes: the networks, what is derived from their scores, and what it is called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from danq.genome.reference import Reference
from danq.scoring.e_values.background_file import Background
from danq.scoring.scorers.ensemble import Ensemble
from danq.scoring.scorers.measures import GroupSummaries, Largest, Measure, Measures, Significance


@dataclass(frozen=True)
class Plan:
    """What is computed for every block.

    Attributes
    ----------
    ensemble
        The networks.
    background
        What E-values are looked up in, None where there are none.
    measures
        All quantities.
    """

    ensemble: Ensemble
    background: Background | None
    measures: Measures

    @property
    def columns(self) -> dict[str, Sequence[str]]:
        """Names of the columns of each kind, and the group of each target."""
        return {
            "targets": self.ensemble.targets,
            "groups": self.ensemble.groups.of_targets,
            "group_names": self.ensemble.groups.names,
        }

    @property
    def said(self) -> dict[str, str | int]:
        """What outputs say of the background."""
        if self.background is None:
            return {}
        return {
            "background": self.background.path.name,
            "background_checksum": self.background.checksum,
            "background_variants": self.background.variants,
        }


def planned(
    ensemble: Ensemble,
    reference: Reference,
    background: str | os.PathLike[str] | Background | None = None,
    precision: str = "float32",
) -> Plan:
    """Put together what is computed.

    Parameters
    ----------
    ensemble
        The networks.
    reference
        The genome.
    background
        A file of `danq background`, or what was read from it.
    precision
        What inner layers compute in.

    Raises
    ------
    InputError
        When the background is none, or that of another model.
    """
    if isinstance(background, (str, os.PathLike)):
        background = Background(background)
    measures: list[Measure] = [Largest(), GroupSummaries(ensemble.groups)]
    if background is not None:
        background.check(ensemble, reference, precision)
        measures.append(Significance(background))
    return Plan(ensemble, background, Measures(measures, given=ensemble.quantities))

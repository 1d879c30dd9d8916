"""What a variant changes in each group of targets, such as DNase, TF and histone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from danq.scoring.scorers.effects import Floats
from danq.targets.groups import distinct_groups, members


@dataclass(frozen=True)
class GroupScores:
    """Summaries of n alleles' logit changes for g groups.

    Attributes
    ----------
    largest
        float32 (n, g): the change of log2 odds with the largest absolute value, signed.
    target
        int32 (n, g): the column of the target that it belongs to, from 0; the first of equals.
    mean
        float32 (n, g): the mean absolute change of log2 odds.
    """

    largest: Floats
    target: npt.NDArray[np.int32]
    mean: Floats


class Groups:
    """The groups of a network's targets.

    Parameters
    ----------
    names
        The group of each target, in order.

    Attributes
    ----------
    of_targets : list of str
        The group of each target.
    names : list of str
        g names, in order of appearance; ``all`` where no target was given a group.
    columns : list of numpy.ndarray
        The columns of each group's targets.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.of_targets = list(names)
        self.names = distinct_groups(names)
        self.columns = [np.flatnonzero(members(names, name)) for name in self.names]

    def summarise(self, logit: Floats) -> GroupScores:
        """Summarise changes group by group.

        Parameters
        ----------
        logit
            float32 (n, targets).
        """
        shape = (len(logit), len(self.names))
        largest, mean = np.empty(shape, np.float32), np.empty(shape, np.float32)
        target = np.empty(shape, np.int32)
        for place, columns in enumerate(self.columns):
            part = logit[:, columns]
            sizes = np.abs(part)
            best = sizes.argmax(axis=1)
            largest[:, place] = np.take_along_axis(part, best[:, None], axis=1)[:, 0]
            target[:, place] = columns[best]
            mean[:, place] = sizes.mean(axis=1, dtype=np.float64)
        return GroupScores(largest, target, mean)

"""The groups of a network's targets, such as DNase, TF and histone."""

from collections.abc import Sequence

import numpy as np

from danq.targets.groups import distinct_groups, members


class Groups:
    """The groups of a network's targets, in order of appearance; ``all`` where none was given.

    `of_targets` has the group of each target, `columns` those of each group's targets.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.of_targets = list(names)
        self.names = distinct_groups(names)
        self.columns = [np.flatnonzero(members(names, name)) for name in self.names]

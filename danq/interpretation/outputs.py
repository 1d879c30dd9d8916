"""Which outputs of a network are explained."""

from collections.abc import Sequence

import numpy as np

from danq.errors import InputError, quoted, suggestion
from danq.interpretation.maps import ExplainedOutput
from danq.models import Metadata
from danq.targets.groups import ALL, UNGROUPED, distinct_groups, members
from danq.targets.names import distinct

MOST_TARGETS = 20
"""Targets of a network up to which each is explained unless told otherwise."""


def choose_outputs(metadata: Metadata, words: Sequence[str] | None) -> list[ExplainedOutput]:
    """Return the outputs that words ask for, in their order.

    A word is a target's name, ``all`` for the mean over every target, or a group's name for the
    mean over its targets; a name that several targets have stands for each of them. Without words
    it is every target of a network with up to `MOST_TARGETS`, otherwise every group.
    """
    groups = [name for name in distinct_groups(metadata.groups) if name not in (ALL, UNGROUPED)]
    labels = distinct(metadata.targets)
    means = {name: members(metadata.groups, name) for name in [ALL, *groups]}
    if words is None:
        few = len(labels) <= MOST_TARGETS
        words = labels if few else groups or [ALL]
    if not words:
        raise InputError("found no targets to explain, expected names of targets or groups")
    chosen: dict[str, ExplainedOutput] = {}
    for word in words:
        places = [
            place
            for place, names in enumerate(zip(metadata.targets, labels, strict=True))
            if word in names
        ]
        for place in places:
            chosen[labels[place]] = ExplainedOutput(labels[place], (place,))
        if not places and word not in means:
            known = [*groups, *labels]
            raise InputError(
                f"found {quoted(word)}, expected a target, a group or {ALL}"
                f"{suggestion(word, known)}"
            )
        if not places:
            columns = tuple(np.flatnonzero(means[word]).tolist())
            chosen[word] = ExplainedOutput(word, columns)
    return list(chosen.values())

"""Groups of targets, such as DNase, TF and histone: reserved group names."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.paths import StrPath

ALL = "all"
"""What tables call all targets together."""

UNGROUPED = "ungrouped"
"""The group of a target that was given none."""

RESERVED = (ALL, "any", "none")
"""What no group may be called: the first in tables, the others to ``danq windows --require``."""


def check_group(group: str, *, path: StrPath | None = None, line: int | None = None) -> None:
    """Refuse a group name of `RESERVED`; the error names the file and its line, where given."""
    if group in RESERVED:
        raise InputError(
            f'found a group named "{group}", which means something else: expected another name '
            f"than {', '.join(RESERVED)}",
            path=path,
            line=line,
        )


def distinct_groups(groups: Sequence[str]) -> list[str]:
    """Return distinct groups in order of appearance; ``all`` where no target was given one."""
    names = list(dict.fromkeys(groups))
    return [ALL] if names == [UNGROUPED] else names


def members(groups: Sequence[str], group: str) -> npt.NDArray[np.bool_]:
    """Return which targets a group has, (targets,): all of them for ``all``."""
    if group == ALL:
        return np.full(len(groups), True)
    chosen: npt.NDArray[np.bool_] = np.array(groups, dtype=object) == group
    return chosen

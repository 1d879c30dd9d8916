"""The targets table: which peak files there are, by name and group."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from danq.errors import InputError, quoted
from danq.names import check_name, clean_names
from danq.paths import StrPath
from danq.targets.groups import UNGROUPED, check_group
from danq.targets.rows import read_rows


@dataclass(frozen=True)
class Targets:
    """What the columns of the labels stand for; a target's identity is its place, from 0.

    Attributes
    ----------
    names
        One a target; names may repeat, as 919 DeepSEA targets have 844 distinct names.
    groups
        One a target: DNase, TF, histone, …
    extra
        Further columns of the table by name, one value per target.
    """

    names: list[str]
    groups: list[str]
    extra: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def read_targets(path: StrPath) -> tuple[Targets, list[Path]]:
    """Read a tab-separated table with the columns name, path, group and any others.

    Parameters
    ----------
    path
        The table; the paths in it are relative to its folder. `group` may be absent. Blanks around
        names and groups are taken off (`danq.names.clean_names`).

    Returns
    -------
    targets : Targets
        The table without its paths.
    paths : list of pathlib.Path
        The BED or narrowPeak file of each target.

    Raises
    ------
    InputError
        When a column or a value is missing or not plain text, or a file does not exist.
    """
    path = Path(path)
    rows = read_rows(path)
    for line, row in rows:
        check_group(row.get("group", "").strip(), path=path, line=line)
        peaks = path.parent / row["path"]
        if not os.path.isfile(peaks):
            found = "is not a file" if os.path.exists(peaks) else "does not exist"
            found = "is a folder" if os.path.isdir(peaks) else found
            raise InputError(
                f"peak file {quoted(peaks, 200)} {found}, expected a BED file", path=path, line=line
            )
    table = {column: [row[column] for _, row in rows] for column in rows[0][1]}
    lines = [line for line, _ in rows]
    names = clean_names(table.pop("name"), "targets", path=path, lines=lines)
    files = table.pop("path")
    groups = [group.strip() or UNGROUPED for group in table.pop("group", [""] * len(names))]
    return Targets(names, groups, table), [path.parent / file for file in files]


def check_targets(targets: Targets, *, path: StrPath) -> None:
    """Refuse a table of targets that no data set file may hold.

    Such a table has no targets, a name or group that is empty, reserved or not plain text, or a
    column of another length.
    """
    columns = {"name": targets.names, "group": targets.groups, **targets.extra}
    if not targets.names or any(len(values) != len(targets) for values in columns.values()):
        counts = ", ".join(f"{len(values)} of {name}" for name, values in columns.items())
        raise InputError(f"holds {counts} in its table of targets", path=path)
    for column, values in columns.items():
        for value in values:
            check_name(value, f"the column {column} of its targets", path=path)
            if not value and column in ("name", "group"):
                raise InputError(f"holds a target without a {column}", path=path)
    for group in dict.fromkeys(targets.groups):
        check_group(group, path=path)

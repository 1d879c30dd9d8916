"""The targets table: which peak files there are, by name and group."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass, field
from pathlib import Path

from danq.errors import InputError, quoted
from danq.groups import UNGROUPED, check_group
from danq.names import check_name, clean_names

_REQUIRED = ("name", "path")
_LARGEST = 64_000_000


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
        Further columns of the table by name, one value a target.
    """

    names: list[str]
    groups: list[str]
    extra: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def read_targets(path: str | os.PathLike[str]) -> tuple[Targets, list[Path]]:
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
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            text = handle.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise InputError("is longer than 64 million characters, expected a table", path=path)
        table_text = io.StringIO(text, newline="")
        reader = csv.DictReader(table_text, delimiter="\t", restkey="", strict=True)
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
        columns = list(reader.fieldnames or [])
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=path) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"is no tab-separated table ({error})", path=path) from error
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        found = ", ".join(map(quoted, columns[:5])) + (", …" if len(columns) > 5 else "")
        raise InputError(
            f"found the columns {found or '(none)'}, expected {missing[0]} among them",
            path=path,
            line=1,
        )
    before: set[str] = set()
    for column in columns:
        if not column.strip() or column in before or "/" in column or column == ".":
            raise InputError(
                f"found a column named {quoted(column)}, expected distinct names without slashes",
                path=path,
                line=1,
            )
        before.add(column)
    if not rows:
        raise InputError("lists no targets", path=path)
    for line, row in rows:
        _check_row(row, columns, path, line)
    table = {column: [row[column] for _, row in rows] for column in columns}
    lines = [line for line, _ in rows]
    names = clean_names(table.pop("name"), "targets", path=path, lines=lines)
    files = table.pop("path")
    groups = [group.strip() or UNGROUPED for group in table.pop("group", [""] * len(names))]
    return Targets(names, groups, table), [path.parent / file for file in files]


def check_targets(targets: Targets, *, path: str | os.PathLike[str]) -> None:
    """Refuse a table of targets that no data set file may hold.

    Raises
    ------
    InputError
        When there are none, a name or group is empty, reserved or not plain text, or a column has
        another length.
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


def _check_row(row: dict[str, str], columns: list[str], path: Path, line: int) -> None:
    if "" in row or None in row.values():
        found = sum(value is not None for value in row.values())
        more = "more" if "" in row else str(found)
        raise InputError(f"found {more} columns, expected {len(columns)}", path=path, line=line)
    for column in _REQUIRED:
        if not row[column].strip():
            raise InputError(f"has no {column}", path=path, line=line)
    for column, value in row.items():
        check_name(value, f"the column {quoted(column)}", path=path, line=line)
    check_group(row.get("group", "").strip(), path=path, line=line)
    peaks = path.parent / row["path"]
    if not os.path.isfile(peaks):
        raise InputError(f"peak file {quoted(peaks, 200)} does not exist", path=path, line=line)

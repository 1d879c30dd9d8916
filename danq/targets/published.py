"""Names and groups of an imported network's outputs: the published ones, or the user's."""

import csv
from importlib import resources
from pathlib import Path

from danq.errors import InputError, quoted, reading
from danq.names import clean_names
from danq.paths import StrPath
from danq.targets.groups import UNGROUPED, check_group

Names = tuple[list[str], list[str]]

# Selene's networks are trained by their users, whose order of targets no one else knows.
_TABLES = {
    "danq": "deepsea_targets.tsv",
    "danq-jaspar": "deepsea_targets.tsv",
    "deepsea": "deepsea_targets.tsv",
    "deepsea-variant-effects": "deepsea_targets.tsv",
    "beluga": "beluga_targets.tsv",
}


def published_targets(kind: str, outputs: int | None = None) -> Names | None:
    """Return the names and groups that the authors of a network published.

    Parameters
    ----------
    kind
        One of `danq.models.published.KINDS`.
    outputs
        How many the network has; None gives the names whatever it has.

    Returns
    -------
    tuple of list of str, or None
        Names and groups in the order of the outputs; None where nothing is published for this kind
        or the number differs.
    """
    if kind not in _TABLES:
        return None
    table = resources.files("danq") / "models" / "published" / _TABLES[kind]
    with resources.as_file(table) as path:
        names, groups = read_names(path)
    return (names, groups) if outputs in (None, len(names)) else None


def number_targets(outputs: int) -> Names:
    """Name outputs by their place, from target_1 on."""
    return [f"target_{place}" for place in range(1, outputs + 1)], [UNGROUPED] * outputs


def read_names(path: StrPath) -> Names:
    """Read names of targets, and groups if they are given.

    Parameters
    ----------
    path
        A tab-separated table with a column `name` and perhaps one `group`, such as that of
        `danq windows`, or plain text with one name a line. Blanks around names and groups are
        taken off, those inside stay; blank lines and lines that begin with ``#`` are skipped. The
        heading's words may be in capitals.

    Returns
    -------
    names, groups : list of str
        In the order of the lines; the group defaults to `danq.targets.groups.UNGROUPED`.

    Raises
    ------
    InputError
        When the file cannot be read, holds no names, or a line has no name or other columns than
        the first.
    """
    path = Path(path)
    try:
        with reading(path), open(path, newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle, delimiter="\t", strict=True)
            lines = ((reader.line_num, [cell.strip() for cell in row]) for row in reader)
            rows = [(line, row) for line, row in lines if any(row) and not row[0].startswith("#")]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"holds no names of targets ({error})", path=path) from error
    columns = ["name"]
    if rows and "name" in (heading := [cell.lower() for cell in rows[0][1]]):
        columns = heading
        del rows[0]
    if not rows:
        raise InputError("holds no names of targets", path=path)
    for line, row in rows:
        if len(row) != len(columns) or not row[columns.index("name")]:
            raise InputError(
                f"found {quoted(row)}, expected the columns {', '.join(columns)}",
                path=path,
                line=line,
            )
    at = [line for line, _ in rows]
    names = [row[columns.index("name")] for _, row in rows]
    names = clean_names(names, "targets", path=path, lines=at)
    if "group" not in columns:
        return names, [UNGROUPED] * len(names)
    groups = [row[columns.index("group")] or UNGROUPED for _, row in rows]
    groups = clean_names(groups, "groups", path=path, lines=at)
    for (line, _), group in zip(rows, groups, strict=True):
        check_group(group, path=path, line=line)
    return names, groups

"""The rows of a targets table, for the data set and for what the workflow needs to know of it.

A tab-separated table with the columns name and path, group perhaps, and any others. Snakemake's own
environment, which may lack NumPy, is enough to read it.
"""

import csv
import io

from danq.errors import InputError, quoted, reading
from danq.names import check_name
from danq.paths import StrPath

REQUIRED = ("name", "path")
_LARGEST = 64_000_000


def read_rows(path: StrPath) -> list[tuple[int, dict[str, str]]]:
    """Read a targets table: line and values by column of each row, at least one.

    All rows have the same columns. InputError also when a column or a value is missing, or one is
    not plain text.
    """
    try:
        with reading(path), open(path, newline="", encoding="utf-8-sig") as handle:
            text = handle.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise InputError("is longer than 64 million characters, expected a table", path=path)
        table = io.StringIO(text, newline="")
        reader = csv.DictReader(table, delimiter="\t", restkey="", strict=True)
        rows = [(reader.line_num, row) for row in reader if any(row.values())]
        columns = list(reader.fieldnames or [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"is not a tab-separated table ({error})", path=path) from error
    _check_columns(columns, path)
    if not rows:
        raise InputError("lists no targets", path=path)
    for line, row in rows:
        _check_row(row, columns, path, line)
    return rows


def _check_columns(columns: list[str], path: StrPath) -> None:
    for column in REQUIRED:
        if column not in columns:
            shown = ", ".join(map(quoted, columns[:5])) + (", …" if len(columns) > 5 else "")
            raise InputError(
                f"found the columns {shown or '(none)'}, expected {column} among them (separated "
                "by tabs)",
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


def _check_row(row: dict[str, str], columns: list[str], path: StrPath, line: int) -> None:
    if "" in row or None in row.values():
        count = "more" if "" in row else str(sum(value is not None for value in row.values()))
        raise InputError(f"found {count} columns, expected {len(columns)}", path=path, line=line)
    for column in REQUIRED:
        if not row[column].strip():
            raise InputError(f"has no {column}", path=path, line=line)
    for column, value in row.items():
        check_name(value, f"the column {quoted(column)}", path=path, line=line)

"""Self-contained web pages: their templates, and tables that a reader can sort."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from danq.errors import printable
from danq.outputs import whole
from danq.paths import StrPath

if TYPE_CHECKING:
    from jinja2 import Environment

MISSING = "NA"


@dataclass(frozen=True)
class Column:
    """A column of a table.

    One that `is_number` is sorted by value and stands to the right. `group` is a heading over
    several columns in a row; columns without one come first.
    """

    title: str
    is_number: bool = True
    group: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: `text`, `MISSING` where a value is missing, and a smaller `detail`.

    A column of numbers is sorted by `value`, where the text does not spell it. One that `is_best`
    is set in bold.
    """

    text: str
    value: float | None = None
    detail: str = ""
    is_best: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under at least one column; `kinds` has each row's class, empty for none."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    kinds: Sequence[str] = ()

    def groups(self) -> list[tuple[str, int]]:
        """Return the headings over several columns, each with their number."""
        runs = groupby(self.columns, key=lambda column: column.group)
        return [(title, len(list(columns))) for title, columns in runs if title]


def number(
    value: float | None, style: str = ".3f", *, detail: str = "", is_best: bool = False
) -> Cell:
    """Return the cell of a number in Python's format `style`; None and NaN are `MISSING`."""
    if value is None or math.isnan(value):
        return Cell(MISSING)
    exact = float(value)
    # A whole number is downloaded as one.
    return Cell(format(value, style), int(exact) if exact.is_integer() else exact, detail, is_best)


def render(template: str, **context: Any) -> str:
    """Fill in a template of `danq/templates`, with all values escaped."""
    return _environment().get_template(template).render(context)


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("danq"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _printable(value: Any) -> Any:
    """Show control characters in plain text as escapes; what a template wrote stays as it is."""
    return printable(value) if type(value) is str else value


def write_table(path: StrPath, text: str, *, title: str, note: str, source: str) -> None:
    """Write a tab-separated table as a page on which it can be sorted, searched and downloaded.

    `text` begins with a line of headings. A column whose values all are numbers, or ``NA``, is
    sorted as numbers. `title` and `note` stand above the table; `source` names the file that a
    download makes.
    """
    heads, *rows = [line.split("\t") for line in text.rstrip("\n").split("\n")]
    columns = [
        Column(head, all(map(_is_number, values)))
        for head, values in zip(heads, zip(*rows, strict=True) if rows else heads, strict=True)
    ]
    table = Table(columns, [[Cell(value) for value in row] for row in rows])
    page = render("table.html", title=title, note=note, source=source, table=table)
    with whole(path) as partial:
        Path(partial).write_text(page, encoding="utf-8", newline="\n")


def _is_number(text: str) -> bool:
    try:
        return text == MISSING or math.isfinite(float(text))
    except ValueError:
        return False

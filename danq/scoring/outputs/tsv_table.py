"""Scores as gzipped text: one row per ALT, a column per target and quantity."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.csv

from danq.scoring.blocks.block import Block
from danq.scoring.outputs.columns import KEYS, headings, keys, scored
from danq.scoring.scorers.quantities import Quantity, Scores
from danq.scoring.vcf.bgzip import BgzipFile

_MISSING = b"\tNA"
_OPTIONS = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")


class TextTable:
    """Writes scores block by block, tab-separated, compressed as bgzip does (which gzip reads).

    The first line names the columns: those of `danq.scoring.outputs.columns.KEYS`, then
    ``diff:TARGET`` for all targets, ``logit:TARGET``, and so on; of several targets of one name,
    the name, # and the place from 0. Scores are NA where there is a reason.

    Parameters
    ----------
    path
        Where to write.
    columns
        Names of the columns of each kind.
    attributes
        Not written: a table of text has no place for them.
    quantities
        What it holds beside the keys.

    Attributes
    ----------
    reads
        The names of `quantities`.
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, Sequence[str]],
        attributes: Mapping[str, Any],
        quantities: Sequence[Quantity],
    ) -> None:
        self.reads = frozenset(quantity.name for quantity in quantities)
        self._quantities = quantities
        names = headings(quantities, columns)
        self._missing = _MISSING * len(names)
        self._file = BgzipFile(path)
        self._file.write("\t".join([*KEYS, *names]).encode() + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError) if error else nullcontext():
            self._file.close()

    def write(self, block: Block, scores: Scores) -> None:
        """Add the alleles of one block."""
        numbers = iter(_rows([scores[quantity.name] for quantity in self._quantities]))
        lines = []
        for is_scored, *values in zip(scored(block), *keys(block).values(), strict=True):
            lines.append("\t".join(map(str, values)).encode())
            lines.append(b"\t" + next(numbers) if is_scored else self._missing)
            lines.append(b"\n")
        self._file.write(b"".join(lines))


def _rows(arrays: Sequence[Any]) -> list[bytes]:
    """Spell each row of numbers, with as few digits as tell float32 numbers apart."""
    if not len(arrays[0]):
        return []
    columns = [column for array in arrays for column in array.reshape(len(array), -1).T]
    table = pa.table([pa.array(c) for c in columns], names=[str(i) for i in range(len(columns))])
    text = io.BytesIO()
    pyarrow.csv.write_csv(table, text, _OPTIONS)
    return text.getvalue().split(b"\n")

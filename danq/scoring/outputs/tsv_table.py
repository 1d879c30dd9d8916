"""Scores as gzipped text: one row per ALT, a column per target and quantity."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from danq.scoring.outputs.output import Run
from danq.scoring.outputs.table import KEYS, Table
from danq.scoring.scorers.measures import Quantity, Scores
from danq.targets.names import distinct
from danq.vcf.bgzip import BgzipFile

_OPTIONS = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")


class TextTable(Table):
    """Writes scores block by block, tab-separated, compressed as bgzip does (which gzip reads).

    The first line names the columns: those of `danq.scoring.outputs.table.KEYS`, then
    ``diff:TARGET`` for all targets, ``logit:TARGET``, and so on; of several targets of one name,
    the name, # and the place from 0. Scores are NA where there is a reason.
    """

    def __init__(self, path: Path, run: Run) -> None:
        super().__init__(run.plan)
        names = [name for quantity in self.quantities for name in self._headings(quantity)]
        self._missing = b"\t".join([b"NA"] * len(names))
        self._file = BgzipFile(path)
        self._file.write("\t".join([*KEYS, *names]).encode() + b"\n")

    def _headings(self, quantity: Quantity) -> list[str]:
        if quantity.columns is None:
            return [quantity.name]
        return [f"{quantity.name}:{name}" for name in distinct(self.columns[quantity.columns])]

    def add(
        self, keys: Mapping[str, list[Any]], arrays: Scores, is_scored: npt.NDArray[np.bool_]
    ) -> None:
        """Add rows, with as few digits as tell float32 numbers apart."""
        columns = [
            pa.array(column)
            for quantity in self.quantities
            for column in arrays[quantity.name].reshape(len(is_scored), -1).T
        ]
        numbers = io.BytesIO()
        table = pa.table(columns, names=[str(place) for place in range(len(columns))])
        pyarrow.csv.write_csv(table, numbers, _OPTIONS)
        rows = zip(is_scored, numbers.getvalue().splitlines(), *keys.values(), strict=True)
        self._file.write(
            b"".join(
                b"%s\t%s\n" % ("\t".join(map(str, key)).encode(), row if has else self._missing)
                for has, row, *key in rows
            )
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

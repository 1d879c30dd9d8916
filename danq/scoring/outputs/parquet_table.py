"""Scores as Parquet: one row per ALT, the values of all targets in one list.

A column per target would be more to type and less to read: every row group tells of each of its
columns, so that 1,838 of them made the file's directory larger than memory allows. A list of fixed
length is one column; the target's place in it is its place in the model, whose names are in the
file's metadata.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from danq.scoring.outputs.output import Run
from danq.scoring.outputs.table import INTEGERS, KEYS, Table
from danq.scoring.scorers.measures import Scores


class ParquetTable(Table):
    """Writes scores block by block, each a row group.

    The file holds the columns of `danq.scoring.outputs.table.KEYS`, and of each quantity a float,
    or a list of floats of fixed length, null where there is a reason. The schema's metadata hold
    the names of the columns of each kind, such as ``targets``, as JSON, and where scores come from.
    """

    def __init__(self, path: Path, run: Run) -> None:
        super().__init__(run.plan)
        fields = [
            pa.field(name, _type(INTEGERS.get(name)), metadata={"description": description})
            for name, description in KEYS.items()
        ]
        for quantity in self.quantities:
            kind = _type(quantity.dtype)
            for length in self.width(quantity):
                kind = pa.list_(kind, length)
            about = {"description": quantity.description}
            fields.append(pa.field(quantity.name, kind, metadata=about))
        lists = {kind: json.dumps(list(names)) for kind, names in self.columns.items()}
        origin = {name: str(value) for name, value in run.origin.items()}
        self._schema = pa.schema(fields, metadata={**origin, **lists})
        # pyarrow opens no file whose name is not UTF-8.
        self._disk = open(path, "wb")  # noqa: SIM115
        self._file = pq.ParquetWriter(
            self._disk, self._schema, compression="zstd", use_dictionary=["contig", "reason"]
        )

    def add(
        self, keys: Mapping[str, list[Any]], arrays: Scores, is_scored: npt.NDArray[np.bool_]
    ) -> None:
        """Add rows."""
        columns = [pa.array(values, self._schema.field(name).type) for name, values in keys.items()]
        missing = pa.array(~is_scored)
        for quantity in self.quantities:
            kind, values = self._schema.field(quantity.name).type, arrays[quantity.name]
            if quantity.columns is None:
                columns.append(pa.array(values, kind, mask=~is_scored))
            else:
                flat = pa.array(values.reshape(-1), kind.value_type)
                columns.append(pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=missing))
        self._file.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        finally:
            self._disk.close()


def _type(dtype: Any) -> Any:
    return pa.string() if dtype is None else pa.from_numpy_dtype(dtype)

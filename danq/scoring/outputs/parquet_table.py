"""Scores as Parquet: one row per ALT, the values of all targets in one list.

A column per target would be more to type and less to read: every row group tells of each of its
columns, so that 1,838 of them made the file's directory larger than memory allows. A list of fixed
length is one column; the target's place in it is its place in the model, whose names are in the
file's metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from danq.scoring.blocks.block import Block
from danq.scoring.outputs.columns import INTEGERS, KEYS, keys, scored
from danq.scoring.scorers.effects import spread
from danq.scoring.scorers.quantities import Quantity, Scores


class ParquetTable:
    """Writes scores block by block, each a row group.

    The file holds the columns of `danq.scoring.outputs.columns.KEYS`, and of each quantity a
    float, or a list of floats of fixed length, null where there is a reason. The schema's metadata
    hold the names of the columns of each kind, such as ``targets``, as JSON, and where scores come
    from.

    Parameters
    ----------
    path
        Where to write.
    columns
        Names of the columns of each kind.
    attributes
        What the file says of itself.
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
        fields = [
            pa.field(name, _type(INTEGERS.get(name)), metadata={"description": description})
            for name, description in KEYS.items()
        ]
        for quantity in quantities:
            kind = _type(quantity.dtype)
            if quantity.columns is not None:
                kind = pa.list_(kind, len(columns[quantity.columns]))
            about = {"description": quantity.description}
            fields.append(pa.field(quantity.name, kind, metadata=about))
        lists = {kind: json.dumps(list(names)) for kind, names in columns.items()}
        said = {name: str(value) for name, value in attributes.items()}
        self._schema = pa.schema(fields, metadata={**said, **lists})
        # pyarrow opens no file whose name is not UTF-8.
        self._disk = open(path, "wb")  # noqa: SIM115
        self._file = pq.ParquetWriter(
            self._disk, self._schema, compression="zstd", use_dictionary=["contig", "reason"]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError) if error else nullcontext():
            try:
                self._file.close()
            finally:
                self._disk.close()

    def write(self, block: Block, scores: Scores) -> None:
        """Add the alleles of one block."""
        is_scored = scored(block)
        arrays = [
            pa.array(values, self._schema.field(name).type) for name, values in keys(block).items()
        ]
        for field in self._schema:
            if field.name not in KEYS:
                values = spread(scores[field.name], is_scored)
                if pa.types.is_fixed_size_list(field.type):
                    flat = pa.array(values.reshape(-1), field.type.value_type)
                    column = pa.FixedSizeListArray.from_arrays(
                        flat, type=field.type, mask=pa.array(~is_scored)
                    )
                else:
                    column = pa.array(values, field.type, mask=~is_scored)
                arrays.append(column)
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))


def _type(dtype: Any) -> Any:
    return pa.string() if dtype is None else pa.from_numpy_dtype(dtype)

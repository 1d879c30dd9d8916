"""Which table is written under a name: HDF5, Parquet or gzipped text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from danq.scoring.outputs.columns import Table
from danq.scoring.outputs.hdf5_table import ScoreFile
from danq.scoring.outputs.parquet_table import ParquetTable
from danq.scoring.outputs.tsv_table import TextTable
from danq.scoring.scorers.quantities import Quantity

_KINDS: dict[str, Callable[..., Table]] = {".parquet": ParquetTable, ".gz": TextTable}


def open_table(
    path: Path,
    *,
    columns: Mapping[str, Sequence[str]],
    quantities: Sequence[Quantity],
    origin: Mapping[str, Any],
) -> Table:
    """Open a table of the format that its name says.

    Parameters
    ----------
    path
        Where to write.
    columns
        Names of the columns of each kind: ``targets``, and whatever a quantity's `columns` says.
    quantities
        What the table holds beside its keys.
    origin
        What it says of itself.
    """
    return _KINDS.get(path.suffix, ScoreFile)(path, columns, origin, quantities)

"""Files of predictions: HDF5, Parquet and tab-separated text, written block by block."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from danq.hdf5 import PatientFile, new_hdf5
from danq.models import Metadata
from danq.targets.names import distinct

_STRING = h5py.string_dtype("utf-8")
_CSV = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")


class PredictionFile(Protocol):
    """An open file that takes predictions."""

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""


@contextmanager
def open_file(
    path: Path,
    ending: str,
    metadata: Metadata,
    columns: Mapping[str, type],
    attributes: Mapping[str, Any],
) -> Iterator[PredictionFile]:
    """Open a new file of predictions, of an ending in `danq.outputs.ENDINGS`.

    `columns` are those that identify windows, `str` or `int`; `attributes` are what the file says
    of itself, for which text has no place. `danq.outputs.whole` is the caller's.
    """
    if ending == ".parquet":
        fields = [
            pa.field(name, pa.string() if kind is str else pa.int64())
            for name, kind in columns.items()
        ]
        with _parquet(path, fields, metadata, attributes) as file:
            yield file
    elif ending.startswith(".tsv"):
        with open(path, "wb") as raw, _compressed(raw, ending) as text:
            yield _Text(text, metadata, columns)
    else:
        with new_hdf5(path) as (hdf5, disk):
            yield _Hdf5(hdf5, disk, metadata, columns=columns, attributes=attributes)


class _Hdf5:
    """One dataset per column."""

    def __init__(
        self,
        file: h5py.File,
        disk: PatientFile,
        metadata: Metadata,
        *,
        columns: Mapping[str, type],
        attributes: Mapping[str, Any],
    ) -> None:
        self._file, self._disk = file, disk
        self._done = 0
        targets = len(metadata.targets)
        file.create_dataset("targets", data=metadata.targets, dtype=_STRING)
        file.create_dataset("groups", data=metadata.groups, dtype=_STRING)
        rows = max(1, min(1024, 2**18 // targets))
        shape, chunks = (0, targets), (rows, targets)
        file.create_dataset(
            "predictions", shape, np.float32, maxshape=(None, targets), chunks=chunks
        )
        for name, kind in columns.items():
            dtype = _STRING if kind is str else np.int64
            file.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(4096,))
        file.attrs.update(attributes)

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""
        end = self._done + len(predictions)
        for name, values in {**columns, "predictions": predictions}.items():
            self._file[name].resize(end, axis=0)
            self._file[name][self._done : end] = values
        self._disk.check()
        self._done = end


@contextmanager
def _parquet(
    path: Path, fields: list[Any], metadata: Metadata, attributes: Mapping[str, Any]
) -> Iterator[_Parquet]:
    kind = pa.list_(pa.float32(), len(metadata.targets))
    texts = {name: str(value) for name, value in attributes.items()}
    texts |= {"targets": json.dumps(metadata.targets), "groups": json.dumps(metadata.groups)}
    schema = pa.schema([*fields, pa.field("predictions", kind)], metadata=texts)
    # Opened here, since pyarrow takes no name that is not UTF-8.
    with open(path, "wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        yield _Parquet(writer, schema)


class _Parquet:
    """One row per window, its predictions in a list of fixed length."""

    def __init__(self, writer: Any, schema: Any) -> None:
        self._writer, self._schema = writer, schema

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""
        kind = self._schema.field("predictions").type
        flat = pa.array(predictions.reshape(-1), pa.float32())
        arrays = [pa.array(values) for values in columns.values()]
        arrays.append(pa.FixedSizeListArray.from_arrays(flat, type=kind))
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))


class _Text:
    """One line per window; equal target names have their positions behind them."""

    def __init__(self, file: IO[bytes], metadata: Metadata, columns: Mapping[str, type]) -> None:
        self._file = file
        targets = [_plain(name) for name in distinct(metadata.targets)]
        file.write("\t".join([*columns, *targets]).encode() + b"\n")

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows, with as few digits as tell float32 numbers apart."""
        names = [str(target) for target in range(predictions.shape[1])]
        table = pa.table([pa.array(column) for column in predictions.T], names=names)
        numbers = io.BytesIO()
        pyarrow.csv.write_csv(table, numbers, _CSV)
        rows = zip(*columns.values(), numbers.getvalue().splitlines(), strict=True)
        for *keys, line in rows:
            self._file.write("\t".join(_plain(str(key)) for key in keys).encode() + b"\t")
            self._file.write(line + b"\n")


@contextmanager
def _compressed(raw: IO[bytes], ending: str) -> Iterator[IO[bytes]]:
    if ending.endswith(".gz"):
        # Without the time, equal predictions are equal files.
        with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            yield file  # type: ignore[misc]
    else:
        yield raw


def _plain(name: str) -> str:
    """Percent-encode what would end a column or a line."""
    return "".join(quote(letter) if letter in "\t\r\n" else letter for letter in name)

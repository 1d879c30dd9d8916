"""Files of predictions: HDF5, Parquet and tab-separated text, written block by block."""

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, Protocol
from urllib.parse import quote

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from danq.hdf5.writing import PatientFile, new_hdf5
from danq.models import Metadata
from danq.outputs import HDF5_ENDINGS, check_ending, whole
from danq.paths import StrPath
from danq.targets.names import distinct

_STRING = h5py.string_dtype("utf-8")
_CSV = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")


class PredictionFile(Protocol):
    """An open file that takes predictions."""

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""


@contextmanager
def open_file(
    output: StrPath,
    metadata: Metadata,
    columns: Mapping[str, type],
    attributes: Mapping[str, Any],
) -> Iterator[PredictionFile]:
    """Open a file of predictions, which appears whole or not at all.

    `columns` are those that identify windows, `str` or `int`; `attributes` are what the file says
    of itself, for which text has no place.
    """
    ending = check_ending(output, "predictions")
    with ExitStack() as stack:
        path = stack.enter_context(whole(output))
        if ending in HDF5_ENDINGS:
            hdf5, disk = stack.enter_context(new_hdf5(path))
            hdf5.attrs.update(attributes)
            yield _Hdf5(hdf5, disk, metadata, columns)
            return
        # Opened here, since pyarrow takes no name that is not UTF-8.
        file: Any = stack.enter_context(open(path, "wb"))
        if ending == ".parquet":
            schema = _schema(metadata, columns, attributes)
            writer = pq.ParquetWriter(file, schema, compression="zstd")
            yield _Parquet(stack.enter_context(writer), schema)
            return
        if ending.endswith(".gz"):
            # Without the time, equal predictions are equal files.
            file = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        yield _Text(file, metadata, columns)


class _Hdf5:
    """One dataset per column."""

    def __init__(
        self, file: h5py.File, disk: PatientFile, metadata: Metadata, columns: Mapping[str, type]
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

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""
        end = self._done + len(predictions)
        for name, values in {**columns, "predictions": predictions}.items():
            self._file[name].resize(end, axis=0)
            self._file[name][self._done : end] = values
        self._disk.check()
        self._done = end


def _schema(
    metadata: Metadata, columns: Mapping[str, type], attributes: Mapping[str, Any]
) -> pa.Schema:
    """Return one row per window, its predictions in a list of fixed length."""
    kinds = {name: pa.string() if kind is str else pa.int64() for name, kind in columns.items()}
    kinds["predictions"] = pa.list_(pa.float32(), len(metadata.targets))
    texts = {name: str(value) for name, value in attributes.items()}
    texts |= {"targets": json.dumps(metadata.targets), "groups": json.dumps(metadata.groups)}
    return pa.schema(list(kinds.items()), metadata=texts)


@dataclass(frozen=True)
class _Parquet:
    """A row group per block."""

    writer: Any
    schema: Any

    def write(self, columns: Mapping[str, Any], predictions: NDArray[np.float32]) -> None:
        """Append windows."""
        flat = pa.array(predictions.reshape(-1), pa.float32())
        lists = pa.FixedSizeListArray.from_arrays(flat, type=self.schema.field("predictions").type)
        arrays = [*map(pa.array, columns.values()), lists]
        self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))


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


def _plain(name: str) -> str:
    """Percent-encode what would end a column or a line."""
    return "".join(quote(letter) if letter in "\t\r\n" else letter for letter in name)

"""Write contribution files, block by block, and their regions beside them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.errors import printable
from danq.hdf5.chunks import ChunkedRows
from danq.hdf5.writing import PatientFile, write_text, write_texts
from danq.interpretation.files.contribution_file import (
    FORMAT,
    HYPOTHETICAL,
    KIND,
    ONE_HOT,
    PROJECTED,
    Content,
    OneHot,
    project,
    rows_of,
)
from danq.interpretation.maps import ExplainedOutput, Floats, Stretch
from danq.names import LONGEST_NAME, check_name

_ROWS = 1024
CHUNK_BYTES = 256 << 10
_PACKED: dict[str, Any] = {"compression": "gzip", "compression_opts": 1, "shuffle": True}
_TEXTS = ("contig", "name", "allele")


class Stretches:
    """Where all maps of a run lie, kept in a file until their number and longest texts are known.

    `file` is an empty one for them, that is removed and closed by the caller. Names of regions are
    cut to `LONGEST_NAME` letters, since all take as much as the longest; `cut` counts those.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.count = self.cut = 0
        self.widths = dict.fromkeys(_TEXTS, 1)

    def append(self, stretches: Sequence[Stretch]) -> None:
        """Add some; InputError for texts that a table cannot hold."""
        for stretch in stretches:
            if len(stretch.name) > LONGEST_NAME:
                stretch = stretch._replace(name=stretch.name[:LONGEST_NAME])
                self.cut += 1
            for column in _TEXTS:
                text = getattr(stretch, column)
                check_name(text, f"the {column} of a region")
                self.widths[column] = max(self.widths[column], len(text.encode()))
            self._file.write("\t".join(map(str, stretch)) + "\n")
        self.count += len(stretches)

    def blocks(self) -> Iterator[list[Stretch]]:
        """Yield all, up to `_ROWS` at a time."""
        self._file.seek(0)
        while lines := list(islice(self._file, _ROWS)):
            rows = (line.removesuffix("\n").split("\t") for line in lines)
            yield [Stretch(row[0], int(row[1]), int(row[2]), *row[3:]) for row in rows]


class ContributionWriter:
    """Writes the maps of one output, of `span` bases each, to a contribution file.

    They wait for full chunks, which take up to `waiting` bytes.
    """

    def __init__(self, path: Path, span: int, *, waiting: int = CHUNK_BYTES) -> None:
        self._disk = PatientFile(path)
        self._file = h5py.File(self._disk, "w")
        self._span = span
        self._content = Content()
        rows = rows_of(min(CHUNK_BYTES, waiting), span)
        kinds = {ONE_HOT: "int8", HYPOTHETICAL: "float32", PROJECTED: "float32"}
        self._maps = [self._rows(name, kind, (4, span), chunk=rows) for name, kind in kinds.items()]
        self._predicted = self._rows("predicted", "float32", (), chunk=_ROWS)

    def _rows(self, name: str, dtype: str, shape: tuple[int, ...], *, chunk: int) -> ChunkedRows:
        return ChunkedRows(
            self._file.create_dataset(
                name,
                (0, *shape),
                dtype,
                maxshape=(None, *shape),
                chunks=(chunk, *shape),
                **_PACKED,
            )
        )

    def append(self, one_hot: OneHot, hypothetical: Floats, predicted: Floats) -> None:
        """Add n maps: int8 (n, 4, L), float32 (n, 4, L) and float32 (n,)."""
        self._content.add_maps(one_hot, hypothetical, predicted)
        projected = project(one_hot, hypothetical)
        arrays: list[npt.NDArray[Any]] = [one_hot, hypothetical, projected, predicted]
        for rows, values in zip((*self._maps, self._predicted), arrays, strict=True):
            rows.append(values)
        self._disk.check()

    def finish(
        self,
        stretches: Stretches,
        output: ExplainedOutput,
        targets: Sequence[str],
        origin: Mapping[str, Any],
    ) -> None:
        """Write what is left, where the maps lie and what `origin` says; close the file."""
        from danq import __version__

        for rows in (*self._maps, self._predicted):
            rows.finish()
        self._write_stretches(stretches)
        write_texts(self._file, "targets", targets)
        self._file["columns"] = np.array(output.columns, np.int64)
        attributes: dict[str, Any] = {
            **{name: _plain(value) for name, value in origin.items() if value is not None},
            "model": Path(origin["model"]),
            "genome": Path(origin["genome"]),
            "kind": KIND,
            "format": FORMAT,
            "version": __version__,
            "output": output.name,
            "span": self._span,
        }
        attributes["checksum"] = self._content.digest(attributes, output, targets)
        for name, value in attributes.items():
            if isinstance(value, str | Path):
                write_text(self._file, name, value)
            else:
                self._file.attrs[name] = value
        self.close()
        self._disk.check()

    def close(self) -> None:
        """Close the file, complete or not."""
        self._file.close()
        self._disk.close()

    def _write_stretches(self, stretches: Stretches) -> None:
        """Write the columns that say where maps lie."""
        widths = {**stretches.widths, "strand": 1}
        kinds: dict[str, Any] = {
            column: h5py.string_dtype("utf-8", width) for column, width in widths.items()
        }
        kinds |= dict.fromkeys(("start", "end"), np.int64)
        columns = {
            name: self._file.create_dataset(
                name, (stretches.count,), kind, maxshape=(None,), chunks=(_ROWS,), **_PACKED
            )
            for name, kind in kinds.items()
        }
        first = 0
        for block in stretches.blocks():
            self._content.add_stretches(block)
            rows = slice(first, first + len(block))
            for name, column in columns.items():
                column[rows] = _values(block, name, column.dtype)
            self._disk.check()
            first = rows.stop


def _values(block: Sequence[Stretch], column: str, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return a column of some stretches; maps are those of the forward strand."""
    if column == "strand":
        return np.full(len(block), b"+", dtype)
    values = [getattr(stretch, column) for stretch in block]
    return np.array([v.encode() for v in values] if column in _TEXTS else values, dtype)


def _plain(value: Any) -> bool | int | float | str:
    """Return an attribute's value as reading gives it."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, bool | int | float) else printable(str(value))


def write_regions(
    path: Path,
    stretches: Stretches,
    predicted: Iterable[float],
    contigs: Mapping[str, int],
) -> None:
    """Write where maps lie as narrowPeak, one line per map, in their order.

    Column 10 is the map's middle, L // 2 from its start, where readers of ChromBPNet's files centre
    it; a region is cut at its contig's ends, whose lengths are `contigs`. Column 7 is what the
    network predicts. Names of a variant's maps have the allele behind them.
    """
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for stretch, value in zip(chain.from_iterable(stretches.blocks()), predicted, strict=True):
            start, end = max(0, stretch.start), min(stretch.end, contigs[stretch.contig])
            summit = stretch.start + (stretch.end - stretch.start) // 2 - start
            name = ":".join(filter(None, (stretch.name, stretch.allele))) or "."
            fields = (stretch.contig, start, end, name, 0, ".", f"{value:.6g}", -1, -1, summit)
            file.write("\t".join(map(str, fields)) + "\n")

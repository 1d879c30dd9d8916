"""The score file: every target's scores of every allele, keyed to record and allele (HDF5)."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.hdf5.chunks import ChunkedRows
from danq.hdf5.writing import PatientFile
from danq.scoring.outputs.output import Run
from danq.scoring.outputs.table import INTEGERS, KEYS, Table
from danq.scoring.scorers.measures import Scores
from danq.vcf.summary import Summary

_CHUNK_BYTES = 1 << 20
_LONGEST_CHUNK = 1024


class ScoreFile(Table):
    """Writes scores block by block.

    The file holds, for n alleles in the order of the input, t targets and g groups of them:

    ============== ============== =========================================================
    name           shape, dtype   what
    ============== ============== =========================================================
    `diff`         (n, t) float32 change of probability, NaN where there is a reason
    `logit`        (n, t) float32 change of log2 odds, NaN where there is a reason
    `diff_sd`      (n, t) float32 standard deviation over the models, where there are several
    `logit_sd`     (n, t) float32 the same of `logit`
    `e_value`      (n, t) float32 E-value, where there is a background
    `functional`   (n,) float32   geometric mean of the E-values over targets, the same
    `group_logit`  (n, g) float32 logit with the largest absolute value of a group, signed
    `group_target` (n, g) int32   its target's place, -1 where there is a reason
    `group_mean`   (n, g) float32 mean absolute logit of a group
    `record`       (n,) int64     the record's place in the VCF, from 0
    `allele`       (n,) int32     the ALT's place in the record, from 1
    `contig`       (n,) text      as in the VCF
    `pos`          (n,) int64     as in the VCF: 1-based, not normalised
    `ref`          (n,) text      as in the VCF
    `alt`          (n,) text      as in the VCF
    `reason`       (n,) text      reason for a missing score, empty where the allele has one
    `targets`      (t,) text      names of the targets
    `groups`       (t,) text      the group of each
    `group_names`  (g,) text      names of the groups
    ============== ============== =========================================================

    Further quantities would be further datasets, of shape (n,) or (n, names of the columns).
    """

    def __init__(self, path: Path, run: Run) -> None:
        super().__init__(run.plan)
        self._disk = PatientFile(path)
        self._file = h5py.File(self._disk, "w")
        self._file.attrs.update(run.origin)
        text = h5py.string_dtype()
        for kind, names in self.columns.items():
            self._file.create_dataset(kind, data=list(names), dtype=text, shape=(len(names),))
        self._chunked: dict[str, ChunkedRows] = {}
        for quantity in self.quantities:
            width = self.width(quantity)
            column = self._column(quantity.name, quantity.dtype, width, quantity.description)
            if width:
                self._chunked[quantity.name] = ChunkedRows(column)
        for name, description in KEYS.items():
            self._column(name, INTEGERS.get(name, text), (), description)

    def _column(
        self, name: str, dtype: npt.DTypeLike, width: tuple[int, ...], description: str
    ) -> h5py.Dataset:
        length = max(1, min(_LONGEST_CHUNK, _CHUNK_BYTES // (4 * max(1, math.prod(width)))))
        # The lightest level: floats hardly shrink further, and writing keeps up with a GPU.
        column = self._file.create_dataset(
            name,
            shape=(0, *width),
            maxshape=(None, *width),
            dtype=dtype,
            chunks=(length, *width),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )
        column.attrs["description"] = description
        return column

    def add(
        self, keys: Mapping[str, list[Any]], arrays: Scores, is_scored: npt.NDArray[np.bool_]
    ) -> None:
        """Add rows, and raise what the disk refused so far."""
        added: dict[str, Any] = {**keys, **arrays}
        for name, values in added.items():
            if name in self._chunked:
                self._chunked[name].append(values)
                continue
            column = self._file[name]
            begin = len(column)
            column.resize(begin + len(values), axis=0)
            column[begin:] = np.asarray(values, dtype=column.dtype)
        self._disk.check()

    def finish(self, summary: Summary) -> None:
        """Write the rows that wait for a full chunk."""
        for rows in self._chunked.values():
            rows.finish()
        self.close()
        self._disk.check()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._disk.close()

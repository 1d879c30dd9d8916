"""The score file: every target's scores of every allele, keyed to record and allele (HDF5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np

from danq.scoring.effects import Floats

_KEYS = {"record": np.int64, "allele": np.int32, "pos": np.int64}
_TEXTS = ("contig", "ref", "alt", "reason")
_CHUNK_BYTES = 1 << 20
_LONGEST_CHUNK = 1024


class ScoreFile:
    """Writes scores block by block.

    The file holds, for n alleles in the order of the input and t targets:

    ========== ============== ==========================================================
    name       shape, dtype   what
    ========== ============== ==========================================================
    `diff`     (n, t) float32 change of probability, NaN where there is a reason
    `logit`    (n, t) float32 change of log2 odds, NaN where there is a reason
    `record`   (n,) int64     the record's place in the VCF, from 0
    `allele`   (n,) int32     the ALT's place in the record, from 1
    `contig`   (n,) text      as in the VCF
    `pos`      (n,) int64     as in the VCF: 1-based, not normalised
    `ref`      (n,) text      as in the VCF
    `alt`      (n,) text      as in the VCF
    `reason`   (n,) text      why there is no score, empty where there is one
    `targets`  (t,) text      names of the columns
    ========== ============== ==========================================================

    Parameters
    ----------
    path
        Where to write.
    targets
        t names.
    attributes
        What the file says of itself, as HDF5 attributes.
    """

    def __init__(self, path: Path, targets: Sequence[str], attributes: Mapping[str, Any]) -> None:
        self._file = h5py.File(path, "w")
        self._file.attrs.update(attributes)
        n = len(targets)
        text = h5py.string_dtype()
        self._file.create_dataset("targets", data=list(targets), dtype=text, shape=(n,))
        rows = max(1, min(_LONGEST_CHUNK, _CHUNK_BYTES // (4 * max(n, 1))))
        for name in ("diff", "logit"):
            self._column(name, np.float32, (rows, n))
        for name, dtype in _KEYS.items():
            self._column(name, dtype, (_LONGEST_CHUNK,))
        for name in _TEXTS:
            self._column(name, text, (_LONGEST_CHUNK,))

    def _column(self, name: str, dtype: Any, chunks: tuple[int, ...]) -> None:
        # The lightest level: floats hardly shrink further, and writing keeps up with a GPU.
        self._file.create_dataset(
            name,
            shape=(0, *chunks[1:]),
            maxshape=(None, *chunks[1:]),
            dtype=dtype,
            chunks=chunks,
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )

    def __enter__(self) -> ScoreFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, keys: Mapping[str, Sequence[Any]], diff: Floats, logit: Floats) -> None:
        """Add alleles.

        Parameters
        ----------
        keys
            The columns beside the scores, each of n values.
        diff, logit
            float32, shape (n, targets), NaN where there is a reason.
        """
        columns: dict[str, Any] = {**keys, "diff": diff, "logit": logit}
        for name, values in columns.items():
            column = self._file[name]
            begin = len(column)
            column.resize(begin + len(values), axis=0)
            column[begin:] = values

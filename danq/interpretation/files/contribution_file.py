"""Files of contribution maps, one per output that is explained (HDF5), in ChromBPNet's layout.

For n maps of L bases a file holds::

    raw/seq             int8    (n, 4, L)   one-hot A, C, G, T; 0 where a base is unknown
    shap/seq            float32 (n, 4, L)   hypothetical contributions (`Maps.hypothetical`)
    projected_shap/seq  float32 (n, 4, L)   the same where the base is, 0 elsewhere
    predicted           float32 (n,)        what the network predicts for the window
    contig, name        text    (n,)        contig and region
    start, end          int64   (n,)        0-based half-open; may lie outside the contig
    strand              text    (n,)        "+": bases are those of the forward strand
    allele              text    (n,)        REF or ALT for the maps of a variant, otherwise empty
    targets             text    (t,)        the targets whose mean is explained, one or a group
    columns             int64   (t,)        their indices among the network's targets

Numbers are float32, which `modisco` and `finemo` take as they take ChromBPNet's float16: small
contributions keep their digits. The root's attributes hold format and version, the output's name,
method and unit, model and genome with their checksums, the window and the span L that was
explained, the method's options, and the SHA-256 over all of this.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.hdf5.layout import (
    TEXT,
    Array,
    Attribute,
    Layout,
    check_range,
    find_array,
    read_array,
    read_attribute,
)
from danq.hdf5.reading import open_hdf5
from danq.interpretation.maps import ExplainedOutput, Floats, Stretch
from danq.names import check_name
from danq.paths import StrPath
from danq.ranges import BASES

KIND = "danq contributions"
FORMAT = 1
TITLE = "a contribution file of danq explain"
ALLELES = ("", "REF", "ALT")
ONE_HOT, HYPOTHETICAL, PROJECTED = "raw/seq", "shap/seq", "projected_shap/seq"
_BLOCK_BYTES = 16 << 20
_ROWS = 4096

OneHot = npt.NDArray[np.int8]

_LARGEST = float(np.finfo(np.float32).max)
_LAYOUT = Layout(
    TITLE,
    attributes=[
        Attribute("format", int),
        *(Attribute(name, str) for name in ("kind", "version", "output", "method", "unit")),
        Attribute("model", Path),
        Attribute("genome", Path),
        *(Attribute(name, str) for name in ("model_checksum", "genome_checksum")),
        Attribute("window", int, BASES),
        Attribute("span", int, BASES),
        Attribute("checksum", str),
    ],
    arrays=[
        Array("targets", TEXT, ("targets",)),
        Array("columns", "int64", ("targets",), low=0),
        Array("contig", TEXT, ("maps",)),
        Array("start", "int64", ("maps",)),
        Array("end", "int64", ("maps",)),
        Array("strand", TEXT, ("maps",)),
        Array("name", TEXT, ("maps",)),
        Array("allele", TEXT, ("maps",)),
        Array("predicted", "float32", ("maps",), low=-_LARGEST, high=_LARGEST),
    ],
)
_MAPS = tuple(
    Array(name, dtype, ("maps", 4, "span"), low=low, high=high)
    for name, dtype, low, high in (
        (ONE_HOT, "int8", 0, 1),
        (HYPOTHETICAL, "float32", -_LARGEST, _LARGEST),
        (PROJECTED, "float32", -_LARGEST, _LARGEST),
    )
)
_PREDICTED = [array.name for array in _LAYOUT.arrays].index("predicted")
_KNOWN = {attribute.name for attribute in _LAYOUT.attributes}
_KINDS: dict[str, type[int] | type[float] | type[bool]] = {
    "i": int,
    "u": int,
    "f": float,
    "b": bool,
}


@dataclass(frozen=True)
class Contributions:
    """The n maps of one output, of L bases each.

    Attributes
    ----------
    output
        The output's name and its targets' indices among those of the network.
    targets
        The names of its targets.
    stretches
        Where the maps lie.
    one_hot
        int8 (n, 4, L).
    hypothetical
        float32 (n, 4, L): what each base would contribute.
    projected
        float32 (n, 4, L): the same of the bases that are there, 0 elsewhere.
    predicted
        float32 (n,).
    attributes
        What the file says of itself: ``method``, ``unit``, ``model``, ``genome`` and the others.
    """

    output: ExplainedOutput
    targets: Sequence[str]
    stretches: Sequence[Stretch]
    one_hot: OneHot
    hypothetical: Floats
    projected: Floats
    predicted: Floats
    attributes: Mapping[str, Any]


class OpenContributions:
    """A contribution file whose maps are read some at a time; `open_contributions` makes it."""

    def __init__(self, file: h5py.File) -> None:
        self.path = Path(file.filename)
        kind = read_attribute(file, Attribute("kind", str, is_optional=True), TITLE)
        if kind != KIND:
            raise InputError(f"is not {TITLE}", path=self.path)
        self.attributes = _LAYOUT.read_attributes(file) | _read_options(file)
        form = self.attributes["format"]
        if form != FORMAT:
            raise InputError(f"found contribution format {form}, expected {FORMAT}", path=self.path)
        sizes = {"span": self.attributes["span"]}
        self._maps = {array.name: (find_array(file, array, sizes, TITLE), array) for array in _MAPS}
        self._columns = [find_array(file, array, sizes, TITLE) for array in _LAYOUT.arrays]
        self.count: int = sizes["maps"]

    def read_columns(self) -> dict[str, Any]:
        """Return the arrays that have one value per map or target, by name; texts are lists."""
        arrays = zip(self._columns, _LAYOUT.arrays, strict=True)
        columns = {array.name: read_array(stored, array) for stored, array in arrays}
        for allele in columns["allele"]:
            if allele not in ALLELES:
                raise InputError(
                    f"holds {quoted(allele)} in allele, expected REF, ALT or nothing",
                    path=self.path,
                )
        if np.any(columns["end"] - columns["start"] != self.attributes["span"]):
            raise InputError("holds maps of other lengths than its span", path=self.path)
        return columns

    def predicted(self) -> Iterator[float]:
        """Yield what the network predicts for each window."""
        stored = self._columns[_PREDICTED]
        for first in range(0, self.count, _ROWS):
            yield from stored[first : first + _ROWS].tolist()

    def blocks(self, name: str) -> Iterator[npt.NDArray[Any]]:
        """Yield one of the three arrays (n, 4, L), some maps at a time."""
        rows = rows_of(_BLOCK_BYTES, self.attributes["span"])
        stored, array = self._maps[name]
        for first in range(0, self.count, rows):
            values = stored[first : first + rows]
            check_range(values, array, self.path)
            yield values

    def read_maps(self) -> tuple[OneHot, Floats, Floats]:
        """Return one-hot bases, hypothetical and projected contributions of all maps."""
        one_hot, hypothetical, projected = (read_array(*maps) for maps in self._maps.values())
        if not np.array_equal(projected, project(one_hot, hypothetical)):
            raise InputError(
                "is damaged: its projected contributions differ from the hypothetical ones",
                path=self.path,
            )
        return one_hot, hypothetical, projected


@contextmanager
def open_contributions(path: StrPath) -> Iterator[OpenContributions]:
    """Open a contribution file for reading; an InputError says what is wrong with it."""
    with open_hdf5(path, TITLE) as file:
        yield OpenContributions(file)


def read_contributions(path: StrPath) -> Contributions:
    """Read a contribution file into memory.

    Raises
    ------
    InputError
        When it is not one, of another format, damaged, or larger than the memory.
    """
    with open_contributions(path) as file:
        columns, attributes = file.read_columns(), file.attributes
        one_hot, hypothetical, projected = file.read_maps()
    stretches, stored = stretches_of(columns), attributes.pop("checksum")
    content = Content()
    content.add_maps(one_hot, hypothetical, columns["predicted"])
    content.add_stretches(stretches)
    output = ExplainedOutput(attributes["output"], tuple(columns["columns"].tolist()))
    if stored != content.digest(attributes, output, columns["targets"]):
        raise InputError("is damaged: its contents differ from its checksum", path=path)
    return Contributions(
        output,
        columns["targets"],
        stretches,
        one_hot,
        hypothetical,
        projected,
        columns["predicted"],
        attributes,
    )


def stretches_of(columns: Mapping[str, Any]) -> list[Stretch]:
    """Return where maps lie, of the columns of a file."""
    ends = (columns[name].tolist() for name in ("start", "end"))
    rows = zip(columns["contig"], *ends, columns["name"], columns["allele"], strict=True)
    return [Stretch(*row) for row in rows]


def project(one_hot: OneHot, hypothetical: Floats) -> Floats:
    """Return hypothetical contributions of the bases that are there, 0 elsewhere."""
    return np.where(one_hot == 1, hypothetical, np.float32(0))


def rows_of(size: int, span: int) -> int:
    """Return how many maps of a span take about `size` bytes as float32, at least 1."""
    return max(1, size // (16 * span))


class Content:
    """The SHA-256 over what a file holds, fed as it is written or read: maps, then stretches."""

    def __init__(self) -> None:
        self._content = hashlib.sha256()

    def add_maps(self, one_hot: OneHot, hypothetical: Floats, predicted: Floats) -> None:
        """Add maps, in the order of the file."""
        for arrays in zip(one_hot, hypothetical, predicted, strict=True):
            for array in arrays:
                self._content.update(np.ascontiguousarray(array).data)

    def add_stretches(self, stretches: Iterable[Stretch]) -> None:
        """Add where the maps lie."""
        for stretch in stretches:
            self._content.update("\t".join(map(str, stretch)).encode() + b"\n")

    def digest(
        self, attributes: Mapping[str, Any], output: ExplainedOutput, targets: Sequence[str]
    ) -> str:
        """Return the SHA-256 in hexadecimal digits, with all that is left added."""
        for name, value in sorted(attributes.items()):
            self._content.update(f"{name}={spell(value)!r}\n".encode())
        self._content.update(repr((output.columns, list(targets))).encode())
        return self._content.hexdigest()


def spell(value: Any) -> bytes:
    """Return an attribute's value as bytes, whatever a path is made of."""
    return os.fsencode(value) if isinstance(value, str | os.PathLike) else repr(value).encode()


def _read_options(file: h5py.File) -> dict[str, Any]:
    """Return the attributes that only some methods have."""
    options = {}
    for name in file.attrs:
        if name in _KNOWN:
            continue
        check_name(name, "the names of its attributes", path=file.filename)
        kind = _KINDS.get(file.attrs.get_id(name).dtype.kind, str)
        options[name] = read_attribute(file, Attribute(name, kind), TITLE)
    return options

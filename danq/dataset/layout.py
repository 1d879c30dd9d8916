"""The layouts of data set files: what either format must hold, and the checksum over it.

`danq windows` writes coordinates, and the reference supplies the sequence (format 3)::

    contig   uint32 (n,)    index in the reference
    start    int64  (n,)    0-based first base of the window; may be negative at a contig's start

`danq convert` writes the sequences themselves, which came without coordinates (format 4)::

    codes    uint8 (n, window)   0-3 for A, C, G, T, 4 for unknown; contiguous, not compressed

Both hold::

    split    uint8  (n,)    index in `danq.dataset.splits.SPLITS`
    labels   uint8  (n, ceil(targets / 8))   numpy.packbits along the targets
    targets/ name, group and further columns, UTF-8 strings, one per target

The root's attributes hold the format, window, bin and threshold, the channel order, the reference's
path and checksum or the SHA-256 of the codes, the package's version, and the SHA-256 over windows,
splits, labels and targets. Formats 1 and 2 are those of 3 and 4 without that last checksum, which
files written shortly before the change have all the same.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.dataset.splits import SPLITS
from danq.errors import InputError, quoted
from danq.genome import ALPHABET
from danq.hdf5.layout import TEXT, Array, Attribute, Layout, find_array, read_attribute
from danq.hdf5.reading import open_hdf5
from danq.names import check_name
from danq.paths import StrPath
from danq.ranges import BASES, SHARE_BELOW_1
from danq.targets.table import Targets, check_targets

KIND = "danq data set"
FORMAT, CODES_FORMAT = 3, 4
TITLE = "a data set of danq windows"

_EARLIER = {1: FORMAT, 2: CODES_FORMAT}
"""Formats whose files may lack the checksum, and what they are otherwise."""

_HEAD = Layout(
    TITLE,
    attributes=[
        Attribute("format", int),
        Attribute("channels", str),
        Attribute("window", int, BASES),
        Attribute("version", str),
    ],
)
_LABELS = (
    Array("split", "uint8", ("windows",), high=len(SPLITS) - 1),
    Array("labels", "uint8", ("windows", "eighths")),
)
_COORDINATES = Layout(
    TITLE,
    attributes=[
        Attribute("reference", Path),
        Attribute("reference_checksum", str),
        Attribute("bin", int, BASES),
        Attribute("min_overlap", float, SHARE_BELOW_1),
    ],
    arrays=[
        Array("contig", "uint32", ("windows",)),
        Array("start", "int64", ("windows",)),
        *_LABELS,
    ],
)
_SEQUENCES = Layout(TITLE, attributes=[Attribute("codes_checksum", str)], arrays=_LABELS)
_CODES = Array("codes", "uint8", ("windows", "window"))
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Contents:
    """What a data set file holds, compared with its layout and its checksums.

    `attributes` are the root's; `arrays` are ``split``, ``labels``, and either ``contig`` and
    ``start`` or the mapped ``codes``; `checksum` is the SHA-256 over windows, splits, labels and
    targets.
    """

    attributes: dict[str, Any]
    targets: Targets
    arrays: dict[str, npt.NDArray[Any]]
    checksum: str


def read_contents(path: StrPath) -> Contents:
    """Read a data set file of either format, refusing unknown formats and damage."""
    path = Path(path)
    with open_hdf5(path, TITLE) as file:
        attributes = _read_head(file)
        sizes = {"window": attributes["window"]}
        has_codes = attributes["format"] == CODES_FORMAT
        codes = find_array(file, _CODES, sizes, TITLE) if has_codes else None
        layout = _SEQUENCES if has_codes else _COORDINATES
        attributes |= layout.read_attributes(file)
        targets = _read_targets(file, path)
        sizes["eighths"] = -(-len(targets) // 8)
        arrays: dict[str, Any] = layout.read_arrays(file, sizes)
        if codes is not None:
            arrays["codes"] = _map_codes(codes, path, attributes["codes_checksum"])
    checksum = content_checksum(targets, attributes, arrays)
    if attributes["checksum"] not in (checksum, None):
        raise InputError("is damaged: its contents differ from its checksum", path=path)
    return Contents(attributes, targets, arrays, checksum)


def content_checksum(
    targets: Targets, attributes: Mapping[str, Any], arrays: Mapping[str, Any]
) -> str:
    """Return the SHA-256 of a data set: equal for equal windows, splits, labels and targets.

    Of the attributes the format, ``window``, ``bin`` and ``codes_checksum`` count; `arrays` are
    NumPy's or those of an open file, ``split``, ``labels`` and, where the format has them,
    ``contig`` and ``start``.
    """
    bin = attributes.get("bin")
    head = (targets, int(attributes["window"]), None if bin is None else int(bin))
    content = hashlib.sha256(repr(head).encode())
    windows = ["contig", "start"] if attributes["format"] == FORMAT else []
    if not windows:
        content.update(os.fsencode(attributes["codes_checksum"]))
    for name in (*windows, "split", "labels"):
        for first in range(0, len(arrays[name]), _BLOCK):
            content.update(np.ascontiguousarray(arrays[name][first : first + _BLOCK]).data)
    return content.hexdigest()


def _read_head(file: h5py.File) -> dict[str, Any]:
    """Return what both formats say of themselves, earlier formats as those of today."""
    path = file.filename
    if read_attribute(file, Attribute("kind", str, is_optional=True), TITLE) != KIND:
        raise InputError(f"is not {TITLE}", path=path)
    attributes = _HEAD.read_attributes(file)
    form = attributes["format"]
    if form not in (*_EARLIER, FORMAT, CODES_FORMAT):
        raise InputError(f"found data set format {form}, expected 1 to {CODES_FORMAT}", path=path)
    attributes["format"] = _EARLIER.get(form, form)
    checksum = Attribute("checksum", str, is_optional=form in _EARLIER)
    attributes["checksum"] = read_attribute(file, checksum, TITLE)
    if attributes["channels"] != ALPHABET:
        raise InputError(
            f"holds channels in the order {quoted(attributes['channels'])}, danq expects "
            f"{ALPHABET}",
            path=path,
        )
    return attributes


def _read_targets(file: h5py.File, path: Path) -> Targets:
    columns = list(file["targets"]) if isinstance(file.get("targets"), h5py.Group) else []
    for column in columns:
        check_name(column, "the table of targets", path=path)
    arrays = [
        Array(f"targets/{column}", TEXT, ("targets",))
        for column in dict.fromkeys(["name", "group", *columns])
    ]
    table = Layout(TITLE, arrays=arrays).read_arrays(file)
    names, groups = table.pop("targets/name"), table.pop("targets/group")
    extra = {name.removeprefix("targets/"): values for name, values in table.items()}
    targets = Targets(names, groups, extra)
    check_targets(targets, path=path)
    return targets


def _map_codes(codes: h5py.Dataset, path: Path, checksum: str) -> npt.NDArray[np.uint8]:
    """Map codes into memory, read-only, after comparing them with their checksum.

    DeepSEA's 2.4 million windows take 2.5 seconds of SHA-256.
    """
    offset = codes.id.get_offset()
    if offset is None or offset + codes.size > path.stat().st_size:
        raise InputError(
            "holds codes in pieces or compressed, expected them as danq convert writes them",
            path=path,
        )
    content = hashlib.sha256()
    with open(path, "rb") as raw:
        raw.seek(offset)
        for first in range(0, codes.size, _BLOCK):
            content.update(raw.read(min(_BLOCK, codes.size - first)))
    if content.hexdigest() != checksum:
        raise InputError("is damaged: its codes differ from their checksum", path=path)
    return np.asarray(np.memmap(path, np.uint8, mode="r", offset=offset, shape=codes.shape))

"""What an HDF5 file must hold, declared once per format and compared before anything is used.

HDF5 believes its headers: a file of a few kilobytes may declare terabytes, link to what is not
there or to other files, or hold text where numbers should be. So a format lists its attributes and
arrays (`Layout`), and reading compares presence, type, shape, the bytes that are there and the
range of values.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.hdf5.reading import check_stored
from danq.names import check_name
from danq.paths import StrPath
from danq.ranges import Range

TEXT = "text"
"""The dtype of arrays of strings."""

_MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
_LONGEST_TEXT = 10_000
_TEXTS_AT_ONCE = 256

# By the kind of an attribute: NumPy's letters for such types, and the words for it.
_KINDS: dict[type, tuple[str, str]] = {
    int: ("iu", "one whole number"),
    float: ("fiu", "one number"),
    bool: ("b", "true or false"),
    str: ("", "one text"),
    Path: ("", "one path"),
}


@dataclass(frozen=True)
class Attribute:
    """One attribute of a file's root, absent only where `is_optional`, as in earlier versions.

    `kind` is ``int``, ``float``, ``bool``, ``str`` or ``Path``, whose names may have any letters;
    `limits` are the allowed numbers, `choices` the allowed texts where not all are.
    """

    name: str
    kind: type[int] | type[float] | type[bool] | type[str] | type[Path]
    limits: Range | None = None
    choices: Sequence[str] = ()
    is_optional: bool = False


@dataclass(frozen=True)
class Array:
    """One array of a file: its path there, NumPy's name of its dtype or `TEXT`, and its shape.

    A word in the shape stands for a size that the file decides; all arrays that use the same word
    must agree. `low` and `high` are the smallest and largest allowed value.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Layout:
    """A format: what its files must hold, in the order of comparison. All else is not read.

    `title` is the format for sentences, such as ``a data set of danq``.
    """

    title: str
    attributes: Sequence[Attribute] = ()
    arrays: Sequence[Array] = ()

    def read_attributes(self, file: h5py.File) -> dict[str, Any]:
        """Return the attributes by name, without optional ones that are absent."""
        values = {one.name: read_attribute(file, one, self.title) for one in self.attributes}
        return {name: value for name, value in values.items() if value is not None}

    def read_arrays(
        self, file: h5py.File, sizes: Mapping[str, int] | None = None
    ) -> dict[str, Any]:
        """Return the arrays by name: NumPy arrays, and lists of str for `TEXT`.

        `sizes` are known already, by the word that stands for them in `Array.shape`.
        """
        bound = dict(sizes or {})
        found = {one.name: find_array(file, one, bound, self.title) for one in self.arrays}
        return {one.name: read_array(found[one.name], one) for one in self.arrays}


def read_attribute(file: h5py.File, attribute: Attribute, title: str) -> Any:
    """Return an attribute of the root, an allowed value; None where it is optional and absent."""
    name, path = attribute.name, file.filename
    if name not in file.attrs:
        if attribute.is_optional:
            return None
        raise InputError(f"lacks the attribute {name}, expected {title}", path=path)
    stored = file.attrs.get_id(name)
    types, expected = _KINDS[attribute.kind]
    right = stored.dtype.kind in types if types else _is_text(stored.dtype)
    if stored.shape != () or not right:
        raise InputError(
            f"holds the attribute {name} as {stored.dtype} of shape {_shown(stored.shape)}, "
            f"expected {expected}",
            path=path,
        )
    value = file.attrs[name]
    if types:
        if attribute.limits is not None and value not in attribute.limits:
            raise InputError(
                f"holds {value} as the attribute {name}, expected {attribute.limits}", path=path
            )
        return attribute.kind(value)
    text = os.fsdecode(value)
    if attribute.kind is Path:
        return Path(text)
    check_name(text, f"the attribute {name}", path=path)
    if attribute.choices and text not in attribute.choices:
        raise InputError(
            f"holds {quoted(text)} as the attribute {name}, expected "
            f"{' or '.join(attribute.choices)}",
            path=path,
        )
    return text


def find_array(file: h5py.File, array: Array, sizes: dict[str, int], title: str) -> h5py.Dataset:
    """Return an array that has been compared with what was declared, but not been read.

    Words that it is the first to use are added to `sizes`. Raises InputError when it is missing, of
    another type or shape, or the file is too small for it.
    """
    path = file.filename
    # Not `in`, which is true of a link to nowhere.
    member = file.get(array.name)
    if member is None:
        raise InputError(f"lacks {array.name}, expected {title}", path=path)
    if not isinstance(member, h5py.Dataset) or member.shape is None:
        raise InputError(f"holds {array.name} as something else than an array", path=path)
    is_right = (
        _is_text(member.dtype) if array.dtype == TEXT else _is_like(member.dtype, array.dtype)
    )
    shape = tuple(size if isinstance(size, int) else sizes.get(size, size) for size in array.shape)
    fits = len(shape) == member.ndim and all(
        isinstance(size, str) or size == actual
        for size, actual in zip(shape, member.shape, strict=True)
    )
    if not is_right or not fits:
        raise InputError(
            f"holds {array.name} as {member.dtype} of shape {_shown(member.shape)}, expected "
            f"{array.dtype} of shape {_shown(shape)}",
            path=path,
        )
    check_stored(member, path)
    sizes.update((s, n) for s, n in zip(shape, member.shape, strict=True) if isinstance(s, str))
    return member


def read_array(found: h5py.Dataset, array: Array) -> Any:
    """Return the values of an array that `find_array` found.

    Raises InputError when the memory cannot hold it, a value is out of range, or a text has control
    characters.
    """
    path = found.file.filename
    if array.dtype == TEXT:
        return _texts(found, array.name, path)
    # Holes of a sparse file count as bytes that are there.
    if found.nbytes > _MEMORY:
        raise InputError(
            f"holds {found.nbytes:,} bytes of {array.name}, more than this machine's memory",
            path=path,
        )
    values: npt.NDArray[Any] = found[()].astype(array.dtype, copy=False)
    check_range(values, array, path)
    return values


def check_range(values: npt.NDArray[Any], array: Array, path: StrPath) -> None:
    """Refuse values outside what an array declares, quoting one; NaN is outside."""
    if not values.size:
        return
    low, high = values.min(), values.max()
    is_low = array.low is not None and not low >= array.low
    if is_low or (array.high is not None and not high <= array.high):
        raise InputError(
            f"holds {low if is_low else high} in {array.name}, expected {_range(array)}", path=path
        )


def _texts(found: h5py.Dataset, name: str, path: str) -> list[str]:
    """Read strings some at a time, so that long ones are seen before they fill the memory."""
    texts: list[str] = []
    strings = found.asstr()
    for first in range(0, len(found), _TEXTS_AT_ONCE):
        for text in strings[first : first + _TEXTS_AT_ONCE]:
            if len(text) > _LONGEST_TEXT:
                raise InputError(f"holds a text of {len(text):,} letters in {name}", path=path)
            check_name(text, name, path=path)
            texts.append(text)
    return texts


def _is_text(dtype: np.dtype[Any]) -> bool:
    return h5py.check_string_dtype(dtype) is not None


def _is_like(found: np.dtype[Any], name: str) -> bool:
    """Return whether a dtype is the named one, in either byte order."""
    return found.newbyteorder("=") == np.dtype(name)


def _shown(shape: Sequence[int | str]) -> str:
    return f"({', '.join(map(str, shape))})"


def _range(array: Array) -> str:
    if array.low is None or array.high is None:
        return f"at least {array.low}" if array.high is None else f"at most {array.high}"
    return f"{array.low} to {array.high}"

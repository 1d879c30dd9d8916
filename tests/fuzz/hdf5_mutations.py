"""Seeded damage to an HDF5 file that leaves it one: members gone, moved, and of other kinds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import h5py
import numpy as np

from tests.fuzz.mutations import mutate

VALUES = (
    0,
    1,
    -1,
    7,
    255,
    2**31 - 1,
    2**40,
    -(2**63),
    2**64 - 1,
    0.5,
    np.nan,
    np.inf,
    True,
    1j,
    "",
    "text",
    "\x1b[31m",
    "α\u202e\n",
    b"\xff\xfe",
    "x" * 70_000,
)
SHAPES = ((), (0,), (1,), (3, 0), (2, 2, 2), (10**6, 10**6), (2**40,))


def has_format(path: Path, numbers: Collection[int]) -> bool:
    """Return whether a file's root says that it is of one of some formats."""
    try:
        with h5py.File(path) as file:
            return file.attrs["format"] in numbers
    except (OSError, RuntimeError, KeyError, TypeError, ValueError):
        return False


def members(file: h5py.File) -> list[str]:
    """Return the path of every group and array of a file."""
    names: list[str] = []
    file.visit(names.append)
    return names


def _remove(file: h5py.File, name: str, random: np.random.Generator) -> None:
    del file[name]


def _move(file: h5py.File, name: str, random: np.random.Generator) -> None:
    others = members(file)
    other = others[random.integers(len(others))]
    if not other.startswith(name) and not name.startswith(other):
        del file[other]
        file.move(name, other)


def _link(file: h5py.File, name: str, random: np.random.Generator) -> None:
    others = ("nowhere", name, "", *members(file))
    target = "/" + others[random.integers(len(others))]
    is_outside = random.random() < 0.3
    del file[name]
    # A file may link to itself, to another, and to none.
    outside = (file.filename, "absent.h5", "/dev/zero")[random.integers(3)]
    file[name] = h5py.ExternalLink(outside, target) if is_outside else h5py.SoftLink(target)


def _group(file: h5py.File, name: str, random: np.random.Generator) -> None:
    del file[name]
    file.create_group(name)


def _value(file: h5py.File, name: str, random: np.random.Generator) -> None:
    value = VALUES[random.integers(len(VALUES))]
    array = file[name]
    if isinstance(array, h5py.Dataset) and array.size and array.ndim:
        array[tuple(random.integers(array.shape))] = value


def _dtype(file: h5py.File, name: str, random: np.random.Generator) -> None:
    array = file[name]
    if not isinstance(array, h5py.Dataset):
        return
    other = ("u1", "i8", "f4", ">i4", "f8", "c8", "S3", h5py.string_dtype(), h5py.ref_dtype)
    shape = array.shape
    del file[name]
    file.create_dataset(name, shape, other[random.integers(len(other))])


def _shape(file: h5py.File, name: str, random: np.random.Generator) -> None:
    array = file[name]
    if not isinstance(array, h5py.Dataset) or not array.ndim:
        return
    values, axis = array[()], int(random.integers(array.ndim))
    changed = (
        values.take(range(len(values) - 1), axis=0),
        np.concatenate([values, values], axis=axis),
        values[None],
        values.ravel(),
        values.swapaxes(0, axis),
    )[random.integers(5)]
    options = ({}, {"compression": "gzip"}, {"chunks": True, "fletcher32": True})
    del file[name]
    file.create_dataset(name, data=changed, dtype=array.dtype, **options[random.integers(3)])


def _declare(file: h5py.File, name: str, random: np.random.Generator) -> None:
    """Promise more than is there."""
    if isinstance(file[name], h5py.Dataset):
        shape = SHAPES[random.integers(len(SHAPES))]
        dtype = file[name].dtype
        del file[name]
        file.create_dataset(name, shape, dtype, chunks=True if 0 not in shape and shape else None)


def _attribute(file: h5py.File, name: str, random: np.random.Generator) -> None:
    holder = file if random.random() < 0.9 else file[name]
    if not len(holder.attrs):
        return
    chosen = list(holder.attrs)[random.integers(len(holder.attrs))]
    if random.random() < 0.2:
        del holder.attrs[chosen]
        return
    value = VALUES[random.integers(len(VALUES) - 1)]
    holder.attrs[chosen] = [value] * 3 if random.random() < 0.2 else value


STRUCTURAL: tuple[Callable[[h5py.File, str, np.random.Generator], None], ...] = (
    _remove,
    _move,
    _link,
    _group,
    _value,
    _dtype,
    _shape,
    _declare,
    _attribute,
    _attribute,
)


def mutate_hdf5(path: Path, random: np.random.Generator) -> None:
    """Damage a file: its structure through h5py, or its bytes."""
    if random.random() < 0.4:
        path.write_bytes(mutate(path.read_bytes(), random))
        return
    for _ in range(min(3, int(random.geometric(0.7)))):
        with h5py.File(path, "r+") as file:
            names = members(file)
            if not names:
                return
            name = names[random.integers(len(names))]
            mutation = STRUCTURAL[random.integers(len(STRUCTURAL))]
            try:
                mutation(file, name, random)
            except (
                TypeError,
                ValueError,
                OSError,
                KeyError,
                ArithmeticError,
                RuntimeError,
                MemoryError,
            ):
                # HDF5 itself does not take this one.
                continue

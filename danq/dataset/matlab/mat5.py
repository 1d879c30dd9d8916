"""MATLAB files of version 5, read by scipy in a process of its own: damaged ones may crash it."""

import json
import math
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danq.errors import InputError
from danq.paths import StrPath
from danq.write_errors import probe

_NUMBERS = frozenset(
    ["double", "single", "logical", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64))]
)
_OTHER = {
    "cell": "a cell array",
    "struct": "a structure",
    "object": "an object",
    "opaque": "an object",
    "char": "text",
    "sparse": "a sparse matrix",
    "function": "a function",
}
_HEADER = 128
_SCRIPT = Path(__file__).with_name("mat5_process.py")
_LONGEST_CAUSE = 100
_BLOCK = 16 << 20


@dataclass(frozen=True)
class Array5:
    """A variable of a file of version 5, its shape as MATLAB has it.

    `fault` says what it is instead of a full array of numbers, such as "text", and is empty where
    it is one. `values` are column-major and mapped from a file without a name; None where they were
    not asked for or there is a fault.
    """

    path: StrPath
    shape: tuple[int, ...]
    fault: str
    values: npt.NDArray[Any] | None = None

    @property
    def rows(self) -> int:
        """Size of the first dimension, which lies together in the file."""
        return self.shape[0]

    @property
    def columns(self) -> int:
        """Product of the other dimensions."""
        return math.prod(self.shape[1:])

    def groups(self, count: int) -> Iterator[npt.NDArray[Any]]:
        """Read all columns in order, a multiple of `count` at once except the last: (…, rows)."""
        assert self.values is not None
        count *= max(1, _BLOCK // (self.rows * count))
        columns = self.values.reshape(self.rows, -1, order="F").T
        for first in range(0, self.columns, count):
            yield columns[first : first + count]


def read_mat5(
    path: StrPath, names: Collection[str], *, scratch: StrPath | None = None
) -> dict[str, Array5]:
    """Read all variables of a MATLAB file of version 5, in its order; the numbers of `names` only.

    `scratch` is the folder that takes the numbers meanwhile, None the system's. Raises InputError
    when it is no such file or a damaged one, OSError when the folder does not take the numbers.
    """
    _check_end(path)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        command = [sys.executable, "-P", os.fspath(_SCRIPT), os.fspath(path), folder, *names]
        end = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        if end.returncode:
            raise probe(Path(folder)) or damage_error(path, _cause(end.stderr))
        return {
            name: _array(path, tuple(shape), kind, Path(folder, f"{name}.npy"))
            for name, shape, kind in json.loads(end.stdout)
        }


def _cause(said: bytes) -> str:
    """Return what the reader said last, on one line."""
    words = " ".join(said.decode("utf-8", "replace").split())
    if not words or "Fatal Python error" in words:
        return "scipy's reader crashed"
    if "HDF reader" in words:
        return "its HDF5 cannot be read"
    return "".join(letter for letter in words if letter.isprintable())[-_LONGEST_CAUSE:]


def _check_end(path: StrPath) -> None:
    """Refuse a file that was cut short, between two variables or within what fills up the last."""
    with open(path, "rb") as file:
        header = file.read(_HEADER)
        order = "<" if header[-2:] == b"IM" else ">"
        end = file.seek(0, os.SEEK_END)
        place = _HEADER
        while place < end:
            file.seek(place)
            tag = file.read(8)
            place += 8 + struct.unpack(f"{order}I", tag[4:].ljust(4, b"\xff"))[0]
    if place != end:
        raise damage_error(path, "it ends too early")


def _array(path: StrPath, shape: tuple[int, ...], kind: str, saved: Path) -> Array5:
    fault = "" if kind in _NUMBERS else _OTHER.get(kind, "something else")
    if fault or not saved.exists():
        return Array5(path, shape, fault)
    # Where a row is read the file is mapped, which stays when its name is gone; nothing has no map.
    values = np.load(saved, mmap_mode="r" if math.prod(shape) else None)
    if values.shape != shape:
        raise damage_error(path, f"an array of shape {values.shape} that declares {shape}")
    is_complex = np.iscomplexobj(values)
    return Array5(path, shape, "complex numbers" * is_complex, None if is_complex else values)


def damage_error(path: StrPath, cause: str) -> InputError:
    """Return the error for a file that is not what its name or its first bytes promise."""
    return InputError(f"is not a MATLAB file, or a damaged one ({cause})", path=path)

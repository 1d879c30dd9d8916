"""NumPy archives of danq's own, read without believing what they declare."""

import io
import math
import os
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from danq.errors import InputError
from danq.paths import StrPath


def read_npz(path: StrPath, title: str) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of a file that `numpy.savez` wrote, in its order; never of Python objects.

    `title` is what it should be, such as ``a checkpoint of danq train``.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"is not a file, expected {title}", path=path)
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            stored = sum(member.file_size for member in members)
            if stored > os.fstat(file.fileno()).st_size:
                raise ValueError("more bytes than the file has")
            return {_name(member): _array(archive.read(member)) for member in members}
    except Exception as error:
        # Damaged bytes make zipfile, NumPy's header and its Python literals raise almost anything.
        if isinstance(error, OSError) and error.filename is not None:
            raise InputError(f"cannot be read ({error.strerror})", path=path) from error
        raise InputError(f"is not {title}, or a damaged one", path=path) from error


def _name(member: zipfile.ZipInfo) -> str:
    if member.compress_type != zipfile.ZIP_STORED or not member.filename.endswith(".npy"):
        raise ValueError("not a member that savez makes")
    return member.filename.removesuffix(".npy")


def _array(data: bytes) -> npt.NDArray[Any]:
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    shape, is_fortran, dtype = header(stream)
    if dtype.kind not in "biufU" or dtype.shape or min(shape, default=0) < 0:
        raise ValueError("an array that danq does not write")
    values = np.frombuffer(data, np.uint8, offset=stream.tell())
    if values.size != math.prod(shape) * dtype.itemsize:
        raise ValueError("an array of another size than declared")
    # A copy of its own, which may be written to.
    typed = values.copy().view(dtype) if values.size else np.empty(0, dtype)
    return typed.reshape(shape, order="F" if is_fortran else "C")

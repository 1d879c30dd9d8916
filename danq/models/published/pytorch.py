"""State dicts of PyTorch: read without running anything that is pickled in them.

PyTorch is an optional extra, imported when a file needs it.
"""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from danq.errors import InputError, quoted
from danq.models.keras_files.archive import is_archive, most_unpacked, open_archive
from danq.paths import StrPath

Path = StrPath

_REFUSED = re.compile(r"GLOBAL ([\w.]+)")


def check_pytorch() -> None:
    """Report what to install where PyTorch is missing (InputError), before anything is fetched."""
    if importlib.util.find_spec("torch") is None:
        raise InputError(
            "reading a PyTorch file needs PyTorch, which is not installed: "
            "pip install 'danq[torch]'"
        )


def read_state_dict(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Read the tensors of a PyTorch file by name, in either of PyTorch's file formats.

    The state dict stands bare or under ``state_dict``, as in Selene's checkpoints. A prefix
    ``module.`` before all names, as `torch.nn.DataParallel` leaves it, is taken off. InputError
    also when PyTorch is missing, or the file holds anything but tensors and plain values.
    """
    content = _load(path)
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if isinstance(content, dict) and not content:
        raise InputError("holds no tensors, expected a PyTorch state dict", path=path)
    if not isinstance(content, dict):
        raise InputError(f"holds {_kind(content)}, expected a PyTorch state dict", path=path)
    for name, value in content.items():
        if not isinstance(name, str) or not hasattr(value, "detach"):
            raise InputError(
                f"holds {_kind(value)} under {quoted(name)}, expected a PyTorch state dict of "
                "tensors",
                path=path,
            )
    _check_size(content, path)
    return without_prefix({n: _array(value, n, path) for n, value in content.items()}, "module.")


def _check_size(tensors: dict[str, Any], path: Path) -> None:
    """Refuse views that repeat a few numbers, until they fill the memory."""
    declared = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if declared > most_unpacked(os.path.getsize(path)):
        raise InputError(
            f"declares {declared:,} bytes of tensors in {os.path.getsize(path):,}, expected the "
            "numbers themselves",
            path=path,
        )


def _check_archive(path: Path) -> None:
    """Refuse members that unpack to far more than is stored, in files that are zip archives."""
    if not is_archive(path):
        return
    with open_archive(path, "a PyTorch file") as archive:
        for member in archive.infolist():
            if member.file_size > most_unpacked(member.compress_size):
                raise InputError(
                    f"declares {member.file_size:,} bytes of {quoted(member.filename)} in "
                    f"{member.compress_size:,}",
                    path=path,
                )


def _array(tensor: Any, name: str, path: Path) -> npt.NDArray[np.generic]:
    try:
        # NumPy has no bfloat16; every floating tensor becomes float32 anyway.
        plain = tensor.float() if tensor.is_floating_point() else tensor
        array: npt.NDArray[np.generic] = plain.detach().cpu().numpy()
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise InputError(
            f"{quoted(name)} is not a dense tensor of numbers ({tensor.layout}, {tensor.dtype})",
            path=path,
        ) from error
    return array


def without_prefix(
    arrays: dict[str, npt.NDArray[np.generic]], prefix: str
) -> dict[str, npt.NDArray[np.generic]]:
    """Take a prefix off all names, where all of them have it."""
    if not all(name.startswith(prefix) for name in arrays):
        return arrays
    return {name.removeprefix(prefix): array for name, array in arrays.items()}


class _Ignored:
    """Stands in for NumPy's scalars, such as the loss in a checkpoint of Selene; holds nothing."""

    def __new__(cls, *_: Any) -> _Ignored:
        return super().__new__(cls)

    def __setstate__(self, state: Any) -> None:
        pass


def _load(path: Path) -> Any:
    if not os.path.isfile(path):
        fault = "is a folder" if os.path.isdir(path) else "does not exist"
        raise InputError(f"{fault}, expected a PyTorch file", path=path)
    check_pytorch()
    if h5py.is_hdf5(path):
        raise InputError("is an HDF5 file, expected a PyTorch state dict", path=path)
    _check_archive(path)
    import torch

    stand_ins: list[Any] = [
        (_Ignored, name)
        for name in ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype")
    ]
    try:
        with torch.serialization.safe_globals(stand_ins):
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # A damaged file can make the unpickler raise almost anything.
        refused = _REFUSED.search(str(error))
        if refused:
            raise InputError(
                f"holds pickled code ({quoted(refused[1])[1:-1]}), which is never run; expected a "
                "PyTorch state dict: only tensors, as torch.save(model.state_dict(), …) writes "
                "them",
                path=path,
            ) from error
        raise InputError("is not a PyTorch file, or a damaged one", path=path) from error


def _kind(value: Any) -> str:
    name = type(value).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    return f"{article} {name}" if value is not None else "nothing"

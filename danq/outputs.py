"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from danq.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

HDF5_ENDINGS = (".h5", ".hdf5")
ENDINGS = {
    "background": HDF5_ENDINGS,
    "data set": HDF5_ENDINGS,
    "model": (".keras",),
    "ONNX": (".onnx",),
    "predictions": (*HDF5_ENDINGS, ".parquet", ".tsv", ".tsv.gz"),
    "output": (".vcf", ".vcf.gz", ".bcf"),
    "scores": (*HDF5_ENDINGS, ".parquet", ".tsv.gz"),
    "piece": (".blocks",),
    "summary": (".tsv",),
    "plot": (".png", ".svg", ".pdf"),
}
"""How names of outputs end; the ending says the format."""


def check_ending(path: str | os.PathLike[str], kind: str) -> str:
    """Refuse an output whose name says no format that is written.

    Parameters
    ----------
    path
        The output.
    kind
        A key of `ENDINGS`.

    Returns
    -------
    str
        The ending.

    Raises
    ------
    InputError
        When the name has another ending, or nothing before it.
    """
    name = os.path.basename(os.fspath(path))
    for ending in ENDINGS[kind]:
        if name.endswith(ending) and name != ending:
            return ending
    *others, last = ENDINGS[kind]
    expected = f"{', '.join(others)} or {last}" if others else last
    raise InputError(f"expected the {kind} file's name to end in {expected}", path=path)


def check_output(
    path: str | os.PathLike[str],
    *,
    inputs: Iterable[str | os.PathLike[str] | None] = (),
    make: bool = True,
) -> None:
    """Make sure that a file can be written, before hours of work and not after.

    Parameters
    ----------
    path
        Where the file shall stand.
    inputs
        Files that are read; None for those that were not given.
    make
        Whether to make missing parent folders.

    Raises
    ------
    InputError
        When `path` is a folder, a device or one of the inputs, or its folder cannot be made or
        written to.
    """
    target = Path(path)
    if any(given is not None and Path(given).resolve() == target.resolve() for given in inputs):
        raise InputError("is named both as input and as output", path=target)
    if target.is_dir():
        raise InputError("is a folder, expected a file to write", path=target)
    if target.exists() and not target.is_file():
        # Renaming over it would replace a device or a pipe.
        raise InputError("is a device or a pipe, expected a file to write", path=target)
    check_folder_of(target, make=make)


def check_folder_of(path: str | os.PathLike[str], *, make: bool = True) -> None:
    """Make sure that something can be written beside a path, as `check_output` does for a file."""
    target = Path(path)
    for folder in target.parents:
        if os.path.exists(folder) and not folder.is_dir():
            raise InputError("is a file, expected a folder to write into", path=folder)
    folder = target.parent
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        else:
            folder = next(each for each in target.parents if each.exists())
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"its folder cannot be written to ({error.strerror})", path=target
        ) from error


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path beside `path` and rename it to `path` when the block succeeds.

    The temporary name keeps the suffixes of `path`, since writers choose formats by them. When the
    block raises, the temporary file is removed and whatever stood at `path` before stays.

    Parameters
    ----------
    path
        Where the finished file shall stand. Missing parent folders are made, and what killed runs
        left of it under its temporary names is removed (`clear_partials`).

    Yields
    ------
    pathlib.Path
        The path to write to.

    Raises
    ------
    InputError
        When the folder cannot be made or written to, or the disk is full.
    """
    target = Path(path)
    check_output(target)
    clear_partials(target)
    partial = target.with_name(f".partial-{os.getpid()}-{target.name}")
    try:
        yield partial
        os.replace(partial, target)
    except OSError as error:
        # Libraries say so without a name, or with that of a file that will be gone.
        if error.errno in _FULL:
            raise InputError(
                f"cannot be written ({os.strerror(error.errno)})", path=target
            ) from error
        raise
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


@contextmanager
def together(folder: str | os.PathLike[str], name: str) -> Iterator[Path]:
    """Give a temporary folder within `folder` and move its files there when the block succeeds.

    The files of one run so replace those of another at once, after all of them have been made, and
    not one by one while they are. When the block raises, what stood in `folder` before stays. What
    killed runs left under this name is removed.

    Parameters
    ----------
    folder
        Where the finished files shall stand.
    name
        What they are, such as ``evaluation``; a part of the temporary folder's name.

    Yields
    ------
    pathlib.Path
        The folder to write into, files only.

    Raises
    ------
    InputError
        When the folder cannot be made or written to.
    """
    target = Path(folder)
    check_folder_of(target / name)
    clear_partials(target / name)
    partial = target / f".partial-{os.getpid()}-{name}"
    partial.mkdir(exist_ok=True)
    try:
        yield partial
        for file in sorted(partial.iterdir()):
            os.replace(file, target / file.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def clear_partials(path: str | os.PathLike[str]) -> None:
    """Remove what runs that were killed left of an output under its temporary names.

    Those of processes that still run on this machine stay.

    Parameters
    ----------
    path
        The output, as `whole` was given it, or what `together` was, joined.
    """
    target = Path(path)
    for partial in target.parent.glob(f".partial-*-{escape(target.name)}"):
        process = partial.name.removeprefix(".partial-").split("-", 1)[0]
        if process.isdecimal() and not _runs(int(process)):
            if partial.is_dir() and not partial.is_symlink():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                with suppress(FileNotFoundError):
                    partial.unlink()


def _runs(process: int) -> bool:
    """Tell whether there is such a process besides this one, which has begun nothing yet."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True

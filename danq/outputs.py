"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from danq.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PROBE = bytes(1 << 16)

StrPath = str | os.PathLike[str]

HDF5_ENDINGS = (".h5", ".hdf5")
ENDINGS = {
    "background": HDF5_ENDINGS,
    "data set": HDF5_ENDINGS,
    "model": (".keras",),
    "ONNX": (".onnx",),
    "predictions": (*HDF5_ENDINGS, ".parquet", ".tsv", ".tsv.gz"),
    "output": (".vcf", ".vcf.gz", ".bcf"),
    "top table": (".html",),
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


def check_output(path: StrPath, *, inputs: Iterable[object] = (), make: bool = True) -> None:
    """Make sure that a file can be written, as `check_outputs` does for several."""
    check_outputs([path], inputs=inputs, make=make)


def check_outputs(
    outputs: Iterable[StrPath | None], *, inputs: Iterable[object] = (), make: bool = True
) -> None:
    """Make sure that files can be written, before hours of work and not after.

    Parameters
    ----------
    outputs
        Every file that will be written, derived names included; None for those that will not.
    inputs
        What is read: paths, objects that have one (``path``), lists of either; anything else,
        such as None, ``-`` or a network, is not a file.
    make
        Whether to make missing parent folders.

    Raises
    ------
    InputError
        When an output is an input or another output, also through links; when it is something
        else than a regular file, or its folder cannot be made or written to.
    """
    written = [path for path in outputs if path is not None]
    check_distinct(written, inputs=inputs)
    for path in written:
        _check_kind(Path(path))
        check_folder_of(destination(path), make=make)


def check_distinct(outputs: Iterable[StrPath], *, inputs: Iterable[object] = ()) -> None:
    """Make sure that no output is an input or another output; both may be folders.

    Raises
    ------
    InputError
        When one is, by its name, through a symbolic link or as another name of the same file.
    """
    read = {key for path in _paths(inputs) for key in _keys(path)}
    seen: dict[object, StrPath] = {}
    for path in outputs:
        for key in _keys(path):
            if key in read:
                raise InputError("is named both as input and as output", path=path)
            if key in seen:
                raise InputError(f"is the same file as the output {seen[key]}", path=path)
        seen |= dict.fromkeys(_keys(path), path)


def destination(path: StrPath) -> Path:
    """Return the file that an output replaces: a symbolic link is followed and stays."""
    return Path(os.path.realpath(path))


def _paths(inputs: Iterable[object]) -> Iterator[StrPath]:
    for one in inputs:
        if isinstance(one, list | tuple):
            yield from _paths(one)
        elif isinstance(path := getattr(one, "path", one), str | os.PathLike):
            yield path


def _keys(path: StrPath) -> set[object]:
    """Return what two names of one file have in common."""
    if os.fspath(path) == "-":
        return set()
    keys: set[object] = {os.path.realpath(path)}
    with suppress(OSError):
        found = os.stat(path)
        keys.add((found.st_dev, found.st_ino))
    return keys


_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _check_kind(path: Path) -> None:
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except OSError:
        return
    if kind == stat.S_IFDIR:
        raise InputError("is a folder, expected a file to write", path=path)
    if kind in _KINDS:
        raise InputError(f"is {_KINDS[kind]}, expected a file to write", path=path)


def check_folder_of(path: StrPath, *, make: bool = True) -> None:
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
def whole(path: StrPath) -> Iterator[Path]:
    """Give a temporary path beside `path` and rename it to `path` when the block succeeds.

    Where `path` is a symbolic link, its target is replaced and the link stays.

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
        When the folder cannot be made or written to, the disk is full, or `path` is something
        else than a regular file.
    """
    target = Path(path)
    check_output(target)
    clear_partials(target)
    final = destination(target)
    partial = final.with_name(f".partial-{os.getpid()}-{target.name}")
    try:
        yield partial
        os.replace(partial, final)
    except InputError:
        raise
    except (OSError, RuntimeError) as error:
        # Libraries say so without a name, with that of a file that will be gone, or not at all.
        if cause := _full(error, partial):
            raise InputError(f"cannot be written ({cause})", path=target) from error
        raise
    finally:
        with suppress(OSError):
            partial.unlink()


def _full(error: Exception, partial: Path) -> str | None:
    """Return the words for a full disk, where that was the cause of an error."""
    number = getattr(error, "errno", None)
    if number is None and partial.is_file():
        try:
            with open(partial, "ab") as file:
                file.write(_PROBE)
        except OSError as probed:
            number = probed.errno
    return os.strerror(number) if number in _FULL else None


@contextmanager
def together(folder: StrPath, name: str) -> Iterator[Path]:
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
    try:
        partial.mkdir(exist_ok=True)
        yield partial
        for file in sorted(partial.iterdir()):
            # Where a link leads to another disk, the file is copied beside its target first.
            with whole(target / file.name) as replacement:
                shutil.move(file, replacement)
    except InputError as error:
        if error.path is None or partial not in Path(error.path).parents:
            raise
        named = target / Path(error.path).relative_to(partial)
        raise InputError(str(error).removeprefix(f"{error.path}: "), path=named) from error
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise InputError(f"cannot be written ({os.strerror(error.errno)})", path=target) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def clear_partials(path: StrPath) -> None:
    """Remove what runs that were killed left of an output under its temporary names.

    Those of processes that still run on this machine stay.

    Parameters
    ----------
    path
        The output, as `whole` was given it, or what `together` was, joined.
    """
    target = Path(path)
    for partial in destination(target).parent.glob(f".partial-*-{escape(target.name)}"):
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

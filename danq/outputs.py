"""Outputs appear whole or not at all."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from glob import escape
from itertools import chain
from pathlib import Path

from danq.errors import InputError
from danq.paths import StrPath
from danq.write_errors import writing

HDF5_ENDINGS = (".h5", ".hdf5")
ENDINGS = {
    "background": HDF5_ENDINGS,
    "contributions": HDF5_ENDINGS,
    "data set": HDF5_ENDINGS,
    "model": (".keras",),
    "ONNX": (".onnx",),
    "predictions": (*HDF5_ENDINGS, ".parquet", ".tsv", ".tsv.gz"),
}
"""How names of outputs end; the ending says the format. What scoring writes, it lists itself."""

SCRATCH = ".scratch"
"""Behind a temporary name: what is only needed while an output is made."""


def listed(names: Iterable[str]) -> str:
    """Return endings or other names for a sentence: ``.h5, .hdf5 or .parquet``."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def check_ending(path: StrPath, kind: str, endings: Iterable[str] | None = None) -> str:
    """Return an output's ending, of `endings` or `ENDINGS[kind]`; refuse others, or a bare one."""
    name = os.path.basename(os.fspath(path))
    known = ENDINGS[kind] if endings is None else list(endings)
    for ending in known:
        if name.endswith(ending) and name != ending:
            return ending
    raise InputError(f"expected the {kind} file's name to end in {listed(known)}", path=path)


def check_output(path: StrPath, *, inputs: Iterable[object] = (), make: bool = True) -> None:
    """Make sure that a file can be written, as `check_outputs` does for several."""
    check_outputs([path], inputs=inputs, make=make)


def check_outputs(
    outputs: Iterable[StrPath | None], *, inputs: Iterable[object] = (), make: bool = True
) -> None:
    """Make sure that files can be written, before hours of work and not after.

    `outputs` is every file that will be written, derived names included; None for those that will
    not. `inputs` is what is read: paths, objects that have one (``path``), lists of either;
    anything else, such as None, ``-`` or a network, is not a file. `make` makes missing parent
    folders.

    InputError when an output is an input or another output, also through links. Also when it is
    something else than a regular file, or its folder cannot be made or written to.
    """
    written = [path for path in outputs if path is not None]
    check_distinct(written, inputs=inputs)
    for path in written:
        _check_kind(Path(path))
        check_folder_of(destination(path), make=make)


def check_distinct(outputs: Iterable[StrPath], *, inputs: Iterable[object] = ()) -> None:
    """Make sure that no output is an input or another output, linked or not; folders too."""
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
        status = os.stat(path)
        keys.add((status.st_dev, status.st_ino))
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
def whole(path: StrPath, *, named: StrPath | None = None) -> Iterator[Path]:
    """Yield a temporary path beside `path` and rename it to `path` when the block succeeds.

    The temporary name keeps the suffixes of `path`, since writers choose formats by them. When the
    block raises, what was written is removed and whatever stood at `path` before stays. Where
    `path` is a symbolic link, its target is replaced and the link stays.

    `path` may be a folder that does not exist yet. Missing parent folders are made, and what killed
    runs left under its temporary names is removed (`clear_partials`). InputError when the folder
    cannot be made or written to, the disk is full, or `path` is something else than a regular file.
    It names the output `named`, if given.
    """
    target = Path(path)
    check_output(target)
    clear_partials(target)
    final = destination(target)
    partial = final.with_name(f".partial-{os.getpid()}-{target.name}")
    with _temporary(partial, target if named is None else named):
        yield partial
        os.replace(partial, final)


@contextmanager
def _temporary(partial: Path, output: StrPath) -> Iterator[None]:
    """Remove a file or folder at the end, and name the output where a full disk ends the block."""
    try:
        with writing(partial, output, is_only_full_disk=True):
            yield
    finally:
        _remove(partial)
        _remove(partial.with_name(f"{partial.name}{SCRATCH}"))


def scratch_of(partial: Path) -> Path:
    """Make a folder beside a temporary path of `whole`, for what is needed until that is renamed.

    It goes away with the temporary file.
    """
    folder = partial.with_name(f"{partial.name}{SCRATCH}")
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def together(folder: StrPath, name: str, *, named: StrPath | None = None) -> Iterator[Path]:
    """Yield a temporary folder within `folder` and move its files there when the block succeeds.

    The files of one run so replace those of another at once, after all of them have been made, and
    not one by one while they are. When the block raises, what stood in `folder` before stays.
    `name` says what they are, such as ``evaluation``, and is a part of the temporary folder's name;
    what killed runs left under it is removed. InputError as in `whole`; it names `named`, if given,
    otherwise `folder` or one of the files. The block writes files only, no folders.
    """
    target = Path(folder)
    check_folder_of(target / name)
    clear_partials(target / name)
    partial = target / f".partial-{os.getpid()}-{name}"
    try:
        with _temporary(partial, target if named is None else named):
            partial.mkdir(exist_ok=True)
            yield partial
            with ExitStack() as stack:
                for file in sorted(partial.iterdir()):
                    # Where a link leads to another disk, the file is copied beside its target.
                    shutil.move(file, stack.enter_context(whole(target / file.name)))
    except InputError as error:
        if error.path is None or partial not in Path(error.path).parents:
            raise
        named = target / Path(error.path).relative_to(partial)
        raise InputError(str(error).removeprefix(f"{error.path}: "), path=named) from error


def clear_partials(path: StrPath) -> None:
    """Remove what killed runs left of an output of `whole` or `together` under its temporary names.

    Those of processes that still run on this machine stay. `path` is, for `together`, its folder
    and name joined.
    """
    target = Path(path)
    name = f".partial-*-{escape(target.name)}"
    for partial in chain(*map(destination(target).parent.glob, (name, f"{name}{SCRATCH}*"))):
        process = partial.name.removeprefix(".partial-").split("-", 1)[0]
        if process.isdecimal() and not _runs(int(process)):
            _remove(partial)


def _remove(path: Path) -> None:
    """Remove a file or a folder, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _runs(process: int) -> bool:
    """Return whether there is such a process besides this one, which has begun nothing yet."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True

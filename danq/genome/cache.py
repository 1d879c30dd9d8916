"""The cache of a genome: codes and contigs in a folder, made once for each state of the FASTA file.

A folder holds ``codes.u8`` and ``index.json``. The index carries a digest of itself, the SHA-256 of
names, lengths and codes, and the size, times and inode that ``codes.u8`` had when that was last
computed. While these are the same the codes are taken as they are; after any change they are
hashed again (some two seconds for a human genome). What does not agree is made again.
"""

import hashlib
import json
import logging
import os
import shutil
import stat
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from danq.errors import InputError
from danq.genome.building import LOCKED, building, remove, sweep
from danq.genome.fasta import read_fasta
from danq.genome.sequence import Codes

logger = logging.getLogger(__name__)

_FORMAT = 2
_PIECE = 16 << 20
_LONGEST_LABEL = 150
_TICK = 0.02
"""Seconds: more than a file system's clock takes from one time to the next."""
_INDEX = "index.json"
_CODES = LOCKED
_DAMAGE = (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError)


@dataclass(frozen=True)
class Cache:
    """A genome as it lies in its cache; `checksum` is SHA-256 over names, lengths and codes.

    `contigs` has the length of each contig in bases, in the order of the file. `codes` is uint8,
    all contigs one after the other, mapped into memory.
    """

    contigs: dict[str, int]
    checksum: str
    codes: Codes


def open_cache(fasta: Path) -> Cache:
    """Return the cache of a FASTA file, made first where none fits; InputError if none can be."""
    state = _state(fasta)
    label = os.fsencode(fasta.name)[:_LONGEST_LABEL].decode("utf-8", "ignore")
    folders = [home / f"{label}.{state}" for home in _homes(fasta)]
    for folder in folders:
        if cache := _load(folder):
            return cache
    for number, folder in enumerate(folders):
        try:
            return _make(fasta, state, folder, label)
        except OSError as error:
            cause = error.strerror or str(error)
            if number + 1 < len(folders):
                other = folders[number + 1].parent
                logger.warning(
                    "%s: cannot be written to (%s), the cache of %s goes to %s",
                    *(folder.parent, cause, fasta, other),
                )
    raise InputError(
        f"its cache cannot be written ({cause}); the environment variable DANQ_CACHE can name "
        "another folder",
        path=fasta,
    )


def _state(fasta: Path) -> str:
    """Return a key of the file and its present state."""
    try:
        status = fasta.stat()
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({cause})", path=fasta) from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError("is a folder, expected a FASTA file", path=fasta)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("is a pipe or device, expected a FASTA file that stays", path=fasta)
    text = f"{fasta.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\0{_FORMAT}"
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def _homes(fasta: Path) -> list[Path]:
    """Return the folders for caches, the first that can be written to being the right one."""
    if named := os.environ.get("DANQ_CACHE"):
        return [Path(named)]
    homes = [fasta.parent / ".danq"]
    if os.path.isabs(shared := os.environ.get("XDG_CACHE_HOME", "")):
        homes.append(Path(shared, "danq"))
    else:
        # A user without a home folder or an entry among the users has none.
        with suppress(RuntimeError):
            homes.append(Path.home() / ".cache" / "danq")
    return homes


def _load(folder: Path) -> Cache | None:
    """Map a cache into memory, None where it is missing or not what it was when it was made."""
    try:
        index = json.loads((folder / _INDEX).read_bytes())
        if index.pop("digest") != _digest(index):
            return None
        status = os.stat(folder / _CODES)
        contigs = dict(zip(index["names"], index["lengths"], strict=True))
        if not stat.S_ISREG(status.st_mode) or status.st_size != sum(contigs.values()):
            return None
        codes = np.memmap(folder / _CODES, dtype=np.uint8, mode="r")
        if index["stamp"] != _stamp(status):
            logger.info("%s: checking, as it has been touched", folder)
            if _checksum(contigs, folder / _CODES) != index["checksum"]:
                return None
            index["stamp"] = _stamp(status)
            # Elsewhere, and where it is only read, it is checked each time.
            with suppress(OSError):
                _write_index(folder, index)
    except _DAMAGE:
        return None
    return Cache(contigs, index["checksum"], codes)


def _checksum(contigs: dict[str, int], codes: Path) -> str:
    content = hashlib.sha256()
    # Read, not mapped: pages of a map count as this process's memory.
    with open(codes, "rb") as stream:
        while piece := stream.read(_PIECE):
            content.update(piece)
    content.update(json.dumps(list(contigs.items())).encode())
    return content.hexdigest()


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _digest(index: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(index, sort_keys=True).encode()).hexdigest()


def _write_index(folder: Path, index: dict[str, Any]) -> None:
    partial = folder / f".{_INDEX}-{uuid.uuid4().hex}"
    try:
        partial.write_text(json.dumps({**index, "digest": _digest(index)}))
        partial.replace(folder / _INDEX)
    finally:
        partial.unlink(missing_ok=True)


def _make(fasta: Path, state: str, folder: Path, label: str) -> Cache:
    """Build a cache, or take the one that another process has built meanwhile."""
    home = folder.parent
    home.mkdir(parents=True, exist_ok=True)
    with building(folder) as (partial, out):
        if cache := _load(folder):
            return cache
        if os.path.lexists(folder):
            logger.warning("%s: the cache is damaged and is made again", folder)
            remove(folder)
        logger.info("%s: reading the sequence into %s", fasta, folder)
        _build(fasta, partial, out)
        if _state(fasta) != state:
            raise InputError("changed while it was read, expected it to stay", path=fasta)
        partial.rename(folder)
    for stale in home.glob(f"{escape(label)}.*"):
        if stale != folder and _source(stale) == str(fasta.resolve()):
            with suppress(OSError):
                remove(stale)
    sweep(home)
    cache = _load(folder)
    if cache is None:
        raise InputError("its cache was damaged while it was made", path=folder)
    return cache


def _build(fasta: Path, partial: Path, out: BinaryIO) -> None:
    """Write the codes and their index."""
    contigs: dict[str, int] = {}
    content = hashlib.sha256()
    scratch = partial / "scratch"
    scratch.mkdir()
    for piece in read_fasta(fasta, scratch):
        contigs[piece.name] = piece.length
        out.write(piece.codes.data)
        content.update(piece.codes.data)
    shutil.rmtree(scratch)
    out.flush()
    os.fsync(out.fileno())
    # A change right after this one must bear another time.
    time.sleep(_TICK)
    content.update(json.dumps(list(contigs.items())).encode())
    index = {
        "names": list(contigs),
        "lengths": list(contigs.values()),
        "checksum": content.hexdigest(),
        "source": str(fasta.resolve()),
        "stamp": _stamp(os.fstat(out.fileno())),
    }
    _write_index(partial, index)


def _source(folder: Path) -> str | None:
    """Return the FASTA file that a cache was made from."""
    try:
        source: str = json.loads((folder / _INDEX).read_bytes())["source"]
    except _DAMAGE:
        return None
    return source

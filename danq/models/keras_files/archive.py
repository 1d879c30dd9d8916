"""Members of a `.keras` file; the sizes that it declares are compared before anything is read.

A `.keras` file is a zip archive. A few kilobytes of zip can declare gigabytes, so no member may
unpack to more than a bounded multiple of what is stored of it.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from danq.errors import InputError, quoted
from danq.paths import StrPath

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
SEAL = "danq.sha256"
"""The member with the SHA-256 of others, by which a file is known to be as danq wrote it."""

_LARGEST_JSON = 32 << 20
_LARGEST_SEAL = 1 << 10
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Weights hardly shrink, unless most of them are zero.
_EXPANSION = 16
_ALWAYS_ALLOWED = 16 << 20


def is_archive(path: StrPath) -> bool:
    """Return whether a file is a zip archive, or a damaged one."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:
        # It has an end record, of an archive on several disks for instance.
        return True


@contextmanager
def open_archive(path: StrPath, title: str = "a .keras model file") -> Iterator[zipfile.ZipFile]:
    """Open a zip archive, which errors call `title`.

    The block must hold nothing but reading: what zipfile raises in it becomes an InputError too.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except InputError:
        raise
    except Exception as error:
        # Damaged bytes make zipfile and its decompressors raise almost anything.
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"cannot be read ({error.strerror})", path=path) from error
        raise InputError(f"is not {title}, or a damaged one", path=path) from error


def read_member(
    archive: zipfile.ZipFile, name: str, path: StrPath, *, most: int | None = None
) -> bytes:
    """Return the bytes of a member, at most `most`, by default a multiple of what is stored of it.

    InputError when it is missing, encrypted, packed by a method that Keras does not use, or larger.
    """
    if name not in archive.namelist():
        raise InputError(f"lacks {name}, expected a .keras model file", path=path)
    member = archive.getinfo(name)
    if member.flag_bits & _ENCRYPTED:
        raise InputError(f"holds {name} encrypted, expected it in plain", path=path)
    if member.compress_type not in _METHODS:
        raise InputError(
            f"holds {name} packed by zip method {member.compress_type}, expected it stored or "
            "deflated",
            path=path,
        )
    allowed = most_unpacked(member.compress_size) if most is None else most
    if member.file_size > allowed:
        raise InputError(
            f"declares {member.file_size:,} bytes of {name}, expected at most {allowed:,}",
            path=path,
        )
    return archive.read(member)


def most_unpacked(stored: int) -> int:
    """Return how many bytes may come out of a number of packed bytes."""
    return max(_ALWAYS_ALLOWED, _EXPANSION * stored)


def seal(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    """Add the member `SEAL` over members that a new archive has."""
    archive.writestr(SEAL, _checksums({name: archive.read(name) for name in names}))


def is_sealed(archive: zipfile.ZipFile, names: Sequence[str], path: StrPath) -> bool:
    """Return whether an archive has the `SEAL` of its members; errors as in `read_member`."""
    if SEAL not in archive.namelist():
        return False
    expected = _checksums({name: read_member(archive, name, path) for name in names})
    return read_member(archive, SEAL, path, most=_LARGEST_SEAL) == expected


def _checksums(members: Mapping[str, bytes]) -> bytes:
    """Return lines as sha256sum writes and checks them."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items())
    return "".join(lines).encode()


def read_json(archive: zipfile.ZipFile, name: str, path: StrPath) -> dict[str, Any]:
    """Return the object in a JSON member; errors as in `read_member` and `parse_json`."""
    return parse_json(read_member(archive, name, path, most=_LARGEST_JSON), name, path)


def parse_json(text: str | bytes, name: str, path: StrPath) -> dict[str, Any]:
    """Return the object in a text of JSON, and refuse anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"holds no JSON in {name}", path=path) from error
    if not isinstance(value, dict):
        raise InputError(f"holds {quoted(value)} in {name}, expected a JSON object", path=path)
    return value

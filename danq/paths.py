"""Paths: their type, and the checksum of what lies there."""

import hashlib
import os
from collections.abc import Callable

from danq.errors import reading

StrPath = str | os.PathLike[str]


def file_digest(path: StrPath, kind: str | Callable[[], object] = "sha256") -> str:
    """Return the SHA-256 of a file's bytes, or another digest of hashlib, in hexadecimal digits."""
    with reading(path), open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()  # type: ignore[arg-type]

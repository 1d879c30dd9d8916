"""SHA-256 of files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from danq.errors import reading


def file_digest(path: str | os.PathLike[str], kind: str | Callable[[], object] = "sha256") -> str:
    """Return the SHA-256 of a file's bytes, or another digest of hashlib, in hexadecimal digits."""
    with reading(path), open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()  # type: ignore[arg-type]

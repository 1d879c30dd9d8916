"""One sentence for an output that cannot be written, whichever library noticed.

Few libraries pass on what the system said: some raise an error without a number, some one of their
own, and some stumble over their own half-written state.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from danq.errors import InputError
from danq.paths import StrPath

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PROBE = bytes(1 << 16)


@contextmanager
def writing(partial: Path, output: StrPath, *, is_only_full_disk: bool = False) -> Iterator[None]:
    """Turn what goes wrong while writing into a sentence that names the output and the cause.

    InputError in place of an `OSError`, and of any error that comes from a full disk. `partial` is
    the file that is written, which goes away after an error; `output` the name that it would have
    had. With `is_only_full_disk` other causes pass, as in a block that also reads.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        cause = full_disk(error, partial)
        if cause is None and isinstance(error, OSError) and not is_only_full_disk:
            cause = os.strerror(error.errno) if error.errno else str(error)
        if cause is None:
            raise
        raise InputError(f"cannot be written ({cause})", path=output) from error


def full_disk(error: BaseException, partial: Path) -> str | None:
    """Return the system's words for a full disk where an error comes from that, None otherwise.

    For instance ``No space left on device``. `partial` is the file or folder that was written,
    which is of no use any more.
    """
    causes = list(_causes(error))
    for number in _FULL:
        words = os.strerror(number)
        if any(getattr(cause, "errno", None) == number or words in str(cause) for cause in causes):
            return words
    if any(getattr(cause, "errno", None) for cause in causes):
        return None
    probed = probe(partial)
    return os.strerror(probed.errno) if probed is not None and probed.errno in _FULL else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it was raised from, or while they were handled."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def probe(partial: Path) -> OSError | None:
    """Write some more bytes, as a library says that writing failed and not why; return the cause.

    `partial` is the file that was written, or a folder; either may be missing.
    """
    try:
        if partial.is_dir():
            with tempfile.TemporaryFile(dir=partial) as file:
                file.write(_PROBE)
        else:
            with open(partial, "ab") as file:
                file.write(_PROBE)
    except OSError as error:
        return error
    return None

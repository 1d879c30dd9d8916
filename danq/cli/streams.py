"""The standard streams: closed, full or of another encoding, they change no result.

A stream that is closed when the program starts is one that nobody wants to read: what would go
there is dropped. What cannot be written to standard output because the device is full is an error.
A reader that went away, such as ``head``, ends the program as SIGPIPE does other programs.
"""

import logging
import os
import sys
from contextlib import suppress

SIGPIPE_STATUS = 128 + 13


def prepare_streams() -> None:
    """Open closed streams on the null device, and let both print any character.

    Otherwise the next file that is opened would become standard output or standard error, and get
    whatever libraries write there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    # Python sets a stream that was closed to None.
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is sys.__stdout__:
        # With a buffer, also where PYTHONUNBUFFERED asks for none: what cannot be written then is
        # found out in one place, `end_output`.
        encoding = sys.stdout.encoding if sys.stdout else "utf-8"
        sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def show(text: str) -> None:
    """Print the summary of a command to standard output, unless the user asked for quiet."""
    if logging.getLogger("danq").isEnabledFor(logging.INFO):
        sys.stdout.write(text.rstrip("\n") + "\n")


def complain(sentence: str) -> None:
    """Write the one line of an error to standard error, if that can be written to."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"danq: error: {' '.join(sentence.split())}\n")
        sys.stderr.flush()


def end_output() -> OSError | None:
    """Flush standard output and drop what cannot be written; return why it cannot, if so."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try once more when it ends, and set an exit status of its own.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.stdout.flush()
        return error
    except ValueError:
        # It was closed meanwhile.
        return None
    return None

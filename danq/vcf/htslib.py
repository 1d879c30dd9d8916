"""htslib: everything of it that parses records works in another process.

A damaged file may make a parser in C fail in ways that end its process. What comes of it here is an
exception with htslib's own words.
"""

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pysam

_SCRIPT = Path(__file__).with_name("htslib_process.py")
_PIPE = 1 << 20
_ERROR = re.compile(r"\[E::(?!idx_)\w+\] (.*)")
_LONGEST_CAUSE = 150


class HtslibError(ValueError):
    """What htslib says of data that it cannot read or write."""


class _Quiet:
    """How many calls, in whichever threads, keep htslib silent now."""

    lock = threading.Lock()
    calls = 0
    before = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep htslib's own notes from standard error; danq says what is wrong in its words."""
    with _Quiet.lock:
        if not _Quiet.calls:
            _Quiet.before = pysam.set_verbosity(0)
        _Quiet.calls += 1
    try:
        yield
    finally:
        with _Quiet.lock:
            _Quiet.calls -= 1
            if not _Quiet.calls:
                pysam.set_verbosity(_Quiet.before)


def vcf_lines(blocks: Iterable[bytes], *, drop_samples: bool = False) -> Iterator[bytes]:
    """Yield the lines of VCF text that htslib makes of the bytes of a VCF or BCF, not compressed.

    Another thread takes the blocks, and what taking them raised is raised here. HtslibError comes
    after the lines before what htslib cannot read.
    """
    with tempfile.TemporaryFile() as notes:
        options = ["--drop-samples"] * drop_samples
        process = _start(["print", *options], notes)
        assert process.stdin is not None
        assert process.stdout is not None
        errors = _feed(blocks, process.stdin)
        try:
            yield from process.stdout
            status = process.wait()
            if errors:
                raise errors[0]
            if status:
                raise HtslibError(_cause(notes, status))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def count_by_index(path: Path) -> int | None:
    """Return how many records the index of a VCF or BCF tells of, None where it does not."""
    with tempfile.TemporaryFile() as notes:
        process = _start(["count", str(path)], notes, stdin=subprocess.DEVNULL)
        text, _ = process.communicate()
    return int(text) if not process.returncode and text.strip().isdigit() else None


def convert_to_bcf(source: Path, output: Path, added: Sequence[str]) -> None:
    """Convert a VCF file into BCF, with more header lines."""
    with (
        tempfile.TemporaryFile() as notes,
        tempfile.NamedTemporaryFile("w", encoding="utf-8") as lines,
        open(source, "rb") as text,
        open(output, "wb") as bcf,
    ):
        lines.writelines(f"{line}\n" for line in added)
        lines.flush()
        options = [lines.name] if added else []
        process = _start(["convert", *options], notes, stdin=text, stdout=bcf)
        try:
            status = process.wait()
        finally:
            process.kill()
            process.wait()
        if status:
            raise HtslibError(_cause(notes, status))


def _start(
    arguments: list[str],
    notes: IO[bytes],
    *,
    stdin: IO[bytes] | int = subprocess.PIPE,
    stdout: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", str(_SCRIPT), *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=notes,
        bufsize=_PIPE,
    )


def _cause(notes: IO[bytes], status: int) -> str:
    """Return what htslib said first, or what its process said of the end."""
    notes.seek(0)
    text = notes.read(_PIPE).decode("utf-8", "backslashreplace")
    lines = _ERROR.findall(text) or text.splitlines()[-1:]
    if not lines:
        return f"htslib's process ended with status {status}"
    cause = " ".join(lines[0].split())
    return cause if len(cause) <= _LONGEST_CAUSE else f"{cause[:_LONGEST_CAUSE]}…"


def _feed(blocks: Iterable[bytes], to: IO[bytes]) -> list[Exception]:
    """Write blocks to a process, in a thread that nobody waits for.

    What taking them raised is in the list before the process sees their end.
    """
    errors: list[Exception] = []

    def run() -> None:
        try:
            for block in blocks:
                to.write(block)
        except BrokenPipeError:
            # htslib reads no longer, and has said why.
            pass
        except Exception as error:
            errors.append(error)
        finally:
            with suppress(BrokenPipeError):
                to.close()

    threading.Thread(target=run, name="to htslib", daemon=True).start()
    return errors

"""Fetch a published file: streamed, measured against its announced size, checked by its MD5."""

import codecs
import hashlib
import http.client
import logging
import re
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from danq.errors import InputError, quoted
from danq.models.published.sources import Source
from danq.outputs import whole
from danq.paths import StrPath, file_digest
from danq.progress import bar

logger = logging.getLogger(__name__)

_BLOCK = 1 << 20
_START = 1 << 10
_TIMEOUT = 60.0
# The largest published file has 600 MB.
_LARGEST = 4 << 30
# Bytes a second, after the time in which an answer has to begin.
_SLOWEST = 4 << 10
# The last two: an address, which a redirect gives, that is malformed or has no such port.
_FAILURES = (OSError, http.client.HTTPException, ValueError, OverflowError)


@dataclass(frozen=True)
class Digests:
    """Checksums of a file's bytes, as hexadecimal text."""

    md5: str
    sha256: str


def digests(path: StrPath) -> Digests:
    """Hash a file."""
    md5 = file_digest(path, lambda: hashlib.md5(usedforsecurity=False))
    return Digests(md5, file_digest(path))


def download(source: Source, path: StrPath, *, timeout: float = _TIMEOUT) -> Digests:
    """Fetch a published file, whole and right or not at all.

    `timeout` is in seconds without an answer. Where no MD5 is published, both checksums of what
    came are logged, so that they can be noted.

    InputError when the address does not answer with status 200, or leads to anything but a web
    server. Also when fewer or more bytes come than announced, more than any published file has,
    none or hardly any, a web page, or another MD5 than the published one.
    """
    logger.info("fetching %s", source.address)
    with whole(path) as partial:
        _fetch(source.address, partial, timeout)
        _refuse_page(source, partial)
        found = digests(partial)
        if source.md5 is not None and found.md5 != source.md5:
            raise InputError(
                f"what came from {source.address} has the MD5 {found.md5}, "
                f"expected {source.md5}: it is damaged or another file, and was not kept"
            )
    if source.md5 is None:
        logger.info(
            "no checksum of %s is published, so it could not be checked; "
            "what came has the MD5 %s and the SHA-256 %s",
            source.file,
            found.md5,
            found.sha256,
        )
    return found


def _refuse_page(source: Source, path: Path) -> None:
    """Recognise a log-in or error page, which many servers send with the status of a success."""
    with open(path, "rb") as handle:
        start = handle.read(_START)
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise InputError(
            f"from {source.address} an HTML page came, expected {source.file}: fetch the file in "
            "another way and give it instead of --download"
        )


def _fetch(address: str, path: Path, timeout: float) -> None:
    parts = _parts(address, timeout)
    try:
        announced = _next(parts, address, timeout)
        with open(path, "wb") as out:
            came = _copy(parts, out, announced, address, timeout)
    finally:
        # A thread that still waits for a part closes the connection when it ends.
        with suppress(ValueError):
            parts.close()
    if announced is not None and came != announced:
        raise InputError(f"{address} announced {announced} bytes, {came} came: try again")
    if not came:
        raise InputError(f"{address} sends an empty file, expected a published file")


def _parts(address: str, timeout: float) -> Generator[Any, None, None]:
    """Yield the number of bytes that the answer announces, then the bytes."""
    from danq import __version__

    request = urllib.request.Request(address, headers={"User-Agent": f"danq/{__version__}"})
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(request, timeout=timeout) as answer:
        if answer.status != http.HTTPStatus.OK:
            raise urllib.error.HTTPError(
                address, answer.status, answer.reason, answer.headers, answer
            )
        # What is not a number announces nothing.
        length = answer.headers.get("Content-Length") or ""
        yield int(length) if re.fullmatch("[0-9]{1,18}", length) else None
        while block := answer.read1(_BLOCK):
            yield block


def _next(parts: Generator[Any, None, None], address: str, timeout: float) -> Any:
    """Wait for the next part, or nothing at the end, no longer than `timeout`.

    The timeout of a socket starts again with every byte, so a server that trickles headers could
    hold it for ever. The thread does not keep the process from ending.
    """
    future: Future[Any] = Future()

    def work() -> None:
        try:
            future.set_result(next(parts, b""))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return future.result(timeout)
    except InputError:
        raise
    except urllib.error.HTTPError as error:
        error.close()
        reason = quoted(error.reason)[1:-1]
        raise InputError(f"{address} answers {error.code} {reason}") from error
    except _FAILURES as error:
        raise InputError(_sentence(address, getattr(error, "reason", error))) from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to web servers only, and never from an encrypted connection to a plain one."""

    def redirect_request(self, request: Any, answer: Any, *rest: Any) -> Any:
        # Its body, of any size, would be read whole otherwise.
        answer.close()
        address = rest[-1]
        kept = urllib.parse.urlsplit(address).scheme.lower()
        if kept not in ("https", urllib.parse.urlsplit(request.full_url).scheme.lower()):
            raise InputError(
                f"{request.full_url} leads to {quoted(address, most=100)}, which is not fetched: "
                "expected an address of https"
            )
        return super().redirect_request(request, answer, *rest)


def _copy(
    parts: Generator[Any, None, None], out: Any, announced: int | None, address: str, timeout: float
) -> int:
    """Copy what comes; stop where it is too much, or too slow to come to an end."""
    came, start = 0, monotonic()
    most = _LARGEST if announced is None else min(announced, _LARGEST)
    with bar(progress=None, total=announced, unit="B", unit_scale=True) as shown:
        while block := _next(parts, address, timeout):
            came += len(block)
            if came > most:
                break
            out.write(block)
            shown.update(len(block))
            if came < _SLOWEST * (monotonic() - start - timeout):
                raise InputError(
                    f"{address} sends less than {_SLOWEST:,} bytes a second: try again"
                )
    if came > _LARGEST:
        raise InputError(f"{address} sends more than {_LARGEST:,} bytes, expected a published file")
    return came


def _sentence(address: str, reason: object) -> str:
    if isinstance(reason, ssl.SSLCertVerificationError):
        cause = getattr(reason, "verify_message", reason)
        return (
            f"the certificate of {address} is not trusted here ({cause}): fetch the file in "
            "another way and give it instead of --download"
        )
    if isinstance(reason, TimeoutError):
        return f"{address} does not answer in time"
    cause = getattr(reason, "strerror", None) or reason
    return f"{address} cannot be reached ({quoted(cause, most=200)[1:-1]})"

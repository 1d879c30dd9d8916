"""Fetching published files, from a server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace

import pytest

from danq.cli import main
from danq.errors import InputError
from danq.models import metadata
from danq.models.published import SOURCES
from danq.models.published.download import download
from tests.models.published import files


class _Server(http.server.ThreadingHTTPServer):
    """Serves `content` at any path but a few that misbehave."""

    content = b""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.over = threading.Event()


# What such a path sends at first, and then again and again.
_TRICKLES = {
    "/header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "/continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "/trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: x\r\n"),
}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/absent"):
            self.send_error(404)
            return
        if self.path.startswith("/rude"):
            self.send_response(503, "\x1b[2J" + "busy " * 1000)
            self.end_headers()
            return
        if self.path.startswith("/garbled"):
            self.wfile.write(b"\x1b[2J" + b"x" * 9000 + b"\n")
            return
        if self.path in _TRICKLES:
            start, again = _TRICKLES[self.path]
            self.wfile.write(start)
            while not self.server.over.wait(0.01):
                self.wfile.write(again)
            return
        if self.path.startswith("/moved?"):
            address = self.path.removeprefix("/moved?")
            self.send_response(302)
            self.send_header("Location", urllib.parse.unquote(address, "latin-1"))
            self.send_header("Content-Length", str(700 << 20))
            self.end_headers()
            # No body comes, and the connection stays until the other side closes it.
            self.rfile.read(1)
            return
        content = self.server.content
        cut = len(content) // 2 if self.path.startswith("/truncated") else len(content)
        self.send_response(int(self.path[-3:]) if self.path.startswith("/status") else 200)
        if not self.path.startswith("/unannounced"):
            wrong = self.path.startswith("/wrongly-announced")
            self.send_header("Content-Length", "many" if wrong else str(len(content)))
        self.end_headers()
        self.wfile.write(content[:cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with _Server(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def served(server, tmp_path, monkeypatch):
    """Put a small DanQ on the server, and the server's address and its MD5 into the table."""
    layers = files.danq_layers(files.DANQ, positions=4, hidden=5, outputs=3)
    files.write_danq(tmp_path / "made.hdf5", layers)
    server.content = (tmp_path / "made.hdf5").read_bytes()

    def serve(path, **changes):
        host, port = server.server_address
        changes = {
            "address": f"http://{host}:{port}/{path}",
            "md5": hashlib.md5(server.content).hexdigest(),
            **changes,
        }
        source = replace(SOURCES["danq"], **changes)
        monkeypatch.setitem(SOURCES, "danq", source)
        return source

    return serve


def _import(tmp_path, *more):
    output = tmp_path / "out" / "m.keras"
    return main(["import", "--from", "danq", "--download", "--output", str(output), *more])


def _left(tmp_path):
    folder = tmp_path / "out"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("path", ["weights", "unannounced", "wrongly-announced"])
def test_fetches_verifies_and_imports(tmp_path, served, path):
    source = served(path)
    assert _import(tmp_path) == 0
    assert _left(tmp_path) == ["m.keras"], "what was fetched is removed again"
    imported = metadata(tmp_path / "out" / "m.keras").training["imported"]
    assert imported["file"] == "DanQ_bestmodel.hdf5"
    assert imported["md5"] == source.md5


def test_what_was_fetched_is_kept_where_it_is_asked_for(tmp_path, served, server, capsys):
    served("weights")
    kept = tmp_path / "out" / "kept.hdf5"
    assert _import(tmp_path, str(kept)) == 0
    assert kept.read_bytes() == server.content
    assert _import(tmp_path, str(kept)) == 2
    assert "kept.hdf5: exists already; import it without downl" in capsys.readouterr().err


def test_without_a_published_checksum_what_came_is_told(tmp_path, served, server, capsys):
    served("weights", md5=None)
    assert _import(tmp_path) == 0
    told = capsys.readouterr().err
    assert "no checksum of DanQ_bestmodel.hdf5 is published" in told
    assert hashlib.sha256(server.content).hexdigest() in told


@pytest.mark.parametrize(
    ("path", "changes", "message"),
    [
        ("weights", {"md5": "0" * 32}, "has the MD5 {md5}, expected " + "0" * 32),
        ("truncated", {}, "announced {size} bytes, {half} came: try again"),
        ("truncated", {"md5": None}, "announced {size} bytes, {half} came: try again"),
        ("absent", {}, "answers 404 Not Found"),
    ],
    ids=["WrongChecksum", "Truncated", "TruncatedWithoutChecksum", "NotFound"],
)
def test_a_failure_is_one_sentence_and_leaves_nothing(
    tmp_path, served, server, capsys, path, changes, message
):
    served(path, **changes)
    kept = tmp_path / "out" / "kept.hdf5"
    for more in ([], [str(kept)]):
        assert _import(tmp_path, *more) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        size = len(server.content)
        md5 = hashlib.md5(server.content).hexdigest()
        assert error.startswith("danq: error: ")
        assert message.format(md5=md5, size=size, half=size // 2) in error
        assert _left(tmp_path) == []


@pytest.mark.parametrize("content", [b"<!DOCTYPE html>", b"\xef\xbb\xbf\n <html>"])
def test_a_web_page_is_told(tmp_path, served, server, capsys, content):
    server.content = content
    source = served("weights", md5=None)
    for more in ([], [str(tmp_path / "out" / "kept.hdf5")]):
        assert _import(tmp_path, *more) == 2
        error = capsys.readouterr().err.splitlines()[-1]
        assert f"from {source.address} an HTML page came, expected DanQ_bestmodel.hdf5" in error
        assert _left(tmp_path) == []


def test_what_is_wrong_with_a_passing_file_is_told_of_its_address(tmp_path, served, server, capsys):
    server.content = b"no weights"
    source = served("weights")
    assert _import(tmp_path) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == (
        f"danq: error: {source.address}: cannot be read (it is not an HDF5 file, or a damaged one)"
    )
    kept = tmp_path / "out" / "kept.hdf5"
    assert _import(tmp_path, str(kept)) == 2
    assert f"danq: error: {kept}: cannot be read" in capsys.readouterr().err


def test_a_refused_connection_is_one_sentence(tmp_path, served, server, capsys):
    source = served("weights")
    with _Server(("127.0.0.1", 0), _Handler) as free:
        port = free.server_address[1]
    served("weights", address=f"http://127.0.0.1:{port}/weights")
    assert _import(tmp_path) == 2
    assert "cannot be reached (Connection refused)" in capsys.readouterr().err
    with pytest.raises(InputError, match="cannot be reached"):
        # Plain HTTP answers where TLS is asked for.
        download(replace(source, address=source.address.replace("http", "https")), tmp_path / "f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (urllib.error.URLError(TimeoutError("timed out")), "does not answer in time"),
        (TimeoutError("timed out"), "does not answer in time"),
        (
            urllib.error.URLError(ssl.SSLCertVerificationError(1, "verify failed")),
            "the certificate of http.* is not trusted here .*: fetch the file in another way",
        ),
    ],
    ids=["NoAnswer", "NoMoreBytes", "Certificate"],
)
def test_what_a_network_does_besides(tmp_path, served, monkeypatch, error, message):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(urllib.request.OpenerDirector, "open", fail)
    with pytest.raises(InputError, match=message):
        download(served("weights"), tmp_path / "f")


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/weights", "file:///etc/passwd", "gopher://x"])
def test_only_web_servers_are_followed(tmp_path, served, address):
    with pytest.raises(InputError, match=r"leads to|answers 302"):
        download(served(f"moved?{address}"), tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_a_move_within_the_web_is_followed(tmp_path, served, server):
    host, port = server.server_address
    download(served(f"moved?http://{host}:{port}/weights"), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == server.content


def test_moves_in_a_circle_are_given_up(tmp_path, served):
    # A move to "" is one to the same address.
    with pytest.raises(InputError, match=r"answers 302 .*redirect"):
        download(served("moved?"), tmp_path / "f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    "address",
    ["http://[::1/", "http://\xe4\xf6.\xff..x/", "http://127.0.0.1:99999999/", "http://x:y/"],
)
def test_a_malformed_address_that_a_move_gives_is_one_sentence(tmp_path, served, address):
    source = served(f"moved?{urllib.parse.quote(address, encoding='latin-1')}")
    with pytest.raises(InputError, match=r"/moved\?\S+ cannot be reached \(.+\)$"):
        download(source, tmp_path / "f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("path", [path[1:] for path in _TRICKLES])
def test_an_answer_that_trickles_without_a_byte_of_the_file_is_given_up(tmp_path, served, path):
    with pytest.raises(InputError, match="does not answer in time"):
        download(served(path), tmp_path / "f", timeout=0.2)
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("status-204", "answers 204 No Content"),
        ("status-206", "answers 206 Partial Content"),
        ("weights", "sends an empty file"),
        ("unannounced", "sends an empty file"),
    ],
)
def test_only_a_whole_file_with_content_is_taken(tmp_path, served, server, path, message):
    source = served(path, md5=None)
    if not path.startswith("status"):
        server.content = b""
    with pytest.raises(InputError, match=message):
        download(source, tmp_path / "f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("path", ["unannounced", "weights"])
def test_more_than_any_published_file_is_not_fetched(tmp_path, served, monkeypatch, path):
    monkeypatch.setattr("danq.models.published.download._LARGEST", 1000)
    with pytest.raises(InputError, match="sends more than 1,000 bytes, expected a published file"):
        download(served(path), tmp_path / "f")
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize("path", ["rude", "garbled"])
def test_what_a_server_says_is_quoted_and_shortened(tmp_path, served, path):
    source = served(path)
    with pytest.raises(InputError) as raised:
        download(source, tmp_path / "m.hdf5")
    assert str(raised.value).isprintable()
    assert "\\x1b[2J" in str(raised.value)
    assert len(str(raised.value)) < 400


def test_a_trickle_is_given_up(tmp_path, served, server, monkeypatch):
    """The clock says that ten hours went by with each part that came."""
    hours = iter(range(10**9))
    monkeypatch.setattr("danq.models.published.download.monotonic", lambda: next(hours) * 36_000)
    server.content = b"x" * 5000
    with pytest.raises(InputError, match="sends less than 4,096 bytes a second: try again"):
        download(served("weights"), tmp_path / "f")
    assert not (tmp_path / "f").exists()


def test_the_table_is_the_published_one(capsys):
    assert main(["import", "--list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["kind", "file", "md5", "address"]
    assert {row[0]: row[2] for row in rows[1:]} == {
        "danq": "NA",
        "danq-jaspar": "NA",
        "deepsea": "89e640bf6bdbe1ff165f484d9796efc7",
        "deepsea-variant-effects": "35956ab9c28960b5a3693f470fe980c1",
        "beluga": "62360f2db4ac96554d28d058b50ab654",
    }
    addresses = {row[1]: row[3] for row in rows[1:]}
    assert addresses["deepsea_predict.pth"] == (
        "https://zenodo.org/record/1466993/files/deepsea_predict.pth?download=1"
    )
    for name in ("DanQ_bestmodel.hdf5", "DanQ-JASPAR_bestmodel.hdf5"):
        assert addresses[name] == f"https://cbcl.ics.uci.edu/public_data/DanQ/{name}"

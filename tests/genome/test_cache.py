"""The cache of a genome: what is used, what is made again, and who may use it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from danq.errors import InputError
from danq.genome import Reference, cache, decode
from tests.conftest import write_fasta

SEQUENCE = {"a": "ACGTTGCA", "b": "GG"}


@pytest.fixture
def fasta(tmp_path, monkeypatch):
    monkeypatch.delenv("DANQ_CACHE", raising=False)
    (tmp_path / "genome").mkdir()
    return write_fasta(tmp_path / "genome" / "g.fa", SEQUENCE)


@pytest.fixture
def home(fasta):
    return fasta.parent / ".danq"


@pytest.fixture
def told(caplog):
    """Count how often the log told of something."""
    caplog.set_level(logging.INFO, "danq.genome.cache")
    return lambda words: sum(words in record.message for record in caplog.records)


BUILT = ": reading the sequence into "
CHECKED = ": checking, as it has been touched"


def read(fasta) -> dict[str, str]:
    reference = Reference(fasta)
    return {name: decode(reference.codes(name, 0, n)) for name, n in reference.contigs.items()}


def member(home: Path, name: str) -> Path:
    (path,) = home.glob(f"*/{name}")
    return path


def test_the_cache_follows_the_file(fasta, home, told):
    assert read(fasta) == read(fasta) == SEQUENCE
    assert told(BUILT) == 1
    write_fasta(fasta, {"a": "TTTTT"})
    assert read(fasta) == {"a": "TTTTT"}
    assert len(list(home.iterdir())) == 1, "the stale cache stays"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)


def flip_unseen(path: Path) -> None:
    """Flip a bit and put the times back, as far as they can be."""
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def swap(key: str):
    def damage(path: Path) -> None:
        index = json.loads(path.read_text())
        index[key].reverse()
        path.write_text(json.dumps(index))

    return damage


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE = [
    pytest.param("codes.u8", flip, id="Flip"),
    pytest.param("codes.u8", flip_unseen, id="FlipUnseen"),
    pytest.param("codes.u8", lambda path: os.truncate(path, 3), id="Cut"),
    pytest.param("codes.u8", lambda path: os.truncate(path, 0), id="CutAll"),
    pytest.param("codes.u8", lambda path: os.truncate(path, 100), id="Longer"),
    pytest.param("codes.u8", Path.unlink, id="Gone"),
    pytest.param("codes.u8", make_folder, id="Folder"),
    pytest.param("index.json", swap("names"), id="Names"),
    pytest.param("index.json", swap("lengths"), id="Lengths"),
    pytest.param("index.json", flip, id="IndexFlip"),
    pytest.param("index.json", lambda path: os.truncate(path, 3), id="IndexCut"),
    pytest.param("index.json", Path.unlink, id="IndexGone"),
    pytest.param("index.json", make_folder, id="IndexFolder"),
    pytest.param("index.json", lambda path: path.write_text("[1, 2]"), id="IndexList"),
    pytest.param("index.json", lambda path: path.write_text("[" * 100_000), id="IndexNested"),
    pytest.param("index.json", lambda path: path.write_text('{"digest": 1e999}'), id="IndexNumber"),
    pytest.param("index.json", lambda path: path.write_bytes(b"\xff\xfe"), id="IndexBytes"),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGE)
def test_a_damaged_cache_is_made_again_in_one_sentence(fasta, home, told, caplog, name, damage):
    assert read(fasta) == SEQUENCE
    damage(member(home, name))
    assert read(fasta) == SEQUENCE
    assert told(BUILT) == 2
    (folder,) = home.iterdir()
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"{folder}: the cache is damaged and is made again"
    ]
    assert read(fasta) == SEQUENCE
    assert told(BUILT) == 2


def test_a_file_where_the_cache_should_be(fasta, home, told):
    read(fasta)
    (folder,) = home.iterdir()
    shutil.rmtree(folder)
    folder.write_text("not a folder")
    assert read(fasta) == SEQUENCE
    assert told(BUILT) == 2


def test_a_cache_that_was_touched_or_copied_is_checked_once(fasta, home, told):
    read(fasta)
    (folder,) = home.iterdir()
    shutil.copytree(folder, home / "copy")
    shutil.rmtree(folder)
    (home / "copy").rename(folder)
    assert read(fasta) == read(fasta) == SEQUENCE
    assert (told(CHECKED), told(BUILT)) == (1, 1)


def test_a_group_can_use_a_cache(fasta, home):
    before = os.umask(0o002)
    try:
        read(fasta)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.rglob("*")}
    (folder,) = home.iterdir()
    assert modes == {folder.name: 0o775, "codes.u8": 0o664, "index.json": 0o664}


def test_a_complete_cache_is_used_where_nothing_can_be_written(fasta, home, monkeypatch):
    read(fasta)

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(cache, "building", refuse)
    assert read(fasta) == SEQUENCE
    # A copy that cannot be stamped is checked, and used all the same.
    os.utime(member(home, "codes.u8"))
    monkeypatch.setattr(Path, "write_text", refuse)
    assert read(fasta) == SEQUENCE


def test_another_folder_where_the_first_cannot_be_written(
    fasta, home, tmp_path, monkeypatch, caplog
):
    home.write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert read(fasta) == read(fasta) == SEQUENCE
    assert member(tmp_path / "user" / "danq", "codes.u8").stat().st_size == 10
    assert (
        len([record for record in caplog.records if "cannot be written to" in record.message]) == 1
    )


def test_a_user_without_a_home_folder(fasta, home, monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert read(fasta) == SEQUENCE
    shutil.rmtree(home)
    home.write_text("a file")
    with pytest.raises(
        InputError, match=r"g\.fa: its cache cannot be written .* DANQ_CACHE can name"
    ):
        read(fasta)


def test_a_cache_folder_that_cannot_be_made(fasta, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DANQ_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(InputError, match=r"its cache cannot be written \(Not a directory\)"):
        read(fasta)


KILLED = """
import os, signal, sys
from danq.genome import Reference

# When the codes are written, and the index is not.
os.fsync = lambda number: os.kill(os.getpid(), signal.SIGKILL)
Reference(sys.argv[1])
"""


def test_what_a_killed_build_leaves_is_built_over_or_swept(fasta, home):
    subprocess.run([sys.executable, "-c", KILLED, str(fasta)], check=False)
    (left,) = home.iterdir()
    assert left.name.startswith(".partial-")
    assert read(fasta) == SEQUENCE
    assert not left.exists()
    # The same with a file that has changed since, and with what versions before left.
    write_fasta(fasta, {"a": "TT"})
    subprocess.run([sys.executable, "-c", KILLED, str(fasta)], check=False)
    old = home / f".partial-1-abcd-g.fa.{'0' * 16}"
    (old / "scratch").mkdir(parents=True)
    (old / "codes.u8").write_bytes(b"123")
    write_fasta(fasta, {"a": "GGG"})
    assert read(fasta) == {"a": "GGG"}
    assert len(list(home.iterdir())) == 1


def test_what_is_being_built_is_not_swept(fasta, home):
    live = home / f".partial-other.fa.{'0' * 16}"
    live.mkdir(parents=True)
    with open(live / "codes.u8", "wb") as codes:
        fcntl.flock(codes, fcntl.LOCK_EX)
        read(fasta)
        assert (live / "codes.u8").exists()


def test_many_at_once_build_once(fasta, told):
    results = []
    threads = [threading.Thread(target=lambda: results.append(read(fasta))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [SEQUENCE] * 8
    assert told(BUILT) == 1


def test_without_locks_each_builds_on_its_own(fasta, home, monkeypatch):
    def no_locks(*args):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert read(fasta) == read(fasta) == SEQUENCE
    assert member(home, "codes.u8").stat().st_size == 10


def test_a_bad_file_leaves_nothing(fasta, home):
    fasta.write_text(">a\nACGE\n")
    with pytest.raises(InputError, match="line 2"):
        read(fasta)
    assert list(home.iterdir()) == []


def test_a_file_that_changes_while_it_is_read(fasta, home, monkeypatch):
    read_fasta = cache.read_fasta

    def read_and_change(*args):
        yield from read_fasta(*args)
        fasta.write_text(">a\nAC\n")

    monkeypatch.setattr(cache, "read_fasta", read_and_change)
    with pytest.raises(InputError, match=r"g\.fa: changed while it was read"):
        read(fasta)
    assert list(home.iterdir()) == []

"""Jobs of one node take cards that nobody else holds."""

import os
import subprocess
import sys
import tempfile

import pytest

from danq.errors import InputError
from danq.models import own_gpu

HOLD = """
import logging, sys
from danq.models.own_gpu import own_gpu
logging.basicConfig(level="INFO")
print(own_gpu(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(tmp_path):
    """Start jobs that hold what they took until they are told to end; give what they took.

    One that `waits` has taken nothing yet.
    """
    running = []

    def start(visible, *, waits=False, umask=-1):
        environment = os.environ | {"CUDA_VISIBLE_DEVICES": visible, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=umask,
        )
        running.append(process)
        if waits:
            assert "waits for one of the graphics cards 7" in process.stderr.readline()
            return None, process
        return process.stdout.readline().strip(), process

    yield start
    for process in running:
        process.communicate("")


def test_each_job_has_a_card_of_its_own(job):
    assert [job("2,5,GPU-ab")[0] for _ in range(3)] == ["2", "5", "GPU-ab"]


def test_a_card_is_free_again_when_its_job_is_killed(job):
    card, process = job("0,1")
    assert (card, job("0,1")[0]) == ("0", "1")
    process.kill()
    process.wait()
    assert job("0,1")[0] == "0"


@pytest.mark.parametrize("visible", ["", "-1"])
def test_without_cards_there_is_nothing_to_take(job, visible):
    assert [job(visible)[0] for _ in range(2)] == ["None", "None"]


def test_a_job_waits_where_all_are_taken(job):
    _, holder = job("7")
    _, waiting = job("7", waits=True)
    holder.kill()
    holder.wait()
    assert waiting.stdout.readline() == "7\n"


@pytest.mark.parametrize(
    ("named", "cards"), [("0,1", ["0", "1"]), ("3,-1,4", ["3"]), ("MIG-1/2", ["MIG-1/2"])]
)
def test_cards_are_those_named(monkeypatch, named, cards):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert own_gpu.visible_cards() == cards


def test_locks_can_be_read_by_everybody(job, tmp_path):
    assert job("3", umask=0o077)[0] == "3"
    assert (tmp_path / "danq-gpu-3.lock").stat().st_mode & 0o777 == 0o644


def test_a_lock_that_nobody_may_read_is_told(tmp_path, monkeypatch):
    def refuse(path, *mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"danq-gpu-3\.lock: is the lock of a graphics card"):
        own_gpu.own_gpu()

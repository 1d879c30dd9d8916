"""Shared work on the other backends, for the networks that people have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NETWORKS = ["deepsea", "danq", "danq_jaspar", "beluga", "basset", "GRU", "simple cells"]
TEST = Path(__file__).with_name("test_sharing.py")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_shared_work_gives_the_numbers_of_whole_passes(backend):
    pytest.importorskip(backend)
    name = f"{TEST}::test_shared_work_gives_the_numbers_of_whole_passes"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        + [f"{name}[{network}]" for network in NETWORKS],
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=TEST.parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert f"{len(NETWORKS)} passed" in done.stdout

"""A scoring that is stopped at a given place: ``python -m tests.scoring.stopped_run JSON``."""

from __future__ import annotations

import errno
import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

from danq.cli import main
from danq.scoring.blocks import reading as blocks
from danq.scoring.scorers import scorer as network
from tests.scoring.toy import random_toy

BLOCK, RECORDS = 16, 100
BLOCKS = -(-RECORDS // BLOCK)
TARGETS = ["a", "b", "c"]
OUTPUTS = ["out.h5", "out.png", "out.tsv", "out.vcf.gz", "out.vcf.gz.tbi"]
ROOT = Path(__file__).parents[2]


def named_toy():
    """A predictor that a run can be told by."""
    toy = random_toy()
    toy.checksum = "the toy"
    return toy


def stop_at(place: str, call: int, how: str) -> None:
    """Wrap a function (module:name.name) so that its n-th call, from 0, does not come to pass."""
    module, names = place.split(":")
    *owners, name = names.split(".")
    owner = importlib.import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    function = getattr(owner, name)
    calls = iter(range(1 << 30))

    def stopping(*arguments, **options):
        if next(calls) == call:
            if how == "full":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.kill(os.getpid(), getattr(signal, how))
        return function(*arguments, **options)

    setattr(owner, name, stopping)


def started(arguments, place="", call=0, how="SIGKILL", **options):
    wanted = {"arguments": arguments, "place": place, "call": call, "how": how}
    return subprocess.run(
        [sys.executable, "-m", "tests.scoring.stopped_run", json.dumps(wanted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def same(folder, whole):
    assert sorted(path.name for path in folder.iterdir()) == OUTPUTS
    for name in OUTPUTS:
        if name.endswith(".h5"):
            with h5py.File(folder / name) as one, h5py.File(whole / name) as other:
                assert dict(one.attrs) == dict(other.attrs)
                assert set(one) == set(other)
                for column in one:
                    np.testing.assert_array_equal(one[column][:], other[column][:])
        else:
            assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    blocks.BLOCK_ALLELES = BLOCK
    toy = named_toy()
    opened = network.open_scorer
    ensemble = importlib.import_module("danq.scoring.scorers.ensemble")
    ensemble.open_scorer = lambda model, **options: opened(toy, targets=TARGETS)
    if wanted["place"]:
        stop_at(wanted["place"], wanted["call"], wanted["how"])
    sys.exit(main(wanted["arguments"]))

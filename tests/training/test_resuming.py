"""A training that is killed or stopped anywhere continues to what it would have come to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import danq
from danq.dataset import Dataset, Selection
from danq.errors import InputError
from danq.outputs import clear_partials
from danq.training import Epoch, Listener, settings_for
from danq.training.checkpoint import Checkpoint, Position
from danq.training.history import History
from danq.training.setup import Setup
from danq.training.start import Start
from danq.training.step.parallel import OneDevice
from danq.training.stopping import Interrupted, Stop
from tests.training.killed import MOMENTS

KILLED = Path(__file__).with_name("killed.py")
CUSTOM = """
import keras

def dropping(*, sequence_length, channels, outputs, width):
    return keras.Sequential([
        keras.Input((sequence_length, channels)),
        keras.layers.Bidirectional(keras.layers.LSTM(3, dropout=0.5, recurrent_dropout=0.2)),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(outputs),
        keras.layers.Activation("sigmoid"),
    ])
"""
SGD = {"optimizer": "sgd", "learning_rate": 0.5}
ADAM = {"optimizer": "adam", "learning_rate": 0.01, "max_jitter": 2}


@pytest.fixture
def dataset(tmp_path, genome, targets):
    """Windows of 180 bp, 9 steps an epoch of 32 windows."""
    path = tmp_path / "d.h5"
    danq.windows(
        genome,
        targets,
        path,
        window=180,
        bin=20,
        valid=["chr1:30001-40000"],
        selection=Selection(require="any"),
    )
    return path


@pytest.mark.parametrize(
    ("model", "width", "settings", "moments"),
    [
        ("danq", 0.03, {"schedule": "cosine", **ADAM}, list(MOMENTS)),
        ("deepsea", 0.02, SGD, ["late"]),
        ("mine:dropping", None, ADAM, ["late"]),
    ],
)
def test_a_killed_run_ends_as_an_uninterrupted_one(
    tmp_path, dataset, model, width, settings, moments
):
    (tmp_path / "mine.py").write_text(CUSTOM)
    options = {
        "folder": str(tmp_path),
        "dataset": str(dataset),
        "model": model,
        "width": width,
        "settings": {"batch_size": 32, "epochs": 3, **settings},
        "moments": moments,
    }
    # Each attempt is a process; JAX need not compile for a second one.
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    done = subprocess.run(
        [sys.executable, KILLED, json.dumps(options)],
        capture_output=True,
        text=True,
        env={**os.environ, **cache},
    )
    assert done.returncode == 0, done.stderr
    whole, killed = (danq.models.load(tmp_path / f"{name}.keras") for name in ("whole", "killed"))
    for one, other in zip(whole.get_weights(), killed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert _rows(tmp_path / "whole.history.tsv") == _rows(tmp_path / "killed.history.tsv")
    assert not list(tmp_path.glob(".partial-*"))
    assert not list(tmp_path.glob("*.checkpoint"))


class Signalling(Listener):
    """Raises a signal once, at the second step of an epoch or later."""

    def __init__(self, number):
        self.numbers = [number]
        self.begun = 0

    def begin(self, step, rate):
        self.begun = step

    def step(self, step, loss):
        if step >= self.begun + 2 and self.numbers:
            signal.raise_signal(self.numbers.pop())


def test_a_signal_stops_after_the_step_with_a_checkpoint(tmp_path, dataset, monkeypatch):
    from danq.cli import main

    whole, stopped = tmp_path / "whole.keras", tmp_path / "stopped.keras"

    def train(output, *more):
        arguments = ["--dataset", str(dataset), "--model", "danq", "--width", "0.02"]
        arguments += ["--epochs", "2", "--batch-size", "64", "--output", str(output)]
        return main(["train", *arguments, *more])

    assert train(whole) == 0
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        before = signal.getsignal(signal.SIGTERM)
        with monkeypatch.context() as patch:
            signalled = partial(danq.train, listeners=[Signalling(number)])
            patch.setattr(danq.training, "train", signalled)
            assert train(stopped, "--resume", "--checkpoint-minutes", "0") == status
        assert signal.getsignal(signal.SIGTERM) is before
        assert stopped.with_suffix(".checkpoint").exists()
    assert train(stopped, "--resume") == 0
    for one, other in zip(
        *(danq.models.load(path).get_weights() for path in (whole, stopped)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        (0, "after 1 of 4 epochs"),
        (3, "after 1 of 4 epochs and 3 of 9 steps"),
        (9, "after 1 of 4 epochs and all steps of the next, before its validation"),
    ],
)
def test_where_a_run_was_stopped_is_told_in_words(tmp_path, dataset, steps, where):
    from danq.training.run import Run

    settings = settings_for("danq", batch_size=32, epochs=4)
    with Dataset.open(dataset) as data:
        setup = Setup(data, "danq", settings, start=Start(0.03), parallel=OneDevice())
        run = Run(setup, checkpoint=tmp_path / "m")
        run.history.epochs.append(Epoch(1, 0.1, 0.1, 0.5, 0.5, 0.1, 1.0))
        run.position.steps = steps
        run.stop.signal = signal.SIGTERM
        with pytest.raises(Interrupted, match=rf"stopped by SIGTERM {where}; --resume"):
            run.pause()


def _until(arrived):
    """Let the interpreter come to a signal that other threads made it hold back."""
    deadline = time.monotonic() + 10
    while not arrived() and time.monotonic() < deadline:
        time.sleep(0.001)


def test_the_second_signal_does_what_it_always_did():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Stop() as stop:
            signal.raise_signal(signal.SIGINT)
            _until(lambda: stop.signal)
            assert stop.signal is signal.SIGINT
            with pytest.raises(KeyboardInterrupt):  # noqa: PT012
                signal.raise_signal(signal.SIGINT)
                _until(lambda: False)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_a_killed_process_left_behind_goes_away(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    kept = [".partial-1-m.checkpoint", f".partial-{dead.pid}-other.checkpoint", "m.checkpoint"]
    for name in (*kept, f".partial-{dead.pid}-m.checkpoint"):
        (tmp_path / name).write_bytes(b"")
    clear_partials(tmp_path / "m.checkpoint")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_checkpoint_of_an_older_format_is_named(tmp_path):
    about = json.dumps({"identity": {}, "history": []})
    with open(tmp_path / "m.checkpoint", "wb") as out:
        np.savez(out, about=np.array(about))
    with pytest.raises(InputError, match='checkpoint of format "1", expected 2; delete it'):
        Checkpoint.read(tmp_path / "m.checkpoint", state())


def state(**changes):
    """A run between two steps of its second epoch."""
    return replace(
        Checkpoint(
            identity={"monitor": "loss", "seed": 1},
            history=History([Epoch(1, 0.7, 0.6, float("nan"), 0.5, 0.1, 1.5)]),
            position=Position(3, 2.5, 0.1),
            weights=[np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)],
            best=[np.zeros((2, 3), np.float32), np.ones(3, np.float32)],
            optimizer=[np.array(7, np.int64)],
            random=[np.array([1, 2], np.uint32)],
        ),
        **changes,
    )


DIFFERENCES = {
    "identity": (state(identity={"monitor": "loss", "seed": 2}), 'with seed "2", this one has "1"'),
    "shape": (
        state(weights=[np.zeros(6, "f4"), np.ones(3, "f4")]),
        r"holds weights_0000 as float32",
    ),
    "dtype": (
        state(random=[np.array([1, 2])]),
        r"holds random_0000 as int64 of shape \(2,\), expec",
    ),
    "count": (state(optimizer=[]), "holds 0 arrays of optimizer, expected 1 of this run"),
    "epochs": (
        state(history=History([Epoch(2, 1, 1, 1, 1, 1, 1)])),
        "is not a checkpoint of danq t",
    ),
    "steps": (
        state(position=Position(1.5, 0, 0)),
        "is not a checkpoint of danq train, or a damaged",
    ),
    "negative": (
        state(position=Position(-1, 0, 0)),
        "is not a checkpoint of danq train, or a damage",
    ),
    "no object": (state(identity=[1]), "is not a checkpoint of danq train, or a damaged one"),
}


@pytest.mark.parametrize(("other", "sentence"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_checkpoint_that_does_not_fit_is_told(tmp_path, other, sentence):
    other.write(tmp_path / "m.checkpoint")
    with pytest.raises(InputError, match=rf"m\.checkpoint: .*{sentence}"):
        Checkpoint.read(tmp_path / "m.checkpoint", state())


def _rows(table):
    """Return the history except for the seconds."""
    return [line.split("\t")[:-1] for line in table.read_text().splitlines()]

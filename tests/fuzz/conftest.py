"""A bounded run of seeded cases whose only accepted ends are a right result or one sentence.

``DANQ_FUZZ_CASES`` sets the number of cases of each test, ``DANQ_FUZZ_SEED`` and
``DANQ_FUZZ_CASE`` repeat what a failure names. Without a seed each run draws another.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from danq.errors import InputError

CASES = int(os.environ.get("DANQ_FUZZ_CASES", "300"))
SEED = int(os.environ.get("DANQ_FUZZ_SEED") or secrets.randbits(32))
ONLY = os.environ.get("DANQ_FUZZ_CASE")
# What one damaged small file may cost.
MEMORY = 256 << 20
SECONDS = 60
LONGEST_SENTENCE = 600


@pytest.fixture
def fuzz() -> Callable[..., None]:
    """Run cases: ``fuzz(case, number=CASES)`` calls ``case(random)`` with a generator for each.

    A case damages an input, reads it, and checks what was read. An `InputError` of one printable
    sentence is an accepted end; so is a return. Whatever else is raised, a case that takes more
    than `MEMORY` or does not end, fails with the seed and the number that repeat it.
    """

    def run(case: Callable[[np.random.Generator], None], number: int = CASES) -> None:
        for index in [int(ONLY)] if ONLY else range(number):
            try:
                with _bounds():
                    case(np.random.default_rng([SEED, index]))
            except InputError as error:
                if problem := _problem_of(str(error)):
                    pytest.fail(f"{problem}: {error!s:.2000} ({_repeat(index)})")
            except BaseException as error:
                error.add_note(_repeat(index))
                raise

    return run


@contextmanager
def _bounds():
    def hang(*_: object) -> None:
        raise AssertionError(f"not done after {SECONDS} seconds")

    before = _peak_memory(reset=True)
    previous = signal.signal(signal.SIGALRM, hang)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
        taken = _peak_memory() - before
        assert taken < MEMORY, f"took {taken >> 20} MB"


def _peak_memory(*, reset: bool = False) -> int:
    """Return the most bytes that this process has held, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def _problem_of(sentence: str) -> str | None:
    """Return what keeps a text from being one sentence for a terminal, if anything does."""
    if not sentence.isprintable():
        return "unprintable characters"
    if len(sentence) > LONGEST_SENTENCE:
        return f"{len(sentence)} characters"
    return None


def _repeat(index: int) -> str:
    return f"repeat with DANQ_FUZZ_SEED={SEED} DANQ_FUZZ_CASE={index}"

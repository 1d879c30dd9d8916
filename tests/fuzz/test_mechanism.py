"""The fuzzing mechanism itself: it must see each kind of bad end, and repeat."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from danq.errors import InputError
from tests.fuzz import conftest
from tests.fuzz.mutations import MUTATIONS, mutate

ROOT = Path(__file__).parents[2]
DATA = b">chr1\nACGTACGT\nACGT\n>chr2\nTTTT\n"


def test_the_same_seed_gives_the_same_damage():
    one, other = (mutate(DATA, np.random.default_rng([5, 3])) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_changes_data_and_stands_empty_data(mutation):
    changed = 0
    for seed in range(50):
        data = bytearray(DATA)
        mutation(data, np.random.default_rng(seed))
        changed += bytes(data) != DATA
        mutation(bytearray(), np.random.default_rng(seed))
    assert changed > 20


def test_a_traceback_fails_and_says_how_to_repeat_it(fuzz):
    def case(random):
        raise KeyError("split")

    with pytest.raises(KeyError) as raised:
        fuzz(case)
    assert "DANQ_FUZZ_SEED" in raised.value.__notes__[0]


@pytest.mark.parametrize("sentence", ["two\nlines", "\x1b[31m", "x" * 1000, "\udcff"])
def test_what_is_no_sentence_fails(fuzz, sentence):
    def case(random):
        raise InputError(sentence)

    with pytest.raises(pytest.fail.Exception, match="DANQ_FUZZ_CASE="):
        fuzz(case)


def test_a_sentence_and_a_result_pass(fuzz, monkeypatch):
    monkeypatch.setattr(conftest, "ONLY", None)
    ends = []

    def case(random):
        ends.append(random.integers(2))
        if ends[-1]:
            raise InputError("line 3: found '-1', expected a position", path="a.bed")

    fuzz(case, number=40)
    assert set(ends) == {0, 1}


def test_memory_is_bounded():
    code = (
        "import numpy\n"
        "from tests.fuzz.conftest import _bounds\n"
        "with _bounds():\n"
        "    numpy.ones(1 << 26)\n"
    )
    end = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert re.search(r"AssertionError: took 5\d\d MB", end.stderr), end.stderr


def test_a_case_that_does_not_end_fails(fuzz):
    with pytest.raises(AssertionError, match="not done"):
        fuzz(lambda random: signal.raise_signal(signal.SIGALRM))

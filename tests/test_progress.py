"""Progress bars are shown where they are asked for, or else on a terminal."""

from __future__ import annotations

import inspect
import io
import sys

import pytest

import danq
from danq.dataset import to_mat
from danq.evaluation import measure
from danq.progress import bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("progress", "stream", "is_shown"),
    [
        (True, io.StringIO, True),
        (None, io.StringIO, False),
        (None, Terminal, True),
        (False, Terminal, False),
    ],
    ids=["Asked", "File", "Terminal", "Refused"],
)
def test_where_a_bar_is_shown(progress, stream, is_shown, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream())
    assert list(bar("abc", progress=progress, desc="letters")) == ["a", "b", "c"]
    assert ("letters: 100%" in sys.stderr.getvalue()) == is_shown


@pytest.mark.parametrize(
    "step",
    [danq.windows, danq.convert, to_mat, danq.train, danq.evaluate, danq.predict, measure],
    ids=lambda step: step.__name__,
)
def test_every_step_decides_by_the_terminal(step):
    assert inspect.signature(step).parameters["progress"].default is None

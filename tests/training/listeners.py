"""Listeners that break a run off."""

from __future__ import annotations

import pytest

import danq
from danq.training import Listener


class Breaking(Listener):
    """Raises KeyboardInterrupt at the first step of an epoch, or at its last one."""

    def __init__(self, epoch, *, at_end=False):
        self.broken_off, self.at_end = epoch, at_end
        self.done = self.length = 0

    def epoch(self, step, row):
        self.done, self.length = row.epoch, step // row.epoch

    def step(self, step, loss):
        wanted = self.length if self.at_end else 1
        if self.done == self.broken_off - 1 and step == self.done * self.length + wanted:
            raise KeyboardInterrupt


def break_off(dataset, output, epoch, *, at_end=False, **options):
    """Train until an epoch has begun, or is at its end, and break off."""
    with pytest.raises(KeyboardInterrupt):
        danq.train(dataset, output, listeners=[Breaking(epoch, at_end=at_end)], **options)

"""The steps of one epoch: batches on their way to the device, losses fetched now and then."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import keras

from danq.dataset.batches import Batches
from danq.progress import bar
from danq.threads import ahead
from danq.training.checkpoint import Position
from danq.training.listener import Listener

# Each fetch waits for the device, which has nothing to do until the next step is handed over.
_FETCH_STEPS, _FETCH_SECONDS = 16, 1.0


class TrainingError(RuntimeError):
    """Training cannot continue."""


@dataclass
class Loop:
    """Trains on the batches of one epoch after the other.

    `step` and `place` come from `danq.training.step.stepper`. The listener hears every step's loss,
    when it is in the position, and pauses between steps. `progress` None shows a bar on a terminal
    only.
    """

    batches: Batches
    step: Callable[[Any, Any], Any]
    place: Callable[[tuple[Any, Any]], tuple[Any, ...]]
    listener: Listener
    progress: bool | None = None

    def run(self, number: int, position: Position) -> None:
        """Take the steps of an epoch (from 1) that are not done yet; the position moves along."""
        batches: Any = ahead(map(self.place, self.batches.epoch(number, first=position.steps)))
        before, waiting = (number - 1) * len(self.batches), list[Any]()
        fetched = time.monotonic()
        with self._bar(number, position) as shown, closing(batches):
            for codes, labels in batches:
                waiting.append(self.step(codes, labels))
                shown.update()
                wanted = self.listener.wants(before + position.steps + len(waiting))
                late = time.monotonic() - fetched >= _FETCH_SECONDS
                if wanted or late or len(waiting) >= _FETCH_STEPS:
                    self._fetch(waiting, before, position)
                    shown.set_postfix(loss=f"{position.total / position.steps:.4f}")
                    fetched = time.monotonic()
                if wanted:
                    self.listener.pause()
        self._fetch(waiting, before, position)

    def _bar(self, number: int, position: Position) -> Any:
        return bar(
            progress=self.progress,
            total=len(self.batches),
            initial=position.steps,
            desc=f"epoch {number}",
            unit="batch",
            leave=False,
        )

    def _fetch(self, waiting: list[Any], before: int, position: Position) -> None:
        """Take the losses of some steps in."""
        for loss in waiting:
            value = float(keras.ops.convert_to_numpy(loss))
            position.steps += 1
            position.total += value
            self.listener.step(before + position.steps, value)
        waiting.clear()

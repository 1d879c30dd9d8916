"""Curves for TensorBoard: TensorFlow writes them whatever the backend is."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from danq.errors import InputError
from danq.paths import StrPath
from danq.training.history import Epoch
from danq.training.listener import Listener
from danq.write_errors import writing

EVERY = 100
"""Steps between two points of the training loss."""


class Board(Listener):
    """A folder of events that TensorBoard shows, made when missing; used in a ``with`` statement.

    Every point stands at the number of steps since the run began, those of epochs too, so that
    TensorBoard drops what an interrupted run wrote beyond the checkpoint that a resumed one
    continues from. The settings are shown as a text.
    """

    def __init__(self, folder: StrPath, settings: dict[str, Any]) -> None:
        import tensorflow as tf

        # Only protocol buffers and a record writer: nothing here makes TensorFlow take a device.
        self._tf = tf
        self.folder = Path(folder)
        self._settings = settings
        self._losses: list[float] = []
        name = f"events.out.tfevents.{time.time_ns()}.{os.getpid()}.danq"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._writer = tf.io.TFRecordWriter(str(self.folder / name))
        except (OSError, tf.errors.OpError) as error:
            reason = getattr(error, "strerror", None) or getattr(error, "message", error)
            raise InputError(f"cannot hold events ({reason})", path=self.folder) from error
        self._write(file_version="brain.Event:2")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with writing(self.folder, self.folder):
            self._writer.close()

    def begin(self, step: int, rate: Callable[[], float]) -> None:
        """Start or continue after a step; what another run wrote beyond it is dropped."""
        self._rate = rate
        log = self._tf.compat.v1.SessionLog
        self._write(step=step + 1, session_log=log(status=log.START))
        if step == 0:
            self._text("hyper-parameters", self._settings)
        self._losses.clear()

    def wants(self, step: int) -> bool:
        """Ask for the learning rate as it is where there is a point."""
        return step % EVERY == 0

    def step(self, step: int, loss: float) -> None:
        """Take the loss of a step in; every `EVERY` steps their mean becomes a point."""
        self._losses.append(loss)
        if step % EVERY == 0:
            mean = sum(self._losses) / len(self._losses)
            self._scalars(step, {"step/loss": mean, "step/learning_rate": self._rate()})
            self._losses.clear()

    def epoch(self, step: int, row: Epoch) -> None:
        """Write a row of the history."""
        values = asdict(row)
        del values["epoch"]
        self._scalars(step, {f"epoch/{name}": value for name, value in values.items()})
        with writing(self.folder, self.folder):
            self._writer.flush()

    def _scalars(self, step: int, values: dict[str, float]) -> None:
        summary = self._tf.compat.v1.Summary
        points = [summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self._write(step=step, summary=summary(value=points))

    def _text(self, tag: str, values: dict[str, Any]) -> None:
        v1 = self._tf.compat.v1
        rows = "\n".join(f"| {name} | {json.dumps(value)} |" for name, value in values.items())
        plugin = v1.SummaryMetadata.PluginData(plugin_name="text")
        value = v1.Summary.Value(
            tag=tag,
            metadata=v1.SummaryMetadata(plugin_data=plugin),
            tensor=self._tf.make_tensor_proto([f"| | |\n|---|---|\n{rows}"]),
        )
        self._write(summary=v1.Summary(value=[value]))

    def _write(self, **fields: Any) -> None:
        event = self._tf.compat.v1.Event(wall_time=time.time(), **fields)
        with writing(self.folder, self.folder):
            self._writer.write(event.SerializeToString())

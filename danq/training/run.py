"""One training run: its epochs, its best network, and where it stands when it is interrupted."""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from danq.errors import InputError, counted
from danq.models import files
from danq.models.precision import with_precision
from danq.outputs import together
from danq.training.checkpoint import Checkpoint, Position, Writer
from danq.training.history import MONITORS, Epoch, History
from danq.training.listener import Listener
from danq.training.loop import Loop, TrainingError
from danq.training.setup import Setup, in_blocks
from danq.training.step.optimizers import loss_scale, set_rate_factor
from danq.training.step.schedules import plateaus
from danq.training.step.stepper import (
    optimizer_state,
    random_state,
    seed_dropout,
    set_optimizer_state,
    set_random_state,
)
from danq.training.stopping import Interrupted, Stop
from danq.training.validation import Validation, validate

logger = logging.getLogger(__name__)

CHECKPOINT_MINUTES = 10.0

VALIDATED = 4096
"""Validation windows predicted at once."""


class Run(Listener):
    """One training run: the network, its optimizer, and where it stands.

    It listens to its loop, and tells the listeners of `go`. Its state goes into `checkpoint` after
    each epoch and every `checkpoint_minutes` within one.
    """

    def __init__(
        self, setup: Setup, *, checkpoint: Path, checkpoint_minutes: float = CHECKPOINT_MINUTES
    ) -> None:
        self.setup = setup
        self.data, self.settings, self.network = setup.data, setup.settings, setup.network
        self.batches, self.stepper = setup.batches, setup.stepper
        self.checkpoint = checkpoint
        self.writer = Writer(checkpoint, minutes=checkpoint_minutes)
        self.stop = Stop()
        self.listeners: Sequence[Listener] = ()
        self.progress: bool | None = None
        self.history = History(monitor=self.settings.monitor)
        self.position = Position()
        self._begun = time.monotonic()
        self.best = self.network.get_weights()

    def go(
        self, *, resume: bool, progress: bool | None, listeners: Sequence[Listener] = ()
    ) -> History:
        """Train until the last epoch or until the patience is over."""
        if self.checkpoint.exists():
            if resume:
                self._restore()
            else:
                logger.warning(
                    "%s of an interrupted run will be replaced; --resume would have continued it",
                    self.checkpoint,
                )
        self.listeners, self.progress = listeners, progress
        done = self._steps_before(len(self.history) + 1) + self.position.steps
        for listener in listeners:
            listener.begin(done, self.rate)
        with self.writer, self.stop:
            try:
                self._epochs()
            except Interrupted:
                self.writer.write(self._state())
                raise
        return self.history

    def _epochs(self) -> None:
        for number in range(len(self.history) + 1, self.settings.epochs + 1):
            if self.history.stalled() >= self.settings.patience:
                logger.info(
                    "stopped: no better validation %s in %s",
                    MONITORS[self.settings.monitor],
                    counted(self.settings.patience, "epoch"),
                )
                break
            self._epoch(number)

    def save(self, output: Path) -> None:
        """Write the best weights as a float32 model file, and the history beside it."""
        self.network.set_weights(self.best)
        mixed = self.settings.precision != "float32"
        with together(output.parent, f"{output.name}-and-history", named=output) as folder:
            files.save(
                with_precision(self.network, "float32") if mixed else self.network,
                folder / output.name,
                targets=self.data.targets.names,
                groups=self.data.targets.groups,
                unknown=self.setup.unknown,
                dataset_checksum=self.data.checksum,
                reference_checksum=self.data.reference_checksum,
                training={**self.setup.details, "best_epoch": self.history.best.epoch},
            )
            stem = folder / f"{output.stem}.history"
            self.history.write_table(stem, title=output.stem)
            self.history.write_picture(stem, title=output.stem)
        self.checkpoint.unlink(missing_ok=True)

    def _epoch(self, number: int) -> None:
        self._begun = time.monotonic() - self.position.seconds
        if self.position.steps == 0:
            seed_dropout(self.network, self.settings.seed, number)
            self._lower_rate()
        loss = self._steps(number)
        found = self._validate()
        row = Epoch(
            number,
            loss,
            found.loss,
            found.roc_auc,
            found.pr_auc,
            self.rate(),
            time.monotonic() - self._begun,
        )
        self.history.epochs.append(row)
        self.position = Position()
        if self.history.best is row:
            self.best = self.network.get_weights()
        for listener in self.listeners:
            listener.epoch(self._steps_before(number + 1), row)
        logger.info(
            "epoch %d of %d: loss %.5f, validation %.5f, ROC AUC %.3f, PR AUC %.3f%s, %.0f s",
            number,
            self.settings.epochs,
            loss,
            found.loss,
            found.roc_auc,
            found.pr_auc,
            " (best so far)" if self.history.best is row else "",
            row.seconds,
        )
        self.writer.write(self._state())

    def _steps(self, number: int) -> float:
        loop = Loop(self.batches, self.setup.step, self.setup.place, self, self.progress)
        loop.run(number, self.position)
        if loss_scale(self.stepper.optimizer) < 1:
            raise TrainingError(
                f"gradients overflowed in epoch {number} at every loss scale: {self._advice()}"
            )
        return self.position.total / self.position.steps

    def wants(self, step: int) -> bool:
        """Return whether a checkpoint is due, a signal has come or a listener wants a pause."""
        asked = [listener.wants(step) for listener in self.listeners]
        return self.writer.due() or self.stop.signal is not None or any(asked)

    def step(self, step: int, loss: float) -> None:
        """Refuse a loss that is not a finite number."""
        if not np.isfinite(loss):
            number, done = divmod(step - 1, len(self.batches))
            raise TrainingError(
                f"the loss became {loss} in epoch {number + 1}, step {done + 1}: {self._advice()}"
            )
        for listener in self.listeners:
            listener.step(step, loss)

    def _steps_before(self, number: int) -> int:
        """Count the steps of the run before an epoch."""
        return (number - 1) * len(self.batches)

    def pause(self) -> None:
        """Call the listeners that asked for it, then stop or write a checkpoint."""
        for listener in self.listeners:
            listener.pause()
        self._stop_or_save()

    def _stop_or_save(self) -> None:
        """Stop where that was asked for, or write a checkpoint where one is due."""
        if self.stop.signal is not None:
            raise Interrupted(
                f"stopped by {self.stop.signal.name} {self._where()}; --resume continues from "
                f"{self.checkpoint}",
                status=128 + self.stop.signal,
            )
        if self.writer.due():
            self.writer.write(self._state())

    def _where(self) -> str:
        done = f"after {len(self.history)} of {self.settings.epochs} epochs"
        steps, of = self.position.steps, len(self.batches)
        if steps == of:
            return f"{done} and all steps of the next, before its validation"
        return f"{done} and {steps} of {of} steps" if steps else done

    def rate(self) -> float:
        """Return the learning rate of the next step."""
        return float(keras.ops.convert_to_numpy(self.stepper.optimizer.learning_rate))

    def _lower_rate(self) -> None:
        """Lower the rate where the epochs so far ran onto a plateau."""
        timing = self.settings.timing()
        if self.settings.schedule == "plateau":
            count = plateaus(self.history.judged(), timing["decay_epochs"] or 1)
            set_rate_factor(self.stepper.optimizer, (timing["decay"] or 1) ** count)

    def _advice(self) -> str:
        rate = f"try a learning rate below {self.settings.learning_rate:g}"
        return f"{rate}, or bfloat16" if self.settings.precision == "float16" else rate

    def _validate(self) -> Validation:
        logits = []
        for rows in in_blocks(self.setup.valid, VALIDATED):
            logits.append(self.setup.predictor.logits(self.data.codes(rows)))
            self._stop_or_save()
        found = validate(np.concatenate(logits), self.data.labels(self.setup.valid))
        if not np.isfinite(found.loss):
            raise TrainingError(f"the validation loss became {found.loss}: {self._advice()}")
        return found

    def _identity(self) -> dict[str, Any]:
        identity = {
            **self.setup.details,
            "dataset": self.data.checksum,
            "reference": self.data.reference_checksum,
            "parameters": self.network.count_params(),
        }
        if not self.settings.depends_on_end:
            # No step's rate knows where the run ends, so it may be made longer.
            del identity["epochs"]
        del identity["patience"], identity["devices"]
        return identity

    def _state(self) -> Checkpoint:
        """Copy the state, so that it can be written while training continues."""
        if self.position.steps:
            self.position.seconds = time.monotonic() - self._begun
        return Checkpoint(
            identity=self._identity(),
            history=History(self.history.epochs, monitor=self.history.monitor),
            position=replace(self.position),
            weights=self.network.get_weights(),
            best=self.best,
            optimizer=optimizer_state(self.stepper),
            random=random_state(self.network),
        )

    def _restore(self) -> None:
        state = Checkpoint.read(self.checkpoint, self._state())
        if state.position.steps > len(self.batches):
            raise InputError(
                f"stands after step {state.position.steps} of an epoch of {len(self.batches)}",
                path=self.checkpoint,
            )
        self.history, self.best, self.position = state.history, state.best, state.position
        self.network.set_weights(state.weights)
        set_optimizer_state(self.stepper, state.optimizer)
        set_random_state(self.network, state.random)
        logger.info("resuming %s (%s)", self._where(), self.checkpoint)

"""Train a network on a data set and keep its best epoch on the validation windows."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from danq.dataset import Dataset
from danq.dataset.batches import Batches
from danq.errors import InputError
from danq.models import files
from danq.models.devices import prepare_devices
from danq.models.motifs import Strands
from danq.models.precision import with_precision
from danq.models.predict import Predictor
from danq.outputs import check_output
from danq.training.checkpoint import Checkpoint
from danq.training.history import MONITORS, Epoch, History
from danq.training.losses import positive_weights, weighted_rates
from danq.training.networks import Start, first_network
from danq.training.optimizers import loss_scale, set_rate_factor
from danq.training.parallel import OneDevice, data_parallel
from danq.training.schedules import plateaus
from danq.training.settings import Settings, settings_for
from danq.training.stepper import build_stepper, seed_dropout
from danq.training.tensorboard import Board
from danq.training.validation import Validation, validate

logger = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """Training cannot go on."""


def train(
    dataset: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    model: str = "danq",
    settings: Settings | None = None,
    width: float | None = None,
    init: str | os.PathLike[str] | None = None,
    motifs: str | os.PathLike[str] | None = None,
    motif_share: float | None = None,
    motif_strands: Strands | None = None,
    resume: bool = False,
    genome: str | os.PathLike[str] | None = None,
    devices: int | str | None = None,
    tensorboard: str | os.PathLike[str] | None = None,
    progress: bool | None = False,
) -> History:
    """Train a network.

    Beside `output` appear ``NAME.history.tsv`` and ``NAME.history.png``, and while the run lasts
    ``NAME.checkpoint``, which holds the state after the last whole epoch.

    Parameters
    ----------
    dataset
        Data set file with training and validation windows.
    output
        The model file to write, ending in `.keras`.
    model
        A network of `danq.training.networks.build_network`.
    settings
        Hyper-parameters; by default those of the model's paper.
    width
        Factor on the sizes of the network's inner layers; None is 1, or that of `init`.
    init
        Model file to start from, instead of random weights. It must hold the same kind of network.
    motifs
        MEME or JASPAR file: kernels of the first convolution start from its motifs
        (`danq.models.start_from_motifs`). A small data set finds motifs late or never.
    motif_share
        At most this share of the kernels does; None is one half.
    motif_strands
        ``both``: a motif takes two kernels, one for either strand; ``forward``: one. None is
        ``forward`` for danq-jaspar, as in its paper, and ``both`` for any other network.
    resume
        Go on from the checkpoint, if there is one. On the CPU the result equals that of a run that
        was never interrupted.
    genome
        Where the reference lies now, when it has moved.
    devices
        How many devices share each batch, or ``all`` (`danq.training.parallel`); None is one.
    tensorboard
        Folder in which curves for TensorBoard go.
    progress
        Whether to show progress bars; None shows them on a terminal only.

    Returns
    -------
    History
        A row an epoch.

    Raises
    ------
    InputError
        When an input does not fit.
    TrainingError
        When the loss is no longer a number, or float16 cannot hold the gradients.
    """
    output = Path(output)
    if output.suffix != ".keras":
        raise InputError("expected a model file's name to end in .keras", path=output)
    check_output(output, inputs=[dataset, genome, init, motifs])
    settings = settings or settings_for(model)
    prepare_devices()
    parallel = data_parallel(devices)
    with Dataset.open(dataset, genome=genome) as data, parallel.running():
        run = Run(
            data,
            model,
            settings,
            start=Start(width, init, motifs, motif_share, motif_strands),
            checkpoint=output.with_suffix(".checkpoint"),
            parallel=parallel,
        )
        with nullcontext() if tensorboard is None else Board(tensorboard, run.details) as board:
            history = run.go(resume=resume, progress=progress, board=board)
        run.save(output)
    return history


class Run:
    """One training run: the network, its optimizer, and where it stands."""

    def __init__(
        self,
        data: Dataset,
        model: str,
        settings: Settings,
        *,
        start: Start,
        checkpoint: Path,
        parallel: OneDevice | None = None,
    ) -> None:
        self.data = data
        self.settings = settings
        self.checkpoint = checkpoint
        self.parallel = parallel or OneDevice()
        self.board: Board | None = None
        self.valid = data.indices("valid")
        self.batches = Batches(
            data,
            data.indices("train"),
            settings.batch_size,
            seed=settings.seed,
            max_jitter=settings.max_jitter,
        )
        self.parallel.check(self.batches.batch_size)
        rates = _base_rates(data, self.batches.indices)
        weights = positive_weights(settings, rates)
        with self.parallel.building():
            self._build(model, start, weighted_rates(rates, weights), weights)
        self.details |= {**settings.record(), "devices": self.parallel.count}
        if weights is not None:
            self.details["positive_weights"] = weights
        self.train_on_batch = self.parallel.step(self.stepper, settings)
        self.predictor = Predictor(
            self.network,
            batch_size=self.parallel.rounded(max(32, self.batches.batch_size)),
            unknown=self.unknown,
        )
        self.history = History(monitor=settings.monitor)
        if settings.monitor == "pr_auc":
            self._check_positives()
        elif weights is not None or settings.loss == "focal":
            logger.warning(
                "class weights and focal loss move probabilities away from the rates of positives, "
                "so the best epoch by validation loss may not be the best: see --monitor pr_auc"
            )
        self.best = self.network.get_weights()

    def _build(
        self,
        model: str,
        start: Start,
        rates: npt.NDArray[np.float64],
        weights: list[float] | None,
    ) -> None:
        """Make the network and what trains it."""
        keras.utils.set_random_seed(self.settings.seed)
        first = first_network(model, self.data, start, rates=rates, seed=self.settings.seed)
        self.network, self.unknown = first.network, first.unknown
        if self.settings.precision != "float32":
            self.network = with_precision(first.network, self.settings.precision)
        self.details = {**first.record}
        self.stepper = build_stepper(
            self.network,
            self.settings,
            unknown=self.unknown,
            total_steps=len(self.batches) * self.settings.epochs,
            positive_weights=weights,
            replicas=self.parallel.replicas,
        )

    def go(self, *, resume: bool, progress: bool | None, board: Board | None = None) -> History:
        """Train until the last epoch or until the patience is over."""
        if resume and self.checkpoint.exists():
            self._restore()
        self.board = board
        if board is not None:
            board.begin(len(self.history) * len(self.batches))
        for number in range(len(self.history) + 1, self.settings.epochs + 1):
            if self.history.stalled() >= self.settings.patience:
                logger.info(
                    "stopped: no better validation %s in %d epochs",
                    MONITORS[self.settings.monitor],
                    self.settings.patience,
                )
                break
            self._epoch(number, progress)
        return self.history

    def save(self, output: Path) -> None:
        """Write the best weights as a float32 model file, and the history beside it."""
        self.network.set_weights(self.best)
        mixed = self.settings.precision != "float32"
        files.save(
            with_precision(self.network, "float32") if mixed else self.network,
            output,
            targets=self.data.targets.names,
            groups=self.data.targets.groups,
            unknown=self.unknown,
            dataset_checksum=self.data.checksum,
            reference_checksum=self.data.reference_checksum,
            training={**self.details, "best_epoch": self.history.best.epoch},
        )
        self.history.write_table(output.with_suffix(".history.tsv"))
        self.history.write_picture(output.with_suffix(".history.png"), title=output.stem)
        self.checkpoint.unlink(missing_ok=True)

    def _check_positives(self) -> None:
        positives = self.data.labels(self.valid).sum(axis=0)
        if not ((positives > 0) & (positives < len(self.valid))).any():
            raise InputError(
                "no target has positives and negatives in the validation split, so there is no "
                "pr_auc to monitor",
                path=self.data.path,
            )

    def _epoch(self, number: int, progress: bool | None) -> None:
        begun = time.monotonic()
        seed_dropout(self.network, self.settings.seed, number)
        self._lower_rate()
        loss = self._steps(number, progress)
        found = self._validate()
        row = Epoch(
            number,
            loss,
            found.loss,
            found.roc_auc,
            found.pr_auc,
            self._rate(),
            time.monotonic() - begun,
        )
        self.history.epochs.append(row)
        if self.history.best is row:
            self.best = self.network.get_weights()
        if self.board is not None:
            self.board.epoch(number * len(self.batches), row)
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
        self._state().write(self.checkpoint)

    def _steps(self, number: int, progress: bool | None) -> float:
        bar = tqdm(
            self.batches.epoch(number),
            total=len(self.batches),
            desc=f"epoch {number}",
            unit="batch",
            leave=False,
            disable=None if progress is None else not progress,
        )
        losses = []
        for step, (codes, labels) in enumerate(bar, start=1):
            logs = self.train_on_batch(codes, labels)
            losses.append(float(logs["entropy"]))
            if not np.isfinite(losses[-1]):
                raise TrainingError(
                    f"the loss became {losses[-1]} in epoch {number}, step {step}: {self._advice()}"
                )
            if self.board is not None:
                done = (number - 1) * len(self.batches) + step
                self.board.step(done, losses[-1], self._rate)
            bar.set_postfix(loss=f"{losses[-1]:.4f}")
        if loss_scale(self.stepper.optimizer) < 1:
            raise TrainingError(
                f"gradients overflowed in epoch {number} at every loss scale: {self._advice()}"
            )
        return float(np.mean(losses))

    def _rate(self) -> float:
        """Give the learning rate of the next step."""
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
        blocks = _blocks(self.valid, 4096)
        logits = np.concatenate([self.predictor.logits(self.data.codes(rows)) for rows in blocks])
        found = validate(logits, self.data.labels(self.valid))
        if not np.isfinite(found.loss):
            raise TrainingError(f"the validation loss became {found.loss}: {self._advice()}")
        return found

    def _identity(self) -> dict[str, Any]:
        identity = {
            **self.details,
            "dataset": self.data.checksum,
            "parameters": self.network.count_params(),
        }
        if not self.settings.depends_on_end:
            # No step's rate knows where the run ends, so it may be made longer.
            del identity["epochs"]
        del identity["patience"], identity["devices"]
        return identity

    def _state(self) -> Checkpoint:
        return Checkpoint(
            identity=self._identity(),
            history=self.history,
            weights=self.network.get_weights(),
            best=self.best,
            optimizer=[
                keras.ops.convert_to_numpy(variable)
                for variable in self.stepper.optimizer.variables
            ],
        )

    def _restore(self) -> None:
        state = Checkpoint.read(self.checkpoint, self._identity())
        self.history, self.best = state.history, state.best
        self.network.set_weights(state.weights)
        for variable, value in zip(self.stepper.optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        logger.info("going on after epoch %d (%s)", len(self.history), self.checkpoint)


def _blocks(rows: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _base_rates(data: Dataset, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    totals = np.zeros(len(data.targets))
    for block in _blocks(rows, 1 << 16):
        totals += data.labels(block).sum(axis=0)
    return totals / len(rows)

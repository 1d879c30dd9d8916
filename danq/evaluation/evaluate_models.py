"""Evaluation of models on one split of a data set: the step behind ``danq evaluate``."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from danq import models as networks
from danq.dataset import Dataset
from danq.errors import InputError
from danq.evaluation.baselines.registry import BASELINES, GAPPED_KMER, KMER
from danq.evaluation.baselines.ridge import Batches
from danq.evaluation.model_checks import check_fit, model_names
from danq.evaluation.report.writing import files_in, write
from danq.evaluation.results import Evaluation, ModelFile, ModelResult, Provenance
from danq.evaluation.statistics.genome_blocks import RESAMPLES, Resampling, check_options, plan
from danq.evaluation.statistics.measuring import measure
from danq.evaluation.statistics.metrics import warn_undefined
from danq.evaluation.verdict import WORSE, verdicts
from danq.genome import Reference
from danq.models.loaded import files_of
from danq.outputs import check_distinct, check_outputs
from danq.paths import StrPath
from danq.progress import bar
from danq.ranges import checked

if TYPE_CHECKING:
    import keras

logger = logging.getLogger(__name__)

BLOCK = 4096
"""About as many windows are held as codes at once."""

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@checked
def evaluate(
    dataset: StrPath,
    models: Sequence[StrPath | keras.Model],
    output: StrPath,
    *,
    split: str = "test",
    genome: StrPath | Reference | None = None,
    kmer_floor: bool | None = None,
    gapped_kmers: bool = False,
    resamples: int = RESAMPLES,
    block_size: int | None = None,
    seed: int = 0,
    both_strands: bool = True,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: bool | None = None,
) -> Evaluation:
    """Evaluate models on the windows of one split and write tables, figures and a page.

    `danq.evaluation.write` tells which files.

    Parameters
    ----------
    dataset
        Data set file made by ``danq windows``.
    models
        Model files, or networks of `danq.models.load`. A model is named after its file's stem, or
        the network's name; models of equal ones after as much of their paths as tells them apart.
    output
        Folder to write into; made where it is missing.
    split
        ``train``, ``valid`` or ``test``.
    genome
        FASTA file, or the reference, to use in place of the one named in the data set.
    kmer_floor
        Also fit the linear model of 5-mers on the training split and evaluate it, last, as
        ``kmer``. None does so if the data set has training windows, and logs it otherwise.
    gapped_kmers
        The same for gapped k-mers (`danq.evaluation.baselines.gapped_kmers`), as
        ``gapped-kmer``.
    resamples
        Resamples of blocks of windows that the intervals of 95 % and the p values are taken from;
        0 for neither.
    block_size
        Bases in a block. None takes a megabase, or less where that makes too few blocks.
    seed
        Of the resamples.
    both_strands
        Average the probabilities of both strands, as the published figures do.
    batch_size
        Windows predicted at once; None leaves it to `danq.models.Predictor`.
    precision
        What the networks' inner layers compute in: ``float32``, ``bfloat16`` or ``float16``.
    progress
        True shows progress bars on standard error, None only where that is a terminal.

    Returns
    -------
    Evaluation
        All metrics, curves and resamples.

    Raises
    ------
    InputError
        When no model is given or one twice, a model does not fit the data set, the split is
        empty, or the folder or a file in it cannot be made.
    """
    check_options(resamples, block_size, seed)
    check_distinct(files_in(output), inputs=[dataset, genome, *models])
    with files_of(models) as files:
        names = model_names(files, reserved=tuple(BASELINES))
        # Before the genome is read, which may take minutes.
        for path in files:
            networks.metadata(path)
        data = Dataset.open(dataset, genome=genome)
        baselines = _baselines(data, kmer_floor, gapped_kmers)
        indices = data.indices(split)
        own = [check_fit(path, data) for path in files]
        foreign = tuple(name for name, is_own in zip(names, own, strict=True) if not is_own)
        # Before hours of prediction, not after.
        check_outputs(files_in(output))
        bootstrap, resampling = plan(data, indices, resamples=resamples, size=block_size, seed=seed)
        run = _Run(data, indices, data.labels(indices), resampling, progress)
        results = []
        networks.prepare_devices()
        for name, path in zip(names, files, strict=True):
            predictor = networks.Predictor(
                networks.load(path), batch_size=batch_size, precision=precision
            )
            block = predictor.batch_size * max(1, BLOCK // predictor.batch_size)
            predict = partial(predictor.probabilities, both_strands=both_strands)
            results.append(run.result(name, predict, block, path))
        for name in baselines:
            fitted = BASELINES[name].fit(run.batches("train", name), run.batches("valid", name))
            results.append(run.result(name, fitted.predict, BLOCK, dataset))
        evaluation = Evaluation(
            split,
            data.targets.names,
            data.targets.groups,
            results,
            bootstrap,
            foreign,
            _provenance(data, names, files, models),
        )
    warn_undefined(evaluation.targets, results[0].metrics)
    write(evaluation, output)
    for verdict in verdicts(evaluation):
        level = logging.WARNING if verdict.outcome == WORSE else logging.INFO
        logger.log(level, "%s", verdict.sentence)
    return evaluation


def _provenance(
    data: Dataset,
    names: Sequence[str],
    files: Sequence[StrPath],
    models: Sequence[StrPath | keras.Model],
) -> Provenance:
    told = [
        os.fspath(file) if file is model else "a loaded network"
        for file, model in zip(files, models, strict=True)
    ]
    described = zip(names, told, map(networks.checksum, files), strict=True)
    return Provenance(
        datetime.now(UTC).isoformat(timespec="minutes"),
        str(data.path),
        str(data.reference.path) if data.has_coordinates else None,
        data.reference_checksum,
        tuple(ModelFile(*one) for one in described),
    )


def _baselines(data: Dataset, kmer_floor: bool | None, gapped_kmers: bool) -> list[str]:
    """Names of the baselines to fit, in the order of the tables."""
    if gapped_kmers or kmer_floor:
        data.indices("train")
    if kmer_floor is None:
        kmer_floor = bool(data.rows("train").size)
        if not kmer_floor:
            logger.warning(
                "%s has no training windows: the evaluation is without the k-mer baseline",
                data.path,
            )
    wanted = {KMER: kmer_floor, GAPPED_KMER: gapped_kmers}
    return [name for name, is_wanted in wanted.items() if is_wanted]


@dataclass(frozen=True)
class _Run:
    """What all models of an evaluation are given."""

    data: Dataset
    indices: NDArray[np.int64]
    labels: NDArray[np.uint8]
    resampling: Resampling | None
    progress: bool | None

    def result(self, name: str, predict: Predict, block: int, path: StrPath) -> ModelResult:
        """Predict and measure; the predictions of one model are held at a time."""
        found = measure(
            self.labels,
            self._predicted(name, predict, block, path),
            groups=self.data.targets.groups,
            resampling=self.resampling,
            are_probabilities=name not in BASELINES,
            name=f"{name}: measuring",
            progress=self.progress,
        )
        return ModelResult(name, found.metrics, found.roc, found.pr, found.resamples)

    def _predicted(
        self, name: str, predict: Predict, block: int, path: StrPath
    ) -> NDArray[np.float32]:
        """Predict block by block; float32 (windows, targets)."""
        logger.info("predicting %d windows with %s", len(self.indices), name)
        predictions = np.empty(self.labels.shape, np.float32)
        done = 0
        for chosen in self._blocks(self.indices, block, name):
            rows = predictions[done : done + len(chosen)]
            rows[:] = predict(self.data.codes(chosen))
            if not np.isfinite(rows).all():
                raise InputError(f'"{name}" predicts values that are not finite', path=path)
            done += len(chosen)
        return predictions

    def batches(self, split: str, name: str) -> Batches:
        """Blocks of codes and labels of a split, none where it is empty."""
        for chosen in self._blocks(self.data.rows(split), BLOCK, f"{name} {split}"):
            yield self.data.codes(chosen), self.data.labels(chosen)

    def _blocks(
        self, indices: NDArray[np.int64], size: int, name: str
    ) -> Iterator[NDArray[np.int64]]:
        total = len(indices)
        with bar(progress=self.progress, total=total, desc=name, unit=" windows") as shown:
            for first in range(0, total, size):
                block = indices[first : first + size]
                yield block
                shown.update(len(block))

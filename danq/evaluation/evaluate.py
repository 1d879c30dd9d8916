"""Evaluation of models on one split of a data set: the step behind ``danq evaluate``."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from danq import models as networks
from danq.dataset import Dataset
from danq.errors import InputError
from danq.evaluation.checks import check_fit, model_names
from danq.evaluation.curves import target_curves
from danq.evaluation.gapped_kmers import GappedKmerFloor
from danq.evaluation.kmers import KmerFloor
from danq.evaluation.metrics import per_target, warn_undefined
from danq.evaluation.page import page
from danq.evaluation.plot_comparison import comparison_figure
from danq.evaluation.plot_curves import curves_figure
from danq.evaluation.plot_style import save
from danq.evaluation.results import GAPPED_KMER, KMER, Evaluation, ModelResult
from danq.evaluation.ridge import Batches
from danq.evaluation.tables import groups_table, metrics_table, write_text
from danq.outputs import check_output

logger = logging.getLogger(__name__)

BLOCK = 4096
"""About as many windows are held as codes at once."""

StrPath = str | os.PathLike[str]
Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def evaluate(
    dataset: StrPath,
    models: Sequence[StrPath],
    output: StrPath,
    *,
    split: str = "test",
    genome: StrPath | None = None,
    kmer_floor: bool = False,
    gapped_kmers: bool = False,
    both_strands: bool = True,
    batch_size: int | None = None,
    precision: str = "float32",
    progress: bool | None = None,
) -> Evaluation:
    """Evaluate models on the windows of one split and write tables, figures and a page.

    Writes ``metrics.tsv`` (per target), ``groups.tsv`` (medians and means per group and over all),
    ``roc_curves``, ``pr_curves`` and ``comparison`` (PNG and SVG) and ``summary.html``.

    Parameters
    ----------
    dataset
        Data set file made by ``danq windows``.
    models
        Model files. A model is named after its file's stem; models with equal stems after as much
        of their paths as tells them apart.
    output
        Folder to write into; made where it is missing.
    split
        ``train``, ``valid`` or ``test``.
    genome
        FASTA file to use in place of the one named in the data set.
    kmer_floor
        Also fit the linear model of 5-mers on the training split and evaluate it, last, as
        ``kmer``.
    gapped_kmers
        Likewise that of gapped k-mers (`danq.evaluation.gapped_kmers`), as ``gapped-kmer``.
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
        All metrics and curves.

    Raises
    ------
    InputError
        When no model is given or one twice, a model does not fit the data set, the split is
        empty, or the folder cannot be made.
    """
    floors: dict[str, type[KmerFloor] | type[GappedKmerFloor]] = {}
    if kmer_floor:
        floors[KMER] = KmerFloor
    if gapped_kmers:
        floors[GAPPED_KMER] = GappedKmerFloor
    names = model_names(models, reserved=tuple(floors))
    with Dataset.open(dataset, genome=genome) as data:
        indices = data.indices(split)
        for path in models:
            check_fit(path, data)
        _make_folder(output)
        labels = data.labels(indices)
        results = []
        networks.prepare_devices()
        for name, path in zip(names, models, strict=True):
            predictor = networks.Predictor(
                networks.load(path), batch_size=batch_size, precision=precision
            )
            predict = _network(predictor, both_strands)
            block = predictor.batch_size * max(1, BLOCK // predictor.batch_size)
            predictions = _predicted(data, indices, predict, name, block, progress)
            results.append(_result(name, labels, predictions, path))
        for name, floor in floors.items():
            fitted = floor.fit(*_training_windows(data, name, progress))
            predictions = _predicted(data, indices, fitted.predict, name, BLOCK, progress)
            results.append(_result(name, labels, predictions, dataset))
        evaluation = Evaluation(split, data.targets.names, data.targets.groups, results)
    warn_undefined(evaluation.targets, results[0].metrics)
    write(evaluation, output)
    return evaluation


def write(evaluation: Evaluation, output: StrPath) -> None:
    """Write the tables, figures and page of an evaluation, each file whole.

    Parameters
    ----------
    evaluation
        What to write.
    output
        Folder to write into.
    """
    folder = Path(output)
    write_text(folder / "metrics.tsv", metrics_table(evaluation))
    write_text(folder / "groups.tsv", groups_table(evaluation))
    save(curves_figure(evaluation, "roc"), folder / "roc_curves")
    save(curves_figure(evaluation, "pr"), folder / "pr_curves")
    save(comparison_figure(evaluation), folder / "comparison")
    write_text(folder / "summary.html", page(evaluation))


def _make_folder(output: StrPath) -> None:
    """Fail before hours of prediction, not after."""
    check_output(Path(output) / "metrics.tsv")


def _network(predictor: networks.Predictor, both_strands: bool) -> Predict:
    def predict(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        probabilities: NDArray[np.float32] = predictor.probabilities(
            codes, both_strands=both_strands
        )
        return probabilities

    return predict


def _blocks(
    indices: NDArray[np.int64], size: int, name: str, progress: bool | None
) -> Iterator[NDArray[np.int64]]:
    disable = None if progress is None else not progress
    with tqdm(total=len(indices), desc=name, unit=" windows", disable=disable) as bar:
        for first in range(0, len(indices), size):
            block = indices[first : first + size]
            yield block
            bar.update(len(block))


def _predicted(
    data: Dataset,
    indices: NDArray[np.int64],
    predict: Predict,
    name: str,
    block: int,
    progress: bool | None,
) -> NDArray[np.float32]:
    """Predict block by block; float32 (windows, targets)."""
    logger.info("predicting %d windows with %s", len(indices), name)
    predictions = np.empty((len(indices), len(data.targets)), np.float32)
    done = 0
    for chosen in _blocks(indices, block, name, progress):
        predictions[done : done + len(chosen)] = predict(data.codes(chosen))
        done += len(chosen)
    return predictions


def _result(
    name: str, labels: NDArray[np.uint8], predictions: NDArray[np.float32], path: StrPath
) -> ModelResult:
    if not np.isfinite(predictions).all():
        raise InputError(f'"{name}" predicts values that are not finite', path=path)
    return ModelResult(
        name,
        per_target(labels, predictions),
        roc=target_curves(labels, predictions, kind="roc"),
        pr=target_curves(labels, predictions, kind="pr"),
    )


def _training_windows(data: Dataset, name: str, progress: bool | None) -> tuple[Batches, Batches]:
    """Read the training split to fit a floor on, and the validation split to pick its penalty."""

    def batches(split: str) -> Batches:
        try:
            indices = data.indices(split)
        except InputError:
            if split == "train":
                raise
            logger.warning("no validation windows: the %s floor takes its default penalty", name)
            return
        for chosen in _blocks(indices, BLOCK, f"{name} {split}", progress):
            yield data.codes(chosen), data.labels(chosen)

    return batches("train"), batches("valid")

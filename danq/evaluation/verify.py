"""Whether imported weights do what their authors published, and which reading of DanQ does.

Each reading predicts labelled windows, both strands averaged; mean ROC AUC and PR AUC stand beside
the published ones where the targets are DeepSEA's 919.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from danq import models
from danq.dataset import Dataset
from danq.dataset.deepsea_mat import read_mat
from danq.errors import InputError
from danq.evaluation.checks import check_fit
from danq.evaluation.metrics import (
    ALL,
    GroupSummary,
    Metrics,
    per_target,
    summarise,
    warn_undefined,
)
from danq.models.published import readings

logger = logging.getLogger(__name__)

StrPath = str | os.PathLike[str]

_BLOCK = 4096
_TARGETS = 919

# Means over targets of (ROC AUC, PR AUC), from the supplementary tables of Quang & Xie 2016.
_DEEPSEA = {
    ALL: (0.9326, 0.3425),
    "DNase": (0.9155, 0.4443),
    "TF": (0.9478, 0.3203),
    "histone": (0.8522, 0.3676),
}
PUBLISHED: dict[str, dict[str, tuple[float, float]]] = {
    "deepsea": _DEEPSEA,
    "deepsea-variant-effects": _DEEPSEA,
    "danq": {
        ALL: (0.9384, 0.3709),
        "DNase": (0.9208, 0.4636),
        "TF": (0.9535, 0.3520),
        "histone": (0.8596, 0.3850),
    },
    "danq-jaspar": {
        ALL: (0.9417, 0.3794),
        "DNase": (0.9246, 0.4752),
        "TF": (0.9569, 0.3606),
        "histone": (0.8622, 0.3883),
    },
}
"""By kind and group. They belong to the 227,512 test windows of DeepSEA."""

_COLUMNS = (
    "reading",
    "group",
    "targets",
    "windows",
    "roc_auc_mean",
    "pr_auc_mean",
    "roc_auc_published",
    "pr_auc_published",
)


@dataclass(frozen=True)
class Verification:
    """How each reading of an imported network does on labelled windows.

    Attributes
    ----------
    windows
        Number of windows, each counted once.
    written
        The reading that the model file holds.
    summaries
        By reading: one entry a group, ``all`` last.
    errors
        By reading: standard error of the mean ROC AUC over all targets.
    published
        (ROC AUC, PR AUC) by group, empty where none are published for these targets.
    """

    windows: int
    written: str
    summaries: dict[str, list[GroupSummary]]
    errors: dict[str, float]
    published: dict[str, tuple[float, float]]

    def table(self) -> str:
        """Make a tab-separated row for every reading and group; NA where there is no value."""
        rows = [_COLUMNS]
        for reading, summaries in self.summaries.items():
            for summary in summaries:
                known = self.published.get(summary.group)
                rows.append(
                    (
                        reading,
                        summary.group,
                        str(summary.targets),
                        str(self.windows),
                        _number(summary.roc_auc_mean, 6),
                        _number(summary.pr_auc_mean, 6),
                        "NA" if known is None else _number(known[0], 4),
                        "NA" if known is None else _number(known[1], 4),
                    )
                )
        return "".join("\t".join(row) + "\n" for row in rows)

    def sentence(self) -> str:
        """Say which reading does better, how near that is to the published, and what was written.

        The better reading is the one with the higher mean ROC AUC, as weights were trained under
        one reading and lose under the other; by less than two standard errors nothing is said.
        """
        aucs = {reading: rows[-1].roc_auc_mean for reading, rows in self.summaries.items()}
        best = max(aucs, key=lambda reading: -1.0 if np.isnan(aucs[reading]) else aucs[reading])
        if np.isnan(aucs[best]):
            return "No target has both positives and negatives here, so nothing can be said."
        near = (
            f" (published: {self.published[ALL][0]:.4f} on DeepSEA's test windows)"
            if ALL in self.published
            else ""
        )
        if len(aucs) == 1:
            return f"Mean ROC AUC {aucs[best]:.4f}{near}."
        (other,) = set(aucs) - {best}
        figures = f"{aucs[best]:.4f} against {aucs[other]:.4f}{near}"
        doubt = 2 * math.hypot(*self.errors.values())
        if aucs[best] - aucs[other] <= doubt:
            return (
                f"The two readings cannot be told apart on these windows: mean ROC AUC {figures}, "
                f"where chance alone makes {doubt:.4f}; the {self.written} one was written."
            )
        advice = (
            "which is the one that was written"
            if best == self.written
            else f"but the {other} one was written: import again with --backward {best}"
        )
        return f"The {best} reading does better, mean ROC AUC {figures}, {advice}."


def verify(
    model: StrPath,
    data: StrPath,
    *,
    genome: StrPath | None = None,
    batch_size: int | None = None,
) -> Verification:
    """Hold an imported network against labelled windows, in every reading its file allows.

    Parameters
    ----------
    model
        A model file; of a DanQ that `danq import` wrote both readings are tried.
    data
        A data set of `danq windows`, whose test split is taken, or DeepSEA's ``test.mat`` or
        ``valid.mat``.
    genome
        FASTA file to use in place of the one named in the data set.
    batch_size
        Windows predicted at once.

    Raises
    ------
    InputError
        When the data cannot be read, or their windows or targets are not the model's.
    """
    network = models.load(model)
    labels, codes, groups = _open(Path(data), model, genome)
    imported = network.danq.training.get("imported", {})
    models.prepare_devices()
    summaries, errors = {}, {}
    for reading, variant in readings(network).items():
        predictor = models.Predictor(variant, batch_size=batch_size)
        logger.info("predicting %d windows, reading: %s", len(labels), reading)
        metrics = per_target(labels, _predicted(predictor, codes, labels.shape))
        summaries[reading] = summarise(metrics, groups)
        errors[reading] = mean_error(metrics)
    warn_undefined(network.danq.targets, metrics)
    known = PUBLISHED.get(imported.get("kind"), {}) if len(groups) == _TARGETS else {}
    written = imported.get("backward", "as imported")
    return Verification(len(labels), written, summaries, errors, known)


def mean_error(metrics: Metrics) -> float:
    """Estimate the standard error of the mean ROC AUC over targets.

    Hanley & McNeil's (1982, Radiology 143:29) for each target, then their mean: targets share
    windows, so that they may err together, and averaging over them is not trusted to help.

    Parameters
    ----------
    metrics
        Of one model.

    Returns
    -------
    float
        NaN when no target has both positives and negatives.
    """
    known = ~np.isnan(metrics.roc_auc)
    if not known.any():
        return float("nan")
    auc, positives = metrics.roc_auc[known], metrics.positives[known]
    negatives = metrics.windows - positives
    above = auc / (2 - auc) - auc**2
    below = 2 * auc**2 / (1 + auc) - auc**2
    variance = auc * (1 - auc) + (positives - 1) * above + (negatives - 1) * below
    return float(np.sqrt(variance / (positives * negatives)).mean())


Read = Callable[[int, int], NDArray[np.uint8]]


def _open(
    data: Path, model: StrPath, genome: StrPath | None
) -> tuple[NDArray[np.uint8], Read, list[str]]:
    """Give all labels, a function from a stretch of windows to codes, and the targets' groups."""
    if data.suffix == ".mat":
        if genome is not None:
            raise InputError("holds its own sequences, found a genome as well", path=data)
        found = read_mat(data)
        _check_shapes(found.codes.shape[1], found.labels.shape[1], model, data)
        groups = models.metadata(model).groups
        return found.labels, lambda first, last: found.codes[first:last], groups
    dataset = Dataset.open(data, genome=genome)
    check_fit(model, dataset)
    rows = dataset.indices("test")
    labels, groups = dataset.labels(rows), dataset.targets.groups
    return labels, lambda first, last: dataset.codes(rows[first:last]), groups


def _check_shapes(window: int, targets: int, model: StrPath, data: Path) -> None:
    record = models.metadata(model)
    if (window, targets) != (record.window, len(record.targets)):
        raise InputError(
            f"reads windows of {record.window} bases and predicts {len(record.targets)} targets, "
            f"{data} has windows of {window} bases and {targets} targets",
            path=model,
        )


def _predicted(
    predictor: models.Predictor, codes: Read, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    predictions = np.empty(shape, np.float32)
    block = predictor.batch_size * max(1, _BLOCK // predictor.batch_size)
    for first in range(0, shape[0], block):
        last = min(first + block, shape[0])
        predictions[first:last] = predictor.probabilities(codes(first, last))
    return predictions


def _number(value: float, digits: int) -> str:
    return "NA" if np.isnan(value) else f"{value:.{digits}f}"

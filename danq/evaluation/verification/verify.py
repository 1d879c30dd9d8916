"""Whether imported weights do what their authors published, and which reading of DanQ does.

Each reading predicts labelled windows, both strands averaged; mean ROC AUC and PR AUC stand beside
the published ones where the targets are DeepSEA's 919. Which reading is better is judged by their
difference in the same resamples of the windows, as `danq evaluate` does it.
"""

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from danq import models
from danq.evaluation.model_checks import check_fit
from danq.evaluation.published_figures import NETWORKS, PUBLISHED, Figures
from danq.evaluation.statistics.comparison import GroupDifference, compare
from danq.evaluation.statistics.genome_blocks import LEAST_BLOCKS, Resampling, draw
from danq.evaluation.statistics.measuring import Measured, measure
from danq.evaluation.statistics.metrics import GroupSummary, summarise, warn_undefined
from danq.evaluation.verification.labelled import Codes, Labelled, open_labelled
from danq.genome import Reference
from danq.models.published import readings
from danq.paths import StrPath
from danq.targets.groups import ALL

logger = logging.getLogger(__name__)


_BLOCK = 4096
_TARGETS = 919

BLOCKS, RESAMPLES = 50, 400
"""Maximum number of stretches of neighbouring windows that are resampled, and how often."""

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
    """How each reading of an imported network does on labelled windows, each counted once.

    `written` is the reading that the model file holds. `summaries` has by reading one entry a
    group, ``all`` last; `paired` says of two readings how they differ in ROC AUC, the first less
    the second. `published` is by group, empty where nothing is published for these targets;
    `caution` is a sentence on what could not be checked.
    """

    windows: int
    written: str
    summaries: dict[str, list[GroupSummary]]
    paired: GroupDifference | None
    published: dict[str, Figures]
    caution: str = ""

    def table(self) -> str:
        """Make a tab-separated row for every reading and group; NA where a value is missing."""
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
                        _number(summary.averages["roc_auc_mean"], 6),
                        _number(summary.averages["pr_auc_mean"], 6),
                        "NA" if known is None else _number(known.roc_auc, 4),
                        "NA" if known is None else _number(known.pr_auc, 4),
                    )
                )
        return "".join("\t".join(row) + "\n" for row in rows)

    def sentence(self) -> str:
        """Return which reading does better, how near it is to the published, and what was written.

        The better reading is the one with the higher mean ROC AUC, as weights were trained under
        one reading and lose under the other; a difference whose 95 % interval holds 0 does not tell
        which that is.
        """
        aucs = {name: rows[-1].averages["roc_auc_mean"] for name, rows in self.summaries.items()}
        names = list(aucs)
        if np.isnan(aucs[names[0]]):
            return "No target has both positives and negatives here, so nothing can be concluded."
        near = (
            f" (published: {self.published[ALL].roc_auc:.4f} on DeepSEA's test windows)"
            if ALL in self.published
            else ""
        )
        if self.paired is None:
            return f"Mean ROC AUC {aucs[names[0]]:.4f}{near}."
        is_first_better = self.paired.mean >= 0
        best, other = names if is_first_better else names[::-1]
        lead = self.paired if is_first_better else self.paired.reversed()
        figures = f"{aucs[best]:.4f} against {aucs[other]:.4f}{near}"
        if not lead.interval.excludes(0):
            return (
                f"The two readings are indistinguishable on these windows: mean ROC AUC {figures}, "
                f"{self._words(lead, best, other)}; the {self.written} one was written."
            )
        advice = (
            "which is the one that was written"
            if best == self.written
            else f"but the {other} one was written: import again with --backward {best}"
        )
        return (
            f"The {best} reading does better, mean ROC AUC {figures}, "
            f"{self._words(lead, best, other)}, {advice}."
        )

    def _words(self, lead: GroupDifference, best: str, other: str) -> str:
        """Put how far the better reading leads in words."""
        if self.windows < LEAST_BLOCKS:
            return f"too few windows to say how far chance goes, expected {LEAST_BLOCKS} or more"
        if np.isnan(lead.interval.lower):
            return "no target has positives and negatives in enough parts of the windows"
        return (
            f"a difference of {lead.mean:.4f} with a 95 % interval of {lead.interval.lower:.4f} to "
            f"{lead.interval.upper:.4f} over {lead.targets} targets, of which {lead.share:.1%} "
            f"favour the {best} and {lead.lost / lead.targets:.1%} the {other}"
        )


def verify(
    model: StrPath,
    data: StrPath | Labelled,
    *,
    genome: StrPath | Reference | None = None,
    batch_size: int | None = None,
) -> Verification:
    """Hold an imported network against labelled windows, in every reading its file allows.

    Both readings are tried of a DanQ that `danq import` wrote. Data are a path, as
    `danq.evaluation.verification.labelled.open_labelled` takes it, or what that opened. Raises
    InputError when they cannot be read, or their windows or targets are not the model's.
    """
    labelled = data if isinstance(data, Labelled) else open_labelled(data, genome=genome)
    record = models.metadata(model)
    labelled.check(record.window, record.targets, model)
    if labelled.dataset is not None:
        check_fit(model, labelled.dataset)
    network = models.load(model)
    groups = labelled.groups or record.groups
    models.prepare_devices()
    labels, resampling = labelled.labels, None
    variants = readings(network)
    if len(variants) == 2:
        resampling = resample(len(labels))
    found = {}
    for reading, variant in variants.items():
        predictor = models.Predictor(variant, batch_size=batch_size)
        logger.info("predicting %d windows, reading: %s", len(labels), reading)
        predictions = _predicted(predictor, labelled.codes, labels.shape)
        found[reading] = measure(labels, predictions, resampling=resampling)
    warn_undefined(record.targets, found[reading].metrics)
    imported = record.training.get("imported", {})
    return Verification(
        windows=len(labels),
        written=imported.get("backward", "as imported"),
        summaries={name: summarise(each.metrics, groups) for name, each in found.items()},
        paired=compare_readings(*found.values()) if len(found) == 2 else None,
        published=_published(imported.get("kind"), len(groups)),
        caution=labelled.caution(record.targets),
    )


def resample(windows: int) -> Resampling | None:
    """Draw resamples of stretches of equal length, up to `BLOCKS` windows each of its own.

    None where there are fewer than `LEAST_BLOCKS`.
    """
    block = np.arange(windows) // max(1, -(-windows // BLOCKS))
    if block[-1] + 1 < LEAST_BLOCKS:
        return None
    return draw(block.astype(np.int32), resamples=RESAMPLES, seed=0)


def compare_readings(first: Measured, second: Measured) -> GroupDifference:
    """Compare two readings on the same windows by their ROC AUCs over all targets."""
    one, other = ((each.metrics, each.resamples) for each in (first, second))
    groups = [ALL] * len(first.roc)
    return compare(one, other, groups, metric="roc_auc").groups[-1]


def _published(kind: str | None, targets: int) -> dict[str, Figures]:
    """Go by the number of targets: DeepSEA's files name none."""
    return PUBLISHED[NETWORKS[kind]] if kind in NETWORKS and targets == _TARGETS else {}


def _predicted(
    predictor: models.Predictor, codes: Codes, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    predictions = np.empty(shape, np.float32)
    block = predictor.batch_size * max(1, _BLOCK // predictor.batch_size)
    for first in range(0, shape[0], block):
        last = min(first + block, shape[0])
        predictions[first:last] = predictor.probabilities(codes(first, last))
    return predictions


def _number(value: float, digits: int) -> str:
    return "NA" if np.isnan(value) else f"{value:.{digits}f}"

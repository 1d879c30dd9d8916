"""The evaluation as one web page, and its verdict as a part of the report's first page."""

import base64
from collections.abc import Mapping
from typing import Any

from danq import __version__, pages
from danq.errors import counted
from danq.evaluation.baselines.registry import BASELINES
from danq.evaluation.published_figures import WON
from danq.evaluation.report.page_tables import (
    comparison_rows,
    groups_rows,
    overview_rows,
    published_rows,
    targets_rows,
)
from danq.evaluation.report.plot_comparison import MOST_ROWS
from danq.evaluation.report.plot_curves import MOST_PANELS
from danq.evaluation.results import Evaluation
from danq.evaluation.statistics.bootstrap import MOST_UNDEFINED
from danq.evaluation.statistics.calibration import CALIBRATION_ERROR
from danq.evaluation.statistics.comparison import LEVEL
from danq.evaluation.statistics.genome_blocks import LEAST_BLOCKS
from danq.evaluation.statistics.ranking_metrics import PR_AUC, ROC_AUC
from danq.evaluation.statistics.registry import METRICS
from danq.evaluation.verdict import notes, verdicts

FIGURES = {
    "comparison": "Models side by side",
    "scatter": "Model against model",
    "roc_curves": "ROC curves",
    "pr_curves": "Precision-recall curves",
    "reliability": "Reliability",
}
"""Stems of the figures in the order of the page, and their headings."""


def page(evaluation: Evaluation, figures: Mapping[str, bytes]) -> str:
    """Return the page as self-contained HTML, with what figures (SVG by their stems) there are."""
    shown = [
        {
            "stem": stem,
            "heading": heading,
            "alt": _description(stem, evaluation),
            # As an image of its own, no name within it can clash with another figure's.
            "source": f"data:image/svg+xml;base64,{base64.b64encode(figures[stem]).decode()}",
        }
        for stem, heading in FIGURES.items()
        if stem in figures and not (stem == "scatter" and len(evaluation.results) < 2)
    ]
    return pages.render(
        "evaluation.html",
        title=f"Evaluation on {counted(evaluation.windows, 'window')} of the split "
        f"“{evaluation.split}”",
        evaluation=evaluation,
        facts=_facts(evaluation),
        verdicts=verdicts(evaluation),
        notes=notes(evaluation),
        groups=groups_rows(evaluation),
        published=published_rows(evaluation) if evaluation.published else None,
        pairs=comparison_rows(evaluation) if len(evaluation.results) > 1 else None,
        targets=targets_rows(evaluation),
        figures=shown,
        baselines={name: BASELINES[name] for name in evaluation.models if name in BASELINES},
        has_p_values=any(pair.has_p_values for pair in evaluation.comparisons()),
        has_panels=len(evaluation.targets) <= MOST_PANELS,
        has_rows=len(evaluation.targets) <= MOST_ROWS,
        won=WON,
        level=LEVEL,
        metrics=list(METRICS.values()),
        least_blocks=LEAST_BLOCKS,
        most_undefined=MOST_UNDEFINED,
    )


def overview(evaluation: Evaluation) -> str:
    """Return the verdict and the figures over all targets, a part of an HTML page."""
    return pages.render(
        "overview.html",
        verdicts=verdicts(evaluation),
        notes=notes(evaluation),
        table=overview_rows(evaluation),
    )


def _facts(evaluation: Evaluation) -> list[tuple[str, Any]]:
    """List what the evaluation was made from."""
    bootstrap, provenance = evaluation.bootstrap, evaluation.provenance
    items: list[tuple[str, Any]] = [
        ("Split", evaluation.split),
        ("Windows", f"{evaluation.windows:,}"),
        ("Targets", f"{len(evaluation.targets):,}"),
        (
            "Intervals",
            f"{counted(bootstrap.resamples, 'resample')} of {counted(bootstrap.blocks, 'block')}"
            if bootstrap is not None and bootstrap.is_enough
            else "none",
        ),
    ]
    if provenance is not None:
        items += [("Data set", provenance.dataset)]
        if provenance.genome is not None:
            items += [("Genome", f"{provenance.genome} ({_short(provenance.genome_checksum)})")]
        items += [
            (f"Model {model.name}", f"{model.path} ({_short(model.checksum)})")
            for model in provenance.models
        ]
        items += [("Date", provenance.date)]
    return [*items, ("Software", f"danq {__version__}")]


def _short(checksum: str | None) -> str:
    return f"checksum {(checksum or 'unknown')[:12]}"


def _description(stem: str, evaluation: Evaluation) -> str:
    """Describe a figure to those who cannot see it."""
    metric = {"reliability": CALIBRATION_ERROR, "pr_curves": PR_AUC}.get(stem, ROC_AUC)
    values = {
        model: summaries[-1].averages[f"{metric.name}_mean"]
        for model, summaries in evaluation.summaries().items()
    }
    numbers = ", ".join(f"{name} {value:.3f}" for name, value in values.items() if value == value)
    return (
        f"{FIGURES[stem]}: {counted(len(evaluation.targets), 'target')}. "
        f"Mean {metric.title} over them: {numbers or 'not defined'}."
    )

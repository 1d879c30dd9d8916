"""The files that an evaluation leaves."""

from __future__ import annotations

import os
from pathlib import Path

from danq.evaluation.page import FIGURES, page
from danq.evaluation.plot_comparison import comparison_figure
from danq.evaluation.plot_curves import curves_figure
from danq.evaluation.plot_reliability import reliability_figure
from danq.evaluation.plot_scatter import scatter_figure
from danq.evaluation.plot_style import save
from danq.evaluation.results import Evaluation
from danq.evaluation.tables import (
    comparison_groups_table,
    comparison_table,
    groups_table,
    metrics_table,
    reliability_table,
    write_text,
)


def write(evaluation: Evaluation, output: str | os.PathLike[str]) -> None:
    """Write the tables, figures and page of an evaluation, each file whole.

    Tables, as TSV and Parquet: ``metrics`` (per target), ``groups`` (medians and means per group
    and over all), ``comparison`` and ``comparison_groups`` (every pair of models, per target and
    per group), ``reliability`` (bins of predicted probabilities). Figures, as PNG, SVG and PDF:
    ``comparison``, ``scatter``, ``roc_curves``, ``pr_curves`` and ``reliability``. The page that
    holds and explains them is ``summary.html``.

    Parameters
    ----------
    evaluation
        What to write.
    output
        Folder to write into.
    """
    folder = Path(output)
    metrics_table(evaluation).write(folder / "metrics")
    groups_table(evaluation).write(folder / "groups")
    comparison_table(evaluation).write(folder / "comparison")
    comparison_groups_table(evaluation).write(folder / "comparison_groups")
    reliability_table(evaluation).write(folder / "reliability")
    figures = {
        "comparison": comparison_figure(evaluation),
        "scatter": scatter_figure(evaluation),
        "roc_curves": curves_figure(evaluation, "roc"),
        "pr_curves": curves_figure(evaluation, "pr"),
        "reliability": reliability_figure(evaluation),
    }
    for stem, figure in figures.items():
        save(figure, folder / stem)
    drawn = {stem: (folder / f"{stem}.svg").read_bytes() for stem in FIGURES}
    write_text(folder / "summary.html", page(evaluation, drawn))

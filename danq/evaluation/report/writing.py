"""The files that an evaluation leaves."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from danq.evaluation.report.page import FIGURES, overview, page
from danq.evaluation.report.plot_comparison import comparison_figure
from danq.evaluation.report.plot_curves import curves_figure
from danq.evaluation.report.plot_reliability import reliability_figure
from danq.evaluation.report.plot_scatter import scatter_figure
from danq.evaluation.report.tables import (
    TABLE_SUFFIXES,
    comparison_groups_table,
    comparison_table,
    groups_table,
    metrics_table,
    reliability_table,
    write_text,
)
from danq.evaluation.results import Evaluation
from danq.evaluation.verdict import verdict_json
from danq.outputs import together
from danq.pages import write_table
from danq.paths import StrPath
from danq.plotting import FIGURE_SUFFIXES, save

_TABLES = {
    "metrics": metrics_table,
    "groups": groups_table,
    "comparison": comparison_table,
    "comparison_groups": comparison_groups_table,
    "reliability": reliability_table,
}
_FIGURES: dict[str, Callable[[Evaluation], Any]] = {
    "comparison": comparison_figure,
    "scatter": scatter_figure,
    "roc_curves": partial(curves_figure, kind="roc"),
    "pr_curves": partial(curves_figure, kind="pr"),
    "reliability": reliability_figure,
}
_TEXTS: dict[str, Callable[[Evaluation], str]] = {
    "overview.html": overview,
    "verdict.json": verdict_json,
}
PAGE = "summary.html"
_PAGES = {
    "metrics": (
        "Metrics per target",
        "One row per model and target; bounds are those of 95 % intervals. NA: the windows hold no "
        "positives or no negatives of the target, or the model gives no probabilities.",
    ),
    "groups": (
        "Metrics per group",
        "Medians and means over the targets of a group, and over all, with the bounds of their "
        "95 % intervals.",
    ),
    "comparison": (
        "Pairs of models per target",
        "One row per pair of models and target: a and b are the two models, a difference is that "
        "of a less b; p_holm is corrected for the targets of the pair.",
    ),
    "comparison_groups": (
        "Pairs of models per group",
        "One row per pair of models, metric and group: the mean difference over its targets, and "
        "on how many of them either model is higher.",
    ),
}
"""Tables that are also written as pages: title, and what stands under it."""


def write(evaluation: Evaluation, output: StrPath) -> None:
    """Write the tables, figures and page of an evaluation, all of them or none.

    Tables, as TSV and Parquet: ``metrics`` (per target), ``groups`` (medians and means per group
    and over all), ``comparison`` and ``comparison_groups`` (every pair of models, per target and
    per group), ``reliability`` (bins of predicted probabilities). Figures, as PNG, SVG and PDF:
    ``comparison``, ``scatter``, ``roc_curves``, ``pr_curves`` and ``reliability``. The page that
    holds and explains them is ``summary.html``; the tables other than ``reliability`` also are
    pages of their own. ``verdict.json`` says of every network whether it beats the linear models,
    and ``overview.html`` is that verdict as a part of another page.

    Parameters
    ----------
    evaluation
        What to write.
    output
        Folder to write into.
    """
    with together(output, "evaluation") as folder:
        for stem, table in _TABLES.items():
            rows = table(evaluation)
            rows.write(folder / stem)
            if stem in _PAGES:
                title, note = _PAGES[stem]
                write_table(
                    folder / f"{stem}.html",
                    rows.text(),
                    title=title,
                    note=note,
                    source=f"{stem}.tsv",
                )
        for name, text in _TEXTS.items():
            write_text(folder / name, text(evaluation))
        for stem, figure in _FIGURES.items():
            save(figure(evaluation), folder / stem)
        drawn = {stem: (folder / f"{stem}.svg").read_bytes() for stem in FIGURES}
        write_text(folder / PAGE, page(evaluation, drawn))


def files_in(output: StrPath) -> list[Path]:
    """Return all files of an evaluation, by the folder that they are written to."""
    names = [f"{stem}.{suffix}" for stem in _TABLES for suffix in TABLE_SUFFIXES]
    names += [f"{stem}.{suffix}" for stem in _FIGURES for suffix in FIGURE_SUFFIXES]
    names += [f"{stem}.html" for stem in _PAGES]
    return [Path(output) / name for name in (*names, *_TEXTS, PAGE)]

"""The files that an evaluation leaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from danq.evaluation.page import FIGURES, page
from danq.evaluation.plot_comparison import comparison_figure
from danq.evaluation.plot_curves import curves_figure
from danq.evaluation.plot_reliability import reliability_figure
from danq.evaluation.plot_scatter import scatter_figure
from danq.evaluation.results import Evaluation
from danq.evaluation.tables import (
    TABLE_SUFFIXES,
    comparison_groups_table,
    comparison_table,
    groups_table,
    metrics_table,
    reliability_table,
    write_text,
)
from danq.outputs import check_output, together
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
_PAGE = "summary.html"


def write(evaluation: Evaluation, output: str | os.PathLike[str]) -> None:
    """Write the tables, figures and page of an evaluation, all of them or none.

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
    with together(output, "evaluation") as folder:
        for stem, table in _TABLES.items():
            table(evaluation).write(folder / stem)
        for stem, figure in _FIGURES.items():
            save(figure(evaluation), folder / stem)
        drawn = {stem: (folder / f"{stem}.svg").read_bytes() for stem in FIGURES}
        write_text(folder / _PAGE, page(evaluation, drawn))


def check_outputs(output: str | os.PathLike[str]) -> None:
    """Make sure that all files of an evaluation can be written, before hours of prediction.

    Raises
    ------
    InputError
        When the folder cannot be made or written to, or one of the files is a folder.
    """
    names = [f"{stem}.{suffix}" for stem in _TABLES for suffix in TABLE_SUFFIXES]
    names += [f"{stem}.{suffix}" for stem in _FIGURES for suffix in FIGURE_SUFFIXES]
    for name in (*names, _PAGE):
        check_output(Path(output) / name)

"""The evaluation as one web page: how to read each number and picture, and all of them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape

from danq.evaluation import page_texts as texts
from danq.evaluation.page_tables import comparison_html, groups_html, published_html, targets_html
from danq.evaluation.results import Evaluation

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2.4rem; }
p, dl { max-width: 46rem; }
dt { font-weight: 600; margin-top: .6rem; } dd { margin: 0 0 0 1.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .86rem; }
th, td { padding: .22rem .6rem; text-align: right; white-space: nowrap; }
th.name, td.name { text-align: left; }
td.group, td small { color: #666; }
td small { margin-left: .35rem; }
thead th { border-bottom: 1px solid #999; vertical-align: bottom; white-space: normal; }
thead tr:first-child th[colspan] { border-bottom: 1px solid #ccc; text-align: center; }
tbody tr:nth-child(even) { background: #f6f6f6; }
tbody tr.first { border-top: 1px solid #bbb; }
tbody tr.published td { color: #666; font-style: italic; }
td.undefined { color: #999; }
.scroll { overflow-x: auto; }
figure { margin: 1rem 0; }
figure img { max-width: 100%; height: auto; }
nav a { margin-right: 1rem; }
"""

FIGURES = {
    "comparison": "Models side by side",
    "scatter": "Model against model",
    "roc_curves": "ROC curves",
    "pr_curves": "Precision-recall curves",
    "reliability": "Reliability",
}
"""Stems of the figures in the order of the page, and their headings."""


def page(evaluation: Evaluation, figures: Mapping[str, bytes]) -> str:
    """Write the page as self-contained HTML.

    Parameters
    ----------
    evaluation
        What was found.
    figures
        By stem in `FIGURES`: the figure as SVG. Those that are missing are left out.
    """
    parts = [
        _section("reading", "How to read the numbers", texts.numbers(evaluation)),
        _section("groups", "By group", texts.groups(evaluation) + groups_html(evaluation)),
    ]
    if evaluation.published:
        parts.append(
            _section(
                "published",
                "Beside the published figures",
                texts.PUBLISHED + published_html(evaluation),
            )
        )
    if len(evaluation.results) > 1:
        parts.append(
            _section(
                "pairs",
                "Models against each other",
                texts.pairs(evaluation) + comparison_html(evaluation),
            )
        )
    for stem, heading in FIGURES.items():
        if stem in figures and not (stem == "scatter" and len(evaluation.results) < 2):
            parts.append(
                _section(stem, heading, texts.figure(stem, evaluation) + _figure(figures[stem]))
            )
    parts.append(_section("targets", "Every target", texts.TARGETS + targets_html(evaluation)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Evaluation</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(texts.heading(evaluation))}</h1>\n{texts.remarks(evaluation)}"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _section(name: str, heading: str, body: str) -> str:
    return f'<section id="{name}">\n<h2>{escape(heading)}</h2>\n{body}\n</section>'


def _figure(svg: bytes) -> str:
    # As an image of its own, no name within it can clash with another figure's.
    data = base64.b64encode(svg).decode("ascii")
    return f'<figure><img alt="" src="data:image/svg+xml;base64,{data}"></figure>'

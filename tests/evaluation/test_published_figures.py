"""The papers' figures, and which targets they belong to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from danq.evaluation.published_figures import NETWORKS, PUBLISHED, published_figures
from danq.models.published import KINDS, published_targets


def test_deepseas_targets_are_recognised_in_their_order():
    names = published_targets("deepsea")[0]
    assert published_figures(names) == PUBLISHED
    assert published_figures(tuple(names)) == PUBLISHED
    assert published_figures(names[::-1]) is None
    assert published_figures(names[:-1]) is None
    assert published_figures([]) is None


@pytest.mark.parametrize(
    ("network", "metric", "values"),
    [
        ("DeepSEA", "roc_auc", (0.9326, 0.9155, 0.9478, 0.8522)),
        ("DanQ", "roc_auc", (0.9384, 0.9208, 0.9535, 0.8596)),
        ("DanQ-JASPAR", "roc_auc", (0.9417, 0.9246, 0.9569, 0.8622)),
        ("DeepSEA", "pr_auc", (0.3425, 0.4443, 0.3203, 0.3676)),
        ("DanQ", "pr_auc", (0.3709, 0.4636, 0.3520, 0.3850)),
        ("DanQ-JASPAR", "pr_auc", (0.3794, 0.4752, 0.3606, 0.3883)),
    ],
)
def test_figures_are_those_of_the_paper(network, metric, values):
    figures = PUBLISHED[network]
    assert [getattr(figures[name], metric) for name in ("all", "DNase", "TF", "histone")] == [
        *values
    ]


def test_groups_are_those_of_the_targets():
    groups = [*dict.fromkeys(published_targets("deepsea")[1]), "all"]
    assert {network: list(figures) for network, figures in PUBLISHED.items()} == {
        "DeepSEA": groups,
        "DanQ": groups,
        "DanQ-JASPAR": groups,
    }


@pytest.mark.parametrize("network", PUBLISHED)
def test_means_over_all_are_the_groups_means_weighted_by_their_targets(network):
    """A slip of the pen in a figure would break the sum."""
    sizes = {"DNase": 125, "TF": 689, "histone": 104}
    for metric in ("roc_auc", "pr_auc"):
        parts = {group: getattr(found, metric) for group, found in PUBLISHED[network].items()}
        expected = sum(parts[group] * size for group, size in sizes.items()) / 918
        assert parts["all"] == pytest.approx(expected, abs=1.5e-4)


def test_every_import_that_predicts_deepseas_targets_has_figures():
    named = {kind for kind in KINDS if published_targets(kind, 919) is not None}
    assert set(NETWORKS) == named


def test_the_page_on_the_published_files_says_the_same():
    page = (Path(__file__).parents[2] / "docs" / "published.md").read_text()
    told = re.search(r"Quang &\s+Xie 2016: (\.\d+) and (\.\d+)", page)
    assert tuple(map(float, told.groups())) == PUBLISHED["DanQ"]["all"]

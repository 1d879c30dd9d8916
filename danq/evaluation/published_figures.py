"""What the papers report of DeepSEA, DanQ and DanQ-JASPAR on DeepSEA's 919 targets.

Means over the targets that have positives (918 in all) on DeepSEA's 227,512 test windows, both
strands averaged: Quang & Xie 2016, NAR 44:e107, supplementary tables. PR AUC is average precision.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from danq.models.published import published_targets
from danq.targets.groups import ALL


class Figures(NamedTuple):
    """Published means over the targets of a group."""

    roc_auc: float
    pr_auc: float


PUBLISHED: dict[str, dict[str, Figures]] = {
    "DeepSEA": {
        "DNase": Figures(0.9155, 0.4443),
        "TF": Figures(0.9478, 0.3203),
        "histone": Figures(0.8522, 0.3676),
        ALL: Figures(0.9326, 0.3425),
    },
    "DanQ": {
        "DNase": Figures(0.9208, 0.4636),
        "TF": Figures(0.9535, 0.3520),
        "histone": Figures(0.8596, 0.3850),
        ALL: Figures(0.9384, 0.3709),
    },
    "DanQ-JASPAR": {
        "DNase": Figures(0.9246, 0.4752),
        "TF": Figures(0.9569, 0.3606),
        "histone": Figures(0.8622, 0.3883),
        ALL: Figures(0.9417, 0.3794),
    },
}
"""By network and group, ``all`` last."""

AVERAGED = {"DNase": 125, "TF": 689, "histone": 104, ALL: 918}
"""Targets that the means are over, by group: a transcription factor's has no positives."""


class Won(NamedTuple):
    """Published shares of targets on which the first network is better than the second."""

    first: str
    second: str
    roc_auc: float
    pr_auc: float


WON = Won("DanQ", "DeepSEA", 0.941, 0.977)
"""Quang & Xie 2016, on all of these targets."""

NETWORKS = {
    "deepsea": "DeepSEA",
    "deepsea-variant-effects": "DeepSEA",
    "danq": "DanQ",
    "danq-jaspar": "DanQ-JASPAR",
}
"""The network of `PUBLISHED` that each kind of `danq import` is, where it is one."""


def published_figures(names: Sequence[str]) -> dict[str, dict[str, Figures]] | None:
    """Return the published figures by network and group; None unless targets are DeepSEA's 919."""
    return PUBLISHED if tuple(names) == _deepsea_names() else None


@cache
def _deepsea_names() -> tuple[str, ...]:
    published = published_targets("deepsea")
    assert published is not None
    return tuple(published[0])

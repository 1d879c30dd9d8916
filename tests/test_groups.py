from __future__ import annotations

import pytest

from danq.evaluation.statistics.metrics import group_names
from danq.targets.groups import ALL, UNGROUPED, distinct_groups, members


@pytest.mark.parametrize(
    ("groups", "distinct", "rows"),
    [
        (["TF", "DNase", "TF"], ["TF", "DNase"], ["TF", "DNase", "all"]),
        ([UNGROUPED] * 2, ["all"], ["all"]),
        (["TF", UNGROUPED], ["TF", UNGROUPED], ["TF", UNGROUPED, "all"]),
        (["TF", ALL], ["TF", ALL], ["TF", "all"]),
    ],
)
def test_all_stands_once_and_alone_where_nothing_is_grouped(groups, distinct, rows):
    assert distinct_groups(groups) == distinct
    assert group_names(groups) == rows


def test_all_has_every_target_as_a_member():
    groups = ["TF", UNGROUPED, "TF"]
    assert members(groups, "TF").tolist() == [True, False, True]
    assert members(groups, UNGROUPED).tolist() == [False, True, False]
    assert members(groups, ALL).all()
    assert members([UNGROUPED], distinct_groups([UNGROUPED])[0]).all()

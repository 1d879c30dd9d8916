from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danq.targets.names import distinct, target_difference


def test_only_names_that_repeat_get_their_places():
    assert distinct(["CTCF", "Pol2", "CTCF"]) == ["CTCF#0", "Pol2", "CTCF#2"]
    assert distinct([]) == []


def test_a_name_that_looks_like_a_made_one_does_not_collide():
    assert distinct(["a", "a", "a#0"]) == ["a#0", "a#1", "a#0#2"]


@given(st.lists(st.sampled_from(["a", "b", "a#0", "a#1", "a#0#2", "b#3", "", "#0", "a#2#2"])))
def test_names_are_always_distinct_and_unique_ones_rarely_change(names):
    labels = distinct(names)
    assert len(set(labels)) == len(names)
    for place, (name, label) in enumerate(zip(names, labels, strict=True)):
        assert label in (name, f"{name}#{place}")
        if names.count(name) > 1:
            assert label != name
        elif not any("#" in other for other in names):
            assert label == name


@pytest.mark.parametrize(
    ("found", "wanted", "difference"),
    [
        ("ab", "ab", None),
        ("ab", "ac", 'predicts "b" as target 2, expected "c" (1 of 2 differ)'),
        (
            "abc",
            "acb",
            'predicts the same targets in another order: target 2 is "b", expected "c"',
        ),
        ("aab", "abb", 'predicts "a" as target 2, expected "b" (1 of 3 differ)'),
        ("ab", "abc", "predicts 2 targets, expected 3; the first 2 agree"),
        (
            "abc",
            "ac",
            'predicts 3 targets, expected 2; the first to differ is target 2, "b" for "c"',
        ),
    ],
)
def test_the_difference_of_two_lists_is_named(found, wanted, difference):
    assert target_difference(list(found), list(wanted), source="expected") == difference

from __future__ import annotations

import math

import numpy as np
import pytest

from danq.errors import InputError
from danq.training import settings_for
from danq.training.step.optimizers import build_optimizer
from danq.training.step.schedules import Rate, plateaus

STEPS = 100
"""In 10 epochs."""


def _rates(steps, model="danq", **changes):
    settings = settings_for(model, **{"epochs": 10, "learning_rate": 0.1, **changes})
    rate = Rate(settings, STEPS)
    return [float(rate(step)) for step in steps]


def test_the_rate_of_cosine():
    expected = [0.05, 0.1, 0.1, 0.05, 0]
    assert _rates([0, 1, 2, 51, 100], schedule="cosine") == pytest.approx(expected, abs=1e-7)
    assert _rates([0], schedule="cosine", warm_up=0) == pytest.approx([0.1])


def test_the_rate_of_one_cycle():
    found = _rates([0, 15, 30, 65, 100], schedule="one-cycle")
    assert found == pytest.approx([0.004, 0.052, 0.1, 0.05, 0], abs=1e-7)


def test_the_rate_of_steps_and_of_the_same_fall_spread_out():
    every = {"decay": 0.5, "decay_epochs": 2}
    steps = _rates([0, 19, 20, 39, 40], schedule="step", **every)
    assert steps == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])
    smooth = _rates([0, 10, 20, 40], schedule="exponential", **every)
    assert smooth == pytest.approx([0.1, 0.1 * math.sqrt(0.5), 0.05, 0.025])
    # By default to a tenth after a third of all epochs.
    assert _rates([29, 30], schedule="step") == pytest.approx([0.1, 0.01])


def test_the_rate_of_a_warm_up():
    # The first step counts: a run of a single one would else end as it began.
    found = _rates([0, 4, 9, 10, 99], warm_up=0.1)
    assert found == pytest.approx([0.01, 0.05, 0.1, 0.1, 0.1])
    # Of SGD on top of its own fall.
    found = _rates([4, 50], "deepsea", warm_up=0.1)
    assert found == pytest.approx([0.05 / (1 + 4 * 8e-7), 0.1 / (1 + 50 * 8e-7)], rel=1e-6)
    found = _rates([4, 20], warm_up=0.1, schedule="step", decay=0.5, decay_epochs=2)
    assert found == pytest.approx([0.05, 0.05])


def test_sgd_falls_as_the_paper_says():
    assert _rates([1_000_000], "deepsea", learning_rate=1.0) == pytest.approx([1 / 1.8], rel=1e-5)


def test_a_rate_that_never_moves_is_a_number():
    assert build_optimizer(settings_for("danq"), 10).get_config()["learning_rate"] == (
        pytest.approx(0.001)
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 2, 1], 0),
        ([3, 3, 4], 1),
        ([3, 4, 2, 4, 4], 1),
        ([3, 4, 4, 4, 4], 2),
        ([3, 4, 4, 4, 2, 2, 2], 2),
        ([], 0),
    ],
)
def test_plateaus_are_counted(values, expected):
    assert plateaus(values, 2) == expected


@pytest.mark.parametrize(
    ("model", "batch", "rule", "expected"),
    [
        ("danq", 800, "linear", 0.008),
        ("danq", 1600, "sqrt", 0.004),
        ("deepsea", 256, "sqrt", 4.0),
        ("deepsea", 128, "linear", 8.0),
        ("danq", 25, "linear", 0.00025),
        ("danq", 800, "none", 0.001),
    ],
)
def test_the_rate_follows_the_batch(model, batch, rule, expected):
    settings = settings_for(model, batch_size=batch, scale_learning_rate=rule)
    assert settings.learning_rate == pytest.approx(expected)
    assert settings.record()["scale_learning_rate"] == rule
    assert settings.record()["warm_up"] == (0 if rule == "none" else 0.05)


def test_a_given_rate_is_that_of_the_recipes_batch():
    changes = {"batch_size": 400, "scale_learning_rate": "linear", "learning_rate": 0.01}
    assert settings_for("danq", **changes).learning_rate == pytest.approx(0.04)
    assert settings_for("danq", warm_up=0.01, **changes).timing()["warm_up"] == 0.01
    assert settings_for("danq", schedule="one-cycle", **changes).timing()["warm_up"] == 0.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": "linear"}, 'found schedule "linear", expected one of constant, cosine'),
        ({"loss": "hinge"}, 'found loss "hinge", expected one of bce, focal'),
        ({"class_weights": "all"}, 'found class_weights "all", expected one of none, positive'),
        ({"warm_up": 1.0}, r"found warm_up 1\.0, expected at least 0 and less than 1"),
        ({"label_smoothing": -0.1}, r"found label_smoothing -0\.1, expected at least 0"),
        ({"max_class_weight": 0.5}, r"found max_class_weight 0\.5, expected at least 1"),
        ({"max_class_weight": 9.0}, 'found max_class_weight with class_weights "none"'),
        ({"focal_gamma": 1.0}, 'found focal_gamma with loss "bce", expected it with focal'),
        ({"clip_norm": 0.0}, r"found clip_norm 0\.0, expected a finite number above 0"),
        ({"learning_rate": math.inf}, "found learning_rate inf, expected a finite number above 0"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "found clip_norm and clip_value"),
        ({"decay": 0.5}, 'found decay with the schedule "constant"'),
        (
            {"schedule": "step", "decay": 1.5},
            r"found decay 1\.5, expected a finite number above 0 and less",
        ),
        ({"schedule": "step", "decay": 0.0}, r"found decay 0\.0, expected a finite"),
        ({"schedule": "plateau", "patience": 2}, "found patience 2, expected more than the 2 epo"),
        ({"weight_decay": math.nan}, "found weight_decay nan, expected at least 0"),
        ({"seed": 1 << 32}, f"found seed {1 << 32}, expected at least 0 and less than {1 << 32}"),
    ],
)
def test_what_cannot_be_set_is_named(changes, message):
    with pytest.raises(InputError, match=message):
        settings_for("danq", **changes)


def test_which_schedules_know_the_end():
    ends = {
        schedule: settings_for("danq", schedule=schedule).depends_on_end
        for schedule in ("constant", "cosine", "one-cycle", "step", "exponential", "plateau")
    }
    assert [name for name, depends in ends.items() if depends] == ["cosine", "one-cycle"]
    assert settings_for("danq", warm_up=0.1).depends_on_end
    rates = {
        schedule: np.array(
            [_rates(range(40), schedule=schedule), _longer(schedule)], dtype=np.float32
        )
        for schedule in ends
    }
    for schedule, depends in ends.items():
        # With decay_epochs given, a longer run has the same rates unless it knows its end.
        assert np.allclose(*rates[schedule]) is not depends, schedule


def _longer(schedule):
    changes = {"decay_epochs": 3} if schedule in ("step", "exponential") else {}
    settings = settings_for("danq", schedule=schedule, epochs=20, learning_rate=0.1, **changes)
    rate = Rate(settings, 2 * STEPS)
    return [float(rate(step)) for step in range(40)]

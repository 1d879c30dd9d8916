"""What each option does to a training, and that a run with it can be resumed and no other."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

import danq
from danq.dataset import Dataset
from danq.errors import InputError
from danq.training import run, settings_for
from danq.training.step.stepper import build_stepper
from danq.training.validation import validate
from tests.conftest import own_records
from tests.training.listeners import break_off


def _settings(**changes):
    return settings_for(
        "danq",
        **{"batch_size": 32, "epochs": 3, "optimizer": "adam", "learning_rate": 0.01} | changes,
    )


def _logits(dataset, output, **changes):
    """Train, and predict the validation windows: logits and labels."""
    danq.train(dataset, output, width=0.05, settings=_settings(**changes))
    with Dataset.open(dataset) as data:
        rows = data.indices("valid")
        predictor = danq.models.Predictor(danq.models.load(output))
        return predictor.logits(data.codes(rows)), data.labels(rows)


def test_losses_change_a_network_as_they_are_meant_to(tmp_path, dataset, caplog):
    learn = {"epochs": 14, "patience": 14, "monitor": "pr_auc"}
    plain, labels = _logits(dataset, tmp_path / "plain.keras", **learn)
    assert not own_records(caplog)
    smooth, _ = _logits(dataset, tmp_path / "smooth.keras", label_smoothing=0.2, **learn)
    focal, _ = _logits(dataset, tmp_path / "focal.keras", loss="focal", **learn)
    # They have learned to tell windows apart, with less certainty.
    for logits in (plain, smooth, focal):
        assert logits[labels[:, 0] == 1, 0].mean() > logits[labels[:, 0] == 0, 0].mean() + 1
    # No label is beyond 0.1 and 0.9, where logits of 2.2 are enough.
    assert np.abs(smooth[:, 0]).mean() < np.abs(plain[:, 0]).mean()
    assert np.abs(focal[:, 0]).mean() < np.abs(plain[:, 0]).mean()


def test_positive_weights_raise_what_is_rare_and_are_recorded(tmp_path, dataset, caplog):
    plain, _ = _logits(dataset, tmp_path / "plain.keras", epochs=1)
    output = tmp_path / "weighted.keras"
    weighted, _ = _logits(
        dataset, output, epochs=1, class_weights="positive", max_class_weight=10.0
    )
    assert "see --monitor pr_auc" in caplog.text
    # Target B is rare: its logits start at the log odds of the rate, 10 times those with weights.
    assert weighted[:, 1].mean() == pytest.approx(plain[:, 1].mean() + np.log(10), abs=0.7)
    with Dataset.open(dataset) as data:
        positives = data.labels(data.indices("train")).sum(axis=0).astype(float)
        negatives = len(data.indices("train")) - positives
    training = danq.models.metadata(output).training
    assert training["positive_weights"] == pytest.approx(
        [negatives[0] / positives[0], 10], rel=1e-5
    )


def test_the_losses_shown_stay_plain_cross_entropy(tmp_path, dataset):
    still = {"learning_rate": 1e-9, "optimizer": "sgd", "epochs": 1}
    changes = {"label_smoothing": 0.3, "loss": "focal", "focal_gamma": 3.0, **still}
    shown = [
        danq.train(dataset, tmp_path / f"{n}.keras", width=0.02, settings=_settings(**change)).best
        for n, change in enumerate([still, changes])
    ]
    assert shown[1].loss == pytest.approx(shown[0].loss, rel=1e-5)
    assert shown[1].val_loss == pytest.approx(shown[0].val_loss, rel=1e-5)


def _step(**changes):
    """Weights before and after one step of a small DanQ under plain SGD."""
    keras.utils.set_random_seed(5)
    network = danq.models.danq(sequence_length=60, outputs=2, width=0.03)
    settings = settings_for("danq", optimizer="sgd", learning_rate=0.5, **changes)
    stepper = build_stepper(network, settings, unknown=0.0, total_steps=10)
    random = np.random.default_rng(0)
    before = _named(stepper)
    stepper.train_on_batch(
        random.integers(0, 4, (8, 60)).astype(np.uint8), np.ones((8, 2), np.uint8)
    )
    return before, _named(stepper)


def _named(stepper):
    """Arrays by place and name; paths hold a number that differs from one network to the next."""
    variables = enumerate(stepper.trainable_variables)
    return {f"{place} {v.name}": keras.ops.convert_to_numpy(v) * 1 for place, v in variables}


def _norm(arrays):
    return np.sqrt(sum(np.sum(array.astype(np.float64) ** 2) for array in arrays))


def test_gradients_are_clipped():
    steps = {}
    for name, change in {
        "free": {},
        "norm": {"clip_norm": 0.01},
        "high": {"clip_norm": 1e6},
        "value": {"clip_value": 0.001},
    }.items():
        before, after = _step(**change)
        steps[name] = {path: (after[path] - before[path]) / 0.5 for path in before}
    assert _norm(steps["free"].values()) > 0.1
    assert _norm(steps["norm"].values()) == pytest.approx(0.01, rel=1e-3)
    # One factor for all gradients, so that their direction stays.
    factor = 0.01 / _norm(steps["free"].values())
    for path, step in steps["free"].items():
        np.testing.assert_allclose(steps["norm"][path], factor * step, atol=2e-6)
        np.testing.assert_allclose(steps["high"][path], step, atol=1e-6)
        expected = np.clip(step, -0.001, 0.001)
        np.testing.assert_allclose(steps["value"][path], expected, atol=2e-6)


def test_weight_decay_shrinks_kernels_and_leaves_biases():
    before, free = _step()
    _, decayed = _step(weight_decay=0.1)
    for path, weight in before.items():
        lost = 0 if path.endswith("bias") else 0.5 * 0.1 * weight
        np.testing.assert_allclose(free[path] - decayed[path], lost, atol=1e-6, err_msg=path)


EVERYTHING = {
    "schedule": "plateau",
    "decay": 0.5,
    "decay_epochs": 1,
    "warm_up": 0.2,
    "epochs": 5,
    "loss": "focal",
    "class_weights": "positive",
    "label_smoothing": 0.05,
    "clip_norm": 0.5,
    "weight_decay": 0.01,
}


def _judged(monkeypatch):
    """Make every epoch but the first no better than the one before, weights aside."""
    monkeypatch.setattr(
        run, "validate", lambda logits, labels: replace(validate(logits, labels), loss=0.5)
    )


def test_a_run_with_every_option_is_resumed_to_the_same_end(tmp_path, dataset, monkeypatch):
    _judged(monkeypatch)
    options = {"width": 0.03, "settings": _settings(patience=9, **EVERYTHING)}
    whole = danq.train(dataset, tmp_path / "whole.keras", **options)
    # The first epoch is the best; each one after it lowers the rate of the next.
    rates = [epoch.learning_rate for epoch in whole.epochs]
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.0025, 0.00125])
    break_off(dataset, tmp_path / "cut.keras", 4, **options)
    cut = danq.train(dataset, tmp_path / "cut.keras", resume=True, **options)
    assert [row.loss for row in cut.epochs] == [row.loss for row in whole.epochs]
    assert [row.learning_rate for row in cut.epochs] == rates
    for name in ("whole", "cut"):
        training = danq.models.metadata(tmp_path / f"{name}.keras").training
        assert EVERYTHING.items() <= training.items()
    weights = [danq.models.load(tmp_path / f"{n}.keras").get_weights() for n in ("whole", "cut")]
    for a, b in zip(*weights, strict=True):
        np.testing.assert_array_equal(a, b)


OTHERS = {
    "schedule": "constant",
    "loss": "bce",
    "focal_gamma": 1.0,
    "class_weights": "none",
    "max_class_weight": 5.0,
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
    "weight_decay": 0.0,
    "decay": 0.25,
    "warm_up": 0.0,
}


def test_a_run_of_other_options_is_not_resumed(tmp_path, dataset):
    settings = {"patience": 9, **EVERYTHING}
    output = tmp_path / "m.keras"
    break_off(dataset, output, 2, width=0.02, settings=_settings(**settings))
    for name, value in OTHERS.items():
        other = {**settings, name: value}
        if name == "schedule":
            other |= {"decay": None, "decay_epochs": None}
        with pytest.raises(InputError, match=r"is of a run with .?\w+.? .*, this one has"):
            danq.train(dataset, output, width=0.02, settings=_settings(**other), resume=True)


def test_every_setting_is_in_the_model_file(tmp_path, dataset):
    settings = _settings(epochs=1, schedule="step", scale_learning_rate="sqrt")
    danq.train(dataset, tmp_path / "m.keras", width=0.02, settings=settings)
    training = danq.models.metadata(tmp_path / "m.keras").training
    assert settings.record().items() <= training.items()
    assert training["devices"] == 1
    assert (training["decay"], training["decay_epochs"], training["warm_up"]) == (0.1, 1, 0.05)
    assert training["learning_rate"] == pytest.approx(0.01 * np.sqrt(32 / 100))

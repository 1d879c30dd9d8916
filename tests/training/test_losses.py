from __future__ import annotations

import keras
import numpy as np
import pytest

from danq.training import settings_for
from danq.training.step.losses import ElementLoss, build_loss, positive_weights, weighted_rates

LABELS = np.array([[1, 0, 1], [0, 0, 1]], dtype=np.uint8)
LOGITS = np.array([[2.0, -1.5, -3.0], [0.5, 4.0, 0.0]], dtype=np.float32)
WEIGHTS = [3.0, 20.0, 0.5]
KINDS = {
    "plain": {},
    "weighted": {"positive_weights": WEIGHTS},
    "focal": {"gamma": 2.0},
    "focal_of_another_gamma": {"gamma": 0.7},
    "smoothed": {"smoothing": 0.1},
    "all": {"positive_weights": WEIGHTS, "gamma": 1.5, "smoothing": 0.2},
}
LARGEST = float(np.finfo(np.float32).max)


def _oracle(labels, logits, positive_weights=(1.0, 1.0, 1.0), gamma=0.0, smoothing=0.0):
    """The formulas as they are written in the papers, from probabilities, in float64."""
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    y = labels * (1 - smoothing) + smoothing / 2
    positive = -np.asarray(positive_weights) * y * (1 - p) ** gamma * np.log(p)
    negative = -(1 - y) * p**gamma * np.log(1 - p)
    return (positive + negative).mean()


def _value_and_gradient(loss, labels, logits):
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        variable = tf.Variable(logits)
        with tf.GradientTape() as tape:
            value = loss(labels, variable)
        return float(value), tape.gradient(value, variable).numpy()
    if backend == "jax":
        import jax

        value, gradient = jax.value_and_grad(lambda z: loss(labels, z))(logits)
        return float(value), np.asarray(gradient)
    variable = keras.ops.convert_to_tensor(logits).requires_grad_()
    value = loss(labels, variable)
    value.backward()
    return float(value), variable.grad.cpu().numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_each_loss_and_its_gradient_are_the_papers(kind):
    value, gradient = _value_and_gradient(ElementLoss(**KINDS[kind]), LABELS, LOGITS)
    assert value == pytest.approx(_oracle(LABELS, LOGITS, **KINDS[kind]), rel=1e-5)
    for place in np.ndindex(LOGITS.shape):
        step = np.zeros(LOGITS.shape)
        step[place] = 1e-5
        up, down = (_oracle(LABELS, LOGITS + sign * step, **KINDS[kind]) for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-5, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [88.0, 1e4, LARGEST])
def test_extreme_logits_stay_finite(kind, size):
    logits = np.array([[size, size, -size], [-size, -size, -size]], dtype=np.float32)
    scale = 6 * max(WEIGHTS) if size == LARGEST else 1
    value, gradient = _value_and_gradient(ElementLoss(**KINDS[kind]), LABELS, logits / scale)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    # Two elements are wrong, [0, 1] a negative and [0, 2] a positive and [1, 2] another.
    if kind == "plain":
        assert value == pytest.approx(3 * size / scale / 6, rel=1e-5)
        expected = np.array([[0, 1, -1], [0, 0, -1]]) / 6
        np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_without_options_the_loss_is_cross_entropy():
    loss = build_loss(settings_for("danq"))
    assert isinstance(loss, keras.losses.BinaryCrossentropy)
    expected = float(loss(LABELS, LOGITS))
    assert float(ElementLoss()(LABELS, LOGITS)) == pytest.approx(expected, rel=1e-6)
    half = keras.ops.cast(LOGITS, "bfloat16")
    assert keras.backend.standardize_dtype(ElementLoss(gamma=2.0)(LABELS, half).dtype) == "float32"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"loss": "focal"}, {"gamma": 2.0}),
        ({"loss": "focal", "focal_gamma": 0.5}, {"gamma": 0.5}),
        ({"label_smoothing": 0.1}, {"smoothing": 0.1}),
    ],
)
def test_settings_choose_the_loss(changes, expected):
    loss = build_loss(settings_for("danq", **changes))
    assert float(loss(LABELS, LOGITS)) == pytest.approx(
        _oracle(LABELS, LOGITS, **expected), rel=1e-5
    )


def test_a_loss_survives_its_config():
    loss = ElementLoss(**KINDS["all"])
    again = ElementLoss.from_config(loss.get_config())
    assert float(again(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))


def test_positives_weigh_as_much_as_negatives_up_to_a_limit():
    rates = np.array([0.25, 0.01, 0.0, 0.75, 1.0])
    settings = settings_for("danq", class_weights="positive", max_class_weight=50)
    weights = positive_weights(settings, rates)
    assert weights == pytest.approx([3, 50, 50, 1 / 3, 1 / 50], rel=1e-5)
    assert positive_weights(settings_for("danq"), rates) is None
    # A constant prediction of the weighted rate has no gradient: w r (1 − p) = (1 − r) p.
    p = weighted_rates(rates, weights)
    np.testing.assert_allclose(np.array(weights) * rates * (1 - p), (1 - rates) * p, atol=1e-12)
    np.testing.assert_array_equal(weighted_rates(rates, None), rates)

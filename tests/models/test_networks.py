from __future__ import annotations

import keras
import numpy as np
import pytest

import danq
from danq.core.activations import legacy_hard_sigmoid, threshold
from danq.genome import one_hot
from tests import oracles


def _randomise(network: keras.Model, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    weights = [random.normal(0, 0.25, w.shape).astype(np.float32) for w in network.get_weights()]
    weights = [
        new if new.shape and not np.issubdtype(old.dtype, np.integer) else old
        for new, old in zip(weights, network.get_weights(), strict=True)
    ]
    network.set_weights(weights)
    return [w.astype(np.float64) for w in weights if np.issubdtype(w.dtype, np.floating)]


@pytest.mark.parametrize(
    ("build", "parameters"),
    [
        ("deepsea", 52_843_119),
        ("danq", 46_926_479),
        ("danq_jaspar", 67_892_175),
        ("beluga", 149_536_251),
    ],
)
def test_the_papers_sizes(build, parameters):
    network = getattr(danq.models, build)()
    assert network.count_params() == parameters
    window, outputs = (2_000, 2_002) if build == "beluga" else (1_000, 919)
    assert network.input_shape == (None, window, 4)
    assert network.output_shape == (None, outputs)


@pytest.mark.parametrize(
    ("build", "oracle"),
    [
        ("deepsea", oracles.deepsea),
        ("danq", oracles.danq),
        ("danq_jaspar", lambda x, w: oracles.danq(x, w, pool=15)),
        ("beluga", oracles.beluga),
    ],
)
def test_equals_a_forward_pass_in_numpy(build, oracle):
    network = getattr(danq.models, build)(sequence_length=330, outputs=5, width=0.03)
    weights = _randomise(network)
    codes = np.random.default_rng(1).integers(0, 5, (3, 330)).astype(np.uint8)
    inputs = one_hot(codes)
    expected = np.stack([oracle(row.astype(np.float64), weights) for row in inputs])
    assert expected.std() > 0.05, "the oracle is nearly constant, which tests nothing"
    np.testing.assert_allclose(network.predict_on_batch(inputs), expected, atol=1e-4)


def test_full_size_danq_equals_a_forward_pass_in_numpy():
    network = danq.models.danq()
    weights = [w.astype(np.float64) for w in network.get_weights() if w.dtype == np.float32]
    codes = np.random.default_rng(1).integers(0, 5, (1, 1_000)).astype(np.uint8)
    inputs = one_hot(codes)
    expected = oracles.danq(inputs[0].astype(np.float64), weights)
    np.testing.assert_allclose(network.predict_on_batch(inputs)[0], expected, atol=1e-4)


@pytest.mark.parametrize("build", ["deepsea", "danq", "danq_jaspar", "beluga"])
def test_is_saved_loaded_and_trained(tmp_path, build):
    network = getattr(danq.models, build)(sequence_length=330, outputs=2, width=0.03)
    inputs = one_hot(np.random.default_rng(1).integers(0, 4, (8, 330)).astype(np.uint8))
    before = np.asarray(network.predict_on_batch(inputs))
    network.save(tmp_path / "n.keras")
    loaded = keras.models.load_model(tmp_path / "n.keras")
    assert np.array_equal(loaded.predict_on_batch(inputs), before)
    network.compile(keras.optimizers.Adam(0.003), "binary_crossentropy")
    answers = np.tile([[0, 1]], (8, 1))
    for _ in range(5):
        network.train_on_batch(inputs, answers)
    after = np.asarray(network.predict_on_batch(inputs))
    assert (np.abs(after - answers).mean(axis=0) < np.abs(before - answers).mean(axis=0)).all()


def test_deepsea_is_held_as_in_the_paper():
    network = danq.models.deepsea(width=0.02, outputs=3)
    kernels = [layer for layer in network.layers if hasattr(layer, "kernel")]
    assert len(kernels) == 5
    for layer in kernels:
        assert layer.kernel_regularizer.l2 == pytest.approx(5e-7)
        assert layer.kernel_constraint.max_value == 0.9
        kernel = np.random.default_rng(0).normal(0, 5, layer.kernel.shape)
        held = np.asarray(layer.kernel_constraint(keras.ops.convert_to_tensor(kernel)))
        norms = np.sqrt((held**2).reshape(-1, held.shape[-1]).sum(axis=0))
        np.testing.assert_allclose(norms, 0.9, rtol=1e-4)
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.2, 0.5]


def test_danq_drops_out_as_in_the_paper():
    network = danq.models.danq(width=0.02, outputs=3)
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.5]


def test_beluga_drops_out_before_it_pools():
    network = danq.models.beluga(width=0.01, outputs=3)
    kinds = {"Conv1D": "c", "MaxPooling1D": "p", "Dropout": "d", "Dense": "h", "Flatten": "f"}
    assert (
        "".join(kinds.get(type(layer).__name__, "") for layer in network.layers) == "ccdpccdpccdfhh"
    )
    rates = [layer.rate for layer in network.layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.2, 0.2, 0.5]


@pytest.mark.parametrize("build", ["danq", "danq_jaspar"])
@pytest.mark.parametrize("backward", ["reversed", "forward"])
def test_legacy_gates_and_the_other_direction_equal_numpy(build, backward):
    network = getattr(danq.models, build)(
        sequence_length=150,
        outputs=3,
        width=0.02,
        hidden=500,
        gate=legacy_hard_sigmoid,
        backward=backward,
    )
    assert network.get_layer("hidden_1").units == 10
    weights = _randomise(network)
    inputs = one_hot(np.random.default_rng(1).integers(0, 5, (2, 150)).astype(np.uint8))
    expected = np.stack(
        [
            oracles.danq(
                row.astype(np.float64),
                weights,
                pool=13 if build == "danq" else 15,
                gate=lambda x: np.clip(0.2 * x + 0.5, 0, 1),
                backward=backward,
            )
            for row in inputs
        ]
    )
    np.testing.assert_allclose(network.predict_on_batch(inputs), expected, atol=1e-5)


def test_deepsea_with_torchs_threshold_equals_numpy():
    network = danq.models.deepsea(
        sequence_length=170, outputs=3, width=0.02, hidden=400, activation=threshold
    )
    weights = _randomise(network)
    inputs = one_hot(np.random.default_rng(1).integers(0, 5, (2, 170)).astype(np.uint8))
    expected = np.stack(
        [
            oracles.deepsea(
                row.astype(np.float64), weights, activation=lambda x: np.where(x > 0, x, 1e-6)
            )
            for row in inputs
        ]
    )
    np.testing.assert_allclose(network.predict_on_batch(inputs), expected, atol=1e-5)


def test_alexnet_has_the_papers_size():
    network = danq.models.alexnet()
    assert network.count_params() == 62_378_344
    assert network.input_shape == (None, 227, 227, 3)
    assert network.output_shape == (None, 1_000)
    assert network.get_layer("flatten").output.shape == (None, 6 * 6 * 256)


@pytest.mark.parametrize(
    ("build", "options"),
    [
        ("alexnet", {"image_size": 67, "outputs": 3, "width": 0.02}),
        ("atomnet", {"grid": (11, 12, 13), "outputs": 3, "width": 0.02}),
    ],
)
def test_other_fields_are_saved_loaded_and_trained(tmp_path, build, options):
    network = getattr(danq.models, build)(**options)
    shape = (4, *network.input_shape[1:])
    inputs = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    before = np.asarray(network.predict_on_batch(inputs))
    if build == "alexnet":
        np.testing.assert_allclose(before.sum(axis=1), 1, atol=1e-5)
    network.save(tmp_path / "n.keras")
    loaded = keras.models.load_model(tmp_path / "n.keras")
    assert np.array_equal(loaded.predict_on_batch(inputs), before)
    network.compile("adam", "binary_crossentropy")
    answers = np.eye(3)[[0, 1, 2, 0]]
    losses = [float(network.train_on_batch(inputs, answers)) for _ in range(3)]
    assert losses[0] != losses[1] != losses[2]
    assert not np.array_equal(network.predict_on_batch(inputs), before)


def test_width_scales_everything_but_the_outputs():
    network = danq.models.danq(width=0.001, outputs=7)
    assert network.get_layer("convolution_1").filters == 1
    assert network.get_layer("hidden_1").units == 1
    assert network.output_shape == (None, 7)
    half = danq.models.deepsea(width=0.5, outputs=2)
    assert half.get_layer("convolution_3").filters == 480
    assert half.get_layer("hidden_1").units == 462


def test_other_sequences_take_other_channels():
    network = danq.models.danq(sequence_length=120, channels=20, outputs=2, width=0.05)
    assert network.predict_on_batch(np.zeros((1, 120, 20), np.float32)).shape == (1, 2)


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        ("danq", {"width": 0}, "width must be more than 0. Received: 0"),
        ("danq", {"sequence_length": 37}, "pool_size 13 does not fit. Received: an extent of 12"),
        ("deepsea", {"sequence_length": 7}, "kernel_size 8 does not fit"),
        ("deepsea", {"outputs": 0}, "outputs must be at least 1. Received: 0"),
        ("danq", {"channels": 0}, "channels must be at least 1. Received: 0"),
        ("danq", {"backward": "up"}, "backward must be one of reversed, forward. Received: 'up'"),
        ("beluga", {"sequence_length": 100}, "kernel_size 8 does not fit"),
    ],
)
def test_sizes_that_do_not_fit_are_named(build, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(danq.models, build)(**{"width": 0.02, "outputs": 2, **options})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: danq.models.alexnet(image_size=66, width=0.02), "pool_size 3 does not fit"),
        (lambda: danq.models.atomnet(grid=10, width=0.02), "kernel_size 3 does not fit"),
        (lambda: danq.models.atomnet(grid=(9, 9)), r"grid needs one number or three. .*\(9, 9\)"),
    ],
)
def test_images_and_grids_that_do_not_fit_are_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("build", "least"), [("deepsea", 163), ("danq", 38), ("danq_jaspar", 44), ("beluga", 310)]
)
def test_the_shortest_sequence_in_the_docstring_is_true(build, least):
    builder = getattr(danq.models, build)
    assert builder(sequence_length=least, outputs=1, width=0.01)
    with pytest.raises(ValueError, match="does not fit"):
        builder(sequence_length=least - 1, outputs=1, width=0.01)

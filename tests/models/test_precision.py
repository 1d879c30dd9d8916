"""Half-width arithmetic: what stays float32, that networks train in it, how far it strays."""

from __future__ import annotations

import functools

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

import danq
from danq import models
from danq.cli import main
from danq.core import topologies
from danq.core.activations import legacy_hard_sigmoid, threshold
from danq.core.layers import Convolution, Recurrence
from danq.dataset import Dataset, Selection
from danq.errors import InputError
from danq.models import precision as precisions
from danq.models.precision import full_float32, with_precision
from danq.training import TrainingError, settings_for
from danq.training.step.optimizers import loss_scale
from danq.training.step.stepper import build_stepper
from tests.conftest import write_fasta
from tests.training.listeners import Breaking, break_off

HALVES = ("bfloat16", "float16")

# docs/notes/precision.md states these, for logits with a standard deviation of 2.
PROBABILITY = {"bfloat16": 0.15, "float16": 0.02}
LOGIT = {"bfloat16": 0.8, "float16": 0.12}
TRAINED_LOGIT = {"bfloat16": 0.08, "float16": 0.01}

SMALL = {"outputs": 3, "width": 0.03}
LEGACY = {"gate": legacy_hard_sigmoid, "backward": "forward"}
NETWORKS = {
    "deepsea": lambda: models.deepsea(sequence_length=180, **SMALL),
    "deepsea_threshold": lambda: models.deepsea(sequence_length=180, activation=threshold, **SMALL),
    "danq": lambda: models.danq(sequence_length=90, **SMALL),
    "danq_legacy": lambda: models.danq(sequence_length=90, **LEGACY, **SMALL),
    "danq_jaspar": lambda: models.danq_jaspar(sequence_length=90, **SMALL),
    "beluga": lambda: models.beluga(sequence_length=320, **SMALL),
}
PUBLISHED = ("deepsea", "danq", "danq_jaspar", "beluga")
LSTM = [Recurrence(4)]
TOPOLOGIES = {
    "feed_forward": lambda: topologies.feed_forward(5, 3, hidden=[4]),
    "cnn": lambda: topologies.cnn((9, 9, 2), 3, convolutions=[Convolution(4, 3, pool_size=2)]),
    "one_to_one": lambda: topologies.one_to_one(5, 3, recurrences=LSTM, batch_size=2),
    "one_to_many": lambda: topologies.one_to_many(5, 3, recurrences=LSTM, feedback=True),
    "many_to_one": lambda: topologies.many_to_one(
        5, 3, recurrences=[Recurrence(4, cell="gru", bidirectional=True)], mask_value=-1.0
    ),
    "many_to_many": lambda: topologies.many_to_many(5, 3, recurrences=[Recurrence(4, "simple")]),
    "encoder_decoder": lambda: topologies.many_to_many(
        5, 3, recurrences=LSTM, decoder=LSTM, attention=True
    ),
}

TINY = "tests.models.test_precision:tiny"


def tiny(*, sequence_length, channels, outputs, width):
    blocks = [Convolution(4, 3, pool_size=10, pooling="average")]
    return topologies.cnn((sequence_length, channels), outputs, convolutions=blocks)


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("name", [*NETWORKS, *TOPOLOGIES])
def test_all_but_weights_and_logits_is_half(name, precision):
    network = {**NETWORKS, **TOPOLOGIES}[name]()
    half = with_precision(network, precision)
    *inner, logits, output = half._flatten_layers(include_self=False)
    computing = {layer.compute_dtype for layer in inner if layer.weights}
    assert computing == {precision}
    assert {layer.compute_dtype for layer in (logits, output)} == {"float32"}
    assert {weight.dtype for weight in half.weights if "seed" not in weight.path} == {"float32"}
    assert [layer.name for layer in half.layers] == [layer.name for layer in network.layers]
    _assert_equal_weights(half, network)
    half.set_weights([weight + 1 for weight in half.get_weights()])
    assert not np.array_equal(half.get_weights()[0], network.get_weights()[0])
    back = with_precision(half, "float32")
    assert {layer.compute_dtype for layer in back._flatten_layers(include_self=False)} == {
        "float32"
    }
    _assert_equal_weights(back, half)


def _assert_equal_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        *((name, precision) for name in PUBLISHED for precision in HALVES),
        ("deepsea_threshold", "float16"),
        ("danq_legacy", "bfloat16"),
    ],
)
def test_every_network_learns_and_predicts_within_the_tolerance(name, precision):
    keras.utils.set_random_seed(3)
    network = with_precision(NETWORKS[name](), precision)
    settings = settings_for("danq", optimizer="adam", learning_rate=0.01, precision=precision)
    stepper = build_stepper(network, settings, unknown=0.0, total_steps=20)
    losses = []
    for seed in range(20):
        logs = stepper.train_on_batch(*_batch(network, seed), return_dict=True)
        losses.append(float(logs["entropy"]))
    assert np.isfinite(losses).all()
    assert np.mean(losses[-4:]) < 0.75 * np.mean(losses[:4])

    codes, labels = _batch(network, 99)
    logits = _assert_near(network, codes, precision, TRAINED_LOGIT)
    # It has learned something, or being near would say nothing.
    assert logits[labels[:, 0] == 1, 0].mean() > logits[labels[:, 0] == 0, 0].mean() + 1


OTHERS = {
    **TOPOLOGIES,
    "alexnet": lambda: models.alexnet(image_size=67, outputs=3, width=0.02),
    "atomnet": lambda: models.atomnet(grid=11, outputs=3, width=0.02),
}


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("name", OTHERS)
def test_networks_without_dna_train_and_predict_within_the_tolerance(name, precision):
    keras.utils.set_random_seed(5)
    whole = OTHERS[name]()
    half = with_precision(whole, precision)
    random = np.random.default_rng(0)
    shapes = [
        [2, *(6 if extent is None else extent for extent in t.shape[1:])] for t in half.inputs
    ]
    inputs = [random.normal(size=shape).astype(np.float32) for shape in shapes]
    inputs = inputs if len(inputs) > 1 else inputs[0]
    expected = np.asarray(whole.predict_on_batch(inputs))
    found = np.asarray(half.predict_on_batch(inputs))
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() < PROBABILITY[precision]
    optimizer = keras.optimizers.Adam(0.01)
    if precision == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    half.compile(optimizer, "binary_crossentropy")
    losses = [float(half.train_on_batch(inputs, np.ones_like(expected))) for _ in range(4)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_untrained_network_predicts_within_the_tolerance(name):
    keras.utils.set_random_seed(4)
    network = NETWORKS[name]()
    codes = np.random.default_rng(1).integers(4, size=(16, network.input_shape[1])).astype(np.uint8)
    for precision in HALVES:
        _assert_near(network, codes, precision, LOGIT)


def _assert_near(network, codes, precision, tolerance):
    """Compare with float32, after the logits were given a standard deviation of 2."""
    whole = with_precision(network, "float32")
    _spread_logits(whole, codes)
    expected = models.Predictor(whole, batch_size=16)
    found = models.Predictor(whole, batch_size=16, precision=precision)
    logits = found.logits(codes)
    assert logits.dtype == np.float32
    strayed = np.abs(logits - expected.logits(codes)).max()
    assert 0 < strayed < tolerance[precision]
    difference = np.abs(found.probabilities(codes) - expected.probabilities(codes))
    assert difference.max() < PROBABILITY[precision]
    return logits


def _spread_logits(network, codes):
    """Scale each target's logits to a standard deviation of 2 over the windows."""
    spread = models.Predictor(network, batch_size=16).logits(codes).std(axis=0)
    kernel, bias = network.layers[-2].get_weights()
    network.layers[-2].set_weights([kernel * (2 / spread), bias * (2 / spread)])


def _batch(network, seed):
    """Windows rich or poor in G and C; which they are is the first label and not the second."""
    random = np.random.default_rng(seed)
    rich = random.integers(2, size=16)
    shares = np.where(rich[:, None], [[0.1, 0.4, 0.4, 0.1]], [[0.4, 0.1, 0.1, 0.4]])
    length = network.input_shape[1]
    codes = np.stack([random.choice(4, length, p=share) for share in shares]).astype(np.uint8)
    return codes, np.stack([rich, 1 - rich, rich], axis=1).astype(np.uint8)


def test_a_step_that_loss_scaling_skips_is_no_failure():
    network = with_precision(NETWORKS["danq"](), "float16")
    settings = settings_for("danq", precision="float16")
    stepper = build_stepper(network, settings, unknown=0.0, total_steps=4)
    assert isinstance(stepper.optimizer, keras.optimizers.LossScaleOptimizer)
    stepper.optimizer.dynamic_scale.assign(2.0**100)
    before = network.get_weights()
    logs = stepper.train_on_batch(*_batch(network, 1), return_dict=True)
    assert np.isfinite(logs["entropy"])
    assert loss_scale(stepper.optimizer) == 2.0**99
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_only_float16_scales_its_loss():
    from danq.training.step.optimizers import build_optimizer

    for precision in ("float32", "bfloat16"):
        optimizer = build_optimizer(settings_for("danq", precision=precision), 10)
        assert isinstance(optimizer, keras.optimizers.RMSprop)
        assert loss_scale(optimizer) == 1


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Alternate bins rich and poor in G and C; the rich ones are positive."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(3)
    shares = ([0.05, 0.45, 0.45, 0.05], [0.45, 0.05, 0.05, 0.45])
    bins = ["".join(random.choice(list("ACGT"), 60, p=shares[n % 2])) for n in range(120)]
    genome = write_fasta(folder / "genome.fa", {"chr1": "".join(bins)})
    peaks = "".join(f"chr1\t{n * 60}\t{n * 60 + 60}\n" for n in range(0, 120, 2))
    (folder / "a.bed").write_text(peaks)
    (folder / "targets.tsv").write_text("name\tpath\tgroup\nA\ta.bed\tTF\n")
    danq.windows(
        genome,
        folder / "targets.tsv",
        folder / "dataset.h5",
        window=60,
        bin=60,
        valid=["chr1:5001-7200"],
        selection=Selection(require="none"),
    )
    return folder / "dataset.h5"


@pytest.mark.parametrize("precision", HALVES)
def test_a_run_in_half_precision_leaves_a_float32_file(dataset, tmp_path, precision):
    output = tmp_path / "m.keras"
    arguments = ["train", "--dataset", str(dataset), "--model", "danq", "--width", "0.03"]
    arguments += ["--epochs", "4", "--optimizer", "adam", "--learning-rate", "0.02"]
    arguments += ["--batch-size", "25", "--mixed-precision", precision, "--output", str(output)]
    assert main(arguments) == 0
    network = models.load(output)
    assert {layer.dtype_policy.name for layer in network._flatten_layers()} == {"float32"}
    assert network.danq.training["precision"] == precision
    assert with_precision(network, precision).danq is network.danq
    rows = (tmp_path / "m.history.tsv").read_text().splitlines()[1:]
    losses = [float(row.split("\t")[2]) for row in rows]
    assert losses[-1] < 0.8 * losses[0]
    # The history's figures were computed in half precision, the file's are float32.
    with Dataset.open(dataset) as data:
        valid = data.indices("valid")
        logits = models.Predictor(network).logits(data.codes(valid)).astype(np.float64)
        entropy = np.mean(np.logaddexp(0, logits) - data.labels(valid) * logits)
    assert entropy == pytest.approx(min(losses), abs=0.05)


class Scales(danq.training.Listener):
    """Notes the loss scale at the end of every epoch."""

    def __init__(self, optimizers):
        self.optimizers, self.found = optimizers, []

    def epoch(self, step, row):
        self.found.append(loss_scale(self.optimizers[-1]))


def test_the_loss_scale_outlives_an_interruption(dataset, tmp_path, monkeypatch):
    made = []

    def often(optimizer):
        # The scale doubles every third step instead of every 2,000th.
        made.append(keras.optimizers.LossScaleOptimizer(optimizer, dynamic_growth_steps=3))
        return made[-1]

    monkeypatch.setattr("danq.training.step.optimizers._scaled", often)
    options = {"model": TINY, "settings": _settings(epochs=2, precision="float16")}
    expected, scales = Scales(made), Scales(made)
    danq.train(dataset, tmp_path / "whole.keras", listeners=[expected], **options)
    assert len(set(expected.found)) == 2
    with pytest.raises(KeyboardInterrupt):
        danq.train(dataset, tmp_path / "cut.keras", listeners=[scales, Breaking(2)], **options)
    danq.train(dataset, tmp_path / "cut.keras", listeners=[scales], resume=True, **options)
    assert scales.found == expected.found
    whole, cut = (models.load(tmp_path / f"{name}.keras") for name in ("whole", "cut"))
    _assert_equal_weights(whole, cut)


def _settings(**changes):
    return settings_for(
        "danq",
        **{"epochs": 3, "optimizer": "adam", "learning_rate": 0.01, "batch_size": 25, **changes},
    )


def test_a_run_resumes_in_its_own_precision_only(dataset, tmp_path):
    break_off(dataset, tmp_path / "m.keras", 2, model=TINY, settings=_settings(epochs=2))
    half = _settings(epochs=2, precision="bfloat16")
    with pytest.raises(InputError, match=r"with precision .float32., this one has .bfloat16"):
        danq.train(dataset, tmp_path / "m.keras", model=TINY, settings=half, resume=True)


def test_gradients_that_no_scale_saves_stop_the_run(dataset, tmp_path, monkeypatch):
    tiny = functools.partial(keras.optimizers.LossScaleOptimizer, initial_scale=0.5)
    monkeypatch.setattr("danq.training.step.optimizers._scaled", tiny)
    settings = _settings(precision="float16")
    with pytest.raises(TrainingError, match=r"overflowed in epoch 1 .* below 0\.01, or bfloat16"):
        danq.train(dataset, tmp_path / "m.keras", model=TINY, settings=settings)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("model") / "m.keras"
    models.save(NETWORKS["danq"](), path, targets=["a", "b", "c"])
    return path


@pytest.mark.parametrize("precision", HALVES)
def test_predict_evaluate_and_score_in_half_precision(model, tmp_path, genome, targets, precision):
    _predict_everything(model, tmp_path / "whole", genome, targets, [])
    _predict_everything(model, tmp_path / "half", genome, targets, ["--mixed-precision", precision])
    for name, columns in (("p.h5", ["predictions"]), ("s.h5", ["diff", "logit"])):
        files = (tmp_path / kind / name for kind in ("whole", "half"))
        with h5py.File(next(files)) as whole, h5py.File(next(files)) as half:
            assert (whole.attrs["precision"], half.attrs["precision"]) == ("float32", precision)
            for column in columns:
                difference = np.abs(half[column][:] - whole[column][:])
                assert half[column].dtype == np.float32
                assert 0 < difference.max() < PROBABILITY[precision]


def _predict_everything(model, folder, genome, targets, options):
    folder.mkdir()
    regions, vcf = folder / "r.bed", folder / "in.vcf"
    regions.write_text("chr1\t500\t700\nchr1\t3000\t3100\n")
    base = "ACGT"[danq.genome.Reference(genome).codes("chr1", 999, 1000)[0]]
    alt = "C" if base != "C" else "G"
    vcf.write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"chr1\t1000\t.\t{base}\t{alt}\t.\t.\t.\n"
    )
    common = ["--model", str(model), "--genome", str(genome), *options]
    predict = ["--regions", str(regions), "--output", str(folder / "p.h5")]
    assert main(["predict", *common, *predict]) == 0
    score = ["--vcf", str(vcf), "--output", str(folder / "o.vcf"), "--scores", str(folder / "s.h5")]
    assert main(["score", *common, *score]) == 0


def test_evaluation_in_half_precision(dataset, tmp_path):
    path = tmp_path / "m.keras"
    danq.train(dataset, path, model=TINY, settings=_settings(epochs=3))
    found = []
    for name, options in (("whole", []), ("half", ["--mixed-precision", "bfloat16"])):
        output = ["--output", str(tmp_path / name), str(path)]
        assert (
            main(["evaluate", "--dataset", str(dataset), "--split", "valid", *options, *output])
            == 0
        )
        row = (tmp_path / name / "metrics.tsv").read_text().splitlines()[1].split("\t")
        found.append(float(row[5]))
    assert found[0] > 0.9
    assert found[1] == pytest.approx(found[0], abs=0.02)


def test_other_precisions_are_refused(model, genome, tmp_path, capsys):
    with pytest.raises(InputError, match='"float64", expected one of float32, bfloat16, float16'):
        models.Predictor(models.load(model), precision="float64")
    with pytest.raises(InputError, match='found precision "half", expected one of'):
        settings_for("danq", precision="half")
    vcf = tmp_path / "in.vcf"
    vcf.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    with pytest.raises(InputError, match="precision was given with a predictor"):
        danq.score(
            models.Predictor(models.load(model)),
            genome,
            vcf,
            tmp_path / "o.vcf",
            precision="float16",
        )
    with pytest.raises(SystemExit):
        main(["predict", "--model", "m", "--output", "o", "--fasta", "f", "--mixed-precision", "8"])
    assert 'found "8", expected one of bfloat16, float16' in capsys.readouterr().err


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("mask_value", [0.3, -1e6])
def test_padding_stays_padding(precision, mask_value):
    """Neither value would survive the rounding: 0.3 is not a half-width number, -1e6 no float16."""
    network = topologies.many_to_one(4, 2, recurrences=[Recurrence(3)], mask_value=mask_value)
    half = with_precision(network, precision)
    row = np.random.default_rng(0).normal(size=(1, 5, 4)).astype(np.float32)
    padded = np.pad(row, [(0, 0), (0, 6), (0, 0)], constant_values=mask_value)
    alone = np.asarray(half.predict_on_batch(row))
    np.testing.assert_allclose(half.predict_on_batch(padded), alone, atol=1e-6)


def test_a_subclassed_model_is_refused():
    class Mine(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(InputError, match="a Mine cannot be copied in another precision"):
        with_precision(Mine(), "bfloat16")


def test_on_jax_lstms_stay_float32(monkeypatch):
    """Its cuDNN kernel refuses every other precision."""
    monkeypatch.setattr(precisions.keras.backend, "backend", lambda: "jax")
    half = with_precision(NETWORKS["danq"](), "bfloat16")
    kinds = {type(layer).__name__: layer.compute_dtype for layer in half.layers}
    assert (kinds["Bidirectional"], kinds["Conv1D"]) == ("float32", "bfloat16")
    assert half.get_layer("recurrence_1").forward_layer.compute_dtype == "float32"


def test_float32_is_whole_while_danq_predicts():
    switch = tf.config.experimental
    assert switch.tensor_float_32_execution_enabled()
    with full_float32():
        assert not switch.tensor_float_32_execution_enabled()
    assert switch.tensor_float_32_execution_enabled()

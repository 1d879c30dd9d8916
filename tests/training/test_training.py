from __future__ import annotations

import logging
import sys

import keras
import numpy as np
import pytest

import danq
from danq.dataset import Dataset, Selection
from danq.errors import InputError
from danq.genome import encode, one_hot
from danq.ranges import Range
from danq.training import TrainingError, settings_for
from danq.training.settings import RANGES
from danq.training.validation import Validation, validate
from tests.training.listeners import break_off
from tests.training.planted import MOTIF, planted_on


def _settings(model="danq", **changes):
    return settings_for(
        model,
        **{"batch_size": 32, "epochs": 3, "optimizer": "adam", "learning_rate": 0.01, **changes},
    )


def _weights(path):
    return danq.models.load(path).get_weights()


def _same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(_weights(one), _weights(other), strict=True))


def test_a_network_learns_a_motif_and_keeps_its_best_epoch(tmp_path, dataset):
    output = tmp_path / "m.keras"
    history = danq.train(
        dataset, output, width=0.05, settings=_settings(epochs=25, patience=25, max_jitter=2)
    )
    with Dataset.open(dataset) as data:
        rows = data.indices("valid")
        labels = data.labels(rows)[:, 0].astype(bool)
        network = danq.models.load(output)
        predicted = danq.models.Predictor(network).probabilities(data.codes(rows))[:, 0]
        logits = danq.models.Predictor(network).logits(data.codes(rows)).astype(np.float64)
        entropy = np.mean(np.logaddexp(0, logits) - data.labels(rows) * logits)
        assert network.danq.dataset_checksum == data.checksum
    assert predicted[labels].mean() > predicted[~labels].mean() + 0.3
    assert history.best.val_loss == min(epoch.val_loss for epoch in history.epochs)
    assert entropy == pytest.approx(history.best.val_loss, rel=1e-5)
    assert network.danq.targets == ["A", "B"]
    assert network.danq.training["optimizer"] == "adam"
    assert network.danq.training["best_epoch"] == history.best.epoch


def test_history_is_a_table_and_a_picture(tmp_path, dataset):
    danq.train(dataset, tmp_path / "m.keras", width=0.02, settings=_settings(epochs=2))
    lines = (tmp_path / "m.history.tsv").read_text().splitlines()
    assert lines[0] == "epoch\tloss\tval_loss\tval_roc_auc\tval_pr_auc\tlearning_rate\tseconds"
    assert [line.split("\t")[0] for line in lines[1:]] == ["1", "2"]
    assert lines[1].split("\t")[5] == "0.01"
    page = (tmp_path / "m.history.html").read_text()
    assert "m: training history" in page
    assert all(f">{value}</td>" in page for value in lines[1].split("\t"))
    for suffix, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        assert (tmp_path / f"m.history.{suffix}").read_bytes().startswith(start)
    assert not (tmp_path / "m.checkpoint").exists()


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        ("danq", {"schedule": "cosine", "max_jitter": 3}),
        ("deepsea", {"optimizer": "sgd", "learning_rate": 0.5}),
    ],
)
def test_a_resumed_run_ends_as_an_uninterrupted_one(tmp_path, dataset, model, changes):
    window = {"deepsea": 0.02, "danq": 0.03}[model]
    if model == "deepsea":
        dataset = _longer(tmp_path)
    settings = _settings(model, epochs=4, **changes)
    whole, cut = tmp_path / "whole.keras", tmp_path / "cut.keras"
    history = danq.train(dataset, whole, model=model, width=window, settings=settings)

    break_off(dataset, cut, 3, model=model, width=window, settings=settings)
    assert not cut.exists()
    assert cut.with_suffix(".checkpoint").exists()
    resumed = danq.train(dataset, cut, model=model, width=window, settings=settings, resume=True)
    assert [e.val_pr_auc for e in resumed.epochs] == [e.val_pr_auc for e in history.epochs]
    assert [e.val_loss for e in resumed.epochs] == [e.val_loss for e in history.epochs]
    assert [e.loss for e in resumed.epochs] == [e.loss for e in history.epochs]
    assert _same(whole, cut)


def test_a_checkpoint_that_is_given_up_is_said(tmp_path, dataset, caplog):
    options = {"width": 0.02, "settings": _settings(epochs=2)}
    break_off(dataset, tmp_path / "m.keras", 2, **options)
    with caplog.at_level(logging.INFO, logger="danq"):
        danq.train(dataset, tmp_path / "m.keras", resume=True, **options)
    assert "will be replaced" not in caplog.text
    break_off(dataset, tmp_path / "m.keras", 2, **options)
    danq.train(dataset, tmp_path / "m.keras", **options)
    assert "m.checkpoint of an interrupted run will be replaced" in caplog.text


def _longer(tmp_path):
    """DeepSEA needs windows of 163 bp."""
    return planted_on(tmp_path, tmp_path / "long.h5", window=180)


def test_the_seed_decides(tmp_path, dataset):
    paths = [tmp_path / f"{name}.keras" for name in "abc"]
    for path, seed in zip(paths, (1, 1, 2), strict=True):
        danq.train(dataset, path, width=0.02, settings=_settings(epochs=1, seed=seed))
    assert _same(paths[0], paths[1])
    assert not _same(paths[0], paths[2])


def test_resuming_another_run_is_refused(tmp_path, dataset):
    break_off(dataset, tmp_path / "m.keras", 2, width=0.02, settings=_settings())
    with pytest.raises(InputError, match=r"is of a run with seed .?1.?, this one has .?2"):
        danq.train(
            dataset, tmp_path / "m.keras", width=0.02, settings=_settings(seed=2), resume=True
        )
    # The same windows and labels on another sequence are another data set.
    fasta = tmp_path / "genome.fa"
    fasta.write_text(fasta.read_text().translate(str.maketrans("ACGT", "CATG")))
    other = tmp_path / "other.h5"
    planted_on(tmp_path, other)
    with pytest.raises(InputError, match=r"is of a run with reference .?\w+.*, this one has .?\w+"):
        danq.train(other, tmp_path / "m.keras", width=0.02, settings=_settings(), resume=True)
    (tmp_path / "m.checkpoint").write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(InputError, match="is not a checkpoint of danq train, or a damaged one"):
        danq.train(other, tmp_path / "m.keras", width=0.02, settings=_settings(), resume=True)


def test_a_batch_larger_than_the_split_is_told_and_recorded(tmp_path, dataset, caplog):
    with Dataset.open(dataset) as data:
        windows = len(data.indices("train"))
    settings = _settings(batch_size=5_000, epochs=1)
    with caplog.at_level(logging.WARNING, logger="danq"):
        danq.train(dataset, tmp_path / "m.keras", width=0.02, settings=settings)
    assert f"a batch of 5000 windows is more than the {windows} of the training" in caplog.text
    assert danq.models.load(tmp_path / "m.keras").danq.training["batch_size"] == windows
    settings = _settings(batch_size=5_000, epochs=1, scale_learning_rate="linear")
    with pytest.raises(
        InputError, match=f"holds {windows} training windows: found a batch of 5000"
    ):
        danq.train(dataset, tmp_path / "n.keras", width=0.02, settings=settings)


@pytest.mark.parametrize("name", ["m.history.tsv", "m.history.svg", "m.checkpoint"])
def test_every_output_is_checked_before_training(tmp_path, dataset, name):
    (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=f"{name}: is a folder, expected a file to write"):
        danq.train(dataset, tmp_path / "m.keras", width=0.02, settings=_settings())
    assert not (tmp_path / "m.keras").exists()


@pytest.mark.parametrize(("monitor", "epochs", "best"), [("loss", 4, 2), ("pr_auc", 5, 3)])
def test_early_stopping_after_the_patience(
    tmp_path, dataset, monkeypatch, caplog, monitor, epochs, best
):
    from danq.training import run as module

    losses, aucs = (0.5, 0.4, 0.45, 0.41, 0.3, 0.2), (0.1, 0.2, 0.3, 0.3, 0.1, 0.9)
    found = iter([Validation(*row) for row in zip(losses, aucs, aucs, strict=True)])
    monkeypatch.setattr(module, "validate", lambda logits, labels: next(found))
    settings = _settings(epochs=9, patience=2, monitor=monitor)
    with caplog.at_level(logging.INFO, logger="danq"):
        history = danq.train(dataset, tmp_path / "m.keras", width=0.02, settings=settings)
    assert len(history) == epochs
    assert history.best.epoch == best
    what = {"loss": "loss", "pr_auc": "PR AUC"}[monitor]
    assert f"no better validation {what} in 2 epochs" in caplog.text


def test_validation_figures_of_a_hand_worked_case():
    labels = np.array([[1, 0], [0, 0], [1, 0], [0, 0]], dtype=np.uint8)
    logits = np.array([[2, 0], [1, 0], [0, 0], [-1, 0]], dtype=np.float32)
    found = validate(logits, labels)
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    expected = -np.where(labels == 1, np.log(p), np.log(1 - p)).mean()
    assert found.loss == pytest.approx(expected)
    # Ranks 1 and 3 of 4 are positive: 3 of 4 pairs in order, precisions 1 and 2/3. The second
    # target has no positives and counts for neither.
    assert found.roc_auc == pytest.approx(3 / 4)
    assert found.pr_auc == pytest.approx((1 + 2 / 3) / 2)
    nothing = validate(logits[:, 1:], labels[:, 1:])
    assert np.isnan(nothing.roc_auc)
    assert nothing.loss == pytest.approx(np.log(2))


def test_validation_figures_are_those_of_scikit_learn():
    from sklearn.metrics import average_precision_score, roc_auc_score

    random = np.random.default_rng(5)
    labels = (random.random((1500, 40)) < random.random(40) / 4).astype(np.uint8)
    logits = (random.normal(size=labels.shape) * 3 + labels).astype(np.float32)
    # Equal scores in many windows, zeros of both signs, and what overflows in a plain exp.
    logits[:, :10] = np.round(logits[:, :10])
    logits[:, 0] *= np.float32(100)
    logits[::2, 1] *= np.float32(-0.0)
    labels[:, 2], labels[:, 3] = 0, 1
    found = validate(logits, labels)
    rest = [n for n in range(40) if n not in (2, 3)]
    for figure, metric in ((found.roc_auc, roc_auc_score), (found.pr_auc, average_precision_score)):
        expected = np.mean([metric(labels[:, n], logits[:, n]) for n in rest])
        assert figure == pytest.approx(expected, rel=1e-12)
    z = logits.astype(np.float64)
    assert found.loss == pytest.approx(np.mean(np.logaddexp(0, z) - labels * z), rel=1e-12)


def test_monitoring_pr_auc_needs_positives(tmp_path, dataset):
    for name in ("a.bed", "b.bed"):
        (tmp_path / name).write_text("chr1\t100\t140\n")
    path = tmp_path / "few.h5"
    danq.windows(
        tmp_path / "genome.fa",
        tmp_path / "targets.tsv",
        path,
        window=60,
        bin=20,
        valid=["chr1:6001-8400"],
        selection=Selection(require="none"),
    )
    with pytest.raises(InputError, match="no target has positives and negatives"):
        danq.train(path, tmp_path / "m.keras", settings=_settings(monitor="pr_auc"))
    danq.train(path, tmp_path / "m.keras", width=0.02, settings=_settings(epochs=1))
    assert (tmp_path / "m.history.tsv").read_text().splitlines()[1].split("\t")[3] == "NA"


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, dataset, monkeypatch):
    # Rates that are allowed let every loss stay finite here.
    monkeypatch.setitem(RANGES, "learning_rate", Range(above=0))
    settings = _settings(optimizer="sgd", learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"became (nan|inf) .*try a learning rate below 1e\+30"):
        danq.train(dataset, tmp_path / "m.keras", width=0.05, settings=settings)
    assert not (tmp_path / "m.keras").exists()


def test_fine_tuning_starts_from_the_other_models_weights(tmp_path, dataset):
    first = tmp_path / "first.keras"
    danq.train(dataset, first, width=0.02, settings=_settings(epochs=1))
    slow = _settings(epochs=1, learning_rate=1e-9)
    danq.train(dataset, tmp_path / "same.keras", init=first, settings=slow)
    for old, new in zip(_weights(first), _weights(tmp_path / "same.keras"), strict=True):
        np.testing.assert_allclose(old, new, atol=1e-6)

    (tmp_path / "targets.tsv").write_text("name\tpath\nC\ta.bed\nD\tb.bed\nE\ta.bed\n")
    other = tmp_path / "other.h5"
    danq.windows(
        tmp_path / "genome.fa",
        tmp_path / "targets.tsv",
        other,
        window=60,
        bin=20,
        valid=["chr1:6001-8400"],
    )
    danq.train(other, tmp_path / "tuned.keras", init=first, settings=slow)
    tuned = _weights(tmp_path / "tuned.keras")
    for old, new in zip(_weights(first)[:-2], tuned[:-2], strict=True):
        np.testing.assert_allclose(old, new, atol=1e-6)
    assert tuned[-1].shape == (3,)
    assert danq.models.metadata(tmp_path / "tuned.keras").targets == ["C", "D", "E"]
    assert danq.models.metadata(tmp_path / "tuned.keras").training["width"] == 0.02
    with pytest.raises(InputError, match="has model danq, this run asks for deepsea"):
        danq.train(dataset, tmp_path / "x.keras", model="deepsea", init=first)
    with pytest.raises(InputError, match=r"has width 0\.02, this run asks for 1"):
        danq.train(dataset, tmp_path / "x.keras", width=1, init=first)
    with pytest.raises(InputError, match="is named both as input and as output"):
        danq.train(dataset, first, init=first)
    with pytest.raises(InputError, match="reads windows of 60 bases, the data set has 180"):
        danq.train(_longer(tmp_path), tmp_path / "x.keras", init=first, settings=slow)


def test_training_starts_from_motifs(tmp_path, dataset, caplog):
    rows = "".join(
        f"{'  '.join('1.0' if b == base else '0.0' for b in 'ACGT')}\n" for base in MOTIF
    )
    (tmp_path / "m.meme").write_text(
        f"MEME version 4\n\nALPHABET= ACGT\n\nMOTIF planted\n"
        f"letter-probability matrix: alength= 4 w= {len(MOTIF)}\n{rows}"
    )
    settings = _settings(epochs=1, learning_rate=1e-9)
    output = tmp_path / "m.keras"
    with caplog.at_level(logging.INFO, logger="danq"):
        danq.train(dataset, output, width=0.02, settings=settings, motifs=tmp_path / "m.meme")
    kernel = danq.models.load(output).get_layer("convolution_1").get_weights()[0]
    expected = one_hot(encode(MOTIF)) - 0.25
    found = [np.abs(kernel[o : o + 15, :, 0] - expected).max() for o in range(12)]
    assert min(found) < 1e-4
    assert danq.models.metadata(output).training["motifs"] == "m.meme"
    assert "kernels started from motifs: 2 of 6, from 1 motif" in caplog.text
    with pytest.raises(InputError, match="--init brings its own kernels"):
        danq.train(dataset, tmp_path / "x.keras", init=output, motifs=tmp_path / "m.meme")


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of networks that somebody wrote, some of them not as danq needs them."""
    (tmp_path / "mine.py").write_text(
        "from danq.core.layers import Convolution\n"
        "from danq.core.topologies import cnn\n"
        "def tiny(*, sequence_length, channels, outputs, width):\n"
        "    blocks = [Convolution(4, 8, pool_size=4)]\n"
        "    return cnn((sequence_length, channels), outputs, convolutions=blocks)\n"
        "def narrow(*, sequence_length, channels, outputs):\n"
        "    return None\n"
        "def nothing(**sizes):\n"
        "    return None\n"
        "import keras\n"
        "def network(*layers, outputs=2):\n"
        "    return keras.Sequential([keras.Input((60, 4)), keras.layers.Flatten(), *layers])\n"
        "def fused(**sizes):\n"
        "    return network(keras.layers.Dense(2, activation='sigmoid'))\n"
        "def softmax(**sizes):\n"
        "    return network(keras.layers.Dense(2), keras.layers.Activation('softmax'))\n"
        "def wide(**sizes):\n"
        "    return network(keras.layers.Dense(3), keras.layers.Activation('sigmoid'))\n"
        "class Sub(keras.Model):\n"
        "    def call(self, inputs):\n"
        "        return inputs\n"
        "def subclass(**sizes):\n"
        "    return Sub()\n"
        "def quits(**sizes):\n"
        "    raise SystemExit(0)\n"
        "class Own(keras.layers.Layer):\n"
        "    def call(self, inputs):\n"
        "        return inputs\n"
        "def ending(layer):\n"
        "    return network(layer, keras.layers.Dense(2), keras.layers.Activation('sigmoid'))\n"
        "def custom(**sizes):\n"
        "    return ending(Own())\n"
        "class Closed(Own):\n"
        "    def __init__(self, value):\n"
        "        super().__init__()\n"
        "def closed(**sizes):\n"
        "    return ending(Closed(object()))\n"
        "def lambdas(**sizes):\n"
        "    return ending(keras.layers.Lambda(lambda x: x * 2))\n"
        "def gated(**sizes):\n"
        "    return ending(keras.layers.Dense(4, activation='glu'))\n"
        "def remembering(**sizes):\n"
        "    return keras.Sequential([keras.Input((60, 4), batch_size=8),\n"
        "        keras.layers.LSTM(3, stateful=True, name='state'),\n"
        "        keras.layers.Dense(2), keras.layers.Activation('sigmoid')])\n"
        "def greedy(**sizes):\n"
        "    raise MemoryError\n"
        "def dropping(**sizes):\n"
        "    return keras.Sequential([keras.Input((60, 4)),\n"
        "        keras.layers.Bidirectional(keras.layers.LSTM(3, dropout=0.5)),\n"
        "        keras.layers.Dense(2), keras.layers.Activation('sigmoid')])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("mine", None)


@pytest.mark.usefixtures("mine")
def test_a_users_own_network_is_trained(tmp_path, dataset):
    danq.train(dataset, tmp_path / "m.keras", model="mine:tiny", settings=_settings(epochs=1))
    assert danq.models.metadata(tmp_path / "m.keras").training["model"] == "mine:tiny"


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("mine:narrow", "cannot be called with the keywords .* keyword argument 'width'"),
        ("mine:nothing", "returns NoneType, expected a keras.Model"),
        ("mine:fused", "expected its last two layers to be"),
        ("mine:softmax", "expected its last two layers to be"),
        ("mine:subclass", r"is a subclass \(Sub\), which a model file cannot describe"),
        ("mine:quits", r"cannot be built for windows of 60 bases: 0"),
        ("mine:custom", 'mine:custom: holds "Own", code of its author'),
        ("mine:closed", 'the network "mine:closed" cannot be saved'),
        ("mine:lambdas", 'mine:lambdas: holds "Lambda", code of its author'),
        ("mine:gated", r"mine:gated: cannot be run by Keras \("),
        ("mine:remembering", 'mine:remembering: the layer "state" is stateful'),
        ("mine:wide", r"gives \(None, 3\), expected \(None, 2\)"),
        (":tiny", "or MODULE:FUNCTION"),
        (".mine:tiny", "or MODULE:FUNCTION"),
        ("mine:absent", "cannot be imported"),
        ("absent:tiny", "cannot be imported"),
        ("resnet", "expected deepsea, danq, danq-jaspar, beluga or MODULE:FUNCTION"),
    ],
)
def test_a_users_network_that_does_not_fit_is_refused(tmp_path, dataset, model, message):
    with pytest.raises(InputError, match=message):
        danq.train(dataset, tmp_path / "x.keras", model=model, settings=_settings())


@pytest.mark.parametrize("model", ["danq", "danq-jaspar"])
def test_a_network_beyond_this_machine_is_refused_before_it_is_built(tmp_path, dataset, model):
    message = r"of width 1000 has [\d,]{14,} parameters, and .* [\d,]+ GiB .*; expected a smaller"
    with pytest.raises(InputError, match=message):
        danq.train(dataset, tmp_path / "x.keras", model=model, width=1000)


@pytest.mark.usefixtures("mine")
def test_memory_that_runs_out_while_a_network_is_built_is_not_put_on_the_network(tmp_path, dataset):
    with pytest.raises(MemoryError):
        danq.train(dataset, tmp_path / "x.keras", model="mine:greedy", settings=_settings())


@pytest.mark.usefixtures("mine")
def test_dropout_inside_a_recurrence_is_resumed(tmp_path, dataset):
    """It is seeded by the epoch as well."""
    options = {"model": "mine:dropping", "settings": _settings(epochs=2)}
    whole = danq.train(dataset, tmp_path / "w.keras", **options)
    break_off(dataset, tmp_path / "c.keras", 2, **options)
    cut = danq.train(dataset, tmp_path / "c.keras", resume=True, **options)
    assert [row.loss for row in cut.epochs] == [row.loss for row in whole.epochs]
    assert _same(tmp_path / "w.keras", tmp_path / "c.keras")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("json:dumps", r"cannot be called with the keywords .*missing a required argument: 'obj'"),
        ("os:environ", 'the model "os:environ" is not a function but a _Environ$'),
        ("sys:path", "is not a function but a list$"),
        ("builtins:int", "cannot be called with the keywords"),
        ("broken:network", 'the model "broken:network" cannot be imported .no such disk'),
        ("leaving:network", "cannot be imported .2"),
        ("badly:written", "cannot be imported .'\\(' was never closed"),
        ("failing:network", "cannot be built for windows of 60 bases: division by zero"),
        ("danq..models:danq", "cannot be imported"),
        ("x\x1b:y", r'the model "x\\x1b:y" cannot be imported'),
    ],
)
def test_names_of_anything_but_a_network_are_refused(
    tmp_path, dataset, monkeypatch, model, message
):
    for name, code in {
        "broken": "raise OSError('no such disk')",
        "leaving": "import sys\nsys.exit(2)",
        "badly": "written = (",
        "failing": "def network(**sizes):\n    return 1 / 0",
    }.items():
        (tmp_path / f"{name}.py").write_text(code + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        danq.train(dataset, tmp_path / "x.keras", model=model, settings=_settings())
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    sys.modules.pop("failing", None)


def test_what_cannot_be_trained_is_named(tmp_path, dataset):
    with pytest.raises(InputError, match=r"expected the model file's name to end in \.keras"):
        danq.train(dataset, tmp_path / "m.h5")
    with pytest.raises(InputError, match="built for windows of 60 bases: kernel_size 8 does not"):
        danq.train(dataset, tmp_path / "m.keras", model="deepsea", settings=_settings("deepsea"))
    with pytest.raises(InputError, match="found checkpoint_minutes nan, expected at least 0"):
        danq.train(dataset, tmp_path / "m.keras", checkpoint_minutes=float("nan"))
    with pytest.raises(InputError, match="found width -1, expected a finite number above 0"):
        danq.train(dataset, tmp_path / "m.keras", width=-1)
    danq.windows(
        tmp_path / "genome.fa", tmp_path / "targets.tsv", tmp_path / "n.h5", window=60, bin=20
    )
    with pytest.raises(InputError, match=r'no windows in the split "valid" \(danq windows --valid'):
        danq.train(tmp_path / "n.h5", tmp_path / "m.keras")


def test_the_papers_recipes():
    deepsea, paper = settings_for("deepsea"), settings_for("danq")
    assert (deepsea.optimizer, deepsea.learning_rate, deepsea.batch_size) == ("sgd", 1.0, 16)
    assert (paper.optimizer, paper.learning_rate, paper.batch_size) == ("rmsprop", 0.001, 100)
    assert (paper.epochs, paper.patience) == (60, 5)
    assert settings_for("danq-jaspar").epochs == 32
    assert settings_for("deepsea", optimizer="adam").learning_rate == 0.001
    with pytest.raises(InputError, match='found optimizer "lion", expected one of sgd'):
        settings_for("danq", optimizer="lion")
    with pytest.raises(InputError, match="found epochs 0, expected at least 1"):
        settings_for("danq", epochs=0)


def test_optimizers_are_the_papers():
    from danq.training.step.optimizers import build_optimizer

    sgd = build_optimizer(settings_for("deepsea"), 10)
    assert isinstance(sgd, keras.optimizers.SGD)
    assert sgd.momentum == 0.9
    rmsprop = build_optimizer(settings_for("danq"), 10)
    assert isinstance(rmsprop, keras.optimizers.RMSprop)
    assert (rmsprop.rho, rmsprop.epsilon) == (0.9, 1e-6)

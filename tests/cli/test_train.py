"""Every hyper-parameter has an option, and a key in the workflow's config."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from pathlib import Path

import pytest
import yaml

from danq import training
from danq.cli import main, parser
from danq.dataset import windows
from danq.training import Epoch, History, Settings, settings_for

SCHEMA = Path(__file__).parents[2] / "danq" / "config" / "config.schema.yaml"
OPTIONS = {
    "epochs": 7,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "scale_learning_rate": "sqrt",
    "schedule": "step",
    "warm_up": 0.25,
    "decay": 0.5,
    "decay_epochs": 2.5,
    "patience": 3,
    "monitor": "pr_auc",
    "loss": "focal",
    "focal_gamma": 1.5,
    "class_weights": "positive",
    "max_class_weight": 9.0,
    "label_smoothing": 0.1,
    "clip_norm": 2.0,
    "weight_decay": 0.01,
    "max_jitter": 3,
    "seed": 5,
}


@pytest.fixture
def basics(genome, targets, tmp_path):
    """The options that `danq train` must have."""
    dataset = tmp_path / "d.h5"
    windows(genome, targets, dataset, valid=["chr1:20001-30000"], window=200)
    words = ["train", "--dataset", dataset, "--model", "danq", "--output", tmp_path / "m.keras"]
    return [str(word) for word in words]


@pytest.fixture
def trained(monkeypatch):
    """What `danq train` hands to the library."""
    calls = {}

    @wraps(training.train)
    def train(dataset, output, **options):
        calls.update(options, dataset=dataset, output=output)
        return History([Epoch(n, 0.7, 1.0 - n % 3 / 8, 0.75, 0.5, 0.1, 1.0) for n in (1, 2, 3)])

    monkeypatch.setattr(training, "train", train, raising=False)
    return calls


def _words(options):
    pairs = [(f"--{name.replace('_', '-')}", str(value)) for name, value in options.items()]
    return [word for pair in pairs for word in pair]


def test_every_option_reaches_the_settings(trained, basics):
    assert main([*basics, *_words(OPTIONS), "--mixed-precision", "bfloat16"]) == 0
    expected = settings_for("danq", **OPTIONS, precision="bfloat16")
    assert trained["settings"] == expected
    untouched = {item.name for item in fields(Settings)} - {*OPTIONS, "precision", "clip_value"}
    assert not untouched
    main([*basics, "--clip-value", "0.5"])
    assert trained["settings"] == settings_for("danq", clip_value=0.5)


def test_without_options_it_is_the_recipe(trained, basics):
    for model in ("deepsea", "danq", "danq-jaspar"):
        main([*basics, "--model", model])
        assert trained["settings"] == settings_for(model)
        assert (trained["devices"], trained["tensorboard"]) == (None, None)


@pytest.mark.parametrize(("word", "devices"), [("2", 2), ("all", "all")])
def test_devices_and_the_folder_of_curves(trained, basics, word, devices, tmp_path):
    main([*basics, "--devices", word, "--tensorboard", str(tmp_path / "runs")])
    assert (trained["devices"], trained["tensorboard"]) == (devices, tmp_path / "runs")


def test_devices_that_are_no_number(capsys, basics):
    with pytest.raises(SystemExit) as stop:
        main([*basics, "--devices", "some"])
    assert stop.value.code == 2
    assert (
        '--devices: found "some", expected a whole number, at least 1 and at most 1024, or all'
        in capsys.readouterr().err
    )


def test_it_ends_with_the_epoch_kept_and_the_file(trained, basics, capsys, tmp_path):
    assert main(basics) == 0
    assert capsys.readouterr().out == (
        f"{tmp_path / 'm.keras'}: epoch 2 of 3 was kept "
        "(validation loss 0.75000, ROC AUC 0.750, PR AUC 0.500)\n"
    )
    assert main(["--quiet", *basics]) == 0
    assert capsys.readouterr().out == ""


def test_the_config_has_a_key_for_every_option_and_none_besides():
    keys = yaml.safe_load(SCHEMA.read_text())["$defs"]["trained"]["properties"]
    commands = next(a for a in parser()._actions if a.choices and "train" in a.choices)
    actions = {
        action.option_strings[-1][2:].replace("-", "_"): action
        for action in commands.choices["train"]._actions
    }
    not_in_config = {"help", "dataset", "output", "genome", "resume"}
    assert set(keys) == set(actions) - not_in_config
    for name, key in keys.items():
        if "enum" in key:
            assert list(key["enum"]) == list(actions[name].choices), name

"""Every hyper-parameter has an option, and a key in the workflow's config."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from danq import training
from danq.cli import main, parser
from danq.training import Settings, settings_for

SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.yaml"
BASICS = ["train", "--dataset", "d.h5", "--model", "danq", "--output", "m.keras"]
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
def trained(monkeypatch):
    """What `danq train` hands to the library."""
    calls = {}

    def train(dataset, output, **options):
        calls.update(options, dataset=dataset, output=output)

    monkeypatch.setattr(training, "train", train, raising=False)
    return calls


def _words(options):
    pairs = [(f"--{name.replace('_', '-')}", str(value)) for name, value in options.items()]
    return [word for pair in pairs for word in pair]


def test_every_option_reaches_the_settings(trained):
    assert main([*BASICS, *_words(OPTIONS), "--mixed-precision", "bfloat16"]) == 0
    expected = settings_for("danq", **OPTIONS, precision="bfloat16")
    assert trained["settings"] == expected
    untouched = {item.name for item in fields(Settings)} - {*OPTIONS, "precision", "clip_value"}
    assert not untouched
    main([*BASICS, "--clip-value", "0.5"])
    assert trained["settings"] == settings_for("danq", clip_value=0.5)


def test_without_options_it_is_the_recipe(trained):
    for model in ("deepsea", "danq", "danq-jaspar"):
        main([*BASICS, "--model", model])
        assert trained["settings"] == settings_for(model)
        assert (trained["devices"], trained["tensorboard"]) == (None, None)


@pytest.mark.parametrize(("word", "devices"), [("2", 2), ("all", "all")])
def test_devices_and_the_folder_of_curves(trained, word, devices):
    main([*BASICS, "--devices", word, "--tensorboard", "runs"])
    assert (trained["devices"], trained["tensorboard"]) == (devices, "runs")


def test_devices_that_are_no_number(capsys):
    with pytest.raises(SystemExit) as stop:
        main([*BASICS, "--devices", "some"])
    assert stop.value.code == 2
    assert "--devices: found 'some', expected a number or all" in capsys.readouterr().err


def test_the_config_has_a_key_for_every_option_and_none_besides():
    keys = yaml.safe_load(SCHEMA.read_text())["$defs"]["trained"]["properties"]
    commands = next(a for a in parser()._actions if a.choices and "train" in a.choices)
    actions = {action.dest: action for action in commands.choices["train"]._actions}
    not_in_config = {"help", "dataset", "output", "genome", "resume"}
    assert set(keys) == set(actions) - not_in_config
    for name, key in keys.items():
        if "enum" in key:
            assert list(key["enum"]) == list(actions[name].choices), name

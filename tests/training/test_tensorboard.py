from __future__ import annotations

import os

import pytest
import tensorflow as tf

import danq
from danq.errors import InputError
from danq.training import settings_for, tensorboard
from tests.training.listeners import Breaking

CURVES = {
    "step/loss",
    "step/learning_rate",
    "epoch/loss",
    "epoch/val_loss",
    "epoch/val_roc_auc",
    "epoch/val_pr_auc",
    "epoch/learning_rate",
    "epoch/seconds",
}


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(tensorboard, "EVERY", 3)


def _events(folder):
    """All events of a folder in the order in which TensorBoard reads them."""
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            yield tf.compat.v1.Event.FromString(record.numpy())


def _curves(folder):
    """Points by tag and step, less those that a restart declares void, as TensorBoard does."""
    curves = {}
    for event in _events(folder):
        if event.session_log.status == tf.compat.v1.SessionLog.START:
            for points in curves.values():
                for step in [step for step in points if step >= event.step]:
                    del points[step]
        for value in event.summary.value:
            if value.HasField("simple_value"):
                assert event.step not in curves.setdefault(value.tag, {})
                curves[value.tag][event.step] = value.simple_value
    return curves


def _train(dataset, output, folder, **options):
    settings = settings_for("danq", batch_size=32, epochs=4, schedule="cosine")
    return danq.train(dataset, output, width=0.02, settings=settings, tensorboard=folder, **options)


def test_curves_are_those_of_the_history(tmp_path, dataset):
    history = _train(dataset, tmp_path / "m.keras", tmp_path / "a" / "board")
    curves = _curves(tmp_path / "a" / "board")
    assert set(curves) == CURVES
    steps = list(curves["epoch/loss"])
    assert steps == [steps[0] * number for number in (1, 2, 3, 4)]
    for name in ("loss", "val_loss", "val_pr_auc", "learning_rate"):
        expected = [getattr(row, name) for row in history.epochs]
        assert list(curves[f"epoch/{name}"].values()) == pytest.approx(expected, rel=1e-6)
    assert list(curves["step/loss"]) == [*range(3, steps[-1] + 1, 3)]
    # Each point is a mean of three steps, so that a whole number of them makes up the epochs.
    if steps[0] % 3 == 0:
        points = list(curves["step/loss"].values())[: steps[0] // 3]
        assert sum(points) / len(points) == pytest.approx(history.epochs[0].loss, rel=1e-5)
    first = next(_events(tmp_path / "a" / "board"))
    assert first.file_version == "brain.Event:2"
    text = [
        value.tensor.string_val[0].decode()
        for event in _events(tmp_path / "a" / "board")
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "text"
    ]
    assert len(text) == 1
    assert '| schedule | "cosine" |' in text[0]


def test_a_resumed_run_goes_on_with_the_same_curves(tmp_path, dataset):
    _train(dataset, tmp_path / "whole.keras", tmp_path / "whole")
    # The third epoch's steps are done, and written, but not its checkpoint.
    breaking = [Breaking(3, at_end=True)]
    with pytest.raises(KeyboardInterrupt):
        _train(dataset, tmp_path / "cut.keras", tmp_path / "cut", listeners=breaking)
    _train(dataset, tmp_path / "cut.keras", tmp_path / "cut", resume=True)
    whole, cut = _curves(tmp_path / "whole"), _curves(tmp_path / "cut")
    for name in CURVES - {"epoch/seconds"}:
        if name.startswith("epoch"):
            assert whole[name] == cut[name]
        assert list(whole[name]) == list(cut[name])
    assert len(list((tmp_path / "cut").iterdir())) == 2


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, dataset):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: cannot hold events"):
        _train(dataset, tmp_path / "m.keras", tmp_path / "file")


def test_a_folder_that_tensorboard_cannot_name_is_refused_at_once(tmp_path, dataset):
    folder = tmp_path / os.fsdecode(b"t\xff")
    with pytest.raises(InputError, match=r"t\\xff: expected a name in UTF-8, as TensorBoard needs"):
        _train(dataset, tmp_path / "m.keras", folder)
    assert not folder.exists()

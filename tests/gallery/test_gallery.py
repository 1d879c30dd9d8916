"""The gallery: every script runs, and what its README states is what was found."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import sys
from pathlib import Path
from types import ModuleType

import matplotlib
import pytest
from PIL import Image

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SCRIPTS = sorted(path.stem for path in GALLERY.glob("*.py") if path.stem != "gallery")
SCORES = json.loads((GALLERY / "scores.json").read_text())
SECTIONS = re.split(r"^## ", (GALLERY / "README.md").read_text(), flags=re.MULTILINE)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"gallery_{name}", GALLERY / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _found_by_scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(GALLERY))
    monkeypatch.delitem(sys.modules, "gallery", raising=False)
    with matplotlib.rc_context():
        yield


def section(name: str) -> str:
    (found,) = [text for text in SECTIONS if f"]({name}.png)" in text]
    return found


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_on_little_data(name, tmp_path, capsys):
    module, kept = load(name), []

    def run(quick):
        kept.append(module.run(quick))
        return kept[0]

    sys.modules["gallery"].main(run, ["--quick", "--output", str(tmp_path)])
    (result,) = kept
    assert result.title in capsys.readouterr().out
    assert result.figure.axes
    assert all(axes.has_data() for axes in result.figure.axes)
    (entry,) = json.loads((tmp_path / "scores.json").read_text()).values()
    assert all(math.isfinite(value) for value in entry["scores"].values())
    # The committed scores are of this script, and not of one before it was changed.
    assert entry["scores"].keys() == SCORES[name]["scores"].keys()
    assert entry["minima"] == SCORES[name]["minima"]
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_committed_scores_reach_their_minima(name):
    scores, minima = SCORES[name]["scores"], SCORES[name]["minima"]
    assert minima
    for score, least in minima.items():
        assert scores[score] >= least


@pytest.mark.parametrize(
    ("name", "score", "least"),
    [("digits_cnn", "accuracy", 0.98), ("digits_lstm", "accuracy", 0.95)],
)
def test_the_digits_are_read_as_well_as_promised(name, score, least):
    assert SCORES[name]["minima"][score] >= least


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_readme_states_every_score_and_shows_the_picture(name):
    text = section(name)
    for value in SCORES[name]["scores"].values():
        assert f"{value:.4f}" in text
    with Image.open(GALLERY / f"{name}.png") as image:
        assert 900 <= image.width <= 1500
    assert (GALLERY / f"{name}.png").stat().st_size < 150_000
    assert f"({name}.py)" in text
    for part in ("**Data**", "**Score**", "**Run time**", "**Take-away**"):
        assert part in text


def test_scores_are_of_scripts_that_exist():
    assert sorted(SCORES) == SCRIPTS
    load("digits_cnn")
    assert [path.stem for path in sys.modules["gallery"].scripts()] == SCRIPTS


def test_cuts_of_python_are_labelled_as_its_tokenizer_reads_them(tmp_path):
    lines = [
        "if x:",
        """    a(b"it's", '')  # don't""",
        '    """not this"""',
        "    f'nor {this}'",
        "    c('nor', '''th",
        "is''')",
    ]
    module = tmp_path / "module.py"
    module.write_text("\n".join(lines) + "\n")
    ((line, inside),) = load("text").labelled_lines(module)
    assert line == lines[1].strip()
    assert list(inside) == [-1] * 4 + [1] * 5 + [0] * 3 + [1] + [0] * 11


@pytest.fixture
def fake():
    """Return a run function whose score is 0.5 and must be `least`."""
    load("digits_cnn")
    gallery = sys.modules["gallery"]

    def with_least(least):
        figure, _ = gallery.panels()
        return lambda quick: gallery.Result("Fake", {"exact": 0.5}, figure, {"exact": least})

    return with_least


def test_a_full_run_fails_when_a_score_is_too_small(fake, tmp_path):
    gallery = sys.modules["gallery"]
    gallery.main(fake(0.5), ["--output", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"exact is 0\.5000, less than 0\.6"):
        gallery.main(fake(0.6), ["--output", str(tmp_path)])
    gallery.main(fake(0.6), ["--quick", "--output", str(tmp_path)])


def test_a_score_that_is_no_number_is_too_small(fake):
    result = fake(0.1)(False)
    result.scores["exact"] = math.nan
    assert result.missed()


def test_a_quick_run_without_a_folder_keeps_nothing(fake, tmp_path, monkeypatch):
    gallery = sys.modules["gallery"]
    monkeypatch.setattr(gallery, "HERE", tmp_path)
    gallery.main(fake(0.5), ["--quick"])
    assert not list(tmp_path.iterdir())
    gallery.main(fake(0.5), [])
    assert (tmp_path / "scores.json").exists()


def test_scores_stand_beside_those_of_other_scripts(fake, tmp_path):
    gallery = sys.modules["gallery"]
    for name in ("later", "earlier"):
        gallery.write(name, fake(0.5)(False), tmp_path)
    assert list(json.loads((tmp_path / "scores.json").read_text())) == ["earlier", "later"]
    assert {path.name for path in tmp_path.glob("*.png")} == {"earlier.png", "later.png"}

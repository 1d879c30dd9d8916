"""What the scripts of the gallery share: their look, their command line, and how results are kept.

A script has a function ``run(quick)`` that gives a `Result`, and ends in ``gallery.main(run)``.
``python docs/gallery/NAME.py`` writes NAME.png and its scores in scores.json, and fails when a
score is below its minimum. This file itself runs all scripts.
"""

from __future__ import annotations

import argparse
import inspect
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

from danq.models.startup import load_backend

load_backend()  # without TensorFlow's start-up notes

HERE = Path(__file__).parent
SEED = 1

# Okabe and Ito's colours, told apart with any kind of colour vision.
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
GREY, LIGHT = "#6B6B6B", "#D9D9D9"

DPI = 140
STYLE: dict[str, Any] = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


@dataclass(frozen=True)
class Result:
    """What a script found: named scores, the least that some must be, and a picture of it."""

    title: str
    scores: dict[str, float]
    figure: Figure
    minima: dict[str, float] = field(default_factory=dict)

    def missed(self) -> list[str]:
        """Report which scores are below their minimum."""
        return [
            f"{name} is {self.scores[name]:.4f}, less than {least}"
            for name, least in self.minima.items()
            if not self.scores[name] >= least
        ]


def panels(
    rows: int = 1, columns: int = 1, *, size: tuple[float, float] = (9, 4.5), **options: Any
) -> tuple[Figure, Any]:
    """Return a figure, `size` in inches, and its axes, as matplotlib's ``subplots`` does."""
    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def write(name: str, result: Result, folder: Path) -> None:
    """Write NAME.png and put the scores into scores.json, beside those of other scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    result.figure.savefig(drawn, dpi=DPI)
    # A palette of 256 colours makes a third of the bytes and no difference to the eye.
    palette = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    palette.save(folder / f"{name}.png", optimize=True)
    path = folder / "scores.json"
    entries = json.loads(path.read_text()) if path.exists() else {}
    scores = {score: round(float(value), 4) for score, value in result.scores.items()}
    entries[name] = {"minima": result.minima, "scores": scores}
    path.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")


def main(run: Callable[[bool], Result], arguments: Sequence[str] | None = None) -> None:
    """Run one script from the command line; a score below its minimum ends it with status 1."""
    options = _options(arguments)
    started = time.monotonic()
    with matplotlib.rc_context(STYLE):
        result = run(options.quick)
        folder = options.output or (None if options.quick else HERE)
        if folder:
            write(Path(inspect.getfile(run)).stem, result, folder)
    print(f"{result.title} ({time.monotonic() - started:.0f} s)")
    for name, value in result.scores.items():
        print(f"  {name}: {value:.4f}")
    if not options.quick and result.missed():
        sys.exit("; ".join(result.missed()))


def scripts() -> list[Path]:
    """Return every script of the gallery."""
    return sorted(path for path in HERE.glob("*.py") if path != Path(__file__))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train, draw and score.")
    parser.add_argument(
        "--quick", action="store_true", help="little data, no minima; keeps nothing by default"
    )
    parser.add_argument("--output", type=Path, help="folder of the results (default: this one)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    _options(None)
    failed = [
        script.name
        for script in scripts()
        if subprocess.run([sys.executable, str(script), *sys.argv[1:]], check=False).returncode
    ]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")

r"""What danq does on a graphics card: one command, the most telling figures first.

Each stage is another benchmark, or the tests that need a card, in a process of its own that ends
when its time is over; its tables stand on the screen before the next begins, so that a run that is
cut off still tells. For every backend that is installed (JAX, PyTorch, TensorFlow):

- ``step``: the train step of DeepSEA and DanQ at paper size in bfloat16 against a matrix product in
  the same run, at several batch sizes, and the share of each part (`epoch.py`);
- ``epoch``: training through the real input, packed labels and codes of both strands, 200 steps of
  1,024 windows, what an epoch of 4.4 million windows takes, and how busy the card is (`train.py`);
- ``score``: prediction and substitutions of 919 targets written to HDF5, shared and plain, what a
  million take (`score.py`);
- ``tests``: those that need a card;
- ``float32``: the train step in float32, whose products the backends round to TensorFloat-32.

Limits, on an H100: an epoch in 60 s, a million substitutions in 90 s, the card busy for 90 % of the
time.

    python benchmarks/gpu.py [--backends jax torch] [--stages step epoch …] [--minutes 8]
                             [--folder DIR]

With ``--tiny`` all of it runs on a CPU in a minute and says nothing about speed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BACKENDS = {"jax": "jax", "torch": "torch", "tensorflow": "tensorflow"}
STAGES = {
    "step": "epoch.py --precisions bfloat16 --batch-sizes 2048 1024 --forms pooled --repeats 10 "
    "--matrix 8192",
    "epoch": "train.py --precision bfloat16 --batch-size 1024 --steps 200 --repeats 1 "
    "--windows 200000 --bases 50000000",
    "score": "score.py --variants 8192 --batch-size 2048 --repeats 1",
    "tests": "-m pytest -m gpu -q -p no:cacheprovider tests/test_card.py",
    "float32": "epoch.py --precisions float32 --batch-sizes 1024 --forms pooled --repeats 5 "
    "--matrix 8192",
}
TINY = {
    "step": "epoch.py --precisions bfloat16 --batch-sizes 4 --forms pooled --repeats 1 "
    "--matrix 64 --width 0.02",
    "epoch": "train.py --precision bfloat16 --batch-size 4 --steps 2 --repeats 1 --windows 2000 "
    "--bases 1000000 --width 0.02",
    "score": "score.py --variants 8 --batch-size 8 --repeats 1 --width 0.02",
    "tests": STAGES["tests"],
    "float32": "epoch.py --precisions float32 --batch-sizes 4 --forms pooled --repeats 1 "
    "--matrix 64 --width 0.02",
}


def main() -> int:
    """Run the stages; give 1 where one failed."""
    options = _options()
    end = time.monotonic() + 60 * options.minutes
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
    ended = {}
    for stage in options.stages:
        for backend in options.backends:
            left = end - time.monotonic()
            name = f"{stage}, {backend}"
            ended[name] = _run(name, stage, backend, left, options) if left > 0 else "no time left"
    print("\n" + "\n".join(f"{name:<20}{how}" for name, how in ended.items()))
    return int(any(how.startswith("failed") for how in ended.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    there = [name for name, module in BACKENDS.items() if importlib.util.find_spec(module)]
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=there)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=[*STAGES])
    parser.add_argument("--minutes", type=float, default=8.0, help="for all (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="write each stage's figures here")
    parser.add_argument("--tiny", action="store_true", help="as the tests run it")
    return parser.parse_args()


def _run(name: str, stage: str, backend: str, left: float, options: argparse.Namespace) -> str:
    """Run a stage in a process of its own; say how it ended."""
    print(f"\n== {name}", flush=True)
    arguments = (TINY if options.tiny else STAGES)[stage].split()
    if arguments[0].endswith(".py"):
        arguments[0] = str(HERE / arguments[0])
        if options.folder is not None:
            arguments += ["--json", str(options.folder / f"{stage}_{backend}.json")]
    begun = time.monotonic()
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONUNBUFFERED": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=HERE.parent, env=environment, timeout=left
        )
    except subprocess.TimeoutExpired:
        return "cut off: no time left"
    taken = f"{time.monotonic() - begun:.0f} s"
    return f"failed after {taken}" if done.returncode else f"done in {taken}"


if __name__ == "__main__":
    sys.exit(main())

"""benchmarks/gpu.py at toy size, without TensorFlow, as on a machine that has another backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_measurement_for_cards_runs_without_tensorflow(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise ModuleNotFoundError('no TensorFlow here')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = ["benchmarks/gpu.py", "--tiny", "--backends", "torch", "--stages", "epoch"]
    done = subprocess.run(
        [sys.executable, *command, "--folder", tmp_path / "figures"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "epoch, torch        done in" in done.stdout
    figures = json.loads((tmp_path / "figures" / "epoch_torch.json").read_text())
    assert figures["danq_epoch_s"] > 0
    assert figures["deepsea_epoch_s"] > 0

"""``danq evaluate`` at the size of DeepSEA's test set: time and memory of what follows prediction.

Claims measured: for 919 targets on 227,512 windows the point values (both AUCs, recall,
calibration, curves) take less than 3 minutes, with intervals from 1,000 resamples of 1 Mb blocks
less than 15, and both stay below 6 GB of memory, on 2 cores. A second row of each kind holds two
models, which are compared. Labels come in runs along two contigs, their rates spread over targets
as DeepSEA's (1e-4 to 0.19, 2 % on average), predictions are probabilities that know some of the
label. Every measurement is a process of its own; the predictions are made there block by block, as
a network would, and that part is shown apart and not counted. CPU seconds are those of
all threads, whatever else the machine does meanwhile.

The peer is scikit-learn: its three calls a target for the point values, and for a resample the same
calls again with weights, both timed on a few targets and multiplied.

    python benchmarks/evaluate.py [--windows N] [--targets N] [--resamples N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common.memory import measured
from numpy.typing import NDArray

from danq.evaluation.report.tables import comparison_table, groups_table, metrics_table
from danq.evaluation.report.writing import write
from danq.evaluation.results import Evaluation, ModelResult
from danq.evaluation.statistics.genome_blocks import Resampling, draw
from danq.evaluation.statistics.measuring import measure

WINDOWS, TARGETS, RESAMPLES = 227_512, 919, 1000
BLOCKS = 287
GROUPS = ("DNase", "TF", "histone")
LIMIT_S = {"points": 180, "intervals": 900}
LIMIT_GB = 6
ROWS = 4096
PARTS = ("making", "measuring", "comparing", "files")
"""Seconds of each are shown; all but the first are counted."""


def main() -> None:
    """Measure every case in a process of its own and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--targets", type=int, default=TARGETS)
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--case", nargs=3, metavar=("MODELS", "RESAMPLES", "FILE"), help="inner")
    options = parser.parse_args()
    if options.case:
        models, resamples, path = options.case
        found = case(options.windows, options.targets, int(models), int(resamples))
        Path(path).write_text(json.dumps(found))
        return
    figures: dict[str, float] = {}
    heads = (*PARTS, "CPU s", "limit s", "GB", "limit GB")
    print(f"{'':<22}" + "".join(f"{head:>11}" for head in heads))
    for models in (1, 2):
        for kind, resamples in (("points", 0), ("intervals", options.resamples)):
            figures |= run(options, models, kind, resamples)
    figures |= peers(options, figures)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def run(options: argparse.Namespace, models: int, kind: str, resamples: int) -> dict[str, float]:
    """Run one case and print its row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "found.json"
        usage = measured(
            [
                *(sys.executable, __file__, "--windows", str(options.windows)),
                *("--targets", str(options.targets)),
                *("--case", str(models), str(resamples), str(path)),
            ]
        )
        found = json.loads(path.read_text())
    limit = LIMIT_S[kind] * models
    print(
        f"{kind + f', {models} model' + 's' * (models > 1):<22}"
        + "".join(f"{found[part]:>11.1f}" for part in (*PARTS, "cpu"))
        + f"{limit:>11}{usage.resident:>11.2f}{LIMIT_GB:>11}",
        flush=True,
    )
    counted = sum(found[part] for part in PARTS[1:])
    key = f"{kind}_{models}"
    return {
        f"{key}_s": counted,
        f"{key}_measuring_s": found["measuring"],
        f"{key}_cpu_s": found["cpu"],
        f"{key}_gb": usage.resident,
        f"{key}_share_of_time": counted / limit,
        f"{key}_share_of_memory": usage.resident / LIMIT_GB,
    }


def case(windows: int, targets: int, models: int, resamples: int) -> dict[str, float]:
    """Measure models one after the other, compare them and write the files."""
    seconds = dict.fromkeys((*PARTS, "cpu"), 0.0)
    truth = Simulation(windows, targets)
    block = (np.arange(windows) * BLOCKS // windows).astype(np.int32)
    resampling = draw(block, resamples=resamples, seed=0) if resamples else None
    names = [f"target_{place}" for place in range(targets)]
    groups = [GROUPS[place * len(GROUPS) // targets] for place in range(targets)]
    results = [
        result(truth, f"model_{number}", 1 + 0.05 * number, groups, resampling, seconds)
        for number in range(models)
    ]
    evaluation = Evaluation("test", names, groups, results)
    begun, cpu = time.perf_counter(), time.process_time()
    metrics_table(evaluation).text()
    groups_table(evaluation).text()
    comparison_table(evaluation).text()
    seconds["comparing"] = time.perf_counter() - begun
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        write(evaluation, folder)
    seconds["files"] = time.perf_counter() - begun
    seconds["cpu"] += time.process_time() - cpu
    return seconds


def result(
    truth: Simulation,
    name: str,
    skill: float,
    groups: list[str],
    resampling: Resampling | None,
    seconds: dict[str, float],
) -> ModelResult:
    """Predict and measure; the predictions are dropped afterwards."""
    begun = time.perf_counter()
    predictions = truth.predictions(skill, seed=len(name) + round(100 * skill))
    seconds["making"] += time.perf_counter() - begun
    begun, cpu = time.perf_counter(), time.process_time()
    found = measure(truth.labels, predictions, groups=groups, resampling=resampling)
    seconds["measuring"] += time.perf_counter() - begun
    seconds["cpu"] += time.process_time() - cpu
    return ModelResult(name, found.metrics, found.roc, found.pr, found.resamples)


class Simulation:
    """Labels in runs along the genome, and predictions that know something of them."""

    def __init__(self, windows: int, targets: int) -> None:
        random = np.random.default_rng(1)
        rates = np.clip(np.exp(random.normal(np.log(0.012), 1.1, targets)), 1e-4, 0.19)
        self.labels = np.zeros((windows, targets), np.uint8)
        for target, rate in enumerate(rates):
            starts = random.integers(0, windows, max(1, int(rate * windows / 2.5)))
            for offset, kept in enumerate((1.0, 0.8, 0.5, 0.2)):
                ours = starts[random.random(starts.size) < kept]
                self.labels[np.minimum(ours + offset, windows - 1), target] = 1
        self._offsets = np.log(rates / (1 - rates)).astype(np.float32)

    def predictions(self, skill: float, *, seed: int) -> NDArray[np.float32]:
        """float32 (windows, targets): probabilities, block by block."""
        random = np.random.default_rng(seed)
        result = np.empty(self.labels.shape, np.float32)
        for first in range(0, len(result), ROWS):
            rows = result[first : first + ROWS]
            random.standard_normal(out=rows, dtype=np.float32)
            rows += 2 * np.float32(skill) * self.labels[first : first + ROWS] + self._offsets
            np.negative(rows, out=rows)
            np.exp(rows, out=rows)
            rows += 1
            np.reciprocal(rows, out=rows)
        return result


def peers(options: argparse.Namespace, figures: dict[str, float]) -> dict[str, float]:
    """Time scikit-learn on a few targets, in alternation with ours on as many; print ratios."""
    from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

    few = min(8, options.targets)
    truth = Simulation(options.windows, few)
    scores = truth.predictions(1, seed=0)
    block = (np.arange(options.windows) * BLOCKS // options.windows).astype(np.int32)
    weights = draw(block, resamples=1, seed=0).weights[0][block]
    ours: list[float] = []
    plain: list[float] = []
    weighted: list[float] = []
    for _ in range(3):
        begun = time.perf_counter()
        measure(truth.labels, scores)
        ours.append(time.perf_counter() - begun)
        for times, sample in ((plain, None), (weighted, weights)):
            begun = time.perf_counter()
            for target in range(few):
                for figure in (average_precision_score, precision_recall_curve, roc_auc_score):
                    figure(truth.labels[:, target], scores[:, target], sample_weight=sample)
            times.append(time.perf_counter() - begun)
    share = options.targets / few
    resampled = float(np.median(weighted)) * share * options.resamples
    ratios = {
        "points_vs_sklearn": float(np.median(plain) / np.median(ours)),
        "intervals_vs_sklearn": resampled / figures["intervals_1_measuring_s"],
    }
    print(
        f"scikit-learn, all targets: {np.median(plain) * share:.0f} s for point values "
        f"({ratios['points_vs_sklearn']:.1f} times ours), {resampled / 3600:.0f} h for "
        f"{options.resamples:,} resamples ({ratios['intervals_vs_sklearn']:.0f} times ours)"
    )
    return ratios


if __name__ == "__main__":
    main()

"""How well contributions point at the sites that the example's targets were computed from.

Claim measured: of a network that has learnt the example, contributions tell the bases of the motif
sites that make a window positive from all others, nearly as well as a scan with the right motifs.

The windows are positive test windows of the example, as many of each target. Their true bases are
those of the sites of every arrangement that satisfies the target's rule (``data/make_targets.py``)
and has its middle in a peak of it. Every method ranks the 1,000 bases of a window by the size of
their contributions to the target's logit. The figure is the area under the precision-recall curve
(average precision) of each window, averaged over windows. Random ranks stand for knowing nothing,
and a scan with the motifs of the rule for knowing the motifs, though not how their sites must lie:
each base is as high as the best word that covers it, in bits above the rule's weakest site.

    python benchmarks/explanations.py [--models FILE ...] [--dataset FILE] [--windows N]
        [--methods NAME ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

import danq
from danq.dataset import Dataset
from danq.genome import Reference
from danq.models import Predictor

ROOT = Path(__file__).parents[1]
DATA, RESULTS = ROOT / "data", ROOT / "results"
METHODS = ("ism", "saliency", "gradient-input", "integrated-gradients", "expected-gradients")
CONTIG = "chr22"

Floats = npt.NDArray[np.float64]
Figures = dict[str, float]


@dataclass
class Example:
    """Some test windows of one target.

    Attributes
    ----------
    target, group
        Its name and its group.
    starts
        (n,): first base of each window.
    truth
        bool (n, window): whether a base is part of a true site.
    scan
        float64 (n, window): how well the rule's motifs match there.
    """

    target: str
    group: str
    starts: npt.NDArray[np.int64]
    truth: npt.NDArray[np.bool_]
    scan: Floats


def main() -> None:
    """Explain, compare, print a table."""
    options = _options()
    random = np.random.default_rng(options.seed)
    with Dataset.open(options.dataset, genome=options.genome) as dataset:
        examples = draw(dataset, options.windows, random)
    ranks = [random.permuted(np.indices(each.scan.shape)[1], axis=1) for each in examples]
    rows = {
        "motif scan": [precisions(each, each.scan) for each in examples],
        "random": [precisions(each, rank) for each, rank in zip(examples, ranks, strict=True)],
    }
    seconds = dict.fromkeys(rows, np.nan)
    reference = Reference(options.genome)
    for path in options.models:
        predictor = Predictor(danq.models.load(path))
        for method in options.methods:
            name = f"{path.stem} {method}"
            rows[name], timed = [], []
            for each in examples:
                contributions, spent = explained(predictor, reference, each, method)
                rows[name].append(precisions(each, contributions))
                timed.append(spent)
            seconds[name] = float(np.median(timed))
            show(name, examples, rows[name], seconds[name])
    print()
    figures: Figures = {}
    for name, found in rows.items():
        figures |= show(name, examples, found, seconds[name])
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models = [RESULTS / "models" / f"{name}.keras" for name in ("danq", "deepsea")]
    parser.add_argument("--models", type=Path, nargs="+", default=models)
    parser.add_argument("--dataset", type=Path, default=RESULTS / "dataset.h5")
    parser.add_argument("--genome", type=Path, default=DATA / "chr22.fa.gz")
    parser.add_argument("--windows", type=int, default=100, help="of each target (default: 100)")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def draw(dataset: Dataset, count: int, random: np.random.Generator) -> list[Example]:
    """Draw test windows of every target, with their true sites."""
    script = _script()
    _, sequence = script.read_contig(DATA / "chr22.fa.gz")
    matrices = script.read_motifs(DATA / "motifs.meme")
    sites = {name: script.scan(sequence, matrix) for name, matrix in matrices.items()}
    rows = dataset.indices("test")
    labels = dataset.labels(rows)
    examples = []
    for column, (target, group) in enumerate(
        zip(dataset.targets.names, dataset.targets.groups, strict=True)
    ):
        rule = script.TARGETS[target]
        ends = true_sites(script, target, rule.arrange(sites)[0]).reshape(-1, 2)
        is_true = np.zeros(len(sequence), bool)
        for start, end in ends.tolist():
            is_true[start:end] = True
        positive = rows[labels[:, column] > 0]
        chosen = np.sort(random.choice(positive, min(count, len(positive)), replace=False))
        starts = dataset.start[chosen].astype(np.int64)
        where = starts[:, None] + np.arange(dataset.window)
        scan = scanned(script, rule, sites, len(sequence))[where]
        examples.append(Example(target, group, starts, is_true[where], scan))
    return examples


def _script() -> Any:
    """Load the script that computed the targets, which is not part of the package."""
    spec = importlib.util.spec_from_file_location("make_targets", DATA / "make_targets.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    return script


def true_sites(script: Any, target: str, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the arrangements (n, sites, 2) whose middles lie in a peak of the target."""
    lines = (DATA / "targets" / f"{target}.bed").read_text().splitlines()
    peaks = np.sort([int(line.split("\t")[1]) for line in lines])
    middles = script.middles(ends)
    before = np.searchsorted(peaks, middles, side="right") - 1
    return ends[(before >= 0) & (middles < peaks[before] + script.PEAK)]


def scanned(script: Any, rule: Any, sites: dict[str, Any], length: int) -> Floats:
    """Return for each base of the contig the highest margin of a word of the rule's motifs."""
    if isinstance(rule, script.Single):
        used = {rule.motif: 2 * rule.peaks}
    elif isinstance(rule, script.Cluster):
        used = {rule.motif: rule.sites}
    else:
        used = {rule.first: rule.sites, rule.second: rule.sites}
    scores = np.full(length, -np.inf)
    for motif, count in used.items():
        words = sites[motif]
        margins = words.score - words.best(count).score.min()
        for offset in range(words.length):
            np.maximum.at(scores, words.start + offset, margins)
    lowest = scores[np.isfinite(scores)].min()
    return np.maximum(scores, lowest - 1)


def explained(
    predictor: Predictor, reference: Reference, example: Example, method: str
) -> tuple[Floats, float]:
    """Return the sizes of contributions (n, window), and the seconds that a window took."""
    with tempfile.TemporaryDirectory() as folder:
        regions = Path(folder) / "windows.bed"
        ends = example.starts + example.truth.shape[1]
        regions.write_text(
            "".join(f"{CONTIG}\t{a}\t{b}\n" for a, b in zip(example.starts, ends, strict=True))
        )
        begun = time.perf_counter()
        maps = danq.explain(
            predictor,
            genome=reference,
            regions=regions,
            method=method,
            targets=[example.target],
            progress=False,
        ).maps
    spent = (time.perf_counter() - begun) / len(ends)
    assert maps is not None
    assert [each.start for each in maps.stretches] == example.starts.tolist()
    return np.abs(maps.contributions[:, 0], dtype=np.float64), spent


def precisions(example: Example, scores: npt.NDArray[Any]) -> Floats:
    """Return the average precision of each window."""
    pairs = zip(example.truth, scores, strict=True)
    return np.array([average_precision_score(truth, values) for truth, values in pairs])


def show(name: str, examples: list[Example], found: list[Floats], seconds: float) -> Figures:
    """Print a row, and return its figures: means over all windows and over those of a group."""
    key = name.replace(" ", "_").replace("-", "_")
    every = np.concatenate(found)
    error = every.std(ddof=1) / np.sqrt(len(every))
    figures = {key: float(every.mean()), f"{key}_standard_error": float(error)}
    for group in dict.fromkeys(each.group for each in examples):
        pairs = zip(examples, found, strict=True)
        some = np.concatenate([values for each, values in pairs if each.group == group])
        figures[f"{key}_{group}"] = float(some.mean())
    figures |= {
        f"{key}_{each.target}": float(values.mean())
        for each, values in zip(examples, found, strict=True)
    }
    groups = "".join(
        f"  {group} {figures[f'{key}_{group}']:.3f}"
        for group in dict.fromkeys(each.group for each in examples)
    )
    spent = "" if np.isnan(seconds) else f"  {seconds:.2f} s"
    print(f"{name:<30}{every.mean():.3f} ± {error:.3f}{groups}{spent}", flush=True)
    return figures if np.isnan(seconds) else figures | {f"{key}_s_per_window": seconds}


if __name__ == "__main__":
    main()

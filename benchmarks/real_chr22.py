"""DanQ and DeepSEA against a 5-mer linear baseline on real peaks of human chr22.

Claim measured: trained with the settings below, both networks predict 121 real targets (109 ENCODE
TF ChIP-seq sets, 12 brain ATAC and histone sets; hg19) clearly better than ridge regression on
canonical 5-mer counts does, on the very same windows.

Training windows lie below 38 Mb: every bin that a peak touches, and as many without a peak. Kernels
of the first convolution start from JASPAR's motifs of the factors assayed (``--motifs none`` for
random ones). Validation (38-40 Mb) chooses the epoch by mean average precision. The test windows
are all bins of 40-42 Mb whose windows hold at most 10 % unknown bases. The figures are medians over
the targets with at least 20 positive test windows, of ROC AUC and average precision.

The data are not part of the repository: ``--data`` names a folder with ``chr22.fa.gz`` and
``peaks/NAME.narrowPeak.gz`` or ``NAME.bed.gz``. Where it is absent the script says so and stops.

    python benchmarks/real_chr22.py [--data DIR] [--work DIR] [--json FILE] [--width F]
        [--factors NAME ...] [--epochs N]
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from pathlib import Path

import numpy as np

import danq
from danq.dataset import Dataset, Selection
from danq.evaluation.baselines.kmers import KmerBaseline
from danq.evaluation.statistics.measuring import per_target
from danq.training import settings_for

DATA = Path(__file__).parents[2] / "shared" / "data" / "hg19_chr22"
MOTIFS = DATA.parent / "motifs" / "JASPAR2026_CORE_vertebrates.meme"
VALID, TEST = "chr22:38000001-40000000", "chr22:40000001-42000000"
# Beyond 42 Mb the peak files are empty, which is not to say that nothing binds there.
NO_PEAKS_KNOWN = "chr22\t42000000\t51304566\n"
LEAST_POSITIVES = 20
LEARNING_RATES = {"danq": 0.002, "deepsea": 0.001}
EPOCHS = {"danq": 30, "deepsea": 16}
BLOCK = 4096


def main() -> None:
    """Train, predict, print the table."""
    options = _options()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("danq").setLevel(logging.INFO)
    if not (options.data / "peaks").is_dir():
        print(f"{options.data} holds no peaks/: nothing was measured")
        return
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        work.mkdir(parents=True, exist_ok=True)
        training, everything = _datasets(options, work)
        with Dataset.open(training) as few, Dataset.open(everything) as full:
            rows = full.indices("test")
            labels = full.labels(rows)
            predictions = {"5-mer ridge": _baseline(few, full, rows)}
            motifs = _motifs_of(few.targets.names, options.motifs, work)
            for model in options.models:
                predictions[model] = _network(model, options, training, motifs, full, rows)
    _report(labels, predictions, options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--work", type=Path, help="keep data sets and models here; models found there are used"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--width", type=float, default=0.25, help="of both networks")
    parser.add_argument("--max-jitter", type=int, default=10)
    parser.add_argument("--negative-ratio", type=float, default=1.0)
    parser.add_argument("--motifs", type=Path, default=MOTIFS, help="MEME file, or none")
    parser.add_argument("--models", nargs="+", choices=LEARNING_RATES, default=[*LEARNING_RATES])
    parser.add_argument(
        "--factors", nargs="+", metavar="NAME", help="only the targets of these (default: all)"
    )
    parser.add_argument("--epochs", type=int, help="of both networks (default: 30 and 16)")
    return parser.parse_args()


def _datasets(options: argparse.Namespace, work: Path) -> tuple[Path, Path]:
    """Make the data set to train on, and the one with all windows to test on."""
    table = work / "targets.tsv"
    rows = ["name\tpath\tgroup"]
    for path in sorted((options.data / "peaks").iterdir()):
        name = path.name.removesuffix(".gz").rsplit(".", 1)[0]
        mark = name.rsplit(".", 1)[1]
        if options.factors and mark not in options.factors:
            continue
        group = {"ATAC": "ATAC", "H3K27ac": "histone", "H3K4me3": "histone"}.get(mark, "TF")
        rows.append(f"{name}\t{path.resolve()}\t{group}")
    table.write_text("\n".join(rows) + "\n")
    (work / "no_peaks_known.bed").write_text(NO_PEAKS_KNOWN)
    exclude = work / "no_peaks_known.bed"
    selections = {
        "training.h5": Selection(
            exclude=exclude, negatives="random", negative_ratio=options.negative_ratio
        ),
        "everything.h5": Selection(exclude=exclude, require="none"),
    }
    for name, selection in selections.items():
        summary = danq.windows(
            options.data / "chr22.fa.gz",
            table,
            work / name,
            valid=[VALID],
            test=[TEST],
            selection=selection,
        )
        print(f"{name}\n{summary.table()}\n")
    return work / "training.h5", work / "everything.h5"


def _motifs_of(targets: list[str], path: Path, work: Path) -> Path | None:
    """Write the motifs whose names are those of factors assayed (CELL.FACTOR) to a file."""
    if not path.is_file():
        print("kernels start at random\n")
        return None
    factors = {name.rsplit(".", 1)[1].upper() for name in targets}
    head, *motifs = path.read_text().split("MOTIF ")
    chosen = [text for text in motifs if text.split()[1].upper() in factors]
    (work / "motifs.meme").write_text(head + "".join(f"MOTIF {text}" for text in chosen))
    print(f"{len(chosen)} of {len(motifs)} motifs are of factors assayed\n")
    return work / "motifs.meme"


def _baseline(few: Dataset, full: Dataset, rows: np.ndarray) -> np.ndarray:
    def split(name: str) -> list[tuple[np.ndarray, np.ndarray]]:
        chosen = few.indices(name)
        return [(few.codes(part), few.labels(part)) for part in _parts(chosen)]

    baseline = KmerBaseline.fit(split("train"), split("valid"))
    return np.concatenate([baseline.predict(full.codes(part)) for part in _parts(rows)])


def _network(
    model: str,
    options: argparse.Namespace,
    training: Path,
    motifs: Path | None,
    full: Dataset,
    rows: np.ndarray,
) -> np.ndarray:
    path = training.with_name(f"{model}.keras")
    if not path.exists():
        _train(model, options, training, motifs, path)
    predictor = danq.models.Predictor(danq.models.load(path))
    return np.concatenate([predictor.probabilities(full.codes(part)) for part in _parts(rows)])


def _train(
    model: str, options: argparse.Namespace, training: Path, motifs: Path | None, path: Path
) -> None:
    begun = time.monotonic()
    epochs = options.epochs or EPOCHS[model]
    settings = settings_for(
        model,
        optimizer="adam",
        learning_rate=LEARNING_RATES[model],
        schedule="cosine",
        batch_size=100,
        epochs=epochs,
        patience=epochs,
        max_jitter=options.max_jitter,
        monitor="pr_auc",
    )
    history = danq.train(
        training,
        path,
        model=model,
        settings=settings,
        width=options.width,
        motifs=motifs,
        motif_share=0.85,
        resume=True,
        progress=None,
    )
    minutes = (time.monotonic() - begun) / 60
    print(
        f"{model}: epoch {history.best.epoch} of {len(history)}, trained in {minutes:.1f} minutes"
    )


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]


def _report(labels: np.ndarray, predictions: dict[str, np.ndarray], path: Path | None) -> None:
    enough = labels.sum(axis=0) >= LEAST_POSITIVES
    metrics = {
        name: per_target(labels[:, enough], values[:, enough])
        for name, values in predictions.items()
    }
    baseline = metrics["5-mer ridge"]
    print(
        f"{enough.sum()} targets with at least {LEAST_POSITIVES} positives, {len(labels)} windows"
    )
    print(f"{'model':<14}{'ROC AUC':>10}{'PR AUC':>10}{'targets above the baseline':>26}")
    figures: dict[str, float] = {"targets": int(enough.sum()), "windows": len(labels)}
    for name, found in metrics.items():
        roc, pr = float(np.median(found.roc_auc)), float(np.median(found.pr_auc))
        won = float(np.mean(found.roc_auc > baseline.roc_auc))
        print(f"{name:<14}{roc:>10.3f}{pr:>10.3f}{'' if found is baseline else f'{won:.0%}':>26}")
        key = name.replace(" ", "_").replace("-", "")
        figures |= {f"{key}_roc_auc": roc, f"{key}_pr_auc": pr}
        if found is not baseline:
            figures[f"{key}_pr_auc_vs_floor"] = pr / float(np.median(baseline.pr_auc))
    if path is not None:
        path.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

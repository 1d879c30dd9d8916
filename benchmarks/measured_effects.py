"""Predicted against measured effects of variants on human chr22 (hg19).

Measured are 183 SNPs that change reporter expression in SuRE (van Arensbergen et al. 2019, Nature
Genetics 51:1160; 90 in K562, 93 in HepG2) and 1,154 substitutions of the GP1BB promoter in
saturation mutagenesis (Kircher et al. 2019, Nature Communications 10:3583). Each effect is signed,
ALT against REF: SuRE's LOG2FC is log2((ALT + 0.1) / (REF + 0.1)) of mean expression, as the
header of its VCF says; GP1BB's COEF is the log2 effect of putting ALT in the place of REF. A
positive prediction therefore says that ALT makes the region more of what the targets are. REF must
agree with the genome at every variant, or the script stops.

What is compared was fixed before anything was measured:

- networks (`benchmarks/real_chr22.py --work DIR` leaves them in DIR): the change of log2 odds
  (`danq.scoring.score_alleles`), mean over the targets of the same cell type, for GP1BB over all;
- 5-mer ridge: the baseline of `real_chr22.py`, fitted on the same training windows; prediction
  for the window with ALT less that for the window with REF, mean over the same targets;
- motifs: JASPAR's of the factors assayed in that cell type, for GP1BB in any; change of the best
  log-odds score, or of 0 where that is below 0, of all placements on both strands that cover the
  variant, mean over motifs.

Spearman's correlation with the measured effect, and the share of variants whose sign is predicted
right (a prediction of 0 counts as half right), each with a bootstrap interval of 95 % over variant
positions. Most of the variants lie in regions that the networks were trained on; what was trained
on are peaks of the reference sequence, and no effect of any variant.

The data are not part of the repository: ``--data`` names a folder with ``chr22.fa.gz`` and
``variants/``. Where they or the networks are absent the script says so and stops.

    python benchmarks/measured_effects.py --models DIR [--data DIR] [--motifs FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from Bio.motifs.matrix import FrequencyPositionMatrix, PositionSpecificScoringMatrix
from scipy.stats import rankdata

import danq
from danq.dataset import Dataset
from danq.evaluation.baselines.kmers import KmerBaseline
from danq.genome import Reference
from danq.genome.sequence import decode
from danq.genome.variants import normalise, windows
from danq.models.motifs.files import read_motifs
from danq.scoring import score_alleles
from danq.vcf.formats import open_records

DATA = Path(__file__).parents[2] / "shared" / "data" / "hg19_chr22"
MOTIFS = DATA.parent / "motifs" / "JASPAR2026_CORE_vertebrates.meme"
NETWORKS = ("danq", "deepsea")
SAMPLES = 2000
BLOCK = 2048
WINDOW = 1000

Array = np.ndarray


@dataclass(frozen=True)
class Assay:
    """A set of measured variants.

    Attributes
    ----------
    name, path, field
        What it is called, its VCF in the data's folder, the INFO field that holds the effect.
    cell
        The cell type whose targets are averaged; None: all of them.
    """

    name: str
    path: str
    field: str
    cell: str | None

    def is_of(self, target: str) -> bool:
        """Return whether a target named CELL.FACTOR is averaged."""
        return self.cell is None or target.split(".")[0] == self.cell


ASSAYS = (
    Assay("SuRE K562", "variants/SuRE_raQTL_k562.chr22.vcf.gz", "LOG2FC", "K562"),
    Assay("SuRE HepG2", "variants/SuRE_raQTL_hepg2.chr22.vcf.gz", "LOG2FC", "HepG2"),
    Assay("GP1BB", "variants/MPRA_satmut_GP1BB.chr22.vcf.gz", "COEF", None),
)

Allele = tuple[str, int, str, str]
Predict = Callable[[Assay, Sequence[Allele]], Array]


def main() -> None:
    """Score every assay by every predictor and print the table."""
    options = _options()
    missing = [options.data / "chr22.fa.gz", *(options.data / assay.path for assay in ASSAYS)]
    missing += [options.models / "training.h5"]
    missing = [path for path in missing if not path.is_file()]
    if missing:
        print(f"{', '.join(map(str, missing))}: not there, so nothing was measured")
        return
    genome = Reference(options.data / "chr22.fa.gz")
    predictors = _predictors(options, genome)
    figures: dict[str, float] = {}
    print(f"{'':<26}{'variants':>9}{'Spearman':>10}{'95 %':>17}{'sign right':>12}{'95 %':>15}")
    for assay in ASSAYS:
        alleles, effects = _measured(options.data / assay.path, assay.field)
        for name, predict in predictors.items():
            if predict is None:
                print(f"{assay.name + ', ' + name:<26}{'not there':>9}")
                continue
            figures |= _row(assay, name, predict(assay, alleles), effects, alleles)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models", type=Path, default=Path("real_chr22"), help="what real_chr22.py --work left"
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--motifs", type=Path, default=MOTIFS, help="MEME file")
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def _measured(path: Path, field: str) -> tuple[list[Allele], Array]:
    """Read single-ALT records and their effects."""
    alleles, effects = [], []
    for record in open_records(path):
        (alt,) = record.alts
        said = dict(item.split("=", 1) for item in record.info.decode().split(";") if "=" in item)
        alleles.append((record.contig, record.pos, record.ref, alt))
        effects.append(float(said[field]))
    return alleles, np.array(effects)


def _predictors(options: argparse.Namespace, genome: Reference) -> dict[str, Predict | None]:
    """Return what predicts, by name; None for what is not there."""
    predictors: dict[str, Predict | None] = {}
    for name in NETWORKS:
        path = options.models / f"{name}.keras"
        predictors[name] = _network(path, genome) if path.is_file() else None
    with Dataset.open(options.models / "training.h5") as dataset:
        targets = list(dataset.targets.names)
        predictors["5-mer ridge"] = _kmers(dataset, targets, genome)
    is_there = options.motifs.is_file()
    predictors["motifs"] = _motifs(options.motifs, targets, genome) if is_there else None
    return predictors


def _network(path: Path, genome: Reference) -> Predict:
    network = danq.models.load(path)

    def predict(assay: Assay, alleles: Sequence[Allele]) -> Array:
        scores = score_alleles(network, genome, alleles)
        if any(scores.reasons):
            raise SystemExit(f"{assay.path}: not all scored: {set(scores.reasons)}")
        return scores.logit[:, [assay.is_of(target) for target in scores.targets]].mean(axis=1)

    return predict


def _kmers(dataset: Dataset, targets: Sequence[str], genome: Reference) -> Predict:
    def split(name: str) -> list[tuple[Array, Array]]:
        rows = dataset.indices(name)
        parts = [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]
        return [(dataset.codes(part), dataset.labels(part)) for part in parts]

    baseline = KmerBaseline.fit(split("train"), split("valid"))

    def predict(assay: Assay, alleles: Sequence[Allele]) -> Array:
        ref, alt = _windows(genome, alleles, WINDOW)
        change = baseline.predict(alt) - baseline.predict(ref)
        return change[:, [assay.is_of(target) for target in targets]].mean(axis=1)

    return predict


def _windows(genome: Reference, alleles: Sequence[Allele], length: int) -> tuple[Array, Array]:
    changes = [normalise(genome, contig, pos - 1, ref, alt) for contig, pos, ref, alt in alleles]
    return windows(genome, changes, length)


def _motifs(path: Path, targets: Sequence[str], genome: Reference) -> Predict:
    found = read_motifs(path)

    def predict(assay: Assay, alleles: Sequence[Allele]) -> Array:
        factors = {name.split(".")[1].upper() for name in targets if assay.is_of(name)}
        chosen = [motif for motif in found if motif.name.split()[-1].upper() in factors]
        changes = []
        for motif in chosen:
            matrix = log_odds(motif.frequencies)
            # A substitution stands at index (length − 1) // 2: no placement misses it.
            ref, alt = _windows(genome, alleles, 2 * len(motif.frequencies) - 1)
            changes.append(best_scores(matrix, alt) - best_scores(matrix, ref))
        return np.mean(changes, axis=0)

    return predict


def log_odds(frequencies: Array) -> PositionSpecificScoringMatrix:
    """Return log2 odds against even bases, with one pseudocount in a hundred a base."""
    columns = dict(zip("ACGT", (100 * frequencies).T.tolist(), strict=True))
    return FrequencyPositionMatrix("ACGT", columns).normalize(pseudocounts=1).log_odds()


def best_scores(matrix: PositionSpecificScoringMatrix, codes: Array) -> Array:
    """Return each sequence's best score on either strand, at least 0."""
    strands = (matrix, matrix.reverse_complement())
    texts = [decode(row) for row in codes]
    scores = [[np.max(strand.calculate(text)) for strand in strands] for text in texts]
    return np.nan_to_num(np.max(scores, axis=1), nan=0).clip(min=0)


def _row(
    assay: Assay, name: str, predicted: Array, measured: Array, alleles: Sequence[Allele]
) -> dict[str, float]:
    """Print one line; give it as figures."""
    places = np.unique([pos for _, pos, _, _ in alleles], return_inverse=True)[1]
    key = f"{assay.name} {name}".lower().replace(" ", "_").replace("-", "")
    cells, figures = [], {f"{key}_variants": float(len(measured))}
    for what, statistic in (("spearman", spearman), ("sign", sign_agreement)):
        value = statistic(predicted, measured)
        low, high = interval(statistic, predicted, measured, places)
        cells.append(f"{value:>10.3f}  {f'{low:.3f} to {high:.3f}':>15}")
        figures |= {f"{key}_{what}": value, f"{key}_{what}_low": low, f"{key}_{what}_high": high}
    print(f"{assay.name + ', ' + name:<26}{len(measured):>9}{'  '.join(cells)}")
    return figures


def spearman(predicted: Array, measured: Array) -> float:
    """Return the rank correlation; 0 where one side is constant."""
    ranks = rankdata(predicted), rankdata(measured)
    constant = any(np.ptp(side) == 0 for side in ranks)
    return 0.0 if constant else float(np.corrcoef(*ranks)[0, 1])


def sign_agreement(predicted: Array, measured: Array) -> float:
    """Return the share of equal signs; a prediction of 0 is half right."""
    return float(np.mean((1 + np.sign(predicted) * np.sign(measured)) / 2))


def interval(
    statistic: Callable[[Array, Array], float], predicted: Array, measured: Array, places: Array
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over places, with all variants of each drawn."""
    random = np.random.default_rng(1)
    rows_of = [np.flatnonzero(places == place) for place in range(places.max() + 1)]
    values = []
    for _ in range(SAMPLES):
        drawn = random.integers(0, len(rows_of), len(rows_of))
        rows = np.concatenate([rows_of[place] for place in drawn])
        values.append(statistic(predicted[rows], measured[rows]))
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()

"""Whether contributions of networks trained on real peaks point at the factor's own motif.

Claim measured: the stretches that contribute most to a factor's peaks hold its JASPAR motif far
more often than stretches found in the same way in shuffled windows.

The networks are those that ``benchmarks/real_chr22.py --work DIR`` leaves in its folder, and the
windows are centred on peaks of CTCF, REST and SPI1 at 40-42 Mb, which no network was trained on. Of
the cell types that were assayed for a factor the one with most peaks there is taken. Each window is
explained for that target by in-silico mutagenesis, and so is the same window with its dinucleotides
shuffled. A window's strongest stretch is the 20 bases whose contributions add up to most. It holds
the motif where a word that touches it scores as high as one in 10,000 random words
(`danq.interpretation.motifs.scan`). The figures are the shares among the ten windows whose
strongest stretch is strongest, among all windows, and of windows that hold the motif anywhere.

    python benchmarks/real_explanations.py --models DIR/danq.keras ... [--windows N] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from real_chr22 import DATA, MOTIFS, TEST

import danq
from danq.genome import Reference
from danq.genome.inputs import read_regions
from danq.genome.sequence import UNKNOWN, Codes, decode
from danq.interpretation.methods.shuffling import shuffle_dinucleotides
from danq.interpretation.motifs.scan import MotifScan
from danq.models import Predictor
from danq.models.motifs.files import read_motifs

FACTORS = ("CTCF", "REST", "SPI1")
STRETCH, STRONGEST = 20, 10
MAX_UNKNOWN = 0.1

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Explain peaks and shuffled ones, look for motifs, print a table."""
    options = _options()
    if not (options.data / "peaks").is_dir():
        print(f"{options.data} holds no peaks/: nothing was measured")
        return
    genome = Reference(options.data / "chr22.fa.gz")
    motifs = read_motifs(options.motifs)
    figures: dict[str, float] = {}
    print(f"{'':<31}{'windows':>8}{'ten strongest':>16}{'strongest each':>16}{'anywhere':>10}")
    for path in options.models:
        predictor = Predictor(danq.models.load(path))
        for factor in FACTORS:
            names = [each for each in motifs if each.name.split()[-1].upper() == factor]
            scan = MotifScan(names)
            target, middles = peaks_of(factor, options.data / "peaks")
            random = np.random.default_rng(options.seed)
            real = windows_at(genome, random.permutation(middles), predictor.window)
            real = real[: options.windows]
            shuffled = np.concatenate([shuffle_dinucleotides(each, 1, random) for each in real])
            for kind, codes in (("peaks", real), ("shuffled", shuffled)):
                found = shares(scan, codes, explained(predictor, codes, target))
                name = f"{path.stem} {target} {kind}"
                shown = "".join(f"{each:>14.0%}" for each in found)
                print(f"{name:<31}{len(codes):>8}{shown}", flush=True)
                key = f"{path.stem}_{factor}_{kind}"
                ends = ("ten_strongest", "strongest_of_each", "anywhere")
                figures |= {f"{key}_{end}": each for end, each in zip(ends, found, strict=True)}
                figures[f"{key}_windows"] = len(codes)
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, nargs="+", required=True)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--motifs", type=Path, default=MOTIFS, help="MEME file")
    parser.add_argument("--windows", type=int, default=50, help="of each factor (default: 50)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures here")
    return parser.parse_args()


def peaks_of(factor: str, folder: Path) -> tuple[str, Places]:
    """Return the target of a factor with most test peaks, and the middles of these."""
    first, last = (int(end) for end in TEST.partition(":")[2].split("-"))
    middles = {}
    for path in sorted(folder.glob(f"*.{factor}.narrowPeak.gz")):
        regions = read_regions(path)
        middle = (regions.start + regions.end) // 2
        name = path.name.removesuffix(".narrowPeak.gz")
        middles[name] = middle[(middle >= first - 1 + 500) & (middle < last - 500)]
    target = max(middles, key=lambda name: len(middles[name]))
    return target, middles[target]


def windows_at(genome: Reference, middles: Places, window: int) -> Codes:
    """Return the windows around middles, uint8 (n, window), without those that are unknown."""
    contigs = np.full(len(middles), genome.number(TEST.partition(":")[0]))
    codes = genome.windows(contigs, middles - window // 2, window)
    return codes[(codes == UNKNOWN).mean(axis=1) <= MAX_UNKNOWN]


def explained(predictor: Predictor, codes: Codes, target: str) -> Floats:
    """Return the contributions of windows to a target, (n, window)."""
    with tempfile.TemporaryDirectory() as folder:
        fasta = Path(folder) / "windows.fa"
        fasta.write_text("".join(f">{row}\n{decode(each)}\n" for row, each in enumerate(codes)))
        maps = danq.explain(predictor, fasta=fasta, targets=[target], progress=False).maps
    assert maps is not None
    return maps.contributions[:, 0].astype(np.float64)


def shares(scan: MotifScan, codes: Codes, contributions: Floats) -> tuple[float, float, float]:
    """Return which share of windows holds a motif: the three figures of the table."""
    sums = np.cumsum(np.pad(contributions, [(0, 0), (1, 0)]), axis=1)
    strengths = sums[:, STRETCH:] - sums[:, :-STRETCH]
    starts = strengths.argmax(axis=1)
    strongest = np.argsort(-strengths.max(axis=1), kind="stable")[:STRONGEST]
    stretches = [(start, start + STRETCH) for start in starts.tolist()]
    holds = _holds(scan, codes, stretches)
    anywhere = _holds(scan, codes, [(0, codes.shape[1])] * len(codes))
    return float(holds[strongest].mean()), float(holds.mean()), float(anywhere.mean())


def _holds(
    scan: MotifScan, codes: Codes, stretches: list[tuple[int, int]]
) -> npt.NDArray[np.bool_]:
    return np.any(scan.best(codes, stretches) >= scan.thresholds, axis=1)


if __name__ == "__main__":
    main()

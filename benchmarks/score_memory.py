"""``danq score`` on 10,000 and on 1,000,000 records: memory does not grow with the file.

Claim measured: scoring 1,000,000 records takes no more than 200 MB above scoring 10,000. The
network is narrow (a DeepSEA of a fiftieth of the paper's width, 16 targets, 200 bp), since memory
beside the network is what may grow. All outputs are written: bgzipped VCF with index, HDF5, summary
and picture. Records are substitutions, small insertions and deletions on a random contig. Memory is
the most resident at any time, looked at every 0.1 s, mapped files included.

    python benchmarks/score_memory.py [--records N ...] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from common.memory import measured

CONTIG, WINDOW, TARGETS, WIDTH = 3_000_000, 200, 16, 0.02
LIMIT_MB = 200
MODEL = """
import sys
from danq import models
network = models.deepsea(sequence_length={window}, outputs={targets}, width={width})
models.save(network, sys.argv[1], targets=[f"target_{{n}}" for n in range({targets})])
"""


def main() -> None:
    """Measure each number of records and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    print(f"{'records':>10}{'seconds':>10}{'records/s':>11}{'MB':>8}{'above the first':>18}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = write_genome(folder / "genome.fa")
        code = MODEL.format(window=WINDOW, targets=TARGETS, width=WIDTH)
        model = folder / "narrow.keras"
        subprocess.run([sys.executable, "-c", code, str(model)], check=True, capture_output=True)
        first = 0.0
        for records in options.records:
            write_vcf(folder / "in.vcf", text, records)
            usage = measured(command(folder, model), stderr=subprocess.DEVNULL)
            resident = usage.resident * 1000
            first = first or resident
            print(
                f"{records:>10,}{usage.seconds:>10.1f}{records / usage.seconds:>11,.0f}"
                f"{resident:>8.0f}{resident - first:>15.0f} MB",
                flush=True,
            )
            figures |= {f"mb_{records}": resident, f"seconds_{records}": usage.seconds}
    figures["growth_mb"] = resident - first
    figures["share_of_limit"] = figures["growth_mb"] / LIMIT_MB
    print(f"growth {figures['growth_mb']:.0f} MB, limit {LIMIT_MB} MB")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def command(folder: Path, model: Path) -> list[str]:
    """Return the command line that is measured."""
    words = [sys.executable, "-m", "danq", "score", "--model", str(model)]
    words += ["--genome", str(folder / "genome.fa"), "--vcf", str(folder / "in.vcf")]
    words += ["--output", str(folder / "out.vcf.gz"), "--scores", str(folder / "out.h5")]
    return [*words, "--summary", str(folder / "out.tsv"), "--plot", str(folder / "out.png")]


def write_genome(path: Path) -> str:
    """Write a random contig; give its text."""
    codes = np.random.default_rng(1).integers(0, 4, CONTIG)
    text = np.frombuffer(b"ACGT", dtype=np.uint8)[codes].tobytes().decode()
    path.write_text(f">chr1\n{text}\n")
    return text


def write_vcf(path: Path, text: str, records: int) -> None:
    """Write sorted records, eight in ten substitutions."""
    random = np.random.default_rng(2)
    places = np.sort(random.integers(WINDOW, CONTIG - WINDOW, records))
    kinds = random.random(records)
    with open(path, "w") as file:
        file.write("##fileformat=VCFv4.2\n##contig=<ID=chr1>\n")
        file.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for number, (place, kind) in enumerate(zip(places.tolist(), kinds.tolist(), strict=True)):
            ref = text[place]
            alt = "ACGT"["CGTA".index(ref)]
            if kind > 0.9:
                ref = text[place : place + 3]
                alt = ref[0]
            elif kind > 0.8:
                alt = ref + "GA"
            file.write(f"chr1\t{place + 1}\trs{number}\t{ref}\t{alt}\t.\tPASS\tAC=1\n")


if __name__ == "__main__":
    main()

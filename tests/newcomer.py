"""Follows the README's "Your own data in five minutes" to the letter: ``python -m tests.newcomer``.

The table and the commands are taken from README.md itself. They run in a copy of the checkout
whose name holds blanks and a quote, on a small genome made here that has nothing of the example.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
TITLE = "## Your own data in five minutes\n"
FOLDER = "a newcomer's first hour"
PARTS = ("Snakefile", "workflow", "config", "profiles", "danq")
CONTIGS = {"chr1": 150_000, "chr7": 40_000, "chr8": 40_000, "chr9": 20_000}
MOTIFS = ("CCACCAGGGGGCGC", "TGACTCATGACTCA")
# What takes the place of a laptop's sizes where seconds count.
QUICK = {"width: 0.25": "width: 0.02", "epochs: 18": "epochs: 1\n    batch_size: 32"}


def steps() -> tuple[str, list[str]]:
    """Return the README's targets table, and its commands in order."""
    section = (ROOT / "README.md").read_text().split(TITLE)[1].split("Or step by step")[0]
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", section, re.DOTALL | re.MULTILINE)
    table, *commands = [re.sub("^   ", "", block, flags=re.MULTILINE) for block in blocks]
    return table, commands


def write_data(folder: Path, table: str, commands: list[str]) -> None:
    """Write the files that the README names: a genome, its table with peaks, and variants."""
    rng = np.random.default_rng(11)
    words = " ".join(commands).split()
    targets = folder / words[words.index("--targets") + 1]
    targets.write_text(table)
    bases = {name: rng.choice(list("ACGT"), size) for name, size in CONTIGS.items()}
    for number, row in enumerate(table.splitlines()[1:]):
        motif, lines = MOTIFS[number], []
        for name, sequence in bases.items():
            for start in range(1000 + 500 * number, len(sequence) - 1000, 1000):
                sequence[start : start + len(motif)] = list(motif)
                lines.append(f"{name}\t{start - 93}\t{start + 107}\n")
        peaks = folder / row.split("\t")[1]
        peaks.parent.mkdir(exist_ok=True)
        peaks.write_bytes(gzip.compress("".join(lines).encode()))
    fasta = "".join(f">{name}\n{''.join(sequence)}\n" for name, sequence in bases.items())
    genome = folder / words[words.index("--genome") + 1]
    genome.write_bytes(gzip.compress(fasta.encode()))
    records = [
        f"chr8\t{pos}\t.\t{bases['chr8'][pos - 1]}\t{'A' if bases['chr8'][pos - 1] != 'A' else 'C'}"
        for pos in range(2_000, 12_000, 500)
    ]
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    text = head + "".join(f"{record}\t.\t.\t.\n" for record in records)
    (folder / words[words.index("--vcf") + 1]).write_bytes(gzip.compress(text.encode()))


def for_a_laptop(config: str, *, quick: bool) -> str:
    """Drop the # of the network's lines, as the README says; quickly, with other values in them."""
    config, count = re.subn(r"^    # (\w+: )", r"    \1", config, flags=re.MULTILINE)
    assert count >= len(QUICK)
    for line, other in QUICK.items() if quick else ():
        assert line in config
        config = config.replace(line, other)
    return config


def follow(folder: Path, *, quick: bool = False) -> Path:
    """Follow the README in a new folder below `folder`; return where the results are."""
    home = folder / FOLDER
    home.mkdir()
    for part in PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / part)
    table, commands = steps()
    write_data(home, table, commands)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for command in commands:
        sys.stderr.write(f"$ {command}")
        subprocess.run(
            ["bash", "-euc", command],
            cwd=home,
            env=os.environ | {"PATH": path, "PYTHONPATH": str(home)},
            check=True,
        )
        if command.startswith("danq init"):
            (config,) = home.glob("*.yaml")
            config.write_text(for_a_laptop(config.read_text(), quick=quick))
    (report,) = home.glob("results*/**/report.html")
    return report.parent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="train a tiny network for one epoch")
    with tempfile.TemporaryDirectory() as temporary:
        results = follow(Path(temporary), quick=parser.parse_args().quick)
        print("made:", *sorted(path.name for path in results.iterdir()))

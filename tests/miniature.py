"""The workflow on a miniature: its inputs, its config, and Snakemake as a user would run it."""

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[1]
# Names that reStructuredText, HTML and JavaScript could take for their own.
HOSTILE = "`CTCF <javascript:alert(5)>`__ </script><img src=x onerror=alert(5)>"
MOTIFS = {"AP1": "TGACTCATGACTCA", HOSTILE: "CCACCAGGGGGCGC"}
FILES = ("AP1", "CTCF")
GROUPS = ("TF", ".. include:: /etc/passwd")
VCF = "in puts/small `x <javascript:alert(5)>`__ it's.vcf"
REGIONS = "in puts/regions.bed"
LENGTH = 200_000


def snakemake(folder, *arguments, programs=()):
    """Run Snakemake as a user would, from the checkout, for the working directory `folder`."""
    here = Path(sys.executable).parent
    path = os.pathsep.join([*map(str, programs), str(here), os.environ["PATH"]])
    return subprocess.run(
        [here / "snakemake", "--cores", "2", "--directory", folder, *arguments],
        cwd=ROOT,
        env=os.environ | {"PATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def jobs(output):
    """The job table of a run or dry run, rule by rule."""
    rows = re.search(r"^job +count\n[- ]+\n((?:\S+ +\d+\n)+)", output, re.MULTILINE)
    assert rows is not None, output
    return {name: int(count) for name, count in (row.split() for row in rows[1].splitlines())}


def write_inputs(folder):
    """A random contig with motifs planted in it, their peaks, four variants and two regions."""
    rng = np.random.default_rng(5)
    bases = rng.choice(np.array(list("ACGT")), LENGTH)
    (folder / "in puts").mkdir(parents=True)
    table = ["name\tpath\tgroup\tsource"]
    for place, (name, motif) in enumerate(MOTIFS.items()):
        file = f"{FILES[place]}.bed.gz"
        starts = np.arange(1000 + 500 * place, LENGTH - 1000, 1000)
        for start in starts:
            bases[start : start + len(motif)] = list(motif)
        peaks = "".join(f"chr1\t{start - 93}\t{start + 107}\n" for start in starts)
        (folder / "in puts" / file).write_bytes(gzip.compress(peaks.encode()))
        table.append(f"{name}\t{file}\t{GROUPS[place]}\tplanted")
    sequence = "".join(bases)
    lines = [sequence[start : start + 60] for start in range(0, LENGTH, 60)]
    (folder / "in puts" / "genome.fa").write_text("\n".join([">chr1", *lines, ""]))
    (folder / "in puts" / "targets.tsv").write_text("\n".join([*table, ""]))
    records = [
        f"1\t{place + 1}\t{name}\t{sequence[place]}\t{alternative}\t.\tPASS\t."
        for name, place, alternative in [
            ("snv", 2003, "ACGT"["CGTA".index(sequence[2003])]),
            ("insertion", 3000, sequence[3000] + "GATTACA"),
            # As many ALTs as a block of scores has, so that the next record begins another.
            ("symbolic", 4000, ",".join(["<DEL>"] * 4096)),
            ("last", 5000, "ACGT"["CGTA".index(sequence[5000])]),
        ]
    ]
    header = ["##fileformat=VCFv4.2", "##contig=<ID=1>", '##ALT=<ID=DEL,Description="deletion">']
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    (folder / VCF).write_text("\n".join([*header, columns, *records, ""]))
    (folder / REGIONS).write_text("chr1\t2000\t2014\n1\t2500\t2514\n")


def settings(**changes):
    """Config of the miniature."""
    network = {"width": 0.02, "epochs": 1, "batch_size": 32, "optimizer": "adam", "seed": 2}
    config = {
        "genome": "in puts/genome.fa",
        "targets": "in puts/targets.tsv",
        "results": "out puts",
        "windows": {
            "window": 400,
            "valid": ["chr1:120001-150000"],
            "test": ["chr1:150001-200000"],
        },
        "models": {
            "small_deepsea": {"model": "deepsea", **network},
            "small-danq": {"model": "danq", **network},
        },
        "score": {
            "vcf": VCF,
            "model": "small-danq",
            "background": {"vcf": VCF, "snvs_only": True},
        },
    }
    return config | changes


def write_config(folder, config):
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

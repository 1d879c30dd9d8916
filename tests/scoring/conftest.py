import importlib
import io
import logging
import os

import numpy as np
import pytest

from danq.cli import main
from danq.genome import Reference
from danq.scoring.blocks import reading as blocks
from tests.scoring.stopped_run import BLOCK, RECORDS, TARGETS, named_toy
from tests.scoring.toy import random_toy

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


@pytest.fixture
def toy():
    return random_toy()


@pytest.fixture(scope="session")
def bases():
    """chr1 and chr2, and a mitochondrion, as text."""
    rng = np.random.default_rng(11)
    lengths = {"chr1": 3000, "chr2": 300, "chrM": 50}
    return {name: "".join(rng.choice(list("ACGT"), n)) for name, n in lengths.items()}


@pytest.fixture(scope="session")
def genome(tmp_path_factory, bases):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    return Reference(path)


@pytest.fixture
def write_vcf(tmp_path):
    """Write records, given as text or as tuples, behind a small header; give the path."""

    def write(*records, header="##fileformat=VCFv4.2", columns=COLUMNS, name="in.vcf", end="\n"):
        rows = [r if isinstance(r, str) else "\t".join(map(str, r)) for r in records]
        path = tmp_path / name
        path.write_bytes("".join(f"{row}{end}" for row in (header, columns, *rows)).encode())
        return path

    return write


@pytest.fixture
def standard_input(monkeypatch):
    """Give bytes as standard input."""

    def give(data):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


@pytest.fixture
def small_blocks(monkeypatch):
    """Let blocks hold up to a number of alleles."""
    return lambda alleles: monkeypatch.setattr(blocks, "BLOCK_ALLELES", alleles)


@pytest.fixture
def said(caplog):
    """What danq logs, also after a test that ran the command line."""
    logger = logging.getLogger("danq")
    propagates, logger.propagate = logger.propagate, True
    with caplog.at_level(logging.INFO, logger="danq"):
        yield caplog
    logger.propagate = propagates


@pytest.fixture
def run_vcf(write_vcf, bases):
    """Single and double ALTs, a reason now and then, and records of every length."""
    rows = []
    for n in range(RECORDS):
        pos, ref = 10 + 25 * n, bases["chr1"][9 + 25 * n]
        alt = "<DEL>" if n % 9 == 0 else f"{ref}GAT"[: 2 + n % 3]
        rows.append(("chr1", pos, f"v{n}", ref, alt, ".", "PASS", f"N={n}", "GT", "0|1"))
    return write_vcf(*rows, columns=f"{COLUMNS}\tFORMAT\tme")


@pytest.fixture
def arguments(run_vcf, genome, tmp_path):
    out = tmp_path / "out"
    model = tmp_path / "toy"
    model.write_text("the toy predictor takes the place of this file")
    words = ["--model", model, "--genome", genome.path, "--vcf", run_vcf]
    words += ["--output", out / "out.vcf.gz", "--scores", out / "out.h5"]
    words += ["--summary", out / "out.tsv", "--plot", out / "out.png"]
    return ["score", *map(str, words)]


@pytest.fixture
def resumed(monkeypatch, small_blocks):
    """Run the command in this process, with the same predictor; give what it predicted."""

    def run(arguments, status=0):
        toy = named_toy()
        ensemble = importlib.import_module("danq.scoring.scorers.ensemble")
        network = importlib.import_module("danq.scoring.scorers.scorer")
        opened = network.open_scorer
        small_blocks(BLOCK)
        monkeypatch.setattr(ensemble, "open_scorer", lambda *_, **__: opened(toy, targets=TARGETS))
        assert main(list(map(str, arguments))) == status
        return toy.calls

    return run


@pytest.fixture
def whole(arguments, resumed, tmp_path):
    """The outputs of a run that nothing stopped."""
    resumed(arguments)
    os.rename(tmp_path / "out", tmp_path / "whole")
    return tmp_path / "whole"

import logging

import numpy as np
import pytest

from danq.genome import Reference
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
def said(caplog):
    """What danq logs, also after a test that ran the command line."""
    logger = logging.getLogger("danq")
    propagates, logger.propagate = logger.propagate, True
    with caplog.at_level(logging.INFO, logger="danq"):
        yield caplog
    logger.propagate = propagates

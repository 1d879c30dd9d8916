"""The VCF files of samtools/hts-specs: each a clean error or a complete, accounted output."""

import hashlib

import pytest

from danq.scoring import Summary
from tests.scoring.conformance import CORPUS, outcomes

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared absent")


def files_of(kind, share):
    """A part of the files, the same every time; `make conformance` goes through all."""
    files = sorted(CORPUS.glob(f"*/{kind}/*.vcf"))
    return [f for f in files if hashlib.sha256(str(f.name).encode()).digest()[0] < 256 * share]


@pytest.mark.parametrize(("kind", "share"), [("passed", 1), ("failed", 0.3)])
def test_every_file_is_refused_or_accounted_for(kind, share, tmp_path, capsys):
    found = list(outcomes(files_of(kind, share), tmp_path))
    assert not [path for path, outcome in found if outcome is None], capsys.readouterr().err
    assert sum(outcome.scored for _, outcome in found if isinstance(outcome, Summary)) > 100

"""What is said of a genome before scores on it are believed."""

import pysam
import pytest

from danq import models
from danq.genome import Reference
from danq.scoring import score
from tests.conftest import write_fasta


@pytest.fixture
def fasta(tmp_path, bases):
    """A copy of its own, since these tests lay things beside it."""
    return write_fasta(tmp_path / "mine.fa", bases)


@pytest.fixture
def run(toy, fasta, write_vcf, tmp_path, bases):
    def run(trained_on=None):
        toy.metadata = models.Metadata(
            ["a", "b", "c"], ["x"] * 3, toy.window, reference_checksum=trained_on
        )
        vcf = write_vcf(("chr1", 5, ".", bases["chr1"][4], "GGA", ".", ".", "."))
        return score(toy, fasta, vcf, tmp_path / "out.vcf")

    return run


def test_a_genome_other_than_the_models_is_said(run, fasta, said):
    checksum = Reference(fasta).checksum
    run(trained_on=checksum)
    run(trained_on=None)
    assert "was trained on another sequence" not in said.text
    run(trained_on="0123456789abcdef")
    assert (
        f"{fasta}: Toy was trained on another sequence (checksum 0123456789ab, this one has "
        f"{checksum[:12]}); scores are those of this file"
    ) in said.text


def test_an_edited_genome_is_read_anew(run, fasta, said, bases, tmp_path):
    """danq's own cache follows the file, and the model's checksum tells of the edit."""
    trained_on = Reference(fasta).checksum
    run(trained_on)
    before = (tmp_path / "out.vcf").read_text()
    text = bases["chr1"]
    other = "A" if text[8] != "A" else "C"
    write_fasta(fasta, bases | {"chr1": text[:8] + other + text[9:] + "A"})
    run(trained_on)
    assert "Toy was trained on another sequence" in said.text
    records = [one.splitlines()[-1] for one in (before, (tmp_path / "out.vcf").read_text())]
    assert records[0] != records[1]


@pytest.mark.parametrize(
    ("index", "fault"),
    [
        (None, None),
        ("chr1\t2999\t6\t60\t61\n", "chr1: 2999 bases in the index, 3000 in the sequence"),
        ("chr1\t3000\t6\t60\t61\n", "chr2: none bases in the index, 300 in the sequence"),
        ("chr1\tmany\n", "it is not an index"),
    ],
)
def test_a_stale_index_is_said_and_not_used(run, fasta, said, index, fault):
    if index is None:
        pysam.faidx(str(fasta))
    else:
        (fasta.parent / "mine.fa.fai").write_text(index)
    assert run().scored == 1
    if fault is None:
        assert "mine.fa.fai" not in said.text
    else:
        warning = f"mine.fa.fai: does not fit {fasta} ({fault}); danq read the sequence without it"
        assert warning in said.text

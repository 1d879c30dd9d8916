"""Variants of another assembly: refused, or given reasons, never scored in silence."""

import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.genome import Reference
from danq.scoring import score, score_to_arrays


@pytest.fixture
def write(write_vcf, bases):
    """One good record on each contig, behind a header that says how long contigs are."""

    def write(contigs=("chr1", "chr2"), **lengths):
        lines = [f"##contig=<ID={name},length={length}>" for name, length in lengths.items()]
        rows = []
        for name in contigs:
            text = bases.get(name) or bases.get(f"chr{name}") or bases["chrM"]
            rows.append((name, 5, ".", text[4], "GGA", ".", ".", "."))
        return write_vcf(*rows, header="\n".join(["##fileformat=VCFv4.2", *lines]))

    return write


LONG = 248_956_422


@pytest.mark.parametrize(
    ("lengths", "contigs", "sentence"),
    [
        ({"chr1": LONG}, ["chr1"], f'in.vcf: contig "chr1" has {LONG} bases in the header, 3000'),
        ({"chr1": 3000, "chr2": 301}, ["chr1"], 'in.vcf: contig "chr2" has 301 bases in the head'),
        ({"1": 2999}, ["1"], 'in.vcf: contig "1" has 2999 bases in the header, 3000 in the genome'),
        ({"chrM": 51}, ["chr1", "chrM"], 'in.vcf, line 5: contig "chrM" has 51 bases in the head'),
    ],
)
def test_lengths_that_disagree(toy, genome, write, tmp_path, lengths, contigs, sentence):
    with pytest.raises(InputError, match=sentence):
        score(toy, genome, write(contigs, **lengths), tmp_path / "out.vcf")
    with pytest.raises(InputError, match=sentence):
        danq.background(toy, genome, write(contigs, **lengths), tmp_path / "b.h5")
    assert not toy.calls
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]


@pytest.mark.parametrize(
    "lengths",
    [
        {},
        {"chr1": 3000, "chr2": 300},
        {"1": 3000, "chr2": 300},
        # Of another length: a contig that the genome lacks, and a mitochondrion without records.
        {"chr1": 3000, "chr3": LONG, "chrM": 51},
        {"chr1": 3000, "MT": 51},
    ],
)
def test_lengths_that_agree_or_do_not_matter(toy, genome, write, tmp_path, lengths):
    summary = score(toy, genome, write(**lengths), tmp_path / "out.vcf")
    assert (summary.scored, summary.alleles) == (2, 2)


def test_skipping_gives_contigs_of_other_lengths_a_reason(toy, genome, write, tmp_path, said):
    vcf = write(["chr1", "2", "chrM"], chr1=LONG, chrM=51)
    summary = score(toy, genome, vcf, tmp_path / "out.vcf", ref_mismatch="skip")
    assert (summary.scored, summary.reasons["NO_CONTIG"]) == (1, 2)
    sentence = f'contig "chr1" has {LONG} bases in the header, 3000 in the genome, nothing on it'
    assert said.text.count(sentence) == 1


def test_refs_that_agree_by_chance_are_said(toy, tmp_path, write_vcf, said):
    """400 random REFs without a header that tells: a hundred are scored, and not in silence."""
    rng = np.random.default_rng(3)
    (tmp_path / "g.fa").write_text(">1\n" + "".join(rng.choice(list("ACGT"), 30_000)) + "\n")
    genome = Reference(tmp_path / "g.fa")
    refs = rng.choice(list("ACGT"), 400)
    vcf = write_vcf(*(("1", 50 * (n + 1), ".", r, "GG", *"...") for n, r in enumerate(refs)))
    wrong = score_to_arrays(toy, genome, vcf, ref_mismatch="skip").summary.reasons["REF_MISMATCH"]
    assert wrong > 250
    assert f"in.vcf: REF differs from the genome in {wrong} of 400 alleles" in said.text
    said.clear()
    danq.background(toy, genome, vcf, tmp_path / "b.h5", ref_mismatch="skip")
    assert f"in.vcf: REF differs from the genome in {wrong} of 400 alleles" in said.text

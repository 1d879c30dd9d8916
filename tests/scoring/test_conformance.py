"""The VCF files of samtools/hts-specs: each a clean error or a complete, accounted output."""

import hashlib
from pathlib import Path

import numpy as np
import pysam
import pytest

from danq.errors import InputError
from danq.genome import Reference
from danq.scoring import score
from tests.scoring.toy import random_toy

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "vcf_conformance"
LARGEST_GENOME = 400_000

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared absent")


def files_of(kind, share):
    """A part of the files, the same every time."""
    files = sorted(CORPUS.glob(f"*/{kind}/*.vcf"))
    return [f for f in files if hashlib.sha256(str(f.name).encode()).digest()[0] < 256 * share]


def columns_of(path):
    """The records as a person reads them: columns of lines that are not header."""
    lines = path.read_bytes().split(b"\n")
    return [line.rstrip(b"\r").split(b"\t") for line in lines if line and line[:1] != b"#"]


def genome_of(path, folder):
    """A genome that has each REF where the file says; random bases elsewhere."""
    contigs = {}
    for row in columns_of(path):
        if len(row) > 3 and row[1].isdigit() and row[0] and not set(row[0]) & set(b" \t>"):
            contigs.setdefault(row[0].decode("utf-8", "replace"), []).append((int(row[1]), row[3]))
    rng = np.random.default_rng(0)
    # A name of its own, since files of one size made within a clock tick look like one.
    fasta_path = folder / f"{path.parts[-3]}-{path.stem}.fa"
    with open(fasta_path, "w") as fasta:
        for name, refs in {**contigs, "spare": []}.items():
            refs = [(pos, ref) for pos, ref in refs if 0 < pos < LARGEST_GENOME]
            length = max([pos + len(ref) for pos, ref in refs], default=0) + 50
            bases = np.frombuffer(b"ACGT", dtype=np.uint8)[rng.integers(0, 4, length)]
            for pos, ref in refs:
                if ref.isalpha() and set(ref.upper()) <= set(b"ACGTN"):
                    bases[pos - 1 : pos - 1 + len(ref)] = np.frombuffer(ref, dtype=np.uint8)
            fasta.write(f">{name}\n{bases.tobytes().decode()}\n")
    return Reference(fasta_path)


def account(path, genome, folder):
    """Score one file; give the sentence of its error, or the summary after checking the output."""
    output = folder / "out.vcf.gz"
    toy = random_toy(window=10, targets=2)
    try:
        summary = score(toy, genome, path, output, ref_mismatch="skip", scores=folder / "out.h5")
    except InputError as error:
        sentence = str(error)
    else:
        check_output(path, output, summary)
        return summary
    assert "\n" not in sentence
    assert not output.exists()
    return sentence


def check_output(path, output, summary):
    """Every record is there with its own text, each ALT has a value, and the counts add up."""
    records = columns_of(path)
    with pysam.BGZFile(str(output)) as file:
        lines = file.read().split(b"\n")
    written = [line.rstrip(b"\r").split(b"\t") for line in lines if line and line[:1] != b"#"]
    assert [row[:7] + row[8:] for row in written] == [row[:7] + row[8:] for row in records]
    alleles = sum(len(row[4].split(b",")) for row in records)
    assert (summary.records, summary.alleles) == (len(records), alleles)
    assert summary.alleles == summary.scored + sum(summary.reasons.values())
    for row, source in zip(written, records, strict=True):
        added = row[7].removeprefix(b"" if source[7] == b"." else source[7]).lstrip(b";")
        values = [field.split(b"=")[1].split(b",") for field in added.split(b";")]
        assert all(len(of_alts) == len(source[4].split(b",")) for of_alts in values)


@pytest.mark.parametrize("kind", ["passed", "failed"])
def test_every_file_is_refused_or_accounted_for(kind, tmp_path):
    scored = 0
    for path in files_of(kind, share=1 if kind == "passed" else 0.3):
        outcome = account(path, genome_of(path, tmp_path), tmp_path)
        (tmp_path / "out.vcf.gz").unlink(missing_ok=True)
        if kind == "passed":
            assert not isinstance(outcome, str), f"{path}: {outcome}"
        scored += 0 if isinstance(outcome, str) else outcome.scored
    assert scored > 100


def test_passed_files_without_any_of_their_contigs(tmp_path):
    (tmp_path / "genome.fa").write_text(">elsewhere\nACGT\n")
    genome = Reference(tmp_path / "genome.fa")
    for path in files_of("passed", share=1):
        outcome = account(path, genome, tmp_path)
        (tmp_path / "out.vcf.gz").unlink(missing_ok=True)
        assert outcome.reasons["NO_CONTIG"] == outcome.alleles, path

"""Damaged VCF and BCF: every record that went in comes out, or one sentence says why not."""

import gzip

import numpy as np
import pysam
import pysam.bcftools
import pytest

from danq.genome import Reference
from danq.scoring import score
from danq.vcf.formats import open_records
from danq.vcf.spelling import difference
from tests.fuzz.conftest import CASES
from tests.fuzz.mutations import mutate
from tests.scoring.toy import random_toy

HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=q10,Description="low">
##contig=<ID=chr1,length=300>
##contig=<ID=2>
##contig=<ID=MT,assembly=b37,length=40>
##INFO=<ID=AC,Number=A,Type=Integer,Description="count">
##INFO=<ID=AF,Number=A,Type=Float,Description="share">
##INFO=<ID=DB,Number=0,Type=Flag,Description="known">
##INFO=<ID=S,Number=.,Type=String,Description="text">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="phase set">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tme\tyou
"""


@pytest.fixture(scope="module")
def bases():
    rng = np.random.default_rng(4)
    lengths = {"chr1": 300, "chr2": 100, "chrM": 40}
    return {name: "".join(rng.choice(list("ACGT"), n)) for name, n in lengths.items()}


@pytest.fixture(scope="module")
def genome(tmp_path_factory, bases):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    return Reference(path)


@pytest.fixture(scope="module")
def text(bases):
    one, two = bases["chr1"], bases["chr2"]
    rows = [
        ("chr1", 50, "rs1;x", one[49], f"{one[49]}AC", 3.5, "PASS", "AC=1;AF=0.125;DB"),
        ("chr1", 60, ".", one[59], f"{one[59]}T,<DEL>,*", ".", "q10", "AC=1,2,3;S=a,b"),
        ("chr1", 70, ".", one[69:75], one[69], 7, "PASS;q10", "AF=0.1;S=é"),
        ("2", 5, ".", two[4].lower(), f"{two[4]}G]2:9]", ".", ".", "."),
        ("MT", 9, ".", "N", ".", ".", ".", "DB"),
    ]
    lines = ["\t".join(map(str, (*row, "GT:PS", "0|1:50", "./.:."))) for row in rows]
    return (HEADER + "\n".join(lines) + "\n").encode()


def records_of(data):
    """The columns of each record as a person reads them; blank lines at the end are none."""
    lines = data.split(b"\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return [line.removesuffix(b"\r").split(b"\t") for line in lines if line[:1] != b"#"]


def columns_as_read(records):
    return [(r.before + r.info + r.after).rstrip(b"\r\n").split(b"\t") for r in records]


def check_grown(before, after, summary):
    """Only column 8 has grown, by one value for each ALT: scores or a reason."""
    assert len(before) == len(after) == summary.records
    for old, new in zip(before, after, strict=True):
        assert new[:7] + new[8:] == old[:7] + old[8:]
        kept = b"" if old[7] == b"." else old[7]
        assert new[7].startswith(kept)
        added = new[7].removeprefix(kept).lstrip(b";").split(b";")
        fields = dict(field.split(b"=", 1) for field in added)
        values = [value.split(b",") for value in fields.values()]
        assert {len(of_alts) for of_alts in values} == {len(old[4].split(b","))}
        assert fields.keys() & {b"DANQ_MAX", b"DANQ_REASON"}


def test_vcf(fuzz, text, genome, tmp_path):
    path, output = tmp_path / "in.vcf", tmp_path / "out.vcf"

    def case(random):
        data = mutate(text, random)
        path.write_bytes(data)
        output.unlink(missing_ok=True)
        summary = score(random_toy(), genome, path, output, ref_mismatch="skip")
        assert summary.alleles == summary.scored + sum(summary.reasons.values())
        check_grown(records_of(data), records_of(output.read_bytes()), summary)

    fuzz(case)


@pytest.mark.parametrize("kind", ["gzip", "bgzip"])
def test_compressed_vcf(fuzz, text, tmp_path, kind):
    path = tmp_path / "in.vcf.gz"
    if kind == "bgzip":
        with pysam.BGZFile(str(path), "wb") as file:
            file.write(text)
    else:
        path.write_bytes(gzip.compress(text))
    whole = path.read_bytes()

    def case(random):
        data = mutate(whole, random)
        path.write_bytes(data)
        found = columns_as_read(open_records(path))
        assert found == records_of(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)

    fuzz(case)


@pytest.fixture(scope="module")
def bcf(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bcf")
    (folder / "in.vcf").write_bytes(text)
    arguments = ["--no-version", "-Ob", "-o", str(folder / "in.bcf"), str(folder / "in.vcf")]
    pysam.bcftools.view(*arguments, catch_stdout=False)
    return gzip.decompress((folder / "in.bcf").read_bytes())


def test_bcf(fuzz, bcf, tmp_path):
    path = tmp_path / "in.bcf"

    def case(random):
        path.write_bytes(mutate(bcf, random))
        found = columns_as_read(open_records(path))
        with pysam.VariantFile(str(path)) as file:
            assert found == [str(record).encode().rstrip(b"\n").split(b"\t") for record in file]

    fuzz(case, CASES // 10)


def test_vcf_to_bcf(fuzz, text, genome, tmp_path, caplog):
    path, output = tmp_path / "in.vcf", tmp_path / "out.bcf"

    def case(random):
        data = mutate(text, random)
        path.write_bytes(data)
        caplog.clear()
        score(random_toy(), genome, path, output, ref_mismatch="skip")
        with pysam.VariantFile(str(output)) as file:
            written = [str(record).split("\t") for record in file]
        before = [[column.decode() for column in row] for row in records_of(data)]
        assert len(written) == len(before)
        for old, new in zip(before, written, strict=True):
            kept = [field for field in new[7].split(";") if not field.startswith("DANQ_")]
            new[7] = ";".join(kept) or "."
            if "otherwise than the text" not in caplog.text:
                assert difference("\t".join(old), "\t".join(new)) is None

    fuzz(case, CASES // 30)

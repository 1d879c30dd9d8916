"""Files whose names are not UTF-8, which Linux allows."""

import os

import pysam.bcftools
import pytest

from danq.scoring import score
from tests.scoring.records import declare


@pytest.mark.parametrize(
    ("source", "output", "table", "picture", "index"),
    [
        ("vcf", "bcf", "h5", "png", ["csi"]),
        ("vcf.gz", "vcf", "tsv.gz", "svg", []),
        ("bcf", "vcf.gz", "parquet", "pdf", ["tbi"]),
    ],
)
def test_names_that_are_not_utf8(
    toy, genome, run_vcf, tmp_path, source, output, table, picture, index
):
    def odd(name):
        return tmp_path / os.fsdecode(b"\xfe" + name.encode())

    declare(run_vcf)
    kind = {"vcf": "-Ov", "vcf.gz": "-Oz", "bcf": "-Ob"}[source]
    pysam.bcftools.view(kind, "-o", str(tmp_path / "in"), str(run_vcf), catch_stdout=False)
    os.rename(tmp_path / "in", odd(f"in.{source}"))
    run_vcf.unlink()
    summary = score(
        toy,
        genome,
        odd(f"in.{source}"),
        odd(f"out.{output}"),
        scores=odd(f"s.{table}"),
        summary=odd("s.tsv"),
        plot=odd(f"p.{picture}"),
    )
    assert summary.scored == 88
    names = [f"in.{source}", f"out.{output}", f"s.{table}", "s.tsv", f"p.{picture}"]
    names += [f"out.{output}.{ending}" for ending in index]
    assert sorted(os.listdir(tmp_path)) == sorted(odd(name).name for name in names)

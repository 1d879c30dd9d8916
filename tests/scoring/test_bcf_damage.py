"""Damaged BCF: htslib reads it as ``bcftools view`` would, or one sentence names the record."""

import gzip
import struct

import pysam
import pysam.bcftools
import pytest

from danq.errors import InputError
from danq.scoring import score

TEXT = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##contig=<ID=chr1>
##INFO=<ID=S,Number=1,Type=String,Description="text">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t10\tone\tN\t<X>\t.\tPASS\tS=here
chr1\t20\ttwo\tNNN\tACC\t.\tPASS\tS=there
"""
FIXED = 24
"""Bytes of a record before its texts: contig, position, length, QUAL and four counts."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The bytes of a small BCF, and where its two records begin."""
    folder = tmp_path_factory.mktemp("bcf")
    (folder / "in.vcf").write_text(TEXT)
    arguments = ["--no-version", "-Ou", "-o", str(folder / "in.bcf"), str(folder / "in.vcf")]
    pysam.bcftools.view(*arguments, catch_stdout=False)
    content = gzip.decompress((folder / "in.bcf").read_bytes())
    first = 9 + struct.unpack_from("<I", content, 5)[0]
    second = first + 8 + sum(struct.unpack_from("<II", content, first))
    return content, first, second


def changed(content, at, value):
    return content[:at] + value + content[at + len(value) :]


@pytest.mark.parametrize("output", ["out.vcf", "out.bcf"])
@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda d, _, s: d[: s + 8] + b"\xff" * (len(d) - s - 8), "record 2 cannot be read by"),
        (lambda d, _, s: changed(d, s + 8, b"\xff" * FIXED), "record 2 cannot be read by htslib"),
        (lambda d, _, s: changed(d, s + 8, struct.pack("<i", 7)), "record 2 cannot be read"),
        (lambda d, _, s: changed(d, s + 8 + 16, b"\xff\xff"), "record 2 cannot be read by"),
        (lambda d, _, s: changed(d, s + 8 + 18, b"\xff\xff"), "record 2 cannot be read by"),
        (lambda d, f, _: changed(d, f, b"\xff\xff\xff\x7f"), "record 1 cannot be read by"),
        (lambda d, _, s: d[: s + 20], "record 2 cannot be read by htslib"),
        (lambda d, _, s: d[: s + 3], "record 2 cannot be read by htslib"),
        (lambda d, *_: d.replace(b"two", b"t\no"), "record 2 cannot be read by htslib .*line br"),
        (lambda d, *_: d.replace(b"two", b"t\to"), "record 2 cannot be read by htslib .* tab"),
        (lambda d, *_: d.replace(b"there", b"the\xffe"), "record 2 cannot .*found byte 0xff, exp"),
        (lambda d, *_: d.replace(b'"text"', b'"te\xfft'), "its header cannot .*found byte 0xff"),
        (lambda d, *_: changed(d, 5, b"\xff\xff\xff\xff"), "its header cannot be read by htslib"),
        (lambda d, *_: changed(d, 3, b"\1\1"), "its header cannot be read by htslib"),
        (lambda d, f, _: d[: f - 5], "its header cannot be read by htslib"),
    ],
)
def test_damage_is_one_sentence(toy, genome, data, tmp_path, damage, sentence, output):
    (tmp_path / "in.bcf").write_bytes(damage(*data))
    with pytest.raises(InputError, match=f"in.bcf: {sentence}") as caught:
        score(toy, genome, tmp_path / "in.bcf", tmp_path / output)
    assert str(caught.value).isprintable()
    assert [path.name for path in tmp_path.iterdir()] == ["in.bcf"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d,
        lambda d: d.replace(b"NNN", b"N\0N"),
        lambda d: d.replace(b"there", b"th\0re"),
        lambda d: d.replace(b"two", b"t\0o"),
        lambda d: d.replace(b"##contig=<ID=chr1,IDX=0>", b"##contig=<ID=chr9,IDX=0>"),
    ],
)
def test_what_htslib_reads_is_scored_as_bcftools_prints_it(toy, genome, data, tmp_path, damage):
    source = tmp_path / "in.bcf"
    source.write_bytes(damage(data[0]))
    expected = pysam.bcftools.view("-H", str(source)).splitlines()
    summary = score(toy, genome, source, tmp_path / "out.vcf")
    assert summary.records == 2
    lines = (tmp_path / "out.vcf").read_text().splitlines()
    assert [line.split(";DANQ")[0] for line in lines if line[0] != "#"] == expected
    score(toy, genome, source, tmp_path / "out.bcf")
    assert pysam.bcftools.view("-H", str(tmp_path / "out.bcf")).splitlines() == lines[-2:]

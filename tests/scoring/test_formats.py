"""BCF in and out, samples left out, and the three tables: the same records, the same numbers."""

import csv
import gzip
import json
import struct

import h5py
import numpy as np
import pyarrow.parquet as pq
import pysam
import pysam.bcftools
import pytest

from danq.errors import InputError
from danq.scoring import score
from tests.scoring.conftest import COLUMNS

LONG = float(np.float32(0.123456789))
HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=q10,Description="low">
##contig=<ID=chr1,length=3000>
##contig=<ID=2>
##INFO=<ID=AC,Number=A,Type=Integer,Description="count">
##INFO=<ID=AF,Number=A,Type=Float,Description="share">
##INFO=<ID=DB,Number=0,Type=Flag,Description="known">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="depth">"""


@pytest.fixture
def records(bases):
    one, two = bases["chr1"], bases["chr2"]
    wrong = {pos: "A" if one[pos - 1] != "A" else "C" for pos in (100, 200, 300)}
    return [
        ("chr1", 100, "rs1", one[99], wrong[100], 3.5, "PASS", "AC=1;AF=0.123456;DB"),
        ("chr1", 200, ".", one[199], f"{wrong[200]},<DEL>,*", ".", "q10", "AC=1,2,3;AF=0.5,.,0.25"),
        ("chr1", 300, "a;b", one[299], ".", ".", ".", "."),
        ("chr1", 301, ".", one[300:304], one[300], 7, "PASS;q10", "DB"),
        ("2", 5, ".", two[4].lower(), two[4] + "GA", ".", ".", "AC=."),
        ("2", 9, ".", "N", "<X>", ".", ".", "."),
    ]


@pytest.fixture
def vcf(write_vcf, records):
    samples = [(*row, "GT:DP", f"0|1:{n}", "./.:.") for n, row in enumerate(records)]
    return write_vcf(*samples, header=HEADER, columns=f"{COLUMNS}\tFORMAT\tme\tyou")


@pytest.fixture
def bcf(vcf, tmp_path):
    """The same as BCF, one share with more digits than text shows."""
    path = tmp_path / "in.bcf"
    pysam.bcftools.view("--no-version", "-Ob", "-o", str(path), str(vcf), catch_stdout=False)
    data = gzip.decompress(path.read_bytes())
    short, long = (struct.pack("<f", share) for share in (0.123456, LONG))
    assert data.count(short) == 1
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(data.replace(short, long))
    return path


def lines_of(path):
    with pysam.VariantFile(str(path)) as file:
        return [str(record) for record in file]


def without_danq(line):
    columns = line.rstrip("\n").split("\t")
    kept = [field for field in columns[7].split(";") if not field.startswith("DANQ_")]
    return [*columns[:7], ";".join(kept) or ".", *columns[8:]]


@pytest.mark.parametrize("compression", ["bgzip", "gzip", "plain"])
def test_bcf_in_equals_vcf_in(toy, genome, vcf, bcf, tmp_path, compression):
    if compression != "bgzip":
        data = gzip.decompress(bcf.read_bytes())
        bcf.write_bytes(data if compression == "plain" else gzip.compress(data))
    for name, source in (("text", vcf), ("binary", bcf)):
        summary = score(
            toy, genome, source, tmp_path / f"{name}.vcf", scores=tmp_path / f"{name}.h5"
        )
        assert (summary.records, summary.alleles, summary.scored) == (6, 8, 4)
    text, binary = ((tmp_path / f"{name}.vcf").read_text() for name in ("text", "binary"))
    # htslib spells 0.123457, a float32 of more digits, and leaves nothing else otherwise.
    assert binary.replace("0.123457", "0.123456") == text
    with h5py.File(tmp_path / "text.h5") as one, h5py.File(tmp_path / "binary.h5") as two:
        for name in one:
            np.testing.assert_array_equal(one[name][:], two[name][:])


def test_bcf_of_standard_input(toy, genome, bcf, tmp_path, monkeypatch):
    score(toy, genome, bcf, tmp_path / "one.vcf")
    with open(bcf) as file:
        monkeypatch.setattr("sys.stdin", file)
        score(toy, genome, "-", tmp_path / "two.vcf")
    assert (tmp_path / "one.vcf").read_bytes() == (tmp_path / "two.vcf").read_bytes()


def test_bcf_to_bcf_is_what_text_of_it_says(toy, genome, bcf, tmp_path):
    score(toy, genome, bcf, tmp_path / "out.vcf")
    score(toy, genome, bcf, tmp_path / "out.bcf")
    assert (tmp_path / "out.bcf.csi").exists()
    expected = (tmp_path / "out.vcf").read_text().splitlines(keepends=True)
    assert lines_of(tmp_path / "out.bcf") == [line for line in expected if line[0] != "#"]
    with pysam.VariantFile(str(bcf)) as one, pysam.VariantFile(str(tmp_path / "out.bcf")) as two:
        assert one.header.info["AF"].number == two.header.info["DANQ_MAX"].number == "A"
        # Floats have the six digits of text.
        assert next(iter(one)).info["AF"] == (LONG,)
        assert next(iter(two)).info["AF"] == (float(np.float32(0.123457)),)


def test_vcf_to_bcf(toy, genome, vcf, tmp_path, said):
    score(toy, genome, vcf, tmp_path / "out.vcf")
    score(toy, genome, vcf, tmp_path / "out.bcf")
    expected = (tmp_path / "out.vcf").read_text().splitlines(keepends=True)
    assert lines_of(tmp_path / "out.bcf") == [line for line in expected if line[0] != "#"]
    with pysam.VariantFile(str(tmp_path / "out.bcf")) as file:
        assert len(list(file.fetch("chr1", 99, 250))) == 2
        assert "##danq=version=" in str(file.header)
    assert "otherwise" not in said.text


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        (6, "q20", 'FILTER "q20"'),
        (7, "AC=1;XX=2", 'INFO "XX"'),
        (6, "", 'FILTER ""'),
        (6, ".;PASS", 'FILTER "."'),
        (6, "PASS;;PASS", 'FILTER ""'),
        (7, ".;AC=1", 'INFO "."'),
        (8, "GT:XY", 'FORMAT "XY"'),
        (8, "", 'FORMAT ""'),
        (8, "GT:", 'FORMAT ""'),
        (8, ":GT", 'FORMAT ""'),
    ],
)
def test_what_a_header_does_not_declare_cannot_go_to_bcf(
    toy, genome, records, write_vcf, tmp_path, column, value, sentence
):
    row = [*records[0], "GT:DP", "0|1:5"]
    row[column] = value
    good = [*records[0], "GT", "0"]
    vcf = write_vcf(good, row, header=HEADER, columns=f"{COLUMNS}\tFORMAT\tme")
    with pytest.raises(InputError, match=f"in.vcf, line 13: found {sentence}, which the header"):
        score(toy, genome, vcf, tmp_path / "out.bcf")
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]
    score(toy, genome, vcf, tmp_path / "out.vcf.gz")


@pytest.mark.parametrize("count", [8, 9, 10])
def test_a_row_with_fewer_columns_than_the_header_cannot_go_to_bcf(
    toy, genome, records, write_vcf, tmp_path, count
):
    rows = [[*records[0], "GT", "0", "1"], [*records[1], "GT", "0", "1"][:count]]
    vcf = write_vcf(*rows, header=HEADER, columns=f"{COLUMNS}\tFORMAT\tme\tyou")
    sentence = rf"in.vcf, line 13: found {count} columns, expected the header's 11, as BCF needs"
    with pytest.raises(InputError, match=sentence):
        score(toy, genome, vcf, tmp_path / "out.bcf")
    assert toy.calls == []


def test_a_contig_that_no_header_can_declare_cannot_go_to_bcf(toy, genome, write_vcf, tmp_path):
    vcf = write_vcf(("chr Z<>,", 5, ".", "A", "C", ".", ".", "."))
    with pytest.raises(InputError, match=r'in.vcf, line 3: found CHROM "chr Z<>,", which'):
        score(toy, genome, vcf, tmp_path / "out.bcf")
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]
    score(toy, genome, vcf, tmp_path / "out.vcf.gz")


def test_contigs_that_are_not_declared_are_added_to_a_bcf(
    toy, genome, records, write_vcf, tmp_path
):
    header = "\n".join(line for line in HEADER.splitlines() if "contig" not in line)
    vcf = write_vcf(*records, header=header)
    score(toy, genome, vcf, tmp_path / "out.vcf")
    score(toy, genome, vcf, tmp_path / "out.bcf")
    expected = (tmp_path / "out.vcf").read_text().splitlines(keepends=True)
    assert lines_of(tmp_path / "out.bcf") == [line for line in expected if line[0] != "#"]
    with pysam.VariantFile(str(tmp_path / "out.bcf")) as file:
        assert list(file.header.contigs) == ["chr1", "2"]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        (9, "0|1:PATMAT", "Invalid character 'P' in 'DP' FORMAT field at chr1:200"),
        (10, "0|x:1", "Couldn't read GT data"),
    ],
)
def test_what_htslib_refuses_is_told_while_reading(
    toy, genome, records, write_vcf, tmp_path, column, value, sentence
):
    rows = [[*row[:8], "GT:DP", "0|1:5", "."] for row in records[:3]]
    rows[1][column] = value
    vcf = write_vcf(*rows, header=HEADER, columns=f"{COLUMNS}\tFORMAT\tme\tyou")
    with pytest.raises(InputError, match=rf"in.vcf, line 13: cannot go to BCF \(.*{sentence}"):
        score(toy, genome, vcf, tmp_path / "out.bcf")
    assert toy.calls == []
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]


def test_a_header_that_htslib_refuses_is_told_at_once(toy, genome, records, write_vcf, tmp_path):
    rows = [[*row, "GT", "0", "1"] for row in records]
    vcf = write_vcf(*rows, header=HEADER, columns=f"{COLUMNS}\tFORMAT\tme\tme")
    with pytest.raises(InputError, match=r"in.vcf: its header cannot go to BCF \(Duplicated sam"):
        score(toy, genome, vcf, tmp_path / "out.bcf")
    score(toy, genome, vcf, tmp_path / "out.vcf.gz")


def test_values_that_bcf_replaces_are_counted_and_named(
    toy, genome, records, write_vcf, tmp_path, said
):
    rows = [list(row) for row in records[:3]]
    rows[0][7], rows[2][7] = "AC=few", "AC=7.5"
    score(toy, genome, write_vcf(*rows, header=HEADER), tmp_path / "out.bcf")
    sentence = "BCF holds 2 records otherwise than the text: record 1, column 8, 'AC=few' is"
    assert sentence in said.text


@pytest.mark.parametrize("source", ["vcf", "bcf"])
@pytest.mark.parametrize("output", ["out.vcf", "out.vcf.gz", "out.bcf"])
def test_samples_left_out(toy, genome, request, tmp_path, source, output):
    source = request.getfixturevalue(source)
    score(toy, genome, source, tmp_path / output, drop_samples=True)
    score(toy, genome, source, tmp_path / f"all.{output}")
    with pysam.VariantFile(str(tmp_path / output)) as file:
        assert list(file.header.samples) == []
        assert "drop_samples=True" in str(file.header)
        found = [str(record).rstrip("\n").split("\t") for record in file]
    expected = [line.rstrip("\n").split("\t")[:8] for line in lines_of(tmp_path / f"all.{output}")]
    assert found == expected
    if output == "out.vcf":
        rows = (tmp_path / output).read_text().splitlines()
        assert {row.count("\t") for row in rows if not row.startswith("##")} == {7}


def test_truncated_bcf(toy, genome, bcf, tmp_path):
    data = bcf.read_bytes()
    plain = gzip.decompress(data)
    for cut, sentence in (
        (data[:-28], "in.bcf: is truncated: bgzip data without its end marker"),
        (data[: len(data) // 2], "in.bcf: is truncated or damaged"),
        (plain[:-5], r"in.bcf: record 6 cannot be read by htslib \("),
        (plain[:200], r"in.bcf: its header cannot be read by htslib \("),
    ):
        bcf.write_bytes(cut)
        for output in ("out.vcf", "out.bcf"):
            with pytest.raises(InputError, match=sentence):
                score(toy, genome, bcf, tmp_path / output)
            assert not (tmp_path / output).exists()


def test_a_scored_bcf_is_not_scored_again(toy, genome, bcf, tmp_path):
    score(toy, genome, bcf, tmp_path / "out.bcf")
    with pytest.raises(InputError, match=r"out.bcf: already holds DANQ_MAX"):
        score(toy, genome, tmp_path / "out.bcf", tmp_path / "again.vcf")


def test_the_three_tables_hold_the_same(toy, genome, vcf, tmp_path):
    targets = ["CTCF", "a b", "CTCF"]
    for ending in ("h5", "parquet", "tsv.gz"):
        table = tmp_path / f"s.{ending}"
        score(toy, genome, vcf, tmp_path / "out.vcf", scores=table, targets=targets)
    with h5py.File(tmp_path / "s.h5") as file:
        numbers = {name: file[name][:] for name in ("diff", "logit")}
        keys = {
            name: (file[name].asstr() if file[name].dtype == object else file[name])[:].tolist()
            for name in ("record", "allele", "contig", "pos", "ref", "alt", "reason")
        }
    parquet = pq.read_table(tmp_path / "s.parquet")
    assert json.loads(parquet.schema.metadata[b"targets"]) == targets
    assert parquet.schema.metadata[b"model"] == b"Toy"
    with gzip.open(tmp_path / "s.tsv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for name, values in keys.items():
        assert parquet[name].to_pylist() == values
        assert [row[name] for row in rows] == list(map(str, values))
    for name, values in numbers.items():
        is_scored = ~np.isnan(values).any(axis=1)
        lists = parquet[name].to_pylist()
        assert [one is not None for one in lists] == is_scored.tolist()
        kept = np.array([one for one in lists if one is not None], np.float32)
        np.testing.assert_array_equal(kept, values[is_scored])
        headings = [f"{name}:{target}" for target in ("CTCF#0", "a b", "CTCF#2")]
        texts = np.array([[row[heading] for heading in headings] for row in rows])
        assert (texts[~is_scored] == "NA").all()
        np.testing.assert_array_equal(texts[is_scored].astype(np.float32), values[is_scored])


def test_parquet_joins_back_to_the_vcf(toy, genome, vcf, tmp_path, records):
    score(toy, genome, vcf, tmp_path / "out.vcf", scores=tmp_path / "s.parquet")
    table = pq.read_table(tmp_path / "s.parquet", columns=["record", "allele", "alt"]).to_pylist()
    assert [row["alt"] for row in table] == [
        records[row["record"]][4].split(",")[row["allele"] - 1] for row in table
    ]


def test_tables_of_nothing(toy, genome, write_vcf, tmp_path):
    vcf = write_vcf(("chr1", 5, ".", "N", "<DEL>", ".", ".", "."))
    for ending in ("h5", "parquet", "tsv.gz"):
        score(toy, genome, vcf, tmp_path / "out.vcf", scores=tmp_path / f"s.{ending}")
    assert pq.read_table(tmp_path / "s.parquet")["logit"].to_pylist() == [None]
    lines = gzip.decompress((tmp_path / "s.tsv.gz").read_bytes()).splitlines()
    assert lines[1].endswith(b"\tSYMBOLIC" + b"\tNA" * 9)


@pytest.mark.parametrize("number", ["100000000", "-3"])
def test_numbers_that_a_header_gives_its_fields_are_not_believed(
    toy, genome, vcf, tmp_path, number
):
    """htslib would make a table as long as the largest, and look others up in vain."""
    declared = f'##INFO=<ID=DP,Number=1,Type=Integer,Description="d",IDX={number}>\n'
    path = tmp_path / "numbered.vcf"
    first, rest = vcf.read_text().split("\n", 1)
    path.write_text(f"{first}\n{declared}{rest}")
    score(toy, genome, path, tmp_path / "out.bcf")
    with pysam.VariantFile(str(tmp_path / "out.bcf")) as file:
        assert "DP" in file.header.info

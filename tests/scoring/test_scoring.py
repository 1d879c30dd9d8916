"""A VCF scored through the public face: every record, every allele, every file."""

import gzip
import re
from types import SimpleNamespace

import h5py
import numpy as np
import pysam
import pytest

from danq.errors import InputError
from danq.scoring import Reason, score, score_alleles
from danq.scoring.blocks import reading as blocks
from tests.scoring.conftest import COLUMNS
from tests.scoring.records import fields_of, lines_of

FIELDS = ("DANQ_MAX", "DANQ_TARGET", "DANQ_LOGIT", "DANQ_P_REF", "DANQ_P_ALT", "DANQ_REASON")
TARGETS = ["CTCF", "a;b", "c"]


@pytest.fixture
def records(bases):
    """Records of every kind; the reasons that their ALTs deserve stand in column ID."""
    at = {pos: bases["chr1"][pos - 1] for pos in range(1, 3001)}
    wrong = {pos: "A" if base != "A" else "C" for pos, base in at.items()}
    one, two = bases["chr1"], bases["chr2"]
    rows = [
        ("chr1", 100, ".", at[100].lower(), wrong[100]),
        ("chr1", 200, ".,SYMBOLIC,.", at[200], f"{at[200]}AC,<DEL>,{wrong[200]}"),
        ("chr1", 300, "OVERLAPPING_DELETION", at[300], "*"),
        ("chr1", 300, "NO_ALT", at[300], "."),
        ("chr1", 301, "NO_CHANGE", at[301], at[301].lower()),
        ("chr1", 400, "REF_MISMATCH", wrong[400], at[400]),
        ("chr1", 401, "REF_UNKNOWN", "N", at[400]),
        ("chr1", 402, "BREAKEND,BAD_ALLELE", at[402], f"{at[402]}[chr2:5[,R"),
        ("chr1", 500, ".", one[499:504], one[499]),
        ("chr1", 600, "TOO_LONG", one[599:611], one[599]),
        ("chr1", 3001, "OUT_OF_CONTIG", "A", "C"),
        ("2", 1, ".", two[0], two[0] + "GG"),
        ("MT", 1, "NO_CONTIG", "A", "C"),
        ("HLA", 7, "NO_CONTIG,NO_CONTIG", "A", "C,T"),
    ]
    return [(*row, "3.10", "PASS", "AC=1", "GT", "0|1") for row in rows]


@pytest.fixture
def run(toy, genome, write_vcf, tmp_path):
    def run(records, output="out.vcf.gz", columns="FORMAT\tme", **options):
        vcf = write_vcf(*records, columns=f"{COLUMNS}\t{columns}")
        options = {"ref_mismatch": "skip", "targets": TARGETS, **options}
        return score(toy, genome, vcf, tmp_path / output, **options)

    return run


@pytest.mark.parametrize("output", ["out.vcf", "out.vcf.gz"])
def test_every_record_comes_out_with_its_own_text(run, records, tmp_path, output):
    run(records, output)
    written = lines_of(tmp_path / output)
    assert [row[:7] + row[8:] for row in written] == [
        [str(value) for value in row[:7] + row[8:]] for row in records
    ]
    assert all(row[7].startswith("AC=1;DANQ_") for row in written)


def test_every_allele_has_scores_or_its_reason(run, records, tmp_path):
    summary = run(records)
    expected = {str(reason): 0 for reason in Reason}
    for row, source in zip(lines_of(tmp_path / "out.vcf.gz"), records, strict=True):
        reasons = source[2].split(",")
        fields = fields_of(row)
        if set(reasons) == {"."}:
            assert "DANQ_REASON" not in fields
        else:
            assert fields["DANQ_REASON"].split(",") == reasons
        if "." in reasons:
            assert [value == "." for value in fields["DANQ_MAX"].split(",")] == [
                reason != "." for reason in reasons
            ]
        else:
            assert set(fields) == {"DANQ_REASON"}
        for reason in reasons:
            if reason != ".":
                expected[reason] += 1
    assert summary.reasons == expected
    assert (summary.records, summary.alleles, summary.scored) == (14, 18, 5)
    assert summary.alleles == summary.scored + sum(summary.reasons.values())


def test_info_and_score_file_agree_with_the_list(run, records, tmp_path, toy, genome):
    run(records, scores=tmp_path / "s.h5")
    alleles = [
        (row[0], row[1], row[3], alt, number, place)
        for place, row in enumerate(records)
        for number, alt in enumerate(row[4].split(","), start=1)
    ]
    expected = score_alleles(toy, genome, [a[:4] for a in alleles], ref_mismatch="skip")
    with h5py.File(tmp_path / "s.h5") as file:
        for name in ("diff", "logit"):
            assert file[name].dtype == np.float32
            assert file[name].chunks
            assert file[name].compression
            np.testing.assert_allclose(file[name], getattr(expected, name), atol=1e-6)
        keys = ("contig", "pos", "ref", "alt", "allele", "record")
        for column, key in enumerate(keys):
            found = file[key].asstr()[:] if file[key].dtype == object else file[key][:]
            assert found.tolist() == [allele[column] for allele in alleles], key
        assert file["reason"].asstr()[:].tolist() == [r or "" for r in expected.reasons]
        assert file["targets"].asstr()[:].tolist() == TARGETS
        assert file.attrs["window"] == 20
        assert file.attrs["genome_checksum"] == genome.checksum
        assert "log2" in file.attrs["units"]
    said = [fields_of(row) for row in lines_of(tmp_path / "out.vcf.gz")]
    values = [v for f in said if "DANQ_MAX" in f for v in f["DANQ_MAX"].split(",") if v != "."]
    names = [v for f in said if "DANQ_MAX" in f for v in f["DANQ_TARGET"].split(",") if v != "."]
    logit = expected.logit[[reason is None for reason in expected.reasons]]
    np.testing.assert_allclose([float(v) for v in values], np.abs(logit).max(axis=1), rtol=1e-5)
    encoded = ["CTCF", "a%3Bb", "c"]
    assert names == [encoded[i] for i in np.abs(logit).argmax(axis=1)]


def test_targets_of_one_name_are_told_apart(run, records, tmp_path):
    names = ["CTCF", "SPI1", "CTCF"]
    options = {"targets": names, "scores": tmp_path / "s.h5", "plot": tmp_path / "p.svg"}
    run(records, **options)
    with h5py.File(tmp_path / "s.h5") as file:
        # In the file the column is the target: names stay as they are, in their order.
        assert file["targets"].asstr()[:].tolist() == names
        logit = np.array(file["logit"])
    best = np.abs(logit[~np.isnan(logit).any(axis=1)]).argmax(axis=1)
    said = [fields_of(row) for row in lines_of(tmp_path / "out.vcf.gz")]
    found = [v for f in said if "DANQ_MAX" in f for v in f["DANQ_TARGET"].split(",") if v != "."]
    assert found == [["CTCF#0", "SPI1", "CTCF#2"][target] for target in best]
    assert {0, 2} <= set(best.tolist())
    assert {"CTCF#0 (", "CTCF#2 ("} <= set(
        re.findall(r"CTCF\S* \(", (tmp_path / "p.svg").read_text())
    )


def test_pysam_reads_the_result_by_region(run, records, tmp_path, bases):
    run([row for row in records if row[0] == "chr1"])
    with pysam.VariantFile(str(tmp_path / "out.vcf.gz")) as file:
        for name in FIELDS:
            assert file.header.info[name].number == "A"
        (found,) = file.fetch("chr1", 199, 200)
        assert found.info["DANQ_MAX"][1] is None
        assert found.info["DANQ_MAX"][0] > 0
        assert found.info["DANQ_REASON"] == (".", "SYMBOLIC", ".")


def test_header_says_what_was_done(run, records, tmp_path, genome):
    run(records)
    with gzip.open(tmp_path / "out.vcf.gz", "rt") as file:
        header = [line for line in file if line.startswith("##danq")]
    assert len(header) == 1
    for said in ("model=Toy", "ref_mismatch=skip", "window=20", genome.checksum, "version="):
        assert said in header[0]
    assert "info=" not in header[0]
    run(records, info=["max", "all"])
    with gzip.open(tmp_path / "out.vcf.gz", "rt") as file:
        assert "info=max all" in next(line for line in file if line.startswith("##danq"))


def test_blocks_do_not_show(run, records, tmp_path, small_blocks):
    run(records * 3, scores=tmp_path / "one.h5", output="one.vcf")
    small_blocks(4)
    run(records * 3, scores=tmp_path / "two.h5", output="two.vcf")
    assert (tmp_path / "one.vcf").read_text() == (tmp_path / "two.vcf").read_text()
    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "two.h5") as two:
        for name in one:
            np.testing.assert_array_equal(one[name][:], two[name][:])


def test_large_records_fill_a_block_too(run, records, toy, monkeypatch):
    run(records[:1] * 12)
    assert toy.calls == [2 * (1 + 12)]
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    run(records[:1] * 12)
    assert toy.calls[1:] == [2 * (1 + 3)] * 4


def test_a_wrong_ref_stops_the_run(run, records, tmp_path, bases):
    before = bases["chr1"][399]
    with pytest.raises(InputError) as caught:
        run(records, scores=tmp_path / "s.h5", ref_mismatch="error")
    wrong = records[5][3]
    assert re.search(
        rf'in.vcf, line 8: found REF "{wrong}" at "chr1:400", where the genome has "{before}"',
        str(caught.value),
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.vcf"]


def test_renamed_contigs_are_said_once_and_counted(run, records, said, bases, tmp_path):
    two = bases["chr2"]
    rows = [("2", p, ".", two[p - 1], "<X>", ".", ".", ".", "GT", "0") for p in (5, 9)]
    summary = run(rows + records[-3:])
    assert summary.contigs == {"2": "chr2"}
    messages = [record.getMessage() for record in said.records]
    assert messages.count('contig "2" is read as the genome\'s "chr2"') == 1
    assert messages.count('contig "MT" is not in the genome, nothing on it is scored') == 1
    assert ("records of contig 2 read as chr2", 3) in summary.rows()


@pytest.mark.parametrize(("length", "reasons"), [(50, {}), (51, {"NO_CONTIG": 1})])
def test_mitochondria_are_bridged_where_lengths_agree(
    toy, genome, write_vcf, tmp_path, bases, length, reasons
):
    header = f"##fileformat=VCFv4.2\n##contig=<ID=MT,length={length}>"
    vcf = write_vcf(("MT", 5, ".", bases["chrM"][4], "GGA", ".", ".", "."), header=header)
    summary = score(toy, genome, vcf, tmp_path / "out.vcf")
    assert {k: v for k, v in summary.reasons.items() if v} == reasons


def test_summary_file_adds_up(run, records, tmp_path):
    summary = run(records, summary=tmp_path / "s.tsv")
    rows = [line.split("\t") for line in (tmp_path / "s.tsv").read_text().splitlines()]
    assert rows[0] == ["what", "count"]
    counts = {what: int(count) for what, count in rows[1:]}
    assert counts["alleles"] == counts["scored"] + sum(counts[reason] for reason in Reason)
    assert counts["records of contig 2 read as chr2"] == 1
    assert {k: counts[k] for k in summary.reasons} == summary.reasons
    assert f"{'scored':<32}  {5:>9}" in str(summary)


def test_no_records(run, tmp_path):
    summary = run([], scores=tmp_path / "s.h5", plot=tmp_path / "p.png")
    assert (summary.records, summary.alleles, summary.scored) == (0, 0, 0)
    with h5py.File(tmp_path / "s.h5") as file:
        assert file["logit"].shape == (0, 3)
    assert (tmp_path / "out.vcf.gz.tbi").exists()
    assert (tmp_path / "p.png").stat().st_size > 0


def test_unsorted_records_get_no_index(run, records, tmp_path, said):
    run(records)
    assert (tmp_path / "out.vcf.gz.tbi").exists()
    run(records[::-1])
    assert not (tmp_path / "out.vcf.gz.tbi").exists()
    assert "out.vcf.gz: its records are not sorted, so it gets no index" in said.text
    assert len(lines_of(tmp_path / "out.vcf.gz")) == len(records)


def test_positions_beyond_the_reach_of_tbi(run, tmp_path):
    row = ("far", 1 << 30, ".", "A", "C", ".", ".", ".", "GT", "0")
    run([row])
    assert (tmp_path / "out.vcf.gz.csi").exists()
    assert not (tmp_path / "out.vcf.gz.tbi").exists()


def test_an_end_beyond_the_reach_of_tbi(toy, genome, write_vcf, tmp_path, said):
    header = (
        "##fileformat=VCFv4.2\n##contig=<ID=far,length=800000000>\n"
        '##INFO=<ID=END,Number=1,Type=Integer,Description="last base">'
    )
    vcf = write_vcf(("far", 5, ".", "A", "<DEL>", ".", ".", "END=700000000"), header=header)
    score(toy, genome, vcf, tmp_path / "out.vcf.gz")
    assert (tmp_path / "out.vcf.gz.csi").exists()
    assert not (tmp_path / "out.vcf.gz.tbi").exists()
    assert "index" not in said.text


def test_closed_standard_input(toy, genome, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input: is closed"):
        score(toy, genome, "-", tmp_path / "out.vcf")


def test_standard_input(run, records, tmp_path, toy, genome, standard_input):
    run(records, "one.vcf")
    standard_input((tmp_path / "in.vcf").read_bytes())
    score(toy, genome, "-", tmp_path / "two.vcf", ref_mismatch="skip", targets=TARGETS)
    assert (tmp_path / "one.vcf").read_bytes() == (tmp_path / "two.vcf").read_bytes()


def test_an_earlier_result_survives_a_failed_run(run, records, tmp_path):
    run(records, scores=tmp_path / "s.h5")
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "in.vcf"}
    with pytest.raises(InputError):
        run([*records, "chr1\tx"], scores=tmp_path / "s.h5")
    for name, content in kept.items():
        assert (tmp_path / name).read_bytes() == content


def test_a_scored_file_is_not_scored_again(run, records, tmp_path, toy, genome):
    run(records)
    with pytest.raises(InputError, match=r"already holds DANQ_MAX.*bcftools annotate -x"):
        score(toy, genome, tmp_path / "out.vcf.gz", tmp_path / "again.vcf")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"output": "out.txt"},
            r"out.txt: expected the output file's name to end in .vcf, .vcf.gz",
        ),
        ({"scores": "s.csv"}, "expected the scores file's name to end in .h5, .hdf5, .parquet or"),
        ({"summary": "s.txt"}, "expected the summary file's name to end in .tsv"),
        ({"plot": "p.gif"}, "expected the plot file's name to end in .png, .svg or .pdf"),
        ({"output": "in.vcf"}, "in.vcf: is named both as input and as output"),
        ({"ref_mismatch": "ignore"}, 'found ref_mismatch "ignore", expected "error" or "skip"'),
    ],
)
def test_wrong_use(run, tmp_path, options, sentence):
    for name in ("scores", "summary", "plot"):
        if name in options:
            options = {**options, name: tmp_path / options[name]}
    with pytest.raises(InputError, match=sentence):
        run([], **options)
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "\x1b[31mred", "a\x00", "\x85", "\udcff"])
def test_names_hold_no_control_characters(toy, genome, write_vcf, tmp_path, name):
    vcf = write_vcf(("chr1", 5, ".", "N", "<X>", ".", ".", "."))
    with pytest.raises(InputError, match="targets") as caught:
        score(toy, genome, vcf, tmp_path / "out.vcf", targets=["a", name, "c"])
    assert str(caught.value).isprintable()
    toy.metadata = SimpleNamespace(targets=["a", "b", "c"], groups=["g", name, "g"])
    with pytest.raises(InputError, match="groups") as caught:
        score(toy, genome, vcf, tmp_path / "out.vcf")
    assert str(caught.value).isprintable()

"""VCF files as unkind as they come: accounted for, or refused in one sentence."""

import gzip

import numpy as np
import pytest

from danq.errors import InputError
from danq.genome import Reference
from danq.genome.variants import Reason
from danq.scoring import score
from tests.scoring.conformance import check_output
from tests.scoring.conftest import COLUMNS
from tests.scoring.toy import random_toy

HEAD = f"##fileformat=VCFv4.2\n{COLUMNS}\n"


@pytest.fixture
def run(toy, genome, tmp_path):
    """Score a text; check that everything came out; give what was scored and the reasons."""

    def run(text, genome=genome, toy=toy, **options):
        vcf, output = tmp_path / "in.vcf", tmp_path / "out.vcf.gz"
        vcf.write_bytes(text if isinstance(text, bytes) else text.encode())
        summary = score(toy, genome, vcf, output, ref_mismatch="skip", **options)
        check_output(vcf, output, summary)
        return summary.scored, {name: n for name, n in summary.reasons.items() if n}

    return run


def row(pos, ref, alt, contig="chr1", rest=".\t.\t."):
    return f"{contig}\t{pos}\t.\t{ref}\t{alt}\t{rest}"


def test_no_last_newline(run, bases):
    assert run(HEAD + row(5, bases["chr1"][4], bases["chr1"][4] + "A")) == (1, {})


def test_carriage_returns(run, bases):
    text = HEAD + row(5, bases["chr1"][4], bases["chr1"][4] + "A") + "\n"
    assert run(text.replace("\n", "\r\n")) == (1, {})


def test_tabs_and_spaces_at_the_ends_of_lines(run, bases):
    ref = bases["chr1"][4]
    rows = [row(5, ref, ref + "A") + end for end in ("\t", "\t\t", " ", "\t \t")]
    assert run(HEAD + "\n".join(rows) + "\n") == (4, {})


def test_a_space_inside_an_allele_is_a_reason(run, bases):
    ref = bases["chr1"][4]
    assert run(HEAD + row(5, ref, f"{ref} A") + "\n" + row(5, f" {ref}", "A") + "\n") == (
        0,
        {"BAD_ALLELE": 1, "REF_UNKNOWN": 1},
    )


def test_every_kind_of_alt_in_one_record(run, bases):
    ref = bases["chr1"][99]
    alts = [
        "*",
        "<*>",
        "<NON_REF>",
        ".",
        ref,
        ref.lower(),
        "N",
        "R",
        "",
        "-",
        f"{ref}[chr2:9[",
        ".",
    ]
    alts += ["<DEL>", "<>", f".{ref}", f"{ref}.", "<INS:ME:ALU>", f"{ref}<ctg>", "ACGTU", ref + "a"]
    scored, reasons = run(HEAD + row(100, ref, ",".join(alts)) + "\n")
    assert (scored, sum(reasons.values())) == (1, len(alts) - 1)
    assert reasons == {
        "OVERLAPPING_DELETION": 1,
        "SYMBOLIC": 6,
        "NO_ALT": 2,
        "NO_CHANGE": 2,
        "BREAKEND": 3,
        "BAD_ALLELE": 5,
    }


def test_ten_thousand_alts(run, bases):
    ref = bases["chr1"][99]
    rng = np.random.default_rng(1)
    alts = ["".join(rng.choice(list("ACGT"), 8)) for _ in range(10_000)]
    assert run(HEAD + row(100, ref, ",".join(alts)) + "\n" + row(200, "N", "<X>") + "\n") == (
        10_000,
        {"SYMBOLIC": 1},
    )


def test_a_ref_of_two_million_bases(tmp_path, toy):
    rng = np.random.default_rng(2)
    text = "".join(rng.choice(list("ACGT"), 2_000_100))
    (tmp_path / "long.fa").write_text(f">1\n{text}\n")
    vcf = tmp_path / "in.vcf"
    vcf.write_text(
        HEAD
        + row(50, text[49:2_000_049], text[49], "1")
        + "\n"
        # All of it but one base is the same on both sides.
        + row(60, text[59:2_000_059], text[59:1_000_059] + text[1_000_060:2_000_059], "1")
        + "\n"
    )
    summary = score(toy, Reference(tmp_path / "long.fa"), vcf, tmp_path / "out.vcf.gz")
    check_output(vcf, tmp_path / "out.vcf.gz", summary)
    assert (summary.scored, summary.reasons["TOO_LONG"]) == (1, 1)


def test_telomeres_and_what_lies_beyond(run, bases):
    end = len(bases["chr1"])
    rows = [row(0, "N", "A"), row(0, "N", "<DEL>"), row(end + 1, "N", "A"), row(end, "AC", "A")]
    rows += [row(1, bases["chr1"][0], "GATTACA"), row(end, bases["chr1"][-1], "GATTACA")]
    assert run(HEAD + "\n".join(rows) + "\n") == (2, {"OUT_OF_CONTIG": 4})


def test_gvcf_blocks(run, bases):
    one = bases["chr1"]
    rows = [
        row(10, one[9], "<NON_REF>", rest=".\t.\tEND=500\tGT:DP\t0/0:30"),
        row(501, one[500], f"{one[500]}T,<NON_REF>", rest="50\t.\tDP=3\tGT\t0/1"),
        row(502, one[501], "<*>", rest=".\t.\tEND=900"),
    ]
    columns = HEAD.replace("INFO\n", "INFO\tFORMAT\tme\n")
    assert run(columns + "\n".join(rows) + "\n") == (1, {"SYMBOLIC": 3})


def test_unknown_letters(run, bases):
    one = bases["chr1"]
    rows = [row(10, "R", "A"), row(11, one[10].lower(), "m"), row(12, "?", "A"), row(13, "", "A")]
    assert run(HEAD + "\n".join(rows) + "\n") == (0, {"REF_UNKNOWN": 3, "BAD_ALLELE": 1})


def test_contigs_of_odd_names(run, toy, tmp_path):
    names = ["HLA-A*01:01:01:01", "chrUn_KI270742v1", "a|b", "<ctg>", "=", "*", "é", "1;2", "x,y"]
    (tmp_path / "odd.fa").write_text("".join(f">{name}\nACGTACGTACGT\n" for name in names))
    rows = [row(5, "A", "C", name) for name in [*names, "", ".", " "]]
    genome = Reference(tmp_path / "odd.fa")
    assert run(HEAD + "\n".join(rows) + "\n", genome) == (len(names), {"NO_CONTIG": 3})


def test_a_header_of_a_hundred_thousand_lines(run, bases):
    lines = "".join(f"##contig=<ID=scaffold_{n},length={n}>\n" for n in range(100_000))
    text = HEAD.replace("#CHROM", f"{lines}#CHROM") + row(5, bases["chr1"][4], "<DEL>") + "\n"
    assert run(text) == (0, {"SYMBOLIC": 1})


def test_thousands_of_samples(run, bases):
    samples = "\t".join(f"s{n}" for n in range(5000))
    head = HEAD.replace("INFO\n", f"INFO\tFORMAT\t{samples}\n")
    ref = bases["chr1"][4]
    rows = [row(5, ref, f"{ref}A") + "\tGT" + "\t0|1" * 5000 for _ in range(20)]
    assert run(head + "\n".join(rows) + "\n") == (20, {})


def test_info_of_a_megabyte(run, bases):
    ref = bases["chr1"][4]
    info = "X=" + "y" * 1_000_000
    assert run(HEAD + row(5, ref, f"{ref}A", rest=f".\t.\t{info}") + "\n") == (1, {})


@pytest.mark.parametrize("info", ["", ".", ";", "A;;B", "=", "A=;", ";A", "DANQ", "X=DANQ_MAX"])
def test_info_of_every_shape(run, bases, info, tmp_path):
    ref = bases["chr1"][4]
    assert run(HEAD + row(5, ref, f"{ref}A", rest=f".\t.\t{info}") + "\n") == (1, {})
    (line,) = [
        one
        for one in gzip.decompress((tmp_path / "out.vcf.gz").read_bytes()).decode().splitlines()
        if one[0] != "#"
    ]
    assert line.split("\t")[7].startswith("" if info == "." else info)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "chr1\t5\t.\tA\tC\t.\t.\n", "line 3: found 7 column"),
        (HEAD + "chr1 5 . A C . . .\n", "line 3: found 1 column"),
        (HEAD + "\n" + row(5, "A", "C") + "\n", "line 3: found a blank line"),
        (HEAD + row("1e3", "A", "C") + "\n", 'line 3: found POS "1e3"'),
        (HEAD + row(" 5", "A", "C") + "\n", 'line 3: found POS " 5"'),
        (HEAD + row("٣", "A", "C") + "\n", 'line 3: found POS "٣"'),
        (HEAD.encode() + b"chr1\t5\t.\tA\t\xff\t.\t.\t.\n", "line 3: found byte 0xff"),
        (HEAD.encode("utf-16"), "line 1: begins with"),
        (b"\xef\xbb\xbf" + HEAD.encode(), "line 1: begins with"),
        (b"\x1f\x8b" + HEAD.encode(), "is truncated or damaged"),
        (gzip.compress(b"", mtime=0), "is empty, expected a VCF"),
        (HEAD.rstrip("\n") + "\tFORMAT", None),
    ],
)
def test_refused_or_taken(run, text, sentence, tmp_path):
    if sentence is None:
        assert run(text) == (0, {})
        return
    with pytest.raises(InputError, match=sentence) as caught:
        run(text)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]


def test_every_reason_is_of_the_closed_list():
    assert len(Reason) == 11


def test_a_folder_and_a_device_are_no_input(genome, tmp_path):
    for source in (tmp_path, "/dev/null"):
        with pytest.raises(InputError):
            score(random_toy(), genome, source, tmp_path / "out.vcf")

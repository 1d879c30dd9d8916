"""VCF text as bytes: what comes through, and what is refused with which sentence."""

import gzip
from contextlib import closing
from functools import partial

import numpy as np
import pysam
import pytest

from danq.errors import InputError, counted
from danq.genome import files
from danq.genome.variants import Change, Reason
from danq.scoring.blocks.block import Block
from danq.scoring.outputs.info_choice import largest_fields
from danq.scoring.outputs.scored_vcf import additions
from danq.vcf import stream
from danq.vcf.formats import open_records
from danq.vcf.info import REASON, InfoField, encoded, info_text
from danq.vcf.vcf_writer import VcfWriter
from tests.scoring.conftest import COLUMNS

records_of = partial(open_records, output="out.vcf")
X = InfoField("X", "String", "")
META = "##fileformat=VCFv4.3\n##contig=<ID=MT,assembly=b,length=16569>\n"
TEXT = f"{META}{COLUMNS}\nchr1\t5\trs1\tA\tC,G\t.\tPASS\tAC=1\n".encode()


def bgzip(path, data):
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(data)


@pytest.fixture(params=["plain", "gzip", "bgzip", "two gzip members"])
def packed(request, tmp_path):
    """One VCF in a compression, and its bytes in that compression."""
    path = tmp_path / "in.vcf"
    if request.param == "plain":
        path.write_bytes(TEXT)
    elif request.param == "bgzip":
        bgzip(path, TEXT)
    else:
        cut = 30 if request.param.startswith("two") else 0
        path.write_bytes(gzip.compress(TEXT[:cut]) * bool(cut) + gzip.compress(TEXT[cut:]))
    return path


@pytest.mark.parametrize("source", ["file", "-"])
def test_reads_every_compression(packed, source, standard_input):
    standard_input(packed.read_bytes())
    reader = records_of(packed if source == "file" else "-")
    assert b"".join(reader.header.lines) == TEXT[: TEXT.index(b"chr1")]
    assert reader.header.contig_lengths == {"MT": 16569}
    (record,) = reader
    assert (record.contig, record.pos, record.id, record.ref) == ("chr1", 5, "rs1", "A")
    assert record.alts == ("C", "G")
    assert record.line == 4
    assert record.before + record.info + record.after == TEXT[TEXT.index(b"chr1") :]


@pytest.mark.parametrize("source", ["file", "-"])
@pytest.mark.parametrize("cut", ["end marker", "half of it", "in a block"])
def test_truncated_bgzip(tmp_path, source, cut, standard_input):
    path = tmp_path / "in.vcf.gz"
    bgzip(path, TEXT)
    data = path.read_bytes()
    data = data[: {"end marker": -28, "half of it": -14, "in a block": 60}[cut]]
    path.write_bytes(data)
    standard_input(data)
    name = "in.vcf.gz" if source == "file" else "standard input"
    with pytest.raises(InputError, match=f"{name}: is truncated"):
        list(records_of(path if source == "file" else "-"))


def test_truncated_gzip(tmp_path, standard_input):
    path = tmp_path / "in.vcf.gz"
    path.write_bytes(gzip.compress(TEXT)[:-10])
    standard_input(path.read_bytes())
    for source in (path, "-"):
        with pytest.raises(InputError, match="is truncated or damaged"):
            list(records_of(source))


def test_standard_input_larger_than_a_block(standard_input):
    row = b"chr1\t5\trs1\tA\tC\t.\t.\tX=" + b"x" * 3000 + b"\n"
    standard_input(TEXT + row * 1000)
    records = list(records_of("-"))
    assert len(records) == 1001
    assert records[-1].line == 1004
    assert all(record.before + record.info + record.after == row for record in records[1:])


def body(*lines, header=META, columns=COLUMNS):
    return header + columns + "\n" + "".join(f"{line}\n" for line in lines)


GOOD = "1\t5\t.\tA\tC\t.\t.\t."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "in.vcf: is empty, expected a VCF"),
        ("\n", 'in.vcf, line 1: begins with "", expected ##fileformat=VCF'),
        (f"{COLUMNS}\n{GOOD}\n", 'in.vcf, line 1: begins with "#CHROM'),
        (META, "in.vcf: ends before the header's #CHROM line"),
        (f"{META}{GOOD}\n", 'in.vcf, line 3: found "1.*", expected the rest of the header'),
        (f"{META}\n{COLUMNS}\n", 'in.vcf, line 3: found "", expected the rest of the header'),
        (
            body(columns=COLUMNS.replace("POS", "POSITION")),
            'line 3: found the columns "#CHROM POSI',
        ),
        (body(columns=COLUMNS.replace("\t", " ")), "line 3: found the columns .*separated by tabs"),
        (
            body(GOOD, "1\t5\t.\tA\tC\t.\t."),
            r"line 5: found 7 columns, expected a record of at",
        ),
        (body(GOOD, "", GOOD), r"line 5: found a blank line, expected a record"),
        (body(GOOD, COLUMNS), 'line 5: found "#CHROM.*", expected a record'),
        (body(GOOD.replace("5", "x")), 'line 4: found POS "x", expected a whole number from 0'),
        (body(GOOD.replace("5", "-5")), 'line 4: found POS "-5"'),
        (body(GOOD.replace("5", "1_0")), 'line 4: found POS "1_0"'),
        (body(GOOD.replace("5", "")), 'line 4: found POS ""'),
        (body(GOOD.replace("5", "5" * 5000)), r'line 4: found POS "5{40}…" \(5000 characters\)'),
        (body(GOOD.replace("5", str(1 << 31))), 'line 4: found POS "2147483648"'),
        (body(GOOD.replace("5", "9" * 30)), r'line 4: found POS "9{30}", expected a whole'),
        (
            body(GOOD, header=META.replace("16569", "9" * 5000)),
            r'line 2: found length "9{40}…" \(5000 characters\) of contig "MT", expected a whole',
        ),
        (body(GOOD, header=META.replace("16569", "9" * 30)), r'line 2: found length "9{30}" of'),
        (body(GOOD + ";\0"), "line 4: found a zero byte, expected UTF-8 text"),
        (body(GOOD).encode() + b"1\t6\t\xff\n", "line 5: found byte 0xff, expected UTF-8 text"),
        (b"##fileformat=VCFv4.2\n##x=\xe4\n", "line 2: found byte 0xe4, expected UTF-8 text"),
        (b"BCF\2\2\0\0", "in.vcf: its header cannot be read by htslib"),
        (b"BAM\1\0\0", r'line 1: begins with "BAM\\x01'),
        (
            body(header=f'{META}##INFO=<ID=DANQ_MAX,Number=A,Type=Float,Description="">\n'),
            "line 3: already holds DANQ_MAX, expected a VCF without danq's scores",
        ),
        (body(GOOD[:-1] + "AC=1;DANQ_REASON=NO_ALT"), "line 4: already holds DANQ_REASON"),
    ],
)
def test_what_is_refused(tmp_path, content, sentence):
    path = tmp_path / "in.vcf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=sentence):
        list(records_of(path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n \n\t\n", "\n\n\n"])
def test_blank_lines_at_the_end_are_left_out_and_counted(tmp_path, said, end):
    path = tmp_path / "in.vcf"
    path.write_text(body(GOOD, GOOD) + end, newline="")
    assert [record.line for record in records_of(path)] == [4, 5]
    assert f"in.vcf: left out {counted(end.count(chr(10)), 'blank line')} at its end" in said.text


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_line_longer_than_any_record_is_not_kept(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(stream, "LONGEST_LINE", 1 << 20)
    monkeypatch.setattr(files, "BLOCK", 1 << 18)
    path = tmp_path / "in.vcf"
    path.write_bytes(pack(body(GOOD, GOOD[:-1] + "x" * 900_000, GOOD).encode()))
    assert [len(record.info) for record in records_of(path)] == [1, 900_000, 1]
    path.write_bytes(pack(body(GOOD, GOOD[:-1] + "x" * 3_000_000, GOOD).encode()))
    with pytest.raises(InputError, match=r"in.vcf, line 5: is longer than 1 MB, expected a record"):
        list(records_of(path))


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none.vcf: cannot be read"):
        records_of(tmp_path / "none.vcf")


@pytest.mark.parametrize("info", ["MY_DANQ_MAX=1", "X=DANQ_MAX", "DANQ_MAXIMUM=2"])
def test_fields_that_only_look_alike_pass(tmp_path, info):
    path = tmp_path / "in.vcf"
    path.write_text(body(GOOD[:-1] + info))
    assert len(list(records_of(path))) == 1


@pytest.mark.parametrize(
    ("line", "grown"),
    [
        (b"1\t5\t.\tA\tC\t.\t.\t.\n", b"1\t5\t.\tA\tC\t.\t.\tX=1\n"),
        (b"1\t5\t.\tA\tC\t.\t.\t\n", b"1\t5\t.\tA\tC\t.\t.\tX=1\n"),
        (b"1\t5\t.\tA\tC\t.\t.\tDB\r\n", b"1\t5\t.\tA\tC\t.\t.\tDB;X=1\r\n"),
        (b"1\t5\t.\tA\tC\t.\t.\tDB;\n", b"1\t5\t.\tA\tC\t.\t.\tDB;X=1\n"),
        (b"1\t005\t\tA\tC\t1e0\t \tDB", b"1\t005\t\tA\tC\t1e0\t \tDB;X=1\n"),
        (
            b"1\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1\t\t./.\r\n",
            b"1\t5\t.\tA\tC\t.\t.\tX=1\tGT\t0|1\t\t./.\r\n",
        ),
    ],
)
def test_only_column_8_grows(tmp_path, line, grown):
    source, result = tmp_path / "in.vcf", tmp_path / "out.vcf"
    source.write_bytes(f"{META}{COLUMNS}\n".encode() + line)
    reader = records_of(source)
    with closing(VcfWriter(result, reader.header, "note", [X])) as writer:
        writer.write([(record, [(X, ["1"])]) for record in reader])
    assert result.read_bytes().split(b"\n", 5)[5] == grown


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_header_grows_before_its_last_line(tmp_path, end):
    source, result = tmp_path / "in.vcf", tmp_path / "out.vcf"
    source.write_bytes(f"{META}{COLUMNS}\n".replace("\n", end).encode())
    fields = [*largest_fields(["a"]), REASON]
    VcfWriter(result, records_of(source).header, "version=1", fields).close()
    lines = result.read_bytes().decode().split(end)
    assert lines[:2] == META.split("\n")[:2]
    assert [line.split(",")[0] for line in lines[2:8]] == [
        "##INFO=<ID=DANQ_MAX",
        "##INFO=<ID=DANQ_TARGET",
        "##INFO=<ID=DANQ_LOGIT",
        "##INFO=<ID=DANQ_P_REF",
        "##INFO=<ID=DANQ_P_ALT",
        "##INFO=<ID=DANQ_REASON",
    ]
    assert lines[8:] == ["##danq=version=1", COLUMNS, ""]


@pytest.mark.parametrize(
    ("places", "is_sorted"),
    [
        ([], True),
        ([("b", 5), ("b", 5), ("b", 6), ("a", 1)], True),
        ([("a", 5), ("a", 4)], False),
        ([("a", 1), ("b", 1), ("a", 2)], False),
    ],
)
def test_order(tmp_path, places, is_sorted):
    source = tmp_path / "in.vcf"
    source.write_text(body(*(f"{c}\t{p}\t.\tAA\tC\t.\t.\t." for c, p in places)))
    reader = records_of(source)
    with closing(VcfWriter(tmp_path / "out.vcf", reader.header, "", [X])) as writer:
        writer.write([(record, [(X, ["1"])]) for record in reader])
    assert writer.order.is_sorted == is_sorted


@pytest.mark.parametrize(
    ("largest", "best", "outcomes", "text"),
    [
        (
            [1.23456789],
            [1],
            ["scored"],
            "DANQ_MAX=1.23457;DANQ_TARGET=CTCF;DANQ_LOGIT=1.23457;DANQ_P_REF=0.25;DANQ_P_ALT=0.5",
        ),
        ([], [], [Reason.NO_ALT], "DANQ_REASON=NO_ALT"),
        (
            [0.0, -2e-7],
            [0, 1],
            ["scored", Reason.SYMBOLIC, "scored"],
            "DANQ_MAX=0,.,2e-07;DANQ_TARGET=a%20b,.,CTCF;DANQ_LOGIT=0,.,-2e-07;"
            "DANQ_P_REF=0.25,.,0.25;DANQ_P_ALT=0.5,.,0.5;DANQ_REASON=.,SYMBOLIC,.",
        ),
    ],
)
def test_info_text(largest, best, outcomes, text):
    change = Change("chr1", 5, "A", "C")
    block = Block(0, 0, [None], [[change if o == "scored" else o for o in outcomes]])
    scores = {"largest": np.array(largest, np.float32), "best": np.array(best, np.int32)}
    for name, value in (("best_p_ref", 0.25), ("best_p_alt", 0.5)):
        scores[name] = np.full(len(largest), value, np.float32)
    (addition,) = additions([*largest_fields(["a b", "CTCF"]), REASON], block, scores)
    assert info_text(addition).decode() == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HepG2|CTCF|None", "HepG2|CTCF|None"),
        ("a b;c=d,e%f:g", "a%20b%3Bc%3Dd%2Ce%25f%3Ag"),
        (".", "%2E"),
        ("NF-κB", "NF-%CE%BAB"),
        ("x\ty\n", "x%09y%0A"),
    ],
)
def test_target_names_fit_into_info(name, expected):
    assert encoded(name) == expected

import numpy as np
import pysam
import pysam.bcftools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danq.genome import Reference, encode
from danq.genome.variants import Change, Reason, judge, longest_allele, normalise, windows

SEQUENCE = "ACGTTTTTGCACACACANNGGGATCCATCATCATG"


def reference_of(folder, **contigs):
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in contigs.items()))
    return Reference(path)


@pytest.fixture
def reference(tmp_path):
    return reference_of(tmp_path, chr1=SEQUENCE)


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "expected"),
    [
        pytest.param(1, "A", "G", (0, "A", "G"), id="SNV"),
        pytest.param(2, "cG", "ca", (2, "G", "A"), id="lower case, padded SNV"),
        pytest.param(1, "ACGT", "AGCT", (1, "CG", "GC"), id="MNV trimmed on both sides"),
        pytest.param(5, "T", "TT", (2, "G", "GT"), id="insertion moves left in a homopolymer"),
        pytest.param(7, "TT", "T", (2, "GT", "G"), id="deletion moves left in a homopolymer"),
        pytest.param(15, "ACA", "A", (8, "GCA", "G"), id="deletion of a repeat unit"),
        pytest.param(15, "A", "ACA", (8, "G", "GCA"), id="insertion of a repeat unit"),
        pytest.param(12, "C", "CTT", (11, "C", "CTT"), id="insertion of something else stays"),
        pytest.param(1, "AC", "C", (0, "AC", "C"), id="deletion of the contig's first base"),
        pytest.param(1, "A", "TA", (0, "A", "TA"), id="insertion before the first base"),
        pytest.param(1, "A", "AT", (0, "A", "AT"), id="insertion after the first base"),
        pytest.param(21, "G", "GG", (18, "N", "NG"), id="unknown bases stop the move"),
    ],
)
def test_normalise(reference, pos, ref, alt, expected):
    assert normalise(reference, "chr1", pos - 1, ref, alt) == Change("chr1", *expected)


@pytest.mark.parametrize("unit", ["A", "CA", "GATTACA" * 20])
@pytest.mark.parametrize("before", ["", "T"])
def test_moves_across_a_long_repeat(tmp_path, unit, before):
    copies = 200_000 // len(unit)
    reference = reference_of(tmp_path, c=before + unit * copies + "GG")
    last = len(before) + (copies - 1) * len(unit)
    deletion = normalise(reference, "c", last - 1, unit[-1] + unit, unit[-1])
    insertion = normalise(reference, "c", last - 1, unit[-1], unit[-1] + unit)
    # Before the first copy, or at the contig's first base with the anchor after it.
    short, long = ("T", "T" + unit) if before else (unit[0], unit + unit[0])
    assert deletion == Change("c", 0, long, short)
    assert insertion == Change("c", 0, short, long)


def test_agrees_with_bcftools_norm(tmp_path):
    rng = np.random.default_rng(5)
    bases = "".join(rng.choice(list("AAAC"), 400)) + "ACACACAC" * 10
    reference = reference_of(tmp_path, c=bases)
    said = []
    while len(said) < 400:
        start, length = int(rng.integers(0, 460)), int(rng.integers(1, 9))
        ref = bases[start : start + length]
        alt = "".join(rng.choice(list("AC"), rng.integers(1, 9)))
        if ref != alt:
            said.append((start, ref, alt))
    said += [(0, bases[:3], bases[1:3]), (0, bases[:1], "C" + bases[:1])]
    vcf = tmp_path / "in.vcf"
    header = f"##fileformat=VCFv4.2\n##contig=<ID=c,length={len(bases)}>\n"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    lines = [f"c\t{s + 1}\t{i}\t{r}\t{a}\t.\t.\t.\n" for i, (s, r, a) in enumerate(said)]
    vcf.write_text(header + columns + "".join(lines))
    pysam.faidx(str(reference.path))
    text = pysam.bcftools.norm("-f", str(reference.path), str(vcf))
    records = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    expected = {int(r[2]): Change("c", int(r[1]) - 1, r[3], r[4]) for r in records}
    found = {i: normalise(reference, "c", *spelling) for i, spelling in enumerate(said)}
    assert found == expected


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "reason"),
    [
        (1, "C", "G", Reason.REF_MISMATCH),
        (1, "C", "<DEL>", Reason.REF_MISMATCH),
        (1, "N", "G", Reason.REF_UNKNOWN),
        (18, "A", "G", Reason.REF_UNKNOWN),
        (17, "AAG", "A", Reason.REF_UNKNOWN),
        (17, "TAG", "A", Reason.REF_MISMATCH),
        (1, "A,C", "G", Reason.REF_UNKNOWN),
        (1, ".", "G", Reason.REF_UNKNOWN),
        (1, "", "G", Reason.REF_UNKNOWN),
        (1, "N", "<DEL>", Reason.SYMBOLIC),
        (1, "A", "<DUP:TANDEM>", Reason.SYMBOLIC),
        (1, "A", "<a[b]c>", Reason.SYMBOLIC),
        (1, "A", "A<contig>", Reason.SYMBOLIC),
        (1, "A", "<*>", Reason.SYMBOLIC),
        (1, "A", "A[chr2:5[", Reason.BREAKEND),
        (1, "A", "]chr2:5]A", Reason.BREAKEND),
        (1, "A", "A[<contig>:5[", Reason.BREAKEND),
        (1, "A", "A.", Reason.BREAKEND),
        (1, "A", ".A", Reason.BREAKEND),
        (1, "A", "*", Reason.OVERLAPPING_DELETION),
        (1, "A", ".", Reason.NO_ALT),
        (1, "A", "a", Reason.NO_CHANGE),
        (1, "ac", "AC", Reason.NO_CHANGE),
        (1, "A", "N", Reason.BAD_ALLELE),
        (1, "A", "", Reason.BAD_ALLELE),
        (1, "A", "G T", Reason.BAD_ALLELE),
        (1, "A", "A.C", Reason.BAD_ALLELE),
        (1, "A", "Ä", Reason.BAD_ALLELE),
        (0, "N", "A", Reason.OUT_OF_CONTIG),
        (len(SEQUENCE), "GA", "G", Reason.OUT_OF_CONTIG),
        (len(SEQUENCE) + 1, "A", ".", Reason.OUT_OF_CONTIG),
        (1, "A", "ACGTAC", Reason.TOO_LONG),
    ],
)
def test_reason(reference, pos, ref, alt, reason):
    assert judge(reference, "chr1", pos, ref, [alt], longest=5) == [reason]


def test_no_contig_goes_before_everything_else(reference):
    assert judge(reference, None, 0, "?", ["A", "."], longest=5) == [Reason.NO_CONTIG] * 2


def test_alleles_of_one_record_are_judged_apart(reference):
    outcomes = judge(reference, "chr1", 1, "a", ["g", "*", "AC", "<INS>"], longest=5)
    changes = [Change("chr1", 0, "A", "G"), Change("chr1", 0, "A", "AC")]
    assert outcomes == [
        changes[0],
        Reason.OVERLAPPING_DELETION,
        changes[1],
        Reason.SYMBOLIC,
    ]


@pytest.mark.parametrize("window", [1000, 1001, 7])
def test_longest_allele_is_half_of_the_window(tmp_path, window):
    reference = reference_of(tmp_path, c="A" + "C" * 2000 + "G" * 2000)
    longest = longest_allele(window)
    assert longest == window // 2
    fits, too_long = "A" + "C" * (longest - 1), "A" + "C" * longest
    for ref, alt in (("A", "AT" + fits[2:]), (fits, "A"), (fits, "G")):
        assert isinstance(judge(reference, "c", 1, ref, [alt], longest=longest)[0], Change)
    assert judge(reference, "c", 1, too_long, ["A"], longest=longest) == [Reason.TOO_LONG]
    assert judge(reference, "c", 1, "A", ["AT" + too_long[2:]], longest=longest) == [
        Reason.TOO_LONG
    ]
    # What counts is the normalised length: a padded SNV is short.
    padded = too_long[:-1] + "T"
    assert isinstance(judge(reference, "c", 1, too_long, [padded], longest=longest)[0], Change)


@pytest.mark.parametrize(
    ("ref_end", "alt_bases", "pieces"),
    [
        pytest.param(1000, "T", [(500, 999), "T", (1000, 1500)], id="SNV"),
        pytest.param(1000, "AT", [(500, 1000), "T", (1000, 1499)], id="insertion"),
        pytest.param(1001, "A", [(500, 1000), (1001, 1501)], id="deletion"),
    ],
)
def test_worked_windows_of_the_specification(tmp_path, ref_end, alt_bases, pieces):
    rng = np.random.default_rng(1)
    text = "".join(rng.choice(list("CG"), 2500))
    text = text[:998] + "CAT" + text[1001:]
    reference = reference_of(tmp_path, c=text)
    change = Change("c", 999, text[999:ref_end], alt_bases)
    assert normalise(reference, "c", 999, change.ref, change.alt) == change
    with_ref, with_alt = windows(reference, [change], 1000)
    spliced = "".join(p if isinstance(p, str) else text[slice(*p)] for p in pieces)
    assert len(spliced) == 1000
    np.testing.assert_array_equal(with_ref[0], encode(text[500:1500]))
    np.testing.assert_array_equal(with_alt[0], encode(spliced))
    assert with_alt[0, 499] == encode(alt_bases)[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_windows_hold_the_changed_genome(tmp_path_factory, data):
    """At any place, ends included, against the genome edited as text."""
    bases = data.draw(st.text("ACGT", min_size=3, max_size=40))
    length = data.draw(st.integers(4, 31))
    start = data.draw(st.integers(0, len(bases) - 1))
    longest = longest_allele(length)
    ref = bases[start : start + data.draw(st.integers(1, longest))]
    alt = data.draw(st.text("ACGT", min_size=1, max_size=longest).filter(lambda a: a != ref))
    reference = reference_of(tmp_path_factory.mktemp("g"), a="TTTT", b=bases, c="GGGG")
    with_ref, with_alt = windows(reference, [Change("b", start, ref, alt)], length)
    unknown = "N" * length
    edited = bases[:start] + alt + bases[start + len(ref) :]
    first = length + start - (length - 1) // 2
    for window, text in ((with_ref, bases), (with_alt, edited)):
        expected = (unknown + text + unknown)[first : first + length]
        np.testing.assert_array_equal(window[0], encode(expected))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_normalised_change_edits_the_genome_alike(tmp_path_factory, data):
    bases = data.draw(st.text("AC", min_size=2, max_size=30))
    start = data.draw(st.integers(0, len(bases) - 1))
    ref = bases[start : start + data.draw(st.integers(1, 6))]
    alt = data.draw(st.text("ACG", min_size=1, max_size=6).filter(lambda a: a != ref))
    reference = reference_of(tmp_path_factory.mktemp("g"), c=bases)
    change = normalise(reference, "c", start, ref, alt)
    edited = bases[:start] + alt + bases[start + len(ref) :]
    end = change.start + len(change.ref)
    if change.ref.endswith("N"):
        # The whole contig is gone, and the base after it is unknown.
        assert (edited, change.alt) == ("", "N")
    else:
        assert bases[change.start : end] == change.ref
        assert bases[: change.start] + change.alt + bases[end:] == edited

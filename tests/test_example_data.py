"""The built-in example under data/: the script that computes its targets, and what is committed."""

import gzip
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[1] / "data"
GROUPS = ("motif", "cluster", "grammar")
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def load_script():
    spec = importlib.util.spec_from_file_location("make_targets", DATA / "make_targets.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


script = load_script()


def sites(*places, length=10):
    """Sites from (start, strand) or (start, strand, score), sorted by start."""
    rows = sorted((*place, 5.0)[:3] for place in places)
    start, strand, score = zip(*rows, strict=True)
    return script.Sites(
        np.array(start, np.int64), np.array(strand, np.int8), np.array(score), length
    )


def mirrored(found, total):
    """The same sites on the reverse complement of a contig of `total` bases."""
    pairs = zip(found.start.tolist(), found.strand.tolist(), strict=True)
    return sites(*((total - start - found.length, -strand) for start, strand in pairs))


def middles(rule, **found):
    return sorted(rule.find(found)[0].tolist())


# ---------------------------------------------------------------- rules


DOWNSTREAM = script.Pair("A", "B", sites=1, gap=(20, 50), order="downstream")
CONVERGENT = script.Pair(
    "A", "B", sites=1, gap=(20, 50), order="downstream", orientation="opposite"
)
CLOSE = script.Pair("A", "B", sites=1, gap=(0, 60))


@pytest.mark.parametrize(
    ("rule", "first", "second", "positive"),
    [
        pytest.param(DOWNSTREAM, (100, 1), (140, 1), True, id="downstream"),
        pytest.param(DOWNSTREAM, (100, 1), (140, -1), True, id="downstream, other strand"),
        pytest.param(DOWNSTREAM, (140, -1), (100, 1), True, id="downstream of a reverse site"),
        pytest.param(DOWNSTREAM, (140, 1), (100, 1), False, id="wrong order"),
        pytest.param(DOWNSTREAM, (100, -1), (140, 1), False, id="upstream of a reverse site"),
        pytest.param(DOWNSTREAM, (100, 1), (130, 1), True, id="least gap"),
        pytest.param(DOWNSTREAM, (100, 1), (129, 1), False, id="below the least gap"),
        pytest.param(DOWNSTREAM, (100, 1), (160, 1), True, id="most gap"),
        pytest.param(DOWNSTREAM, (100, 1), (161, 1), False, id="above the most gap"),
        pytest.param(CONVERGENT, (100, 1), (140, -1), True, id="convergent"),
        pytest.param(CONVERGENT, (140, -1), (100, 1), True, id="convergent, mirrored"),
        pytest.param(CONVERGENT, (100, 1), (140, 1), False, id="tandem"),
        pytest.param(CONVERGENT, (100, -1), (140, 1), False, id="divergent"),
        pytest.param(CLOSE, (100, 1), (110, -1), True, id="touching"),
        pytest.param(CLOSE, (110, 1), (100, 1), True, id="any order"),
        pytest.param(CLOSE, (100, 1), (109, 1), False, id="overlapping"),
        pytest.param(CLOSE, (100, 1), (171, 1), False, id="too far"),
    ],
)
def test_pair_depends_on_order_spacing_and_orientation(rule, first, second, positive):
    one, two = sites(first), sites(second)
    expected = [(min(first[0], second[0]) + max(first[0], second[0]) + 10) // 2]
    assert middles(rule, A=one, B=two) == (expected if positive else [])
    other_strand = middles(rule, A=mirrored(one, 1000), B=mirrored(two, 1000))
    assert len(other_strand) == positive


def test_pair_takes_only_the_best_sites_and_those_that_tie():
    rule = script.Pair("A", "B", sites=2, gap=(0, 60))
    one = sites((100, 1, 9.0), (1100, 1, 7.0), (2100, 1, 7.0), (3100, 1, 6.9))
    two = sites(*((start, 1) for start in (120, 1120, 2120, 3120)))
    assert middles(rule, A=one, B=two) == [115, 1115, 2115]


@pytest.mark.parametrize(
    ("rule", "found", "expected"),
    [
        pytest.param(script.Single("A", peaks=1), {"A": [(30, 1)] * 2}, [[[30, 40]]] * 2, id="one"),
        pytest.param(
            script.Cluster("A", sites=4, copies=3, span=100),
            {"A": [(100, 1), (130, 1), (190, -1), (500, 1)]},
            [[[100, 110], [130, 140], [190, 200]]],
            id="cluster",
        ),
        pytest.param(
            CLOSE, {"A": [(110, 1)], "B": [(100, 1)]}, [[[110, 120], [100, 110]]], id="pair"
        ),
    ],
)
def test_an_arrangement_says_where_its_sites_lie(rule, found, expected):
    ends, _ = rule.arrange({name: sites(*places) for name, places in found.items()})
    assert ends.tolist() == expected


def test_pair_is_as_strong_as_its_weaker_site():
    rule = script.Pair("A", "B", sites=3, gap=(0, 60))
    one = sites((100, 1, 4.0), (1100, 1, 9.0), (2100, 1, 6.0))
    two = sites((120, 1, 8.0), (1120, 1, 3.0), (2120, 1, 5.0))
    found = dict(zip(*(part.tolist() for part in rule.find({"A": one, "B": two})), strict=True))
    assert found == {115: 0.0, 1115: 0.0, 2115: 2.0}


def test_more_sites_than_there_are_is_an_error():
    rule = script.Pair("A", "B", sites=3, gap=(0, 60))
    with pytest.raises(ValueError, match=r"^1 sites .*expected 3$"):
        rule.find({"A": sites((100, 1)), "B": sites((120, 1))})


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param([100, 130, 190], [150], id="three in 100"),
        pytest.param([100, 130, 191], [], id="three in 101"),
        pytest.param([100, 130], [], id="two"),
        pytest.param([100, 105, 130], [], id="overlapping sites count once"),
        pytest.param([100, 110, 120, 130], [115, 125], id="four are two threes"),
    ],
)
def test_cluster_needs_three_sites_apart_within_its_span(starts, expected):
    found = sites(*((start, 1 if start % 20 else -1) for start in starts))
    rule = script.Cluster("A", sites=len(starts), copies=3, span=100)
    assert middles(rule, A=found) == expected


# ---------------------------------------------------------------- scanning


def read_frequencies(identifier):
    """A motif's matrix, (length, 4), straight from the text of motifs.meme."""
    block = (DATA / "motifs.meme").read_text().split(f"MOTIF {identifier} ")[1].split("MOTIF")[0]
    return np.array([line.split() for line in block.splitlines()[2:] if line.strip()], float)


def plain_scores(text, frequencies):
    """Log-odds at every position, added up letter by letter."""
    counts = np.round(frequencies * 10_000) + 100  # the scale of motifs.meme, and 1 % more
    odds = np.log2(counts / counts.sum(1, keepdims=True) / 0.25)
    rows = np.arange(len(odds))
    codes = np.array(["ACGT".index(letter) for letter in text])
    last = len(text) - len(odds) + 1
    return np.array([odds[rows, codes[i : i + len(odds)]].sum() for i in range(last)])


@pytest.mark.parametrize("name", sorted(script.MOTIFS))
def test_scan_agrees_with_a_plain_sum_on_both_strands(name):
    frequencies = read_frequencies(script.MOTIFS[name])
    consensus = "".join("ACGT"[i] for i in frequencies.argmax(1))
    random = np.random.default_rng(3)
    text = "".join(random.choice(list("ACGT"), 3000))
    text = text[:500] + consensus + text[500:] + consensus.translate(COMPLEMENT)[::-1]
    found = script.scan(text, script.read_motifs(DATA / "motifs.meme")[name])

    for strand, matrix in ((1, frequencies), (-1, frequencies[::-1, ::-1])):
        scores = plain_scores(text, matrix)
        on_strand = found.strand == strand
        expected = np.flatnonzero(scores >= 3)
        np.testing.assert_array_equal(found.start[on_strand], expected)
        np.testing.assert_allclose(found.score[on_strand], scores[expected], atol=0.001)
    assert (np.diff(found.start) >= 0).all()
    np.testing.assert_array_equal(found.score, np.round(found.score, 3))  # so that ties are ties
    top = found.best(1)
    assert {500, len(text) - len(consensus)} <= set(top.start.tolist())


def test_scan_finds_no_site_across_unknown_bases():
    matrix = script.read_motifs(DATA / "motifs.meme")["CTCF"]
    consensus = "".join("ACGT"[i] for i in read_frequencies("MA0139.2").argmax(1))
    broken = consensus[:7] + "N" + consensus[8:]
    assert len(script.scan("A" * 40 + consensus + "A" * 40, matrix).start) > 0
    assert len(script.scan("A" * 40 + broken + "A" * 40, matrix).start) == 0


def test_a_motif_that_the_file_lacks_is_named(tmp_path):
    text = (DATA / "motifs.meme").read_text()
    path = tmp_path / "motifs.meme"
    path.write_text(text.replace("MOTIF MA0138.3 ", "MOTIF MA0000.1 "))
    with pytest.raises(ValueError, match=r"motifs\.meme: no motif MA0138\.3 \(REST\)"):
        script.read_motifs(path)


# ---------------------------------------------------------------- peaks


def select(text, *candidates, limit=None):
    middle, strength = zip(*candidates, strict=True)
    found = np.array(middle, np.int64), np.array(strength, float)
    return script.select(found, script.unknown_before(text), limit).tolist()


def test_of_peaks_close_together_the_best_stays():
    text = "ACGT" * 1000
    assert select(text, (1000, 1), (1060, 2), (1120, 1), (1160, 1)) == [960, 1060]
    assert select(text, (1000, 1), (1100, 2)) == [900, 1000]
    assert select(text, (2000, 1), (1000, 1), limit=1) == [900]


def test_peaks_lie_in_real_sequence_with_their_context():
    def gap(first, count):
        return "A" * first + "N" * count + "A" * (4000 - first - count)

    assert select("A" * 4000, (499, 1), (500, 1), (3500, 1), (3501, 1)) == [400, 3400]
    assert select(gap(2099, 1), (2000, 1)) == []
    assert select(gap(2100, 1), (2000, 1)) == [1900]
    assert select(gap(2200, 100), (2000, 1)) == [1900]
    assert select(gap(2200, 101), (2000, 1)) == []


def test_right_order_becomes_a_peak_and_wrong_order_does_not(tmp_path, monkeypatch):
    def consensus(name):
        return "".join("ACGT"[i] for i in read_frequencies(script.MOTIFS[name]).argmax(1))

    runx, stat = consensus("RUNX1"), consensus("STAT3")
    spacer, flank = "AC" * 30, "AC" * 1000
    right, wrong = runx + spacer + stat, stat + spacer + runx
    text = flank + right + flank + wrong + flank + right.translate(COMPLEMENT)[::-1] + flank
    fasta = tmp_path / "one.fa.gz"
    fasta.write_bytes(gzip.compress(f">chrT made by hand\n{text.lower()}\n".encode()))
    rule = script.Pair("RUNX1", "STAT3", sites=3, gap=(20, 150), order="downstream")
    monkeypatch.setattr(script, "TARGETS", {"R-S": rule})

    script.write_targets(fasta, DATA / "motifs.meme", tmp_path / "out")

    half = len(right) // 2
    starts = [2000 + half - 100, 6000 + 2 * len(right) + half - 100]
    expected = "".join(f"chrT\t{start}\t{start + 200}\n" for start in starts)
    assert (tmp_path / "out" / "targets" / "R-S.bed").read_text() == expected
    table = "name\tpath\tgroup\nR-S\ttargets/R-S.bed\tgrammar\n"
    assert (tmp_path / "out" / "targets.tsv").read_text() == table


def test_a_file_of_two_sequences_is_refused(tmp_path):
    path = tmp_path / "two.fa.gz"
    path.write_bytes(gzip.compress(b">a\nACGT\n>b\nACGT\n"))
    with pytest.raises(ValueError, match=r"two\.fa\.gz: 2 sequences, expected one"):
        script.read_contig(path)


# ---------------------------------------------------------------- what is committed


@pytest.fixture(scope="module")
def chromosome():
    return script.read_contig(DATA / "chr22.fa.gz")


@pytest.fixture(scope="module")
def unknown(chromosome):
    return script.unknown_before(chromosome[1])


def table():
    head, *rows = (DATA / "targets.tsv").read_text().splitlines()
    assert head == "name\tpath\tgroup"
    return [row.split("\t") for row in rows]


def test_sequence_is_what_the_readme_says(chromosome, unknown):
    name, sequence = chromosome
    real = len(sequence) - int(unknown[-1])
    assert (name, len(sequence), real) == ("chr22", 51_304_566, 21_629_084)
    text = (DATA / "README.md").read_text()
    assert f"{len(sequence):,} bp" in text
    assert f"{real:,} bases" in text


def test_table_lists_the_targets_of_the_script():
    expected = [[name, f"targets/{name}.bed", rule.group] for name, rule in script.TARGETS.items()]
    assert table() == expected
    assert {row[2] for row in expected} == set(GROUPS)
    assert sum(row[2] == "grammar" for row in expected) >= 3
    files = {f"targets/{path.name}" for path in (DATA / "targets").iterdir()}
    assert files == {row[1] for row in expected}


def test_motif_file_holds_the_motifs_used_and_no_other():
    identifiers = re.findall(r"^MOTIF (\S+)", (DATA / "motifs.meme").read_text(), re.MULTILINE)
    assert sorted(identifiers) == sorted(script.MOTIFS.values())
    used = set()
    for rule in script.TARGETS.values():
        used |= {rule.first, rule.second} if isinstance(rule, script.Pair) else {rule.motif}
    assert used == set(script.MOTIFS)


@pytest.mark.parametrize("name", list(script.TARGETS))
def test_peaks_are_200_bp_sorted_and_in_real_sequence(name, unknown):
    text = (DATA / "targets" / f"{name}.bed").read_text()
    rows = [line.split("\t") for line in text.splitlines()]
    assert {row[0] for row in rows} == {"chr22"}
    start, end = np.array([row[1:] for row in rows], dtype=np.int64).T
    assert len(start) >= 500
    assert (end - start == 200).all()
    assert (np.diff(start) >= 100).all()
    assert start.min() >= 400
    assert end.max() + 400 < len(unknown)
    assert (unknown[end] == unknown[start]).all()
    assert (unknown[end + 400] - unknown[start - 400] <= 100).all()


def test_readme_tells_the_number_of_peaks_of_every_target():
    text = (DATA / "README.md").read_text()
    told = re.findall(r"^\| (\S+) \| (\w+) \| .* \| ([\d,]+) \|$", text, re.MULTILINE)
    counted = [
        (name, group, f"{len((DATA / path).read_text().splitlines()):,}")
        for name, path, group in table()
    ]
    assert told == counted


def test_making_targets_again_gives_the_same_bytes(chromosome, unknown):
    contig, sequence = chromosome
    matrices = script.read_motifs(DATA / "motifs.meme")
    found = {name: script.scan(sequence, matrices[name]) for name in ("RUNX1", "STAT3")}
    for name, limit in (("RUNX1", 1400), ("STAT3", 1400), ("RUNX-STAT", None)):
        starts = script.select(script.TARGETS[name].find(found), unknown, limit)
        committed = (DATA / "targets" / f"{name}.bed").read_text()
        assert script.bed(contig, starts) == committed, name


def test_every_reference_allele_agrees_with_the_sequence(chromosome):
    _, sequence = chromosome
    path = DATA / "variants" / "1000G_phase1_chr22_50.3-51.0Mb.vcf.gz"
    with gzip.open(path, "rt") as file:
        records = [line.split("\t") for line in file if not line.startswith("#")]
    assert len(records) == 6_890
    for contig, position, _, reference, *_ in records:
        begin = int(position) - 1
        assert contig == "chr22"
        assert sequence[begin : begin + len(reference)] == reference

"""danq saturate: every single-nucleotide variant of regions, once, as `danq score` has it."""

from __future__ import annotations

import gzip

import numpy as np
import pysam
import pysam.bcftools
import pytest

import danq
from danq import models
from danq.cli import main
from danq.errors import InputError
from danq.genome.inputs import place_regions, read_regions
from danq.interpretation import saturation
from danq.interpretation.tiling import Tiling
from tests.conftest import own_records, write_fasta
from tests.interpretation.networks import widened

TARGETS = ["CTCF", "a b", "Pol2"]
WINDOW = 40


@pytest.fixture(scope="module")
def bases():
    random = np.random.default_rng(3)
    first, second = ("".join(random.choice(list("ACGT"), length)) for length in (400, 90))
    return {"chr1": f"{first[:150]}NN{first[152:]}", "chr2": second}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, bases):
    folder = tmp_path_factory.mktemp("saturation")
    write_fasta(folder / "g.fa", bases)
    network = widened(models.danq(sequence_length=WINDOW, outputs=3, width=0.02))
    models.save(network, folder / "m.keras", targets=TARGETS, groups=["TF", "TF", "Pol"])
    return folder


@pytest.fixture(scope="module")
def predictor(folder):
    return models.Predictor(folder / "m.keras", batch_size=16)


@pytest.fixture
def saturate(folder, predictor, tmp_path):
    """Write regions, saturate them, and return what came back with the rows of the table."""

    def run(*regions, model=predictor, **options):
        rows = ["\t".join(map(str, region)) + "\n" for region in regions]
        (tmp_path / "r.bed").write_text("".join(rows))
        done = danq.saturate(
            model, folder / "g.fa", tmp_path / "r.bed", tmp_path / "o.tsv.gz", **options
        )
        return done, read_rows(tmp_path / "o.tsv.gz")

    return run


def read_rows(path):
    with gzip.open(path, "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if line[0] != "#"]
    return [(c, int(pos), ref, alt, *map(float, values)) for c, pos, ref, alt, *values in rows]


def expected_alleles(bases, *regions):
    return [
        (contig, position + 1, bases[contig][position], alt)
        for contig, start, end in regions
        for position in range(start, end)
        for alt in "ACGT"
        if bases[contig][position] not in (alt, "N")
    ]


def test_regions_are_merged_sorted_and_cut(saturate, bases, caplog):
    done, rows = saturate(
        ("2", 80, 95),
        ("chr1", 140, 160),
        ("chr1", 10, 30),
        ("chr1", 25, 33),
        ("chr1", 12, 14),
        span=7,
    )
    regions = [("chr1", 10, 33), ("chr1", 140, 160), ("chr2", 80, 90)]
    assert [row[:4] for row in rows] == expected_alleles(bases, *regions)
    assert (done.positions, done.unknown, done.variants) == (53, 2, 153)
    assert [output.name for output in done.outputs] == TARGETS
    messages = " ".join(record.getMessage() for record in own_records(caplog))
    assert "cut 1 of 5 regions" in messages


@pytest.mark.parametrize("unit", ["logit", "probability"])
def test_with_a_span_of_1_numbers_are_scores(saturate, predictor, folder, bases, unit):
    regions = [("chr1", 0, 6), ("chr1", 145, 155), ("chr2", 84, 90)]
    _, rows = saturate(*regions, span=1, unit=unit)
    scores = danq.score_alleles(predictor, folder / "g.fa", expected_alleles(bases, *regions))
    expected = scores.logit if unit == "logit" else scores.diff
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose([row[4:] for row in rows], expected, rtol=0, atol=1e-5)


def test_a_window_stands_for_the_positions_around_its_centre(saturate, predictor, bases):
    """An oracle cuts and predicts the windows of one tile, both strands of them."""
    span = 10
    _, rows = saturate(("chr1", 53, 58), span=span, targets=["Pol2", "TF"])
    # The tile of 50 to 60; its position (span - 1) // 2 is the window's (WINDOW - 1) // 2.
    start = 50 - ((WINDOW - 1) // 2 - (span - 1) // 2)
    codes = danq.genome.encode(bases["chr1"][start : start + WINDOW])
    copies = np.repeat(codes[None], 1 + len(rows), axis=0)
    for copy, (_, pos, _, alt, *_) in zip(copies[1:], rows, strict=True):
        copy[pos - 1 - start] = "ACGT".index(alt)
    both = [predictor.logits(each) for each in (copies, danq.genome.reverse_complement(copies))]
    z = np.mean(both, axis=0) / np.log(2)
    changes = z[1:] - z[0]
    expected = np.stack([changes[:, 2], changes[:, :2].mean(axis=1)], axis=1)
    assert len(rows) == 15
    np.testing.assert_allclose([row[4:] for row in rows], expected, rtol=0, atol=1e-5)


def test_numbers_do_not_depend_on_the_regions(saturate):
    _, all_rows = saturate(("chr1", 40, 90), span=20)
    _, some = saturate(("chr1", 55, 57), ("chr1", 83, 84), span=20)
    found = {row[:4]: row[4:] for row in all_rows}
    for row in some:
        np.testing.assert_allclose(found[row[:4]], row[4:], rtol=0, atol=1e-5)


def test_tiles_hold_the_regions_once(folder, tmp_path, bases):
    """Of random regions; each tile's window is centred on it."""
    random = np.random.default_rng(4)
    reference = danq.genome.Reference(folder / "g.fa")
    for _ in range(40):
        starts = random.integers(0, 380, random.integers(1, 9))
        regions = [("chr1", start, min(start + random.integers(1, 60), 400)) for start in starts]
        (tmp_path / "r.bed").write_text("".join(f"{c}\t{a}\t{b}\n" for c, a, b in regions))
        placed = place_regions(reference, read_regions(tmp_path / "r.bed"))
        span = int(random.integers(1, WINDOW + 1))
        tiling = Tiling(reference, placed, window=WINDOW, span=span)
        blocks = list(tiling)
        positions = np.concatenate([tiles.substitutions.positions for tiles in blocks])
        covered = {position for _, a, b in regions for position in range(a, b)}
        known = sorted(position for position in covered if bases["chr1"][position] != "N")
        assert positions.tolist() == np.repeat(known, 3).tolist()
        assert (tiling.size, tiling.unknown) == (len(covered), len(covered) - len(known))
        first = (WINDOW - 1) // 2 - (span - 1) // 2
        for tiles in blocks:
            assert np.array_equal(tiles.bases, tiles.codes[:, first : first + span])
            assert not (tiles.firsts % span).any()


def test_the_table_is_read_with_tabix(saturate, tmp_path):
    _, rows = saturate(("chr1", 0, 60), ("chr2", 5, 70), unit="probability")
    with pysam.TabixFile(str(tmp_path / "o.tsv.gz")) as table:
        *comments, names = table.header
        assert table.contigs == ["chr1", "chr2"]
        found = [line.split("\t") for line in table.fetch("chr2", 10, 20)]
    assert names.split("\t") == ["#Chrom", "Pos", "Ref", "Alt", *TARGETS]
    assert comments[1] == "##scores=Change of probability"
    assert "span=40" in comments[0]
    assert [(int(row[1]), float(row[4])) for row in found] == [
        (row[1], row[4]) for row in rows if row[0] == "chr2" and 11 <= row[1] <= 20
    ]


@pytest.mark.parametrize("places", [(2, 0), (1,), (2, 1, 0)], ids=str)
def test_bcftools_annotates_with_the_vcf(saturate, bases, tmp_path, places):
    _, rows = saturate(("chr1", 20, 60), vcf=tmp_path / "s.vcf.gz")
    ref = bases["chr1"][29]
    others = [alt for alt in "ACGT" if alt != ref]
    alts = [others[place] for place in places]
    head = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=400>\n"
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    record = f"chr1\t30\t.\t{ref}\t{','.join(alts)}\t.\t.\t.\n"
    (tmp_path / "in.vcf").write_text(head + columns + record)
    pysam.tabix_index(str(tmp_path / "in.vcf"), preset="vcf")
    field, source = "DANQ_LOGIT_a_b", str(tmp_path / "s.vcf.gz")
    text = pysam.bcftools.annotate("-a", source, "-c", field, str(tmp_path / "in.vcf.gz"))
    assert f'ID={field},Number=A,Type=Float,Description="Change of log2 odds of a b"' in text
    info = text.splitlines()[-1].split("\t")[7].removeprefix(f"{field}=")
    values = {row[3]: row[5] for row in rows if row[1] == 30}
    found = [float(value) for value in info.split(",")]
    np.testing.assert_allclose(found, [values[alt] for alt in alts], rtol=1e-5)


def test_the_vcf_has_the_rows_of_the_table(saturate, tmp_path):
    _, rows = saturate(
        ("chr1", 140, 160), ("chr2", 3, 20), vcf=tmp_path / "s.vcf.gz", targets="all"
    )
    with pysam.VariantFile(str(tmp_path / "s.vcf.gz")) as vcf:
        records = list(vcf)
        assert [record.pos for record in vcf.fetch("chr2", 9, 11)] == [10, 11]
        assert list(vcf.header.contigs) == ["chr1", "chr2"]
    found = [(each.contig, each.pos, each.ref, alt) for each in records for alt in each.alts]
    assert found == [row[:4] for row in rows]
    values = [value for record in records for value in record.info["DANQ_LOGIT_all"]]
    np.testing.assert_allclose(values, [row[4] for row in rows], rtol=1e-5, atol=1e-9)


def test_an_interrupted_run_resumes(folder, saturate, monkeypatch, tmp_path):
    """The first run ends behind its second block, the next computes the others only."""
    regions = [("chr1", 0, 300)]
    monkeypatch.setattr("danq.interpretation.tiling._WINDOWS", 2)
    monkeypatch.setattr("danq.interpretation.tiling.SPAN", 20)
    options = {"model": folder / "m.keras", "span": 20, "vcf": tmp_path / "s.vcf.gz"}
    _, whole = saturate(*regions, **options)
    for path in tmp_path.glob("[os].*"):
        path.unlink()
    real, calls = saturation.substitution_effects, []

    def counted(*arguments, **keywords):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **keywords)

    monkeypatch.setattr(saturation, "substitution_effects", counted)
    with pytest.raises(KeyboardInterrupt):
        saturate(*regions, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.tsv.gz.parts", "r.bed"]
    _, resumed = saturate(*regions, resume=True, **options)
    assert (resumed, len(calls)) == (whole, 3 + 6)
    assert not (tmp_path / "o.tsv.gz.parts").exists()


@pytest.mark.parametrize(
    ("options", "regions", "sentence"),
    [
        ({"span": 41}, "chr1\t1\t5\n", "found span 41, expected at most the model's window, 40"),
        ({"targets": ["CTFC"]}, "chr1\t1\t5\n", 'found "CTFC", .* did you mean "CTCF"?'),
        ({"unit": "log"}, "chr1\t1\t5\n", 'found unit "log", expected logit or probability'),
        ({}, "", "r.bed: holds no regions"),
        ({}, "chr9\t1\t5\n", 'r.bed, line 1: found contig "chr9", which .*g.fa does not have'),
        (
            {},
            "chr2\t90\t95\n",
            'r.bed, line 1: found a region behind the end of "chr2", which has 90',
        ),
        ({}, "chr2\t1\t5000\n", "r.bed, line 1: found a region up to 5000"),
        ({"vcf": "v.vcf"}, "chr1\t1\t5\n", "expected the VCF file's name to end in .vcf.gz"),
        ({"resume": True}, "chr1\t1\t5\n", "a network that is not a file cannot be resumed"),
    ],
)
def test_what_is_refused(folder, predictor, tmp_path, options, regions, sentence):
    (tmp_path / "r.bed").write_text(regions)
    with pytest.raises(InputError, match=sentence):
        danq.saturate(
            predictor, folder / "g.fa", tmp_path / "r.bed", tmp_path / "o.tsv.gz", **options
        )
    assert [path.name for path in tmp_path.iterdir()] == ["r.bed"]


def test_regions_without_a_known_base_make_empty_files(saturate, tmp_path):
    done, rows = saturate(("chr1", 150, 152), vcf=tmp_path / "s.vcf.gz")
    assert (done.positions, done.unknown, done.variants, rows) == (2, 2, 0, [])
    with pysam.VariantFile(str(tmp_path / "s.vcf.gz")) as vcf:
        assert not list(vcf)


def test_the_command(folder, tmp_path, capsys):
    (tmp_path / "r.bed").write_text("chr1\t145\t155\n")
    words = f"saturate --model {folder}/m.keras --genome {folder}/g.fa --regions {tmp_path}/r.bed"
    outputs = f"--output {tmp_path}/o.tsv.gz --vcf {tmp_path}/s.vcf.gz --targets CTCF TF --span 5"
    assert main([*words.split(), *outputs.split()]) == 0
    assert capsys.readouterr().out == (
        "left out 2 positions whose base is unknown\n"
        f"{tmp_path}/o.tsv.gz: predicted 24 variants for 2 targets\n"
        f"{tmp_path}/s.vcf.gz: predicted 24 variants for 2 targets\n"
    )
    assert len(read_rows(tmp_path / "o.tsv.gz")) == 24

"""Backgrounds: every allele counted, E-values from the definition, other models refused."""

import errno
import hashlib
import os

import h5py
import numpy as np
import pytest

from danq.errors import InputError
from danq.scoring import score_alleles
from danq.scoring.e_values.background_file import Background
from danq.scoring.e_values.background_vcf import background
from danq.scoring.scorers.ensemble import Ensemble, open_ensemble
from danq.scoring.scorers.scorer import Scorer
from tests.scoring.records import as_vcf
from tests.scoring.toy import random_toy


@pytest.fixture
def alleles(bases):
    """SNVs, an insertion at every tenth position, and a deletion at every fifteenth."""
    text = bases["chr1"]
    rows = []
    for pos in range(300, 700):
        ref = text[pos - 1]
        rows.append(("chr1", pos, ref, "ACGT"["CGTA".index(ref)]))
        if pos % 10 == 0:
            rows.append(("chr1", pos, ref, ref + "GA"))
        if pos % 15 == 0:
            rows.append(("chr1", pos, text[pos - 1 : pos + 1], ref))
    return rows


def sizes(model, genome, alleles):
    found = score_alleles(model, genome, alleles)
    return np.abs(found.diff * found.logit)


def oracle(background, values):
    n = len(background)
    count = (background[None, :, :] >= values[:, None, :]).sum(axis=1)
    return np.where(count > 0, count / n, 1 / (n + 1))


def test_e_values_are_shares_of_the_background(toy, genome, write_vcf, tmp_path, alleles):
    counted, judged = alleles[:250], alleles[200:]
    vcf = as_vcf(write_vcf, counted)
    summary = background(toy, genome, vcf, tmp_path / "b.h5")
    assert (summary.variants, summary.judged.records) == (250, 250)
    found = Background(tmp_path / "b.h5")
    assert found.variants == 250
    found.check(open_ensemble(toy), genome)
    scores = score_alleles(toy, genome, judged)
    expected = oracle(sizes(toy, genome, counted), sizes(toy, genome, judged))
    e_values = found.e_values(scores.diff, scores.logit)
    # Alleles that are in the background themselves may be rounded to either side of it.
    np.testing.assert_allclose(e_values, expected, atol=1.01 / 250)
    np.testing.assert_allclose(e_values[60:], expected[60:], rtol=1e-6)
    assert expected.min() == 1 / 251


def test_every_allele_is_counted_or_has_its_reason(toy, genome, write_vcf, tmp_path, alleles):
    reasons = [
        ("chr1", 50, ".", "N", "<DEL>,*", ".", ".", "."),
        ("9", 50, ".", "A", "C", ".", ".", "."),
    ]
    vcf = as_vcf(write_vcf, alleles, more=reasons)
    insertions = sum(len(alt) > 1 or len(ref) > 1 for _, _, ref, alt in alleles)
    summary = background(
        toy, genome, vcf, tmp_path / "b.h5", snvs_only=True, max_variants=100, seed=3
    )
    rows = dict(summary.rows())
    assert rows["alleles"] == len(alleles) + 3
    assert rows["variants"] == 100
    assert rows["not single-nucleotide"] == insertions
    assert rows["not drawn"] == len(alleles) - insertions - 100
    assert (rows["SYMBOLIC"], rows["OVERLAPPING_DELETION"], rows["NO_CONTIG"]) == (1, 1, 1)
    assert rows["alleles"] == sum(rows.values()) - rows["alleles"] - rows["records"]
    with h5py.File(tmp_path / "b.h5") as file:
        kept = dict(zip(file["what"].asstr()[:], file["count"][:].tolist(), strict=True))
        assert kept == rows
        assert (file["counts"][:].sum(axis=1) == 100).all()
        assert file.attrs["snvs_only"]
        assert file.attrs["genome_checksum"].decode() == genome.checksum
        assert len(file.attrs["vcf_checksum"]) == 64


def test_the_file_tells_the_scores_to_others(toy, genome, write_vcf, tmp_path, alleles):
    background(toy, genome, as_vcf(write_vcf, alleles), tmp_path / "b.h5", targets=["x", "y", "x"])
    expected = np.sort(sizes(toy, genome, alleles), axis=0)
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_allclose(file["largest"][:].T, expected, rtol=1e-4)
        assert file["targets"].asstr()[:].tolist() == ["x", "y", "x"]
        counts, edges = file["counts"][:], file["edges"][:]
    for target in range(3):
        edge = edges[np.searchsorted(edges, np.median(expected[:, target]))]
        below = counts[target, edges < edge].sum()
        assert below == (expected[:, target] < edge).sum()


def test_drawn_variants_are_those_of_the_file_and_follow_the_seed(
    toy, genome, write_vcf, tmp_path, alleles
):
    vcf = as_vcf(write_vcf, alleles)
    drawn = []
    for seed in (1, 1, 2):
        background(toy, genome, vcf, tmp_path / "b.h5", max_variants=60, seed=seed)
        with h5py.File(tmp_path / "b.h5") as file:
            drawn.append(file["largest"][:])
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    everything = np.sort(sizes(toy, genome, alleles), axis=0).T
    for target in range(3):
        nearest = np.searchsorted(everything[target], drawn[0][target] * (1 - 1e-4))
        np.testing.assert_allclose(everything[target][nearest], drawn[0][target], rtol=1e-3)
        assert 20 < np.median(nearest) * 60 / len(alleles) < 40


def test_every_allele_is_drawn_equally_often():
    from danq.scoring.e_values.background_vcf import BackgroundSummary, _drawn

    times = np.zeros(30)
    for seed in range(600):
        chosen = list(_drawn(iter(range(30)), 10, seed, BackgroundSummary()))
        assert chosen == sorted(set(chosen))
        assert len(chosen) == 10
        times[chosen] += 1
    # 200 are expected of each, with a standard deviation of 11.5.
    assert 150 < times.min() < times.max() < 250


def test_several_files_are_one_background(toy, genome, write_vcf, tmp_path, alleles):
    both = as_vcf(write_vcf, alleles)
    parts = [
        as_vcf(write_vcf, alleles[:100], "1.vcf"),
        as_vcf(write_vcf, alleles[100:], "2.vcf"),
    ]
    background(toy, genome, both, tmp_path / "one.h5")
    summary = background(toy, genome, parts, tmp_path / "two.h5")
    assert summary.judged.records == len(alleles)
    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "two.h5") as two:
        np.testing.assert_array_equal(one["counts"][:], two["counts"][:])
        assert two.attrs["vcf"] == b"1.vcf,2.vcf"
    with pytest.raises(InputError, match=r"1\.vcf: is given twice"):
        background(toy, genome, [*parts, parts[0]], tmp_path / "no.h5")


def test_blocks_do_not_show(toy, genome, write_vcf, tmp_path, alleles, monkeypatch):
    vcf = as_vcf(write_vcf, alleles)
    background(toy, genome, vcf, tmp_path / "one.h5")
    monkeypatch.setattr("danq.scoring.e_values.background_vcf.BLOCK", 64)
    background(toy, genome, vcf, tmp_path / "two.h5")
    assert len(toy.calls) > 6
    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "two.h5") as two:
        np.testing.assert_array_equal(one["counts"][:], two["counts"][:])


def test_the_background_of_an_ensemble(genome, write_vcf, tmp_path, alleles):
    toys = [random_toy(seed=1), random_toy(seed=2)]
    background(toys, genome, as_vcf(write_vcf, alleles), tmp_path / "b.h5")
    each = [score_alleles(toy, genome, alleles) for toy in toys]
    diff, logit = (np.mean([getattr(e, name) for e in each], axis=0) for name in ("diff", "logit"))
    with h5py.File(tmp_path / "b.h5") as file:
        expected = np.sort(np.abs(diff * logit), axis=0).T
        np.testing.assert_allclose(file["largest"], expected, rtol=1e-3)


def ensemble_of(*names, targets=("0", "1", "2"), checksum="{}1234567890abc"):
    toy = random_toy()
    return Ensemble(
        [Scorer(lambda: toy, toy.window, list(targets), n, checksum.format(n)) for n in names]
    )


@pytest.fixture
def made(toy, genome, write_vcf, tmp_path, alleles):
    """A background of the earlier format, without a checksum, made by the models a and b."""
    background(toy, genome, as_vcf(write_vcf, alleles), tmp_path / "b.h5")
    with h5py.File(tmp_path / "b.h5", "a") as file:
        file.attrs["format"] = 1
        del file.attrs["checksum"]
        file.attrs["model"] = "a,b"
        file.attrs["model_checksum"] = "a1234567890abc,b1234567890abc"
    return Background(tmp_path / "b.h5")


def test_a_background_of_another_model_is_refused(made, genome):
    made.check(ensemble_of("a", "b"), genome)
    made.check(ensemble_of("b", "a"), genome)
    with pytest.raises(
        InputError,
        match=r"b.h5: is the background of another model: made by a,b "
        r"\(a1234567890a,b1234567890a\), asked to judge a \(a1234567890a\)$",
    ):
        made.check(ensemble_of("a"), genome)
    for other in (ensemble_of("a", "c"), ensemble_of("a", "b", checksum="")):
        with pytest.raises(InputError, match="is the background of another model"):
            made.check(other, genome)
    with pytest.raises(InputError, match=r'predicts "x" as target 3'):
        made.check(ensemble_of("a", "b", targets=("0", "1", "x")), genome)


def test_a_background_of_an_earlier_version_is_accepted(made, genome, tmp_path):
    """It recorded the SHA-256 of the model file, whose bytes differ from training to training."""
    toy = random_toy()
    (tmp_path / "m.keras").write_bytes(b"bytes of the file")
    scorer = Scorer(lambda: toy, 20, ["0", "1", "2"], "m.keras", "c", path=tmp_path / "m.keras")
    with pytest.raises(InputError, match="is the background of another model"):
        made.check(Ensemble([scorer]), genome)
    made.attributes["model_checksum"] = hashlib.sha256(b"bytes of the file").hexdigest()
    made.check(Ensemble([scorer]), genome)


def test_models_in_memory_are_told_apart_by_name(toy, genome, write_vcf, tmp_path, alleles):
    background(toy, genome, as_vcf(write_vcf, alleles), tmp_path / "b.h5")
    found = Background(tmp_path / "b.h5")
    found.check(open_ensemble(toy), genome)
    with pytest.raises(InputError, match=r"made by Toy \(no checksum\), asked to judge other \(no"):
        found.check(ensemble_of("other", checksum=""), genome)


def test_another_genome_or_precision_is_said(made, tmp_path, said):
    from danq.genome import Reference

    (tmp_path / "other.fa").write_text(">chr1\nACGT\n")
    made.check(ensemble_of("a", "b"), Reference(tmp_path / "other.fa"), "bfloat16")
    assert "b.h5: its variants were read on another genome (genome.fa) than" in said.text
    assert "its scores were computed in float32, those judged in bfloat16" in said.text


def test_few_variants_are_said(toy, genome, write_vcf, tmp_path, alleles, said):
    background(toy, genome, as_vcf(write_vcf, alleles[:99]), tmp_path / "b.h5")
    assert "a background of 99 variants: no E-value is below 0.01" in said.text


def replace(file, name, value):
    del file[name]
    file[name] = value


def swap(file, name, axis):
    replace(file, name, np.flip(file[name][:], axis))


DAMAGE = {
    "other file": (lambda f: [f.pop(n) for n in (*f, *f.attrs) if n in f], "lacks targets, expec"),
    "no attributes": (lambda f: f.attrs.pop("format"), "lacks the attribute format, expected a b"),
    "no model": (lambda f: f.attrs.pop("model"), "lacks the attribute model, expected a backg"),
    "format": (lambda f: f.attrs.update(format=99), "has the format 99, expected a background"),
    "no checksum": (lambda f: f.attrs.update(format=2), "lacks the attribute checksum, expected a"),
    "no units": (lambda f: f.attrs.pop("units"), "lacks the attribute units, expected a backgrou"),
    "window": (lambda f: f.attrs.update(window=0), "holds 0 as the attribute window, expected at"),
    "truth": (
        lambda f: f.attrs.update(snvs_only="yes"),
        r"holds the attribute snvs_only as object of shape \(\), expected true or false",
    ),
    "rule": (
        lambda f: f.attrs.update(ref_mismatch="maybe"),
        'holds "maybe" as the attribute ref_mismatch, expected error or skip',
    ),
    "seed": (lambda f: f.attrs.update(seed=2**32), "holds 4294967296 as the attribute seed, exp"),
    "draw": (lambda f: f.attrs.update(max_variants=-1), "holds -1 as the attribute max_variants"),
    "a row fewer": (
        lambda f: replace(f, "what", ["records"]),
        r"holds count as int64 of shape \(\d+\), expected int64 of shape \(1\)",
    ),
    "other rows": (
        lambda f: f["count"].write_direct(f["count"][:] + 1),
        "is damaged: its counts do not add up to its variants",
    ),
    "counts": (
        lambda f: f["counts"].write_direct(f["counts"][:] + np.uint32(1)),
        "is damaged: its counts do not add up to its variants",
    ),
    "other counts": (lambda f: swap(f, "counts", 1), "is damaged: its counts do not add up"),
    "descending": (lambda f: swap(f, "largest", 1), "is damaged: its counts do not add up to its"),
    "other targets": (lambda f: swap(f, "largest", 0), "is damaged: its counts do not add up to"),
    "edges": (
        lambda f: replace(f, "edges", 5),
        r"holds edges as int64 of shape \(\), expected flo",
    ),
    "nan": (
        lambda f: replace(f, "largest", np.full(f["largest"].shape, np.nan, "f4")),
        "holds nan in largest, expected",
    ),
    "a target fewer": (
        lambda f: replace(f, "targets", ["0", "1"]),
        r"holds counts as uint32 of shape \(3, \d+\), expected uint32 of shape \(2, \d+\)",
    ),
}


@pytest.mark.parametrize(("damage", "sentence"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_no_background_is_refused(made, damage, sentence):
    with h5py.File(made.path, "a") as file:
        damage(file)
    with pytest.raises(InputError, match=rf"b\.h5: {sentence}"):
        Background(made.path)


def test_what_is_no_file_of_hdf5_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder, expected a background of danq background"):
        Background(tmp_path)
    with pytest.raises(InputError, match="does not exist, expected a background of danq backgro"):
        Background(tmp_path / "b.h5")
    (tmp_path / "b.h5").write_text("no background")
    with pytest.raises(InputError, match="it is not an HDF5 file, or a damaged one"):
        Background(tmp_path / "b.h5")


def test_a_change_that_fits_is_noticed(toy, genome, write_vcf, tmp_path, alleles):
    background(toy, genome, as_vcf(write_vcf, alleles), path := tmp_path / "b.h5")
    with h5py.File(path, "a") as file:
        counts = file["counts"][:]
        assert not (counts[0] == counts[1]).all()
        for name in ("counts", "largest"):
            file[name][:2] = file[name][:][1::-1]
    with pytest.raises(InputError, match="is damaged: its contents differ from its checksum"):
        Background(path)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"output": "b.tsv"}, "b.tsv: expected the background file's name to end in .h5 or .hdf5"),
        ({"max_variants": 0}, "found max_variants 0, expected at least 1"),
        ({"ref_mismatch": "no"}, 'found ref_mismatch "no"'),
    ],
)
def test_wrong_use(toy, genome, write_vcf, tmp_path, alleles, options, sentence):
    output = tmp_path / options.pop("output", "b.h5")
    with pytest.raises(InputError, match=sentence):
        background(toy, genome, as_vcf(write_vcf, alleles[:3]), output, **options)
    assert [path.name for path in tmp_path.iterdir() if path.name != "b.vcf"] == []


def test_nothing_that_can_be_scored_is_an_error(toy, genome, write_vcf, tmp_path):
    vcf = as_vcf(write_vcf, [("9", 1, "A", "C")])
    with pytest.raises(InputError, match=r"b.vcf: holds no allele for a background that can be"):
        background(toy, genome, vcf, tmp_path / "b.h5")
    assert not (tmp_path / "b.h5").exists()


def test_a_full_disk_is_one_sentence(toy, genome, write_vcf, tmp_path, alleles, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    vcf = as_vcf(write_vcf, alleles[:9])
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(InputError, match=r"b.h5: cannot be written \(No space left on device\)$"):
        background(toy, genome, vcf, tmp_path / "b.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["b.vcf"]

"""Words of --info, and the fields that they become."""

import gzip
import re

import h5py
import numpy as np
import pyarrow.parquet as pq
import pysam
import pysam.bcftools
import pytest

from danq.errors import InputError
from danq.genome.variants import Change, judge, windows
from danq.scoring import (
    background,
    gather_pieces,
    score,
    score_alleles,
    score_piece,
    score_to_arrays,
)
from danq.scoring.outputs.info_choice import chosen_fields
from danq.scoring.scorers.ensemble import open_ensemble
from danq.targets.names import ids
from tests.scoring.records import fields_of, lines_of
from tests.scoring.toy import named_toys

TARGETS = ["CTCF", "a;b", "CTCF"]
MAX = ["DANQ_MAX", "DANQ_TARGET", "DANQ_LOGIT", "DANQ_P_REF", "DANQ_P_ALT"]
DEFAULT = [*MAX, "DANQ_FUNC", "DANQ_REASON"]


@pytest.fixture
def three():
    toys = named_toys(TARGETS, ["TF", "his tone", "TF"], seeds=(1, 2, 3))
    for number, toy in enumerate(toys):
        toy.checksum = f"the toy {number}"
    return toys


@pytest.fixture
def toys(three):
    return three[:2]


@pytest.fixture
def vcf(write_vcf, bases):
    text = bases["chr1"]
    rows = [
        ("chr1", p, ".", text[p - 1], f"{text[p - 1]}AC,<DEL>,{'ACGT'['CGTA'.index(text[p - 1])]}")
        for p in range(300, 330)
    ]
    declared = '##contig=<ID=chr1>\n##INFO=<ID=AC,Number=1,Type=Integer,Description="count">'
    header = f"##fileformat=VCFv4.2\n{declared}"
    return write_vcf(*[(*row, ".", ".", "AC=1") for row in rows], header=header)


@pytest.fixture
def backdrop(toys, genome, vcf, tmp_path):
    background(toys, genome, vcf, tmp_path / "b.h5")
    return tmp_path / "b.h5"


def names(words, toys, has_background=True):
    fields = chosen_fields(words, open_ensemble(toys), has_background=has_background)
    return [field.name for field in fields]


def test_by_default_the_largest_change_its_target_and_the_functional_score(toys):
    assert names(None, toys) == DEFAULT
    assert names(None, toys, has_background=False) == [*MAX, "DANQ_REASON"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["none"], []),
        ("max", MAX),
        (["functional", "max"], ["DANQ_FUNC", *MAX]),
        (["groups"], ["DANQ_GROUP_TF", "DANQ_GROUP_his_tone"]),
        (["all"], ["DANQ_LOGIT_CTCF_0", "DANQ_LOGIT_a_b", "DANQ_LOGIT_CTCF_2"]),
        (["a;b", "all"], ["DANQ_LOGIT_a_b", "DANQ_LOGIT_CTCF_0", "DANQ_LOGIT_CTCF_2"]),
        (["CTCF"], ["DANQ_LOGIT_CTCF_0", "DANQ_LOGIT_CTCF_2"]),
        (["CTCF#2", "diff:CTCF#2"], ["DANQ_LOGIT_CTCF_2", "DANQ_DIFF_CTCF_2"]),
        (["logit:a;b", "sd:a;b", "e:a;b#1"], ["DANQ_LOGIT_a_b", "DANQ_SD_a_b", "DANQ_E_a_b"]),
        (["sd", "e:all"], ["DANQ_SD", "DANQ_E_CTCF_0", "DANQ_E_a_b", "DANQ_E_CTCF_2"]),
    ],
)
def test_words_become_fields(toys, words, expected):
    assert names(words, toys) == [*expected, "DANQ_REASON"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["CTFC"], r'found "CTFC" for INFO, expected max, sd, .*; did you mean "CTCF"\?'),
        (["diff:banana"], 'found "diff:banana" for INFO, expected max, sd, functional, groups'),
        (["p:CTCF"], 'found "p:CTCF" for INFO'),
        (["none", "max"], "found none among other words for INFO, expected it alone"),
        ([], "found no word for INFO"),
        (["functional"], 'found "functional" for INFO, expected a background to compute it from'),
        (["e:CTCF"], 'found "e:CTCF" for INFO, expected a background'),
        (["sd"], 'found "sd" for INFO, expected several models to compute it from'),
        (["sd:all"], 'found "sd:all" for INFO, expected several models'),
    ],
)
def test_words_that_are_none_or_ask_for_too_much(toys, words, sentence):
    with pytest.raises(InputError, match=sentence):
        names(words, toys[:1], has_background=False)


def test_a_target_that_looks_like_a_kind_of_score_is_itself(toys):
    (toy,) = named_toys(["diff:x", "x", "all"], ["g"] * 3, seeds=(0,))
    assert names(["diff:x"], toy) == ["DANQ_LOGIT_diff_x", "DANQ_REASON"]
    assert names(["diff:diff:x"], toy) == ["DANQ_DIFF_diff_x", "DANQ_REASON"]
    assert names(["all#2"], toy) == ["DANQ_LOGIT_all", "DANQ_REASON"]


def test_identifiers_are_valid_and_distinct():
    many = ["A b", "A_b", "A_b_1", "Ω", "", "H3K4me3|x", "A b", "p300.1"]
    found = ids(many)
    assert len(set(found)) == len(many)
    assert all(re.fullmatch(r"[0-9A-Za-z_.]*", one) for one in found)
    assert (found[5], found[7]) == ("H3K4me3_x", "p300.1")


def probabilities(toys, genome, alleles, best):
    """Means over strands and networks at the targets `best`; NaN where there is a reason."""
    found = np.full((2, len(alleles)), np.nan)
    for row, (contig, pos, ref, alt) in enumerate(alleles):
        (change,) = judge(genome, contig, pos, ref, [alt], longest=10)
        if isinstance(change, Change):
            for number, codes in enumerate(windows(genome, [change], toys[0].window)):
                strands = np.concatenate([codes, np.where(codes < 4, 3 - codes, 4)[:, ::-1]])
                z = [toy.logits(strands.astype(np.uint8))[:, best[row]] for toy in toys]
                found[number, row] = (1 / (1 + np.exp(-np.array(z, dtype=float)))).mean()
    return found


def _written(toys, genome, vcf, backdrop, folder, ending, pieces):
    """Score in pieces or at once, as VCF or BCF; give the output and its records' fields."""
    words = ["max", "sd", "functional", "groups", "all", "diff:a;b", "sd:CTCF#2", "e:CTCF#0"]
    options = {"scores": folder / "s.h5", "background": backdrop, "info": words}
    folders = [folder / f"{number}.blocks" for number in range(pieces)]
    for number, piece in enumerate(folders, 1):
        score_piece(toys, genome, vcf, piece, f"{number}/{pieces}", background=backdrop)
    output = folder / f"o.{ending}"
    if pieces:
        gather_pieces(toys, genome, vcf, output, pieces=folders, **options)
    else:
        score(toys, genome, vcf, output, **options)
    if ending == "bcf":
        text = pysam.bcftools.view(str(output))
        (folder / "o.vcf.gz").write_bytes(gzip.compress(text.encode()))
    return output, lines_of(folder / "o.vcf.gz")


def _expected(toys, genome, alleles, backdrop):
    """What each field should hold, one value per allele, and the scores it comes from."""
    expected = score_alleles(toys, genome, alleles, background=backdrop)
    rows = np.arange(len(alleles))
    best = np.abs(np.nan_to_num(expected.logit)).argmax(axis=1)
    p_ref, p_alt = probabilities(toys, genome, alleles, best)
    return expected, {
        "DANQ_LOGIT": expected.logit[rows, best],
        "DANQ_P_REF": p_ref,
        "DANQ_P_ALT": p_alt,
        "DANQ_MAX": np.abs(expected.logit[rows, best]),
        "DANQ_SD": expected.logit_sd[rows, best],
        "DANQ_FUNC": expected.functional,
        "DANQ_GROUP_TF": expected.group_logit[:, 0],
        "DANQ_GROUP_his_tone": expected.group_logit[:, 1],
        "DANQ_LOGIT_CTCF_0": expected.logit[:, 0],
        "DANQ_LOGIT_a_b": expected.logit[:, 1],
        "DANQ_LOGIT_CTCF_2": expected.logit[:, 2],
        "DANQ_DIFF_a_b": expected.diff[:, 1],
        "DANQ_SD_CTCF_2": expected.logit_sd[:, 2],
        "DANQ_E_CTCF_0": expected.e_value[:, 0],
    }


@pytest.mark.parametrize(("ending", "pieces"), [("vcf.gz", 0), ("bcf", 0), ("vcf.gz", 2)])
def test_values_are_those_of_the_list(toys, genome, vcf, backdrop, tmp_path, ending, pieces):
    output, lines = _written(toys, genome, vcf, backdrop, tmp_path, ending, pieces)
    found = [fields_of(row) for row in lines]
    alleles = [(row[0], int(row[1]), row[3], alt) for row in lines for alt in row[4].split(",")]
    expected, arrays = _expected(toys, genome, alleles, backdrop)
    assert set(found[0]) == {*arrays, "DANQ_TARGET", "DANQ_REASON"}
    for name, array in arrays.items():
        texts = [text for fields in found for text in fields[name].split(",")]
        assert [text == "." for text in texts] == np.isnan(array).tolist()
        values = [np.nan if text == "." else float(text) for text in texts]
        np.testing.assert_allclose(values, array, rtol=1e-4, atol=1e-6)
    with pysam.VariantFile(str(output)) as file:
        for name in arrays:
            assert (file.header.info[name].number, file.header.info[name].type) == ("A", "Float")
        assert "target 2: CTCF" in file.header.info["DANQ_LOGIT_CTCF_2"].description
        assert "2 targets of group TF" in file.header.info["DANQ_GROUP_TF"].description
        first = next(iter(file)).info["DANQ_LOGIT_a_b"]
        assert first[1] is None
        assert first[0] == pytest.approx(expected.logit[0, 1], rel=1e-4)


def test_the_score_file_holds_everything(toys, genome, vcf, backdrop, tmp_path):
    options = {"scores": tmp_path / "s.h5", "background": backdrop, "info": ["none"]}
    score(toys, genome, vcf, tmp_path / "o.vcf", **options)
    with h5py.File(tmp_path / "s.h5") as file:
        keys = zip(
            file["contig"].asstr()[:],
            file["pos"][:],
            file["ref"].asstr()[:],
            file["alt"].asstr()[:],
            strict=True,
        )
        expected = score_alleles(toys, genome, list(keys), background=backdrop)
        for name in ("diff", "logit", "diff_sd", "logit_sd", "e_value", "functional"):
            np.testing.assert_allclose(file[name], getattr(expected, name), rtol=1e-4, atol=1e-6)
            assert file[name].dtype == np.float32
        for name in ("group_logit", "group_target", "group_mean"):
            np.testing.assert_allclose(file[name], getattr(expected, name), rtol=1e-4, atol=1e-6)
        assert file["group_names"].asstr()[:].tolist() == ["TF", "his tone"]
        assert file["groups"].asstr()[:].tolist() == ["TF", "his tone", "TF"]
        assert file["group_target"].dtype == np.int32
        assert file["group_target"][1].tolist() == [-1, -1]
        assert file.attrs["background"] == "b.h5"
        assert file.attrs["background_variants"] == 60
        assert file.attrs["model"] == "Toy,Toy"
    texts = [row[7] for row in lines_of(tmp_path / "o.vcf")]
    assert texts == ["AC=1;DANQ_REASON=.,SYMBOLIC,."] * 30
    note = (tmp_path / "o.vcf").read_text()
    assert re.search(
        r"##danq=.*background=b.h5;background_checksum=\w{64};background_variants=60", note
    )


def test_bcf_holds_the_same_fields(toys, genome, vcf, backdrop, tmp_path):
    found = []
    for name in ("o.vcf.gz", "o.bcf"):
        options = {"background": backdrop, "info": ["max", "sd", "functional", "groups", "e:all"]}
        score(toys, genome, vcf, tmp_path / name, **options)
        with pysam.VariantFile(str(tmp_path / name)) as file:
            found.append([dict(record.info) for record in file])
    assert len(found[0][0]) == 14
    for one, other in zip(*found, strict=True):
        assert set(one) == set(other)
        assert one["DANQ_TARGET"] == other["DANQ_TARGET"]
        for name in set(one) - {"AC", "DANQ_TARGET", "DANQ_REASON"}:
            values = [np.array(values, float) for values in (one[name], other[name])]
            np.testing.assert_allclose(*values, rtol=1e-5, err_msg=name)


def test_other_tables_hold_the_same(toys, genome, vcf, backdrop, tmp_path):
    options = {"background": backdrop, "info": ["none"]}
    score(toys, genome, vcf, tmp_path / "o.vcf", scores=tmp_path / "s.parquet", **options)
    options["scores"] = tmp_path / "s.tsv.gz"
    expected = score_to_arrays(toys, genome, vcf, tmp_path / "o.vcf", **options)
    table = pq.read_table(tmp_path / "s.parquet")
    lines = gzip.decompress((tmp_path / "s.tsv.gz").read_bytes()).decode().splitlines()
    rows = [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]
    assert table["e_value"].to_pylist()[1] is None
    assert rows[1]["group_target:TF"] == rows[1]["functional"] == "NA"
    scored = [reason is None for reason in expected.reasons]
    for name in ("diff", "logit_sd", "e_value", "functional", "group_logit", "group_target"):
        array = getattr(expected, name)[scored]
        found = np.array([v for v in table[name].to_pylist() if v is not None], array.dtype)
        np.testing.assert_array_equal(found, array)
    for place, label in enumerate(["CTCF#0", "a;b", "CTCF#2"]):
        texts = [row[f"e_value:{label}"] for row in rows]
        values = np.array([np.nan if text == "NA" else float(text) for text in texts], np.float32)
        np.testing.assert_array_equal(values, expected.e_value[:, place])
    assert rows[0]["group_target:his tone"] == "1"


def test_descriptions_survive_quotes(genome, vcf, tmp_path):
    (toy,) = named_toys(['a "b" \\', "c d", "Ω"], ["g"] * 3, seeds=(0,))
    score(toy, genome, vcf, tmp_path / "o.vcf.gz", info=["all"])
    with pysam.VariantFile(str(tmp_path / "o.vcf.gz")) as file:
        found = {name: file.header.info[name].description for name in file.header.info}
        assert next(iter(file)).info["DANQ_LOGIT__"][0] is not None
    assert found["DANQ_LOGIT_a__b___"].endswith('target 0: a \\"b\\" \\\\')
    assert found["DANQ_LOGIT_c_d"].endswith("target 1: c d")
    assert found["DANQ_LOGIT__"].endswith("target 2: Ω")


@pytest.mark.parametrize("words", [["all"], ["groups"], ["functional"], ["max", "sd:a;b"]])
def test_what_holds_any_of_the_fields_is_not_scored_again(
    toys, genome, vcf, backdrop, tmp_path, words
):
    score(toys, genome, vcf, tmp_path / "o.vcf", background=backdrop, info=words)
    text = (tmp_path / "o.vcf").read_text()
    declared = re.findall(r"##INFO=<ID=(DANQ_\w+)", text)
    with pytest.raises(InputError) as caught:
        score(toys, genome, tmp_path / "o.vcf", tmp_path / "again.vcf")
    listed = ",".join(f"INFO/{name}" for name in declared)
    assert f"already holds {declared[0]}, expected" in str(caught.value)
    assert f"bcftools annotate -x {listed} takes them out" in str(caught.value)
    undeclared = re.sub(r"##INFO=<ID=DANQ.*\n", "", text)
    (tmp_path / "u.vcf").write_text(undeclared)
    with pytest.raises(InputError, match=rf"u.vcf, line 6: already holds {declared[0]}"):
        score(toys, genome, tmp_path / "u.vcf", tmp_path / "again.vcf")


def test_e_values_in_a_list(toys, genome, vcf, backdrop, bases):
    text = bases["chr1"]
    alleles = [("chr1", 300, text[299], f"{text[299]}AC"), ("chr1", 300, text[299], "<DUP>")]
    found = score_alleles(toys, genome, alleles, background=backdrop)
    assert found.reasons == [None, "SYMBOLIC"]
    assert found.alleles == alleles
    assert found.records.tolist() == [0, 1]
    assert found.groups == ["TF", "his tone"]
    assert np.isnan(found.e_value[1]).all()
    assert np.isnan(found.functional[1])
    np.testing.assert_allclose(
        found.functional[0], np.prod(found.e_value[0].astype(float)) ** (1 / 3), rtol=1e-5
    )
    assert found.summary.reasons["SYMBOLIC"] == 1


def test_a_background_of_another_model_is_refused(three, genome, vcf, backdrop, tmp_path):
    for model in (three[0], three):
        with pytest.raises(InputError, match=r"b.h5: is the background of another model"):
            score(model, genome, vcf, tmp_path / "o.vcf", background=backdrop)
    assert not (tmp_path / "o.vcf").exists()


def test_the_background_is_not_overwritten(toys, genome, vcf, backdrop, tmp_path):
    with pytest.raises(InputError, match=r"b.h5: is named both as input and as output"):
        score(toys, genome, vcf, tmp_path / "o.vcf", background=backdrop, scores=backdrop)

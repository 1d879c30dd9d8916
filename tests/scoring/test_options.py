"""Keywords of the functions that score: one value of options, and one sentence for a wrong one."""

from dataclasses import fields
from typing import get_type_hints

import pytest

import danq
from danq.errors import InputError
from danq.scoring.options import FileKeywords, Options

VCF = "score", "score_to_arrays", "score_piece", "gather_pieces", "background"
PATH = "expected a path"


@pytest.fixture
def call(toy, genome, write_vcf, tmp_path):
    """Call a function with arguments that are right, except for those that are given."""
    read = {"model": toy, "genome": genome}
    files = {**read, "vcf": write_vcf(), "output": tmp_path / "o.vcf"}
    pieces = [tmp_path / "1.blocks"]
    right = {
        "score_piece": {**files, "output": pieces[0], "piece": "1/1"},
        "gather_pieces": {**files, "pieces": pieces},
        "background": {**files, "output": tmp_path / "b.h5"},
        "score_alleles": {**read, "alleles": []},
    }

    def call(name, **arguments):
        return getattr(danq, name)(**{**right.get(name, files), **arguments})

    return call


def test_the_keywords_are_the_fields_of_the_value():
    assert set(get_type_hints(FileKeywords)) == {field.name for field in fields(Options)}


@pytest.mark.parametrize("name", [*VCF, "score_alleles"])
def test_a_misspelt_keyword_is_named_with_what_was_meant(name, call):
    with pytest.raises(TypeError, match='"batchsize"; did you mean "batch_size"') as error:
        call(name, batchsize=64)
    assert str(error.value).startswith(f"{name}() found the keyword")


def test_what_was_meant_may_be_a_keyword_of_the_function_alone(call):
    with pytest.raises(TypeError, match='"resum"; did you mean "resume"'):
        call("score", resum=True)
    with pytest.raises(TypeError, match='"max_variant"; did you mean "max_variants"'):
        call("background", max_variant=9)


def test_a_keyword_of_another_function_is_refused(call):
    with pytest.raises(TypeError, match='found the keyword "plot"'):
        call("score_alleles", plot="p.png")
    with pytest.raises(TypeError, match='found the keyword "background"'):
        call("background", background="b.h5")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        *[(name, {"vcf": 5}, f"found vcf of type int, {PATH}") for name in VCF],
        *[(name, {"output": 5}, f"found output of type int, {PATH}") for name in VCF],
        *[(name, {"genome": 5}, f"found genome of type int, {PATH}") for name in VCF],
        *[(name, {"model": 5}, "found model of type int, expected") for name in VCF],
        *[(name, {"targets": "abc"}, "found targets of type str, expected") for name in VCF],
        *[(name, {"targets": [1, 2, 3]}, "found entry 1 of targets of type int") for name in VCF],
        *[
            (name, {"ref_mismatch": None}, "found ref_mismatch .None., expected text")
            for name in VCF
        ],
        *[(name, {"precision": 16}, "found precision of type int, expected text") for name in VCF],
        ("score_alleles", {"genome": 5}, f"found genome of type int, {PATH}"),
        ("score_alleles", {"model": [5]}, "found model of type int, expected"),
        ("score_alleles", {"alleles": 5}, "found alleles of type int, expected a list"),
        ("score_alleles", {"alleles": ["chr1"]}, 'found "chr1" as allele 1, expected'),
        ("score_alleles", {"alleles": [("chr1", "5", "A", "C")]}, "as allele 1, expected"),
        ("score_alleles", {"alleles": [("chr1", 5, "A", None)]}, "as allele 1, expected"),
        ("score", {"background": 5}, f"found background of type int, {PATH}"),
        ("score", {"info": 5}, "found info of type int, expected text"),
        ("score", {"info": [5]}, "found entry 1 of info of type int, expected text"),
        ("score", {"scores": True}, f"found scores of type bool, {PATH}"),
        ("score", {"summary": 1.5}, f"found summary of type float, {PATH}"),
        ("score", {"plot": ["p.png"]}, f"found plot of type list, {PATH}"),
        ("score", {"top_table": b"t.html"}, f"found top_table of type bytes, {PATH}"),
        ("score", {"verdict": {}}, f"found verdict of type dict, {PATH}"),
        ("score", {"batch_size": "64"}, "found batch_size of type str, expected a whole number"),
        ("score", {"batch_size": 0}, "found batch_size 0, expected at least 1"),
        ("score", {"drop_samples": "no"}, "found drop_samples of type str, expected True or False"),
        ("score", {"resume": "no"}, "found resume of type str, expected True or False"),
        ("score", {"progress": 3}, "found progress of type int, expected True or False"),
        ("score_piece", {"piece": (3, 2)}, "found piece of type tuple, expected text"),
        ("gather_pieces", {"pieces": "1.blocks"}, "found pieces of type str, expected"),
        ("gather_pieces", {"pieces": [5]}, "found entry 1 of pieces of type int, expected a path"),
        ("gather_pieces", {"pieces": []}, "found no pieces to gather"),
        ("background", {"vcf": [5]}, f"found entry 1 of vcf of type int, {PATH}"),
        ("background", {"vcf": []}, "found no VCF"),
        (
            "background",
            {"max_variants": "9"},
            "found max_variants of type str, expected a whole",
        ),
        ("background", {"snvs_only": 2}, "found snvs_only of type int, expected True or False"),
    ],
)
def test_a_wrong_type_is_one_sentence(call, name, options, sentence, tmp_path):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=sentence) as error:
        call(name, **options)
    assert "\n" not in str(error.value)
    assert sorted(tmp_path.iterdir()) == before

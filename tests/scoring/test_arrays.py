"""danq.score from Python: arrays come back, with files or without."""

import h5py
import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.scoring import background
from tests.scoring.toy import named_toys


@pytest.fixture
def toys():
    return named_toys(["a", "b", "a"], ["TF", "DNase", "TF"])


@pytest.fixture
def vcf(write_vcf, bases):
    text = bases["chr1"]
    rows = [("chr1", p, ".", text[p - 1], f"<X>,{text[p - 1]}A") for p in range(300, 330)]
    return write_vcf(*[(*row, ".", ".", ".") for row in rows], ("2", 5, ".", "N", "A", *"..."))


def test_scores_come_back_and_no_file_is_written(toys, genome, vcf, tmp_path):
    background(toys, genome, vcf, tmp_path / "b.h5")
    before = sorted(tmp_path.iterdir())
    found = danq.score_to_arrays(toys, genome, vcf, background=tmp_path / "b.h5")
    assert sorted(tmp_path.iterdir()) == before
    assert len(found.alleles) == found.summary.alleles == 61
    assert found.summary.scored == 30
    assert found.records.tolist() == [*np.repeat(range(30), 2), 30]
    assert found.reasons[:2] == ["SYMBOLIC", None]
    assert found.reasons[-1] == "REF_UNKNOWN"
    listed = danq.score_alleles(toys, genome, found.alleles, background=tmp_path / "b.h5")
    for name in ("diff", "logit", "diff_sd", "logit_sd", "e_value", "functional"):
        array = getattr(found, name)
        assert array.dtype == np.float32
        assert array.shape == ((61,) if name == "functional" else (61, 3))
        np.testing.assert_allclose(array, getattr(listed, name), rtol=1e-4, atol=1e-6)
    assert (found.targets, found.groups) == (["a", "b", "a"], ["TF", "DNase"])
    largest = np.nanmax(np.abs(found.logit[:, [0, 2]]), axis=1, where=True, initial=0)
    np.testing.assert_allclose(np.nan_to_num(np.abs(found.group_logit[:, 0])), largest)


def test_with_output_the_scores_come_back_where_wanted(toys, genome, vcf, tmp_path):
    summary = danq.score(toys, genome, vcf, tmp_path / "o.vcf")
    assert (summary.alleles, summary.scored) == (61, 30)
    found = danq.score_to_arrays(toys, genome, vcf, tmp_path / "o.vcf")
    assert found.summary == summary
    np.testing.assert_array_equal(found.logit, danq.score_to_arrays(toys, genome, vcf).logit)


def test_files_without_a_vcf(toys, genome, vcf, tmp_path):
    files = {"scores": tmp_path / "s.h5", "summary": tmp_path / "s.tsv", "plot": tmp_path / "p.png"}
    summary = danq.score(toys, genome, vcf, **files)
    assert summary.scored == 30
    assert all(path.stat().st_size for path in files.values())
    with h5py.File(files["scores"]) as file:
        np.testing.assert_array_equal(
            file["logit"][:], danq.score_to_arrays(toys, genome, vcf).logit
        )


def test_one_model_has_no_spread_and_without_background_no_e_values(toys, genome, vcf):
    found = danq.score_to_arrays(toys[0], genome, vcf)
    assert found.diff_sd is found.logit_sd is found.e_value is found.functional is None


def test_no_records_give_arrays_without_rows(toys, genome, write_vcf):
    found = danq.score_to_arrays(toys, genome, write_vcf())
    assert found.logit.shape == found.logit_sd.shape == (0, 3)
    assert found.group_target.shape == (0, 2)
    assert found.group_target.dtype == np.int32


def test_positions_are_whole_numbers(toys, genome):
    with pytest.raises(InputError, match=r"found .*2\.5.* as allele 1, expected \(contig, pos"):
        danq.score_alleles(toys, genome, [("chr1", 2.5, "A", "C")])
    listed = danq.score_alleles(toys, genome, [("chr1", np.int32(5), "N", "C")])
    assert listed.reasons == ["REF_UNKNOWN"]


def test_without_output_nothing_is_written_or_resumed(toys, genome, vcf, tmp_path):
    with pytest.raises(InputError, match="found no file to write, expected an output"):
        danq.score(toys, genome, vcf)
    with pytest.raises(InputError, match="found no file to write, expected an output"):
        danq.gather_pieces(toys, genome, vcf, pieces=[tmp_path / "1.blocks"])
    with pytest.raises(InputError, match="a run that is resumed needs an output"):
        danq.score(toys, genome, vcf, scores=tmp_path / "s.h5", resume=True)
    with pytest.raises(InputError, match="a run that is resumed needs an output"):
        danq.score_to_arrays(toys, genome, vcf, resume=True)


def test_pieces_of_an_ensemble_with_its_background(toys, genome, vcf, tmp_path, small_blocks):
    small_blocks(16)
    for number, toy in enumerate(toys):
        toy.checksum = f"c{number}"
    background(toys, genome, vcf, tmp_path / "b.h5")
    options = {"background": tmp_path / "b.h5"}
    words = {"info": ["max", "sd", "functional", "groups", "all"]}
    whole = danq.score_to_arrays(toys, genome, vcf, tmp_path / "w.vcf", **options, **words)
    pieces = [tmp_path / "1.blocks", tmp_path / "2.blocks"]
    for number, folder in enumerate(pieces, 1):
        danq.score_piece(toys, genome, vcf, folder, f"{number}/2", **options)
    calls = [len(toy.calls) for toy in toys]
    output = tmp_path / "g.vcf"
    arguments = (toys, genome, vcf, output)
    gathered = danq.score_to_arrays(*arguments, pieces=pieces, **options, **words)
    assert [len(toy.calls) for toy in toys] == calls
    assert output.read_bytes() == (tmp_path / "w.vcf").read_bytes()
    for name in ("logit", "logit_sd", "e_value", "functional", "group_mean", "group_target"):
        np.testing.assert_array_equal(getattr(gathered, name), getattr(whole, name))
    with pytest.raises(
        InputError, match=r"1.blocks: holds blocks of another run: its .background.c"
    ):
        danq.gather_pieces(toys, genome, vcf, output, pieces=pieces)

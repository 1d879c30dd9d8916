"""`danq background` with real model files."""

import h5py
import numpy as np
import pytest

from danq import models
from danq.cli import main
from danq.genome import Reference
from danq.scoring import score_alleles

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def model_files(tmp_path_factory):
    import keras

    folder = tmp_path_factory.mktemp("models")
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        network = models.deepsea(sequence_length=200, outputs=2, width=0.02)
        models.save(network, folder / f"m{seed}.keras", targets=["CTCF", "SPI1"])
    return [folder / f"m{seed}.keras" for seed in (1, 2)]


@pytest.fixture
def alleles(genome):
    codes = Reference(genome).codes("chr1", 0, 1000)
    return [("1", p, "ACGT"[codes[p - 1]], "ACGT"[3 - codes[p - 1]]) for p in range(3, 900, 20)]


@pytest.fixture
def vcf(tmp_path, alleles):
    rows = [f"{c}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\n" for c, pos, ref, alt in alleles]
    (tmp_path / "b.vcf").write_text(HEAD + "".join(rows) + "1\t950\t.\tN\t<DEL>\t.\t.\t.\n")
    return tmp_path / "b.vcf"


def test_background_of_two_models(model_files, genome, vcf, alleles, tmp_path, capsys):
    output = tmp_path / "b.h5"
    arguments = ["background", "--genome", str(genome), "--vcf", str(vcf), "--output", str(output)]
    for model in model_files:
        arguments += ["--model", str(model)]
    assert main([*arguments, "--batch-size", "8"]) == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["variants", str(len(alleles))] in printed
    assert ["SYMBOLIC", "1"] in printed
    each = [score_alleles(model, genome, alleles) for model in model_files]
    diff, logit = (np.mean([getattr(e, name) for e in each], axis=0) for name in ("diff", "logit"))
    with h5py.File(output) as file:
        assert file.attrs["model"].decode() == "m1.keras,m2.keras"
        assert file.attrs["variants"] == len(alleles)
        assert [len(one) for one in file.attrs["model_checksum"].split(b",")] == [64, 64]
        largest = file["largest"][:]
        np.testing.assert_allclose(largest[:, -5:], np.sort(np.abs(diff * logit).T)[:, -5:], 1e-3)


def test_scores_of_two_models_with_their_background(
    model_files, genome, vcf, alleles, tmp_path, capsys
):
    both = [word for model in model_files for word in ("--model", str(model))]
    common = ["--genome", str(genome), "--vcf", str(vcf)]
    assert main(["-q", "background", *both, *common, "--output", str(tmp_path / "b.h5")]) == 0
    arguments = ["-q", "score", *common, "--output", str(tmp_path / "o.vcf")]
    arguments += ["--scores", str(tmp_path / "s.h5"), "--background", str(tmp_path / "b.h5")]
    assert main([*arguments, *both, "--info", "functional", "CTCF", "sd:CTCF"]) == 0
    expected = score_alleles(model_files, genome, alleles, background=tmp_path / "b.h5")
    with h5py.File(tmp_path / "s.h5") as file:
        np.testing.assert_allclose(file["logit"][:-1], expected.logit, atol=1e-5)
        np.testing.assert_allclose(file["functional"][:-1], expected.functional, rtol=0.05)
        assert file["logit_sd"][:-1].min() > 0
    rows = [line for line in (tmp_path / "o.vcf").read_text().splitlines() if line[0] != "#"]
    info = dict(field.split("=") for field in rows[0].split("\t")[7].split(";"))
    assert list(info) == ["DANQ_FUNC", "DANQ_LOGIT_CTCF", "DANQ_SD_CTCF"]
    assert float(info["DANQ_SD_CTCF"]) == pytest.approx(expected.logit_sd[0, 0], abs=1e-5)
    # One of the two is not what the background was made by.
    assert main([*arguments, "--model", str(model_files[0])]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "b.h5: is the background of another model: made by m1.keras,m2.keras (" in error


def test_options_reach_the_file(model_files, genome, vcf, tmp_path):
    arguments = ["-q", "background", "--model", str(model_files[0]), "--genome", str(genome)]
    arguments += ["--vcf", str(vcf), "--output", str(tmp_path / "b.h5"), "--snvs-only"]
    assert main([*arguments, "--max-variants", "7", "--seed", "5"]) == 0
    with h5py.File(tmp_path / "b.h5") as file:
        attributes = dict(file.attrs)
        assert file["counts"][:].sum(axis=1).tolist() == [7, 7]
    assert {key: attributes[key] for key in ("snvs_only", "max_variants", "seed")} == {
        "snvs_only": True,
        "max_variants": 7,
        "seed": 5,
    }


def test_models_that_do_not_fit_are_one_sentence(model_files, genome, vcf, tmp_path, capsys):
    other = tmp_path / "other.keras"
    network = models.deepsea(sequence_length=200, outputs=2, width=0.02)
    models.save(network, other, targets=["CTCF", "REST"])
    arguments = ["background", "--genome", str(genome), "--vcf", str(vcf)]
    arguments += ["--model", str(model_files[0]), "--model", str(other)]
    assert main([*arguments, "--output", str(tmp_path / "b.h5")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert f'{other}: predicts "REST" as target 2, {model_files[0]} has "SPI1"' in error
    assert not (tmp_path / "b.h5").exists()


def test_another_channel_order_is_refused_by_name(model_files, genome, vcf, tmp_path, capsys):
    other = tmp_path / "other.keras"
    network = models.deepsea(sequence_length=200, outputs=2, width=0.02)
    models.save(network, other, targets=["CTCF", "SPI1"], channels="AGCT")
    arguments = ["background", "--genome", str(genome), "--vcf", str(vcf)]
    arguments += ["--model", str(model_files[0]), "--model", str(other)]
    assert main([*arguments, "--output", str(tmp_path / "b.h5")]) == 2
    assert f"{other}: reads channels in the order AGCT" in capsys.readouterr().err

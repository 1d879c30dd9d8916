"""`danq score` with a real model file."""

import gzip

import h5py
import numpy as np
import pytest

from danq import models
from danq.cli import main
from danq.genome import Reference, reverse_complement
from danq.genome.variants import Change, windows

TARGETS = ["CTCF", "SPI1"]
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import keras

    keras.utils.set_random_seed(1)
    network = models.deepsea(sequence_length=200, outputs=2, width=0.02)
    path = tmp_path_factory.mktemp("model") / "m.keras"
    models.save(network, path, targets=TARGETS)
    return path


@pytest.fixture
def vcf(genome, tmp_path):
    bases = "".join("ACGT"[code] for code in Reference(genome).codes("chr1", 0, 1000))
    alts = ["A" if base != "A" else "G" for base in bases]
    rows = [f"1\t{p}\tv{p}\t{bases[p - 1]}\t{alts[p - 1]},<DEL>\t.\t.\t.\n" for p in (3, 500, 900)]
    path = tmp_path / "in.vcf"
    path.write_text(HEAD + "".join(rows))
    return path


def test_everything_that_it_writes(model, genome, vcf, tmp_path, capsys):
    out = tmp_path / "results"
    arguments = ["score", "--model", str(model), "--genome", str(genome), "--vcf", str(vcf)]
    arguments += ["--output", str(out / "o.vcf.gz"), "--scores", str(out / "o.h5")]
    arguments += ["--summary", str(out / "o.tsv"), "--plot", str(out / "o.png")]
    assert main([*arguments, "--batch-size", "4"]) == 0
    names = ["o.h5", "o.png", "o.tsv", "o.vcf.gz", "o.vcf.gz.tbi"]
    assert sorted(path.name for path in out.iterdir()) == names
    printed, error = capsys.readouterr()
    assert ["scored", "3"] in [line.split() for line in printed.splitlines()]
    assert 'contig "1" is read as the genome\'s "chr1"' in error
    with gzip.open(out / "o.vcf.gz", "rt") as file:
        text = file.read()
    assert text.count("DANQ_REASON=.,SYMBOLIC") == 3
    assert "model=m.keras" in text

    reference = Reference(genome)
    rows = [line.split("\t") for line in vcf.read_text().splitlines()[2:]]
    changes = [Change("chr1", int(r[1]) - 1, r[3], r[4].split(",")[0]) for r in rows]
    predictor = models.Predictor(models.load(model))
    z = [
        [predictor.logits(turn(codes)) for codes in windows(reference, changes, 200)]
        for turn in (lambda codes: codes, reverse_complement)
    ]
    logit = np.mean([alt - ref for ref, alt in z], axis=0) / np.log(2)
    p = [[1 / (1 + np.exp(-x)) for x in pair] for pair in z]
    diff = np.mean([alt - ref for ref, alt in p], axis=0)
    with h5py.File(out / "o.h5") as file:
        np.testing.assert_allclose(file["logit"][::2], logit, atol=1e-5)
        np.testing.assert_allclose(file["diff"][::2], diff, atol=1e-6)
        assert np.isnan(file["logit"][1::2]).all()
        assert file["targets"].asstr()[:].tolist() == TARGETS
        assert file.attrs["model"] == "m.keras"
        assert len(file.attrs["model_checksum"]) == 64
    assert np.abs(logit).max() > 1e-4


def test_a_wrong_ref_is_one_line_and_status_2(model, genome, vcf, tmp_path, capsys):
    first = Reference(genome).codes("chr1", 2, 3)[0]
    vcf.write_text(HEAD + f"1\t3\t.\t{'ACGT'[3 - first]}\t{'ACGT'[first]}\t.\t.\t.\n")
    output = tmp_path / "o.vcf"
    arguments = ["score", "--model", str(model), "--genome", str(genome), "--vcf", str(vcf)]
    assert main(["-q", *arguments, "--output", str(output)]) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[-1].startswith(f"danq: error: {vcf}, line 3: found REF")
    assert not output.exists()
    assert main(["-q", *arguments, "--output", str(output), "--ref-mismatch", "skip"]) == 0
    assert "DANQ_REASON=REF_MISMATCH" in output.read_text()


def test_a_model_without_metadata_is_refused(genome, vcf, tmp_path, capsys):
    (tmp_path / "m.keras").write_text("no model")
    arguments = ["score", "--genome", str(genome), "--vcf", str(vcf)]
    arguments += ["--model", str(tmp_path / "m.keras"), "--output", str(tmp_path / "o.vcf")]
    assert main(arguments) == 2
    assert "m.keras: is not a .keras model file" in capsys.readouterr().err

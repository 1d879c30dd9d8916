"""What is wrong is said before a genome is read or Keras loads, and nothing is written."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from pathlib import Path

import h5py
import pytest

from danq.cli import main
from danq.dataset import windows
from danq.models.keras_files.metadata import MEMBER, Metadata

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def folder(genome, targets, tmp_path, monkeypatch):
    """A data set, a model file that has no more than metadata, and a genome that is not read."""
    import zipfile

    monkeypatch.chdir(tmp_path)
    windows(genome, targets, "d.h5", valid=["chr1:20001-30000"], window=200)
    with zipfile.ZipFile("m.keras", "w") as archive:
        archive.writestr(MEMBER, Metadata(["CTCF"], ["TF"], 200).to_json())
        weights = io.BytesIO()
        h5py.File(weights, "w").close()
        archive.writestr("model.weights.h5", weights.getvalue())
        for name in ("config.json", "metadata.json"):
            archive.writestr(name, "{}")
    Path("in.vcf").write_text(HEAD)
    Path("r.bed").write_text("chr1\t5\t9\n")
    Path("g.fa").write_text("not FASTA, which only reading it would tell")
    return tmp_path


COMMON = "--model m.keras --genome g.fa"
SCORE = f"score {COMMON} --vcf in.vcf --output o.vcf"
TRAIN = "train --dataset d.h5 --output out.keras --model danq"
CASES = [
    ("predict --model m.keras --genome g.fa --regions r.bed --output o.txt", "o.txt: expected"),
    ("predict --model m.keras --genome g.fa --regions r.bed --output /dev/null", "is a device"),
    (
        "predict --model m.keras --genome g.fa --regions x.bed --output o.h5",
        "x.bed: does not exist",
    ),
    ("predict --model . --genome g.fa --regions r.bed --output o.h5", ".: is a folder, expected a"),
    ("predict --model r.bed --genome g.fa --regions r.bed --output o.h5", "r.bed: is"),
    (f"{SCORE} --info CTFC", "CTFC"),
    (f"{SCORE} --scores s.csv", "s.csv: expected the scores file's name to end in"),
    (f"{SCORE} --plot p.gif", "p.gif: expected the plot file's name to end in .png, .svg or .pdf"),
    (f"{SCORE} --summary in.vcf", "in.vcf: is named both as"),
    (f"{SCORE} --background absent.h5", "absent.h5: does not exist, expected a file of danq back"),
    (f"background {COMMON} --vcf in.vcf --output b.tsv", "b.tsv: expected the background file's"),
    (f"background {COMMON} --vcf in.vcf x.vcf --output b.h5", "x.vcf: does not exist"),
    ("windows --genome g.fa --targets targets.tsv --output w.tsv", "w.tsv: expected the data set"),
    ("windows --genome g.fa --targets targets.tsv --output w.h5 --require TFs", 'mean "TF"?'),
    ("evaluate --dataset d.h5 --output e r.bed", "r.bed: is"),
    ("evaluate --dataset d.h5 --output d.h5 m.keras", "d.h5: is a file, expected a folder"),
    (f"{TRAIN}s", 'found model "danqs"'),
    (f"{TRAIN} --dataset r.bed --model json:dumps", 'the model "json:dumps" cannot be called with'),
    (f"{TRAIN} --dataset r.bed --model os:environ", "is not a function but a _Environ"),
    (
        f"{TRAIN} --dataset r.bed --model absent_:make",
        "cannot be imported (No module named 'absent_'",
    ),
    (
        "predict --model json:dumps --genome g.fa --regions r.bed --output o.h5",
        "json:dumps: does n",
    ),
    (
        "score --model json:dumps --genome g.fa --vcf in.vcf --output o.vcf",
        "json:dumps: does not e",
    ),
    ("background --model os:environ --genome g.fa --vcf in.vcf --output b.h5", "os:environ: does"),
    ("evaluate --dataset r.bed --output e json:dumps", "json:dumps: does not exist"),
    ("export --model json:dumps --to onnx --output o.onnx", "json:dumps: does not exist"),
    (f"{TRAIN} --output out.h5", "out.h5: expected the model file's name to end in .keras"),
    (f"{TRAIN} --init m.keras --motifs r.bed", "found --init and --motifs"),
    (f"{TRAIN} --motif-share 0.2", "without --motifs"),
    (f"{TRAIN} --focal-gamma 2", 'found focal_gamma with loss "bce"'),
    (f"{TRAIN} --motifs r.bed", "r.bed"),
    ("convert --from-mat x.mat --output c.h5", "x.mat: does not exist, expected a MATLAB file"),
    ("convert --to-mat d.h5 d.h5", "d.h5: is a file, expected a folder to write into"),
]


@pytest.mark.parametrize(("command", "message"), CASES)
def test_wrong_arguments(folder, capsys, command, message, monkeypatch):
    before = sorted(path.name for path in folder.iterdir())
    # Nothing that a test before this one has imported counts.
    for module in ("keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    with suppress(SystemExit):
        assert main(command.split()) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("danq: error: ")
    assert error.count("\n") == 1
    assert sorted(path.name for path in folder.iterdir()) == before

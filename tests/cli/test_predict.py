import h5py
import numpy as np
import pytest

from danq.cli import main


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import keras

    from danq import models

    one_hot = keras.Input((11, 4))
    outputs = keras.layers.Activation("sigmoid")(
        keras.layers.Dense(3)(keras.layers.Flatten()(one_hot))
    )
    path = tmp_path_factory.mktemp("model") / "m.keras"
    models.save(keras.Model(one_hot, outputs), path, targets=["a", "b", "c"])
    return str(path)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nACGTTGCAAACCCGGGTTTACG\n")
    (tmp_path / "r.bed").write_text("chr1\t4\t9\nchr1\t0\t3\n")
    (tmp_path / "s.fa").write_text(">s\nACGTTGCAAAC\n")
    return tmp_path


def test_regions_and_sequences(model, files):
    genome, regions, fasta = (str(files / name) for name in ("g.fa", "r.bed", "s.fa"))
    both, one, sequences = (str(files / name) for name in ("1.h5", "2.h5", "3.h5"))
    common = ["predict", "--model", model, "--genome", genome, "--regions", regions]
    assert main([*common, "--output", both]) == 0
    assert main([*common, "--output", one, "--one-strand", "--batch-size", "1"]) == 0
    assert main(["predict", "--model", model, "--fasta", fasta, "--output", sequences]) == 0
    with h5py.File(both) as first, h5py.File(one) as second, h5py.File(sequences) as third:
        assert first["predictions"].shape == second["predictions"].shape == (2, 3)
        assert not np.allclose(first["predictions"], second["predictions"])
        assert third["predictions"].shape == (1, 3)


@pytest.mark.parametrize(
    "inputs",
    [[], ["--regions", "r.bed", "--fasta", "s.fa"], ["--genome", "g.fa"]],
    ids=["Neither", "Both", "GenomeAlone"],
)
def test_wrong_use(inputs, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["predict", "--model", "m.keras", "--output", "p.h5", *inputs])
    assert caught.value.code == 2
    assert "--regions" in capsys.readouterr().err


def test_regions_without_a_genome(files, model, capsys):
    inputs = ["--regions", str(files / "r.bed"), "--output", str(files / "p.h5")]
    assert main(["predict", "--model", model, *inputs]) == 2
    assert "go together" in capsys.readouterr().err
    assert not (files / "p.h5").exists()


def test_bad_sequence_is_one_line(files, model, capsys):
    (files / "s.fa").write_text(">s\nACG\n")
    inputs = ["--fasta", str(files / "s.fa"), "--output", str(files / "p.h5")]
    assert main(["predict", "--model", model, *inputs]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("danq: error: ")
    assert 's.fa: sequence 1, "s", has 3 bases, the model reads windows of 11' in error

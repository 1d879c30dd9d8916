"""Where the disk is full, every command names the output that was asked for and leaves nothing.

A limit on the size of files stands for the full disk: it needs no disk of its own, and the system
refuses more bytes in the same place.
"""

from __future__ import annotations

import resource
import tempfile
from contextlib import contextmanager

import numpy as np
import pytest

from danq import models
from danq.cli import main
from danq.dataset import to_mat, windows
from danq.errors import InputError
from danq.genome import Reference
from danq.plotting import save
from danq.scoring import background, score
from danq.write_errors import full_disk
from tests.scoring.toy import random_toy

SPLITS = {"valid": ["chr1:20001-30000"], "test": ["chr1:30001-40000"]}
HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
REASON = "cannot be written (File too large)"
CONFIG = """genome: genome.fa
targets: targets.tsv
results: results
windows: {window: 200, valid: ["chr1:20001-30000"], test: ["chr1:30001-40000"]}
models: {danq: {model: danq}}
"""

WINDOWS = "windows --genome genome.fa --targets targets.tsv --window 200 --output"
PREDICT = "predict --model m.keras --genome genome.fa --regions r.bed --output"
SCORE = "score --model m.keras --genome genome.fa --vcf in.vcf --output"
SATURATE = "saturate --model m.keras --genome genome.fa --regions r.bed --output"

# The command, how large a file may become, and the output that is named.
COMMANDS = [
    (f"{WINDOWS} out/o.h5", 500, "o.h5"),
    (f"{WINDOWS} out/o.h5", 6000, "html"),
    ("convert --from-mat train.mat valid.mat test.mat --output out/o.h5", 500, "out/o.h5"),
    ("convert --from-mat train.mat valid.mat test.mat --output out/o.h5", 10_000, "out/o.h5"),
    ("convert --to-mat out d.h5", 500, "train.mat"),
    (
        "train --dataset d.h5 --model deepsea --width 0.02 --epochs 1 --output out/o.keras",
        20_000,
        "o.checkpoint",
    ),
    ("evaluate --dataset d.h5 --no-kmer-floor --output out m.keras", 40_000, "out/"),
    (f"{PREDICT} out/o.h5", 20_000, "o.h5"),
    (f"{PREDICT} out/o.tsv", 20_000, "o.tsv"),
    (f"{PREDICT} out/o.tsv.gz", 20_000, "o.tsv.gz"),
    (f"{PREDICT} out/o.parquet", 20_000, "o.parquet"),
    ("import --from keras --targets targets.tsv --output out/o.keras plain.keras", 500, "o.keras"),
    ("export --model m.keras --to saved_model --output out/o", 20_000, "out/o"),
    ("init --output out/o.yaml", 100, "o.yaml"),
    ("check --config config.yaml --stamp out/o.stamp", 20, "o.stamp"),
    (f"{SCORE} out/o.vcf.gz", 100, "out/o.vcf.gz"),
    (f"{SCORE} out/o.blocks --piece 1/1", 20_000, "out/o.blocks"),
    (f"{SATURATE} out/o.tsv.gz --vcf out/o.vcf.gz", 20_000, "out/o.tsv.gz"),
]


@contextmanager
def files_up_to(size):
    """Let no file of this process, or of those that it starts, become larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """A model file, and one that Keras alone wrote."""
    import keras

    folder = tmp_path_factory.mktemp("networks")
    # Small: Keras unpacks it into the system's temporary folder.
    window = keras.Input((200, 4))
    logits = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(window))
    network = keras.Model(window, keras.layers.Activation("sigmoid")(logits))
    network.save(folder / "plain.keras")
    models.save(network, folder / "m.keras", targets=["CTCF", "H3K4me3"])
    return folder


@pytest.fixture
def folder(genome, targets, tmp_path, monkeypatch):
    """One of each input, an empty folder `out`, and the genome's cache made."""
    monkeypatch.chdir(tmp_path)
    windows(genome, targets, "d.h5", window=200, **SPLITS)
    to_mat("d.h5", ".")
    (tmp_path / "r.bed").write_text("".join(f"chr1\t{n}\t{n + 9}\n" for n in range(100, 9000, 4)))
    bases = "".join("ACGT"[code] for code in Reference(genome).codes("chr1", 0, 3000))
    rows = [
        f"chr1\t{n}\tv{n}\t{bases[n - 1]}\t{'C' if bases[n - 1] == 'A' else 'A'}\t.\t.\t.\n"
        for n in range(100, 3000)
    ]
    (tmp_path / "in.vcf").write_text(HEAD + "".join(rows))
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "out").mkdir()
    return tmp_path


@pytest.mark.parametrize(("command", "size", "named"), COMMANDS)
def test_each_command_names_its_output(folder, networks, capsys, command, size, named):
    for file in networks.iterdir():
        (folder / file.name).symlink_to(file)
    with files_up_to(size):
        status = main(["-q", *command.split()])
    error = capsys.readouterr().err
    assert status == 2, error
    *_, sentence = error.splitlines()
    assert REASON in sentence
    assert named in sentence.removesuffix(REASON)
    assert "partial" not in error
    assert not [path.name for path in (folder / "out").rglob("*")]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("output", "o.vcf"),
        ("output", "o.vcf.gz"),
        ("output", "o.bcf"),
        ("scores", "o.h5"),
        ("scores", "o.parquet"),
        ("scores", "o.tsv.gz"),
        ("plot", "o.png"),
        ("plot", "o.svg"),
        ("plot", "o.pdf"),
        ("top_table", "o.html"),
    ],
)
def test_each_output_of_scoring(folder, kind, name):
    """The network is not a file: so there are no finished blocks, which would fail first."""
    output = folder / "out" / name
    with files_up_to(700), pytest.raises(InputError) as error:
        score(random_toy(), folder / "genome.fa", folder / "in.vcf", **{kind: output})
    assert str(error.value) == f"{output}: {REASON}"
    assert not [path.name for path in (folder / "out").iterdir()]


def test_a_background(folder):
    with files_up_to(2000), pytest.raises(InputError) as error:
        background(random_toy(), folder / "genome.fa", [folder / "in.vcf"], folder / "out" / "b.h5")
    assert str(error.value) == f"{folder}/out/b.h5: {REASON}"
    assert not list((folder / "out").iterdir())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_figures(tmp_path, suffix, monkeypatch):
    """matplotlib's PDF writer stumbles over its own state, and raises an AttributeError."""
    from matplotlib.figure import Figure

    monkeypatch.setattr("danq.plotting.FIGURE_SUFFIXES", {suffix: {}})
    figure = Figure()
    figure.subplots().plot(np.arange(9))
    with files_up_to(500), pytest.raises(InputError) as error:
        save(figure, tmp_path / "o")
    assert str(error.value) == f"{tmp_path}/o.{suffix}: {REASON}"
    assert not list(tmp_path.iterdir())


def test_the_cache_of_a_genome(genome, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("DANQ_CACHE", str(tmp_path / "cache"))
    with files_up_to(20_000), pytest.raises(InputError) as error:
        Reference(genome)
    assert str(error.value).startswith(f"{genome}: its cache cannot be written (File too large)")
    assert not list((tmp_path / "cache").iterdir())
    monkeypatch.delenv("DANQ_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with files_up_to(20_000), pytest.raises(InputError, match="File too large"):
        Reference(genome)
    assert not [path.name for path in tmp_path.rglob("*.*") if "partial" in path.name]


def test_a_model_is_unpacked_into_the_folder_for_temporary_files(networks):
    """The model file is not at fault, and the output is not full."""
    with files_up_to(500), pytest.raises(InputError) as error:
        models.load(networks / "m.keras")
    sentence = f"{networks}/m.keras cannot be unpacked (File too large)"
    assert str(error.value) == f"{tempfile.gettempdir()}: {sentence}"


def test_other_errors_stay_what_they_are(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert full_disk(RuntimeError("of another cause"), tmp_path / "file") is None
    assert full_disk(RuntimeError("of another cause"), tmp_path) is None
    assert full_disk(OSError(5, "Input/output error"), tmp_path / "file") is None
    assert full_disk(RuntimeError("No space left on device; 4096"), tmp_path / "absent")

"""Standard streams that are closed, full or of another encoding change no result."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest

from danq.dataset import Dataset
from danq.genome import Reference

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
CONFIG = """genome: g.fa
targets: t.tsv
results: results
windows: {window: 200, valid: ["chr1:10001-15000"], test: ["chr1:20001-25000"]}
models: {danq: {model: danq}}
"""
COMMANDS = [
    "train --dataset d.h5 --model deepsea --width 0.02 --epochs 1 --output {}/o.keras",
    "evaluate --dataset d.h5 --no-kmer-floor --resamples 40 --block-size 500 --output {}/e m.keras",
    "background --model m.keras --genome g.fa --vcf v.vcf --output {}/b.h5",
    "score --model m.keras --genome g.fa --vcf v.vcf --output {}/s.vcf.gz --info CTCF-α"
    " --top-table {}/s.html",
    "check --config c.yaml --stamp {}/o.stamp",
    "init --genome gα.fa --output {}/o.yaml",
]
# Runs the commands one after the other; what one does to the streams is undone for the next.
SCRIPT = """
import json, os, sys
from danq.cli import main
folder = sys.argv[1]
with open(f"{folder}/commands.json") as file:
    commands = json.load(file)
is_full = os.path.realpath("/dev/fd/1") == "/dev/full"
statuses = []
for command in commands:
    if is_full:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    words = command.format(folder, folder).split()
    # As Python gets them from a shell.
    statuses.append(main([os.fsdecode(word.encode()) for word in words]))
with open(f"{folder}/statuses.json", "w") as file:
    json.dump(statuses, file)
"""
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def run(genome, targets, tmp_path):
    """Run `danq windows` or another command in a shell; give status and both streams."""
    # Read here, so that the command logs nothing.
    Reference(genome)
    words = ["windows", "--genome", genome, "--targets", targets, "--output", tmp_path / "d.h5"]
    words = [*words, "--valid", "chr1:20001-30000", "--window", "200"]

    def run(redirected, command=words, **environment):
        line = shlex.join([sys.executable, "-m", "danq", *map(str, command)])
        done = subprocess.run(
            ["bash", "-c", f"{line} {redirected}; exit ${{PIPESTATUS[0]}}"],
            capture_output=True,
            env={**os.environ, **environment},
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.mark.parametrize(
    ("redirected", "expected"),
    [
        (">&-", (0, "")),
        ("2>&-", (0, "")),
        ("<&- >&- 2>&-", (0, "")),
        ("2>/dev/full", (0, "")),
        (">/dev/full", (2, "danq: error: standard output: No space left on device\n")),
        ("| true", (141, "")),
    ],
)
def test_the_output_stands_and_the_status_is_true(run, tmp_path, redirected, expected):
    status, _, error = run(redirected)
    assert (status, error) == expected
    with Dataset.open(tmp_path / "d.h5") as data:
        assert len(data) > 30
    assert (tmp_path / "d.audit.tsv").read_text(encoding="utf-8").startswith("split\t")


@pytest.mark.parametrize(
    ("command", "redirected", "expected"),
    [
        (["--help"], ">/dev/full", (2, "danq: error: standard output: No space left on device\n")),
        (["train", "--help"], "| true", (141, "")),
        (["--help"], ">&-", (0, "")),
        (["windows"], "2>&-", (2, "")),
        (["windows"], "2>/dev/full", (2, "")),
        ([], "2>&-", (2, "")),
    ],
)
def test_help_and_wrong_use(run, command, redirected, expected):
    status, _, error = run(redirected, command)
    assert (status, error) == expected


def test_names_that_the_terminal_cannot_show(run, targets, tmp_path):
    text = targets.read_text(encoding="utf-8").replace("CTCF\t", "CTCF-α\t", 1)
    targets.write_text(text, encoding="utf-8")
    status, printed, error = run("", **ASCII)
    assert (status, error) == (0, "")
    assert printed
    with Dataset.open(tmp_path / "d.h5") as data:
        assert data.targets.names[0] == "CTCF-α"
    assert "CTCF-α" in (tmp_path / "d.audit.tsv").read_text(encoding="utf-8")
    targets.write_text(text.replace("H3K4me3\t", "CTCF-α\t", 1).replace("TF", "α", 1), "utf-8")
    (tmp_path / "CTCF.bed").unlink()
    status, printed, error = run("", **ASCII)
    assert (status, printed) == (2, "")
    assert error.startswith("danq: error: ")
    assert error.count("\n") == 1


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Make what the commands below read, the target called CTCF-α."""
    import keras

    from danq import models
    from danq.dataset import windows

    folder = tmp_path_factory.mktemp("streams")
    bases = "".join(np.random.default_rng(4).choice(list("ACGT"), 30_000))
    (folder / "g.fa").write_text(f">chr1\n{bases}\n")
    (folder / "p.bed").write_text(
        "".join(f"chr1\t{n}\t{n + 200}\n" for n in range(200, 29_000, 600))
    )
    (folder / "t.tsv").write_text(
        "name\tpath\tgroup\nCTCF-α\tp.bed\tTF\nREST\tp.bed\tTF\n", "utf-8"
    )
    held_out = {"valid": ["chr1:10001-15000"], "test": ["chr1:20001-25000"]}
    windows(folder / "g.fa", folder / "t.tsv", folder / "d.h5", window=200, **held_out)
    window = keras.Input((200, 4))
    logits = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling1D()(window))
    network = keras.Model(window, keras.layers.Activation("sigmoid")(logits))
    models.save(network, folder / "m.keras", targets=["CTCF-α", "REST"])
    rows = "".join(f"chr1\t{n}\t.\t{bases[n - 1]}\tN\t.\t.\t.\n" for n in range(300, 900))
    rows = rows.replace("A\tN", "A\tC").replace("\tN", "\tA")
    (folder / "v.vcf").write_text(HEAD + rows)
    (folder / "c.yaml").write_text(CONFIG)
    return folder


@pytest.mark.parametrize(
    ("redirected", "status"),
    [("<&- >&- 2>&-", 0), (">/dev/full 2>/dev/full", 2), ("", 0)],
    ids=["closed", "full", "ASCII"],
)
def test_what_takes_long_stands(results, tmp_path, redirected, status):
    """One process for all commands, each with streams as they were at its start."""
    (tmp_path / "commands.json").write_text(json.dumps(COMMANDS))
    line = shlex.join([sys.executable, "-c", SCRIPT, str(tmp_path)])
    done = subprocess.run(
        ["bash", "-c", f"{line} {redirected}"],
        capture_output=True,
        cwd=results,
        env={**os.environ, **ASCII, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert json.loads((tmp_path / "statuses.json").read_text()) == [status] * len(COMMANDS)
    assert {path.name for path in tmp_path.iterdir()} >= {
        *("o.keras", "o.history.html", "b.h5", "s.vcf.gz", "s.vcf.gz.tbi", "s.html", "e", "o.yaml"),
        "o.stamp",
    }
    assert b"CTCF-" + "α".encode() in (tmp_path / "e" / "metrics.tsv").read_bytes()
    with gzip.open(tmp_path / "s.vcf.gz") as file:
        assert b"CTCF-" in file.read()
    if not redirected:
        assert b"epoch 1 of 1 was kept" in done.stdout
        assert done.stdout.isascii()
        assert done.stderr.isascii()

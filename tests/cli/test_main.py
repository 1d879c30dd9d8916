from __future__ import annotations

import os
import subprocess
import sys

import pytest

import danq
from danq.cli import main


def _error(capsys, arguments, status=2):
    assert main(["--quiet", *map(str, arguments)]) == status
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_version_and_help(capsys):
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as stop:
            main([option])
        assert stop.value.code == 0
    assert f"danq {danq.__version__}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["windows", "train", "evaluate", "predict", "score"])
def test_every_command_has_help_for_every_option(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"usage: danq {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["fly"], ["windows"], ["train", "--epochs", "many"]])
def test_wrong_use_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("danq: error: ")
    assert error.count("\n") == 1
    assert error.endswith(" --help)\n")


def test_windows_and_train_from_the_command_line(tmp_path, genome, targets, capsys):
    dataset, model = tmp_path / "d.h5", tmp_path / "m.keras"
    arguments = ["windows", "--genome", genome, "--targets", targets, "--output", dataset]
    arguments += ["--valid", "chr1:30001-35000", "--test", "chr1:35001-40000", "chr2"]
    arguments += ["--window", 200, "--bin", 100, "--min-overlap", 0.4, "--require", "TF"]
    assert main([str(argument) for argument in arguments]) == 0
    out = capsys.readouterr().out
    assert out.split()[:7] == ["split", "windows", "with", "a", "label", "positives", "contigs"]
    with danq.dataset.Dataset.open(dataset) as data:
        assert data.window == 200
    arguments = ["--quiet", "train", "--dataset", dataset, "--model", "danq", "--output", model]
    arguments += ["--width", 0.02, "--epochs", 1, "--batch-size", 16, "--optimizer", "adam"]
    arguments += ["--learning-rate", 0.01, "--max-jitter", 4, "--schedule", "cosine"]
    assert main([str(argument) for argument in arguments]) == 0
    training = danq.models.metadata(model).training
    expected = {"width": 0.02, "epochs": 1, "batch_size": 16, "optimizer": "adam"}
    expected |= {"learning_rate": 0.01, "max_jitter": 4, "schedule": "cosine", "seed": 1}
    assert expected.items() <= training.items()
    assert capsys.readouterr().err == ""


def test_bad_input_is_one_line_and_status_2(tmp_path, genome, targets, capsys):
    (tmp_path / "CTCF.bed").write_text("chr1\t5\n")
    arguments = ["windows", "--genome", genome, "--targets", targets]
    line = _error(capsys, [*arguments, "--output", tmp_path / "d.h5"])
    assert line.startswith("danq: error: ")
    assert line.endswith(
        "CTCF.bed, line 1: found 2 columns, expected at least contig, start and end"
    )
    assert not (tmp_path / "d.h5").exists()


def test_an_output_folder_that_cannot_be_made(tmp_path, genome, targets, capsys):
    (tmp_path / "file").write_text("")
    arguments = ["windows", "--genome", genome, "--targets", targets]
    line = _error(capsys, [*arguments, "--output", tmp_path / "file" / "d.h5"])
    assert line.endswith("file: is a file, expected a folder to write into")


@pytest.mark.parametrize("name", ["MemoryError", "ResourceExhaustedError", "OutOfMemoryError"])
def test_too_little_memory_is_one_line(name, tmp_path, genome, targets, capsys, monkeypatch):
    def windows(*_, **__):
        raise type(name, (RuntimeError,), {})("OOM when allocating tensor")

    monkeypatch.setattr(danq.cli.commands.windows, "windows", windows)
    arguments = ["windows", "--genome", genome, "--targets", targets]
    line = _error(capsys, [*arguments, "--output", tmp_path / "d.h5"], status=1)
    assert line == "danq: error: there is not enough memory for this"


def test_too_little_memory_names_the_options_that_need_less(tmp_path, capsys, monkeypatch):
    def train(*_, **__):
        raise MemoryError

    monkeypatch.setattr("danq.cli.commands.train.run", train)
    (tmp_path / "d.h5").touch()
    arguments = ["train", "--model", "danq", "--dataset", tmp_path / "d.h5"]
    line = _error(capsys, [*arguments, "--output", tmp_path / "m.keras"], status=1)
    assert line.endswith("memory for this: a smaller --batch-size or --width needs less")


def test_the_program_as_it_is_installed(tmp_path):
    environment = {**os.environ, "DANQ_CACHE": str(tmp_path)}
    command = [sys.executable, "-m", "danq", "score", "--model", "absent.keras"]
    command += ["--genome", "absent.fa", "--vcf", "absent.vcf", "--output", str(tmp_path / "o.vcf")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("danq: error: absent.")


def test_names_in_files_do_not_reach_the_terminal_raw(tmp_path, genome, targets, capsys):
    with open(tmp_path / "CTCF.bed", "a") as bed:
        bed.write(f"c\x1b[31mX\t5\t9\n{'Q' * 3000}\t5\t9\n")
    arguments = ["windows", "--genome", str(genome), "--targets", str(targets), "--window", "200"]
    arguments += ["--valid", "chr1:30001-35000", "--test", "chr1:35001-40000"]
    assert main([*arguments, "--output", str(tmp_path / "d.h5")]) == 0
    said = capsys.readouterr().err
    assert "which the reference lacks" in said
    assert all(line.isprintable() and len(line) < 500 for line in said.splitlines())


def test_a_contig_with_control_characters_is_refused(tmp_path, targets, capsys):
    fasta = tmp_path / "bad.fa"
    fasta.write_text(">chr1\x1b[31m\n" + "ACGT" * 1000 + "\n")
    arguments = ["windows", "--genome", str(fasta), "--targets", str(targets), "--valid", "chr1"]
    assert main([*arguments, "--test", "chr2", "--output", str(tmp_path / "d.h5")]) == 2
    assert "expected text without control characters" in capsys.readouterr().err

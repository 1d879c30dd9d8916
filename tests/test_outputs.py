"""Outputs replace regular files only, and never what is read or written otherwise."""

import errno
import os
import resource
import shutil
import socket
import stat
import subprocess
import sys

import pytest

from danq.cli import main
from danq.errors import InputError
from danq.outputs import (
    check_distinct,
    check_output,
    check_outputs,
    scratch_of,
    together,
    whole,
)

# What each command reads and writes: options with the ending of a file that they would take, and
# every name that is derived from the output's.
COMMANDS = {
    "windows": (
        "windows --genome {} --targets {} --exclude {} --output o.h5",
        ["o.h5", "o.audit.tsv"],
    ),
    "convert": ("convert --from-mat {} --targets {} --output o.h5", ["o.h5"]),
    "to_mat": ("convert --to-mat . {}", []),
    "train": (
        "train --dataset {} --genome {} --init {} --model danq --output o.keras",
        ["o.keras", "o.checkpoint", "o.history.tsv", "o.history.png", "o.history.svg"],
    ),
    "train with motifs": (
        "train --dataset {} --motifs {} --model danq-jaspar --output o.keras",
        ["o.keras", "o.checkpoint", "o.history.tsv", "o.history.pdf"],
    ),
    "evaluate": (
        "evaluate --dataset {} --genome {} --output . {}",
        ["metrics.tsv", "metrics.parquet", "scatter.svg", "summary.html", "groups.html"],
    ),
    "predict": ("predict --model {} --genome {} --regions {} --output o.h5", ["o.h5"]),
    "predict fasta": ("predict --model {} --fasta {} --output o.h5", ["o.h5"]),
    "background": ("background --model {} --genome {} --vcf {} --output o.h5", ["o.h5"]),
    "score": (
        "score --model {} --genome {} --vcf {} --background {} --output o.vcf.gz --scores s.h5 "
        "--summary s.tsv --plot s.png",
        ["o.vcf.gz", "o.vcf.gz.tbi", "o.vcf.gz.csi", "s.h5", "s.tsv", "s.png"],
    ),
    "explain": (
        "explain --model {} --genome {} --vcf {} --motifs {} --output o.h5",
        ["o.h5", "o.motifs.tsv"],
    ),
    "explain fasta": ("explain --model {} --fasta {} --output o.h5", ["o.h5"]),
    "saturate": (
        "saturate --model {} --genome {} --regions {} --output o.tsv.gz --vcf v.vcf.gz",
        ["o.tsv.gz", "o.tsv.gz.tbi", "o.tsv.gz.csi", "v.vcf.gz", "v.vcf.gz.tbi", "v.vcf.gz.csi"],
    ),
    "import": ("import --from danq --targets {} --verify {} --output o.keras {}", ["o.keras"]),
    "adopt": ("import --from keras --targets {} --output o.keras {}", ["o.keras"]),
    "export": ("export --model {} --to onnx --output o.onnx", ["o.onnx"]),
}
CASES = [
    pytest.param(words, output, place, id=f"{name}-{output}-{place}")
    for name, (words, outputs) in COMMANDS.items()
    for output in outputs
    for place in range(words.count("{}"))
]


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["name", "symlink", "hardlink"])
@pytest.mark.parametrize(("words", "output", "place"), CASES)
def test_no_command_writes_over_what_it_reads(
    words, output, place, link, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / output).write_bytes(b"precious")
    if link is not None:
        link(output, "other")
    names = [f"input_{number}" for number in range(words.count("{}"))]
    for name in names:
        (tmp_path / name).write_bytes(b">a\nACGT\n")
    names[place] = output if link is None else "other"
    assert main(words.format(*names).split()) == 2
    assert f"{output}: is named both as input and as output" in capsys.readouterr().err
    assert (tmp_path / output).read_bytes() == b"precious"


def test_every_command_that_writes_is_among_these():
    from danq.cli import _COMMANDS

    own = {words.split()[0] for words, _ in COMMANDS.values()}
    # danq check and danq info write nothing, and danq init no file that exists.
    assert own | {"check", "info", "init"} == {name.rstrip("_") for name in _COMMANDS}


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_a_data_set_is_not_replaced_by_its_matlab_file(split, tmp_path, monkeypatch, capsys):
    from danq.dataset import convert
    from tests.deepsea_bundle import random_split, write_bundle

    convert(write_bundle(tmp_path, {split: random_split(1, 4, 6, 2)}), tmp_path / "d.h5")
    data = (tmp_path / "d.h5").rename(tmp_path / f"{split}.mat")
    before = data.read_bytes()
    assert main(["convert", "--to-mat", str(tmp_path), str(data)]) == 2
    assert f"{split}.mat: is named both as input and as output" in capsys.readouterr().err
    assert data.read_bytes() == before


def test_two_outputs_are_two_files(tmp_path):
    (tmp_path / "a.tsv").write_text("before")
    os.link(tmp_path / "a.tsv", tmp_path / "b.tsv")
    (tmp_path / "c.tsv").symlink_to("new.tsv")
    for one, other in (("a.tsv", "b.tsv"), ("c.tsv", "new.tsv"), ("d.tsv", "../x/d.tsv")):
        folder = tmp_path.rename(tmp_path.with_name("x")) if other[0] == "." else tmp_path
        with pytest.raises(InputError, match="is the same file as the output"):
            check_outputs([folder / one, folder / other])
    check_outputs([folder / "a.tsv", None, folder / "c.tsv"], inputs=[None, "-", 5, folder / "e"])


def test_inputs_may_be_lists_and_objects_with_a_path(tmp_path):
    class Opened:
        path = tmp_path / "genome.fa"

    for inputs in ([Opened()], [[tmp_path / "genome.fa"]], [(None, [Opened()])]):
        with pytest.raises(InputError, match=r"genome\.fa: is named both as input and as output"):
            check_distinct([tmp_path / "genome.fa"], inputs=inputs)


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "data").write_text("before")
    for name, target in (("link.h5", "far/data"), ("new.h5", "far/absent")):
        (tmp_path / name).symlink_to(target)
        with whole(tmp_path / name) as partial:
            assert partial.suffix == ".h5"
            partial.write_text("after")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / target).read_text() == "after"
    assert sorted(path.name for path in (tmp_path / "far").iterdir()) == ["absent", "data"]


def test_files_of_a_folder_follow_links_too(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.tsv").symlink_to("../far/a.tsv")
    with together(tmp_path / "out", "evaluation") as folder:
        (folder / "a.tsv").write_text("a")
        (folder / "b.tsv").write_text("b")
    assert (tmp_path / "far" / "a.tsv").read_text() == "a"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.tsv", "b.tsv"]


def test_files_of_a_folder_appear_all_or_none(tmp_path, monkeypatch):
    """The last of them is a link to another disk, which is full."""
    real = shutil.move

    def move(source, to):
        if source.name == "b.tsv":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(source, to)

    monkeypatch.setattr("danq.outputs.shutil.move", move)

    def write():
        with together(tmp_path, "evaluation") as folder:
            (folder / "a.tsv").write_text("a")
            (folder / "b.tsv").write_text("b")

    with pytest.raises(InputError, match=r"^\S+/b\.tsv: cannot be written \(No space"):
        write()
    assert not list(tmp_path.iterdir())


def test_what_is_not_a_regular_file_stays(tmp_path):
    os.mkfifo(tmp_path / "pipe.h5")
    (tmp_path / "link.h5").symlink_to("pipe.h5")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.h5"))
        kinds = {"pipe.h5": "a named pipe", "link.h5": "a named pipe", "socket.h5": "a socket"}
        for name, kind in kinds.items():
            with pytest.raises(InputError, match=f"is {kind}, expected a file to write"):
                check_output(tmp_path / name)
            with pytest.raises(InputError, match=f"is {kind}"), whole(tmp_path / name):
                pass
    for device in ("/dev/null", "/dev/full"):
        with pytest.raises(InputError, match="is a device, expected a file to write"):
            check_output(device)
    assert stat.S_ISFIFO((tmp_path / "pipe.h5").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_what_killed_runs_left_is_removed_with_its_scratch(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in ("o.bcf", "o.bcf.scratch.gz", "other.bcf"):
        (tmp_path / f".partial-{gone.pid}-{name}").write_text("half")
    (tmp_path / f".partial-{gone.pid}-o.bcf.scratch").mkdir()
    (tmp_path / ".partial-1-o.bcf").write_text("of a process that runs")
    with whole(tmp_path / "o.bcf") as partial:
        (scratch_of(partial) / "more").write_text("needed meanwhile")
        partial.write_text("all")
    left = [".partial-1-o.bcf", f".partial-{gone.pid}-other.bcf", "o.bcf"]
    assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_a_full_disk_is_told_by_the_name_that_was_asked_for(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(InputError, match=r"^\S+/out\.h5: cannot be written \(No space"):
        fail(whole(tmp_path / "out.h5"), full)
    with pytest.raises(InputError, match=r"^\S+/out: cannot be written \(No space left"):
        fail(together(tmp_path / "out", "evaluation"), full)
    with (
        pytest.raises(InputError, match=r"^\S+/out/a\.tsv: cannot be written"),
        together(tmp_path / "out", "evaluation") as folder,
    ):
        fail(whole(folder / "a.tsv"), full)
    assert not list((tmp_path / "out").iterdir())
    with pytest.raises(OSError, match="input/output"):
        fail(whole(tmp_path / "out.h5"), OSError(errno.EIO, "input/output"))


def fail(context, error):
    with context:
        raise error


def test_an_error_without_a_number_is_looked_into(tmp_path):
    """Some libraries raise RuntimeError for a full disk; here it is a limit of the process."""
    code = f"""
from danq.outputs import whole
with whole({str(tmp_path / "m.keras")!r}) as partial:
    partial.write_bytes(bytes(5000))
    raise RuntimeError("unable to flush")
"""
    limited = subprocess.run(
        [sys.executable, "-c", code],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000)),
        capture_output=True,
        text=True,
    )
    assert "m.keras: cannot be written (File too large)" in limited.stderr.splitlines()[-1]
    with pytest.raises(RuntimeError, match="of another cause"):
        fail(whole(tmp_path / "m.keras"), RuntimeError("of another cause"))

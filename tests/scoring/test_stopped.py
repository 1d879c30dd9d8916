"""A run that is killed, interrupted or out of disk, and what resumes or shares it."""

import os
import resource
import signal
import subprocess
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import pysam
import pytest

from danq.errors import InputError
from danq.parts import Parts
from danq.scoring import score
from danq.vcf.bgzip import BgzipFile
from tests.scoring.records import declare
from tests.scoring.stopped_run import BLOCKS, OUTPUTS, ROOT, same, started

PLACES = [
    ("danq.scoring.scorers.ensemble:predict", 0),
    ("danq.scoring.scorers.ensemble:predict", 4),
    ("danq.parts:Parts.save", 3),
    ("danq.parts:np.savez", 2),
    ("danq.vcf.vcf_writer:VcfWriter.write", 2),
    ("danq.scoring.outputs.hdf5_table:ScoreFile.write", 5),
    ("danq.scoring.outputs.plot:draw", 0),
    ("danq.scoring.outputs.scored_vcf:index_beside", 0),
    ("danq.outputs:os.replace", BLOCKS + 2),
    ("danq.outputs:os.replace", BLOCKS + 4),
]


@pytest.mark.parametrize(("place", "call"), PLACES)
def test_a_killed_run_goes_on_to_the_same_result(arguments, resumed, whole, tmp_path, place, call):
    stopped = started(arguments, place, call)
    assert stopped.returncode == -signal.SIGKILL
    out = tmp_path / "out"
    kept = len(list(out.glob("out.vcf.gz.parts/block-*.npz")))
    if "os.replace" not in place:
        assert not set(OUTPUTS) & {path.name for path in out.iterdir()}
    calls = resumed([*arguments, "--resume"])
    assert len(calls) == BLOCKS - kept
    assert kept == {"Parts.save": 3, "np.savez": 2}.get(place.split(":")[1], kept)
    same(out, whole)


def test_kept_blocks_are_said_and_counted(arguments, resumed, whole, capsys, tmp_path):
    started(arguments, "danq.parts:Parts.save", 3)
    capsys.readouterr()
    resumed([*arguments, "--resume"])
    assert "out.vcf.gz.parts: resumes after 3 finished blocks" in capsys.readouterr().err
    same(tmp_path / "out", whole)


def test_without_resume_a_run_starts_afresh(arguments, resumed, whole, capsys, tmp_path):
    started(arguments, "danq.parts:Parts.save", 3)
    calls = resumed(arguments)
    assert len(calls) == BLOCKS
    assert "3 finished blocks removed, to start from scratch" in capsys.readouterr().err
    for left in (tmp_path / "out").glob(".partial-*"):
        left.unlink()
    same(tmp_path / "out", whole)


def test_blocks_of_other_records_are_computed_again(arguments, resumed, run_vcf, capsys, tmp_path):
    started(arguments, "danq.parts:Parts.save", 5)
    lines = run_vcf.read_text().splitlines(keepends=True)
    # The eighth record, in the first of five finished blocks, inserts something else.
    assert "GA\t.\tPASS" in lines[9]
    lines[9] = lines[9].replace("GA\t.\tPASS", "GC\t.\tPASS")
    run_vcf.write_text("".join(lines))
    calls = resumed([*arguments, "--resume"])
    assert len(calls) == BLOCKS - 5 + 1
    assert "computed 1 finished block again: damaged" in capsys.readouterr().err
    os.rename(tmp_path / "out", tmp_path / "resumed")
    resumed(arguments)
    same(tmp_path / "resumed", tmp_path / "out")


def test_damaged_blocks_are_computed_again(arguments, resumed, whole, tmp_path):
    started(arguments, "danq.parts:Parts.save", 5)
    parts = tmp_path / "out" / "out.vcf.gz.parts"
    data = bytearray((parts / "block-00000000.npz").read_bytes())
    data[200] ^= 1
    (parts / "block-00000000.npz").write_bytes(data)
    (parts / "block-00000001.npz").write_bytes(data[:100])
    (parts / "block-00000002.npz").write_bytes(b"")
    assert len(resumed([*arguments, "--resume"])) == BLOCKS - 2
    same(tmp_path / "out", whole)


def test_a_table_asked_for_later_is_complete(arguments, resumed, whole, tmp_path):
    place = arguments.index("--scores")
    started(arguments[:place] + arguments[place + 2 :], "danq.parts:Parts.save", 3)
    # Kept blocks hold what was written: without a table no array of all targets.
    assert len(resumed([*arguments, "--resume"])) == BLOCKS
    same(tmp_path / "out", whole)


def test_another_model_does_not_go_on(arguments, resumed, genome, tmp_path, capsys):
    started(arguments, "danq.parts:Parts.save", 3)
    state = tmp_path / "out" / "out.vcf.gz.parts" / "run.json"
    state.write_text(state.read_text().replace("the toy", "another"))
    resumed([*arguments, "--resume"], status=2)
    error = capsys.readouterr().err.splitlines()[-1]
    assert 'out.vcf.gz.parts: holds blocks of another run: its model checksum is "another"' in error
    assert 'now it is "the toy"' in error


def test_a_foreign_folder_is_left_alone(arguments, resumed, tmp_path, capsys):
    foreign = tmp_path / "out" / "out.vcf.gz.parts"
    foreign.mkdir(parents=True)
    (foreign / "mine.txt").write_text("precious")
    resumed(arguments, status=2)
    assert "out.vcf.gz.parts: is there, and no folder of danq's alone" in capsys.readouterr().err
    assert (foreign / "mine.txt").read_text() == "precious"


def test_two_runs_into_one_output(arguments, resumed, whole, tmp_path, capsys):
    """The second is refused, and the first ends as if it were alone."""
    folder = tmp_path / "out" / "out.vcf.gz.parts"
    with Parts(folder, {}).hold():
        for more in ([], ["--resume"]):
            assert resumed([*arguments, *more], status=2) == []
            assert capsys.readouterr().err.splitlines()[-1] == (
                f"danq: error: {folder}: belongs to another run that writes the same output now"
            )
    assert len(resumed(arguments)) == BLOCKS
    same(tmp_path / "out", whole)


@pytest.mark.parametrize("more", [[], ["--resume"]])
def test_blocks_that_nothing_tells_of_are_removed(
    arguments, resumed, whole, tmp_path, capsys, more
):
    """A run that was killed while it removed its folder leaves blocks without run.json."""
    started(arguments, "danq.parts:Parts.save", 3)
    folder = tmp_path / "out" / "out.vcf.gz.parts"
    (folder / "run.json").unlink()
    (folder / ".partial-1-block-00000007.npz").write_bytes(b"half")
    assert len(resumed([*arguments, *more])) == BLOCKS
    assert "3 finished blocks removed, to start from scratch" in capsys.readouterr().err
    same(tmp_path / "out", whole)


def test_a_network_that_is_no_file_is_not_resumed(toy, genome, run_vcf, tmp_path):
    with pytest.raises(InputError, match="a network that is not a file cannot be resumed"):
        score(toy, genome, run_vcf, tmp_path / "out.vcf", resume=True)


@pytest.mark.parametrize(("how", "word"), [("SIGINT", "interrupted"), ("SIGTERM", "terminated")])
def test_signals_are_one_sentence_and_keep_the_blocks(
    arguments, resumed, whole, tmp_path, how, word
):
    stopped = started(["-q", *arguments], "danq.scoring.scorers.ensemble:predict", 4, how)
    assert stopped.returncode == 128 + getattr(signal, how)
    *said, sentence = stopped.stderr.splitlines()
    assert sentence == f"danq: error: {word}"
    assert len(said) == 1
    assert "finished blocks for --resume" in said[0]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["out.vcf.gz.parts"]
    resumed([*arguments, "--resume"])
    same(tmp_path / "out", whole)


@pytest.mark.parametrize("packed", ["plain", "gzip"])
@pytest.mark.parametrize(
    ("place", "call", "how", "status", "sentence"),
    [
        ("danq.scoring.scorers.ensemble:predict", 4, "SIGTERM", 143, "terminated"),
        (
            "danq.vcf.vcf_writer:VcfWriter.write",
            5,
            "full",
            2,
            "cannot be written (No space",
        ),
    ],
)
def test_a_producer_that_pauses_is_not_waited_for(
    arguments, run_vcf, packed, place, call, how, status, sentence
):
    """Standard input stays open, and nothing more comes: an end gets through all the same."""
    data = run_vcf.read_bytes()
    if packed == "gzip":
        # What a compressor has passed on when its own input pauses.
        compressor = zlib.compressobj(wbits=31)
        data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    arguments[arguments.index("--vcf") + 1] = "-"
    read, write = os.pipe()
    try:
        os.write(write, data)
        stopped = started(["-q", *arguments], place, call, how, stdin=read, timeout=60)
    finally:
        os.close(read)
        os.close(write)
    assert stopped.returncode == status, stopped.stderr
    assert sentence in stopped.stderr.splitlines()[-1]
    assert "Traceback" not in stopped.stderr
    assert "Fatal" not in stopped.stderr


def test_an_interrupt_during_imports_is_one_sentence(arguments):
    script = (
        "import os, signal, sys\n"
        "from danq.cli import main\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'danq.cli.commands.score':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "danq: error: interrupted\n")


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("danq.parts:np.savez", "out.vcf.gz"),
        ("danq.vcf.vcf_writer:VcfWriter.write", "out.vcf.gz"),
        ("danq.scoring.outputs.hdf5_table:ScoreFile.write", "out.h5"),
    ],
)
def test_a_full_disk_is_one_sentence(arguments, resumed, whole, tmp_path, place, named):
    stopped = started(["-q", *arguments], place, 1, "full")
    assert stopped.returncode == 2
    sentence = stopped.stderr.splitlines()[-1]
    assert sentence.endswith(f"{named}: cannot be written (No space left on device)")
    assert "Traceback" not in stopped.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["out.vcf.gz.parts"]
    resumed([*arguments, "--resume"])
    same(tmp_path / "out", whole)


def test_a_bgzip_file_on_a_full_disk_fails_once(capfd):
    file = BgzipFile(Path("/dev/full"))
    with pytest.raises(OSError, match="No space left on device"):
        file.write(os.urandom(1 << 20).hex().encode())
    with suppress(OSError):
        file.close()
    del file
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["out.vcf.gz", "out.bcf"])
def test_an_index_that_cannot_be_written_is_one_sentence(toy, genome, run_vcf, monkeypatch, name):
    """htslib says the same of a full disk and of records that no index holds."""
    real = pysam.tabix_index

    def index(filename, **options):
        limit = os.path.getsize(filename)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        raise OSError("building of index failed")

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(pysam, "tabix_index", index)
    output = run_vcf.with_name(name)
    declare(run_vcf)
    try:
        with pytest.raises(InputError, match=rf"{name}\.(tbi|csi): cannot be written \(File too"):
            score(toy, genome, run_vcf, output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in run_vcf.parent.iterdir()] == ["in.vcf"]
    monkeypatch.setattr(pysam, "tabix_index", real)
    score(toy, genome, run_vcf, output)
    assert len(list(run_vcf.parent.glob(f"{name}.*"))) == 1


@pytest.mark.parametrize(
    ("table", "size"),
    [("out.h5", 4_000), ("out.h5", 20_000), ("out.parquet", 2_000), ("out.tsv.gz", 2_000)],
)
def test_files_that_may_not_grow(arguments, tmp_path, table, size):
    """A real limit that every library meets in the middle of its writing."""
    arguments[arguments.index("--scores") + 1] = str(tmp_path / "out" / table)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    stopped = started(["-q", *arguments], preexec_fn=limit)
    assert stopped.returncode == 2, stopped.stderr
    assert stopped.stderr.splitlines()[-1].endswith("cannot be written (File too large)")
    assert "Traceback" not in stopped.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {"out.vcf.gz.parts"}


def test_a_folder_that_cannot_be_written_is_one_sentence(arguments, capsys, tmp_path, resumed):
    (tmp_path / "out").write_text("a file")
    resumed(arguments, status=2)
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"danq: error: {tmp_path}/out: is a file, expected a folder to write")

"""Contribution files hold what was written, in the layout that other programs read, or refuse."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from danq import __version__
from danq.errors import InputError
from danq.interpretation.files import contribution_writer
from danq.interpretation.files.contribution_file import read_contributions
from danq.interpretation.files.contribution_files import open_files, plan_files
from danq.interpretation.maps import ExplainedOutput, Stretch
from tests.interpretation.made_maps import (
    CONTIGS,
    CTCF,
    ORIGIN,
    POLYMERASES,
    TARGETS,
    make_maps,
    onehot_of,
    some_stretches,
    write_files,
)
from tests.test_full_disk import files_up_to

TEXTS = ("contig", "name", "allele", "strand")


@pytest.mark.parametrize("counts", [[1], [5, 1, 40], [17, 16, 3]])
def test_maps_come_back_whatever_their_blocks(tmp_path, counts, monkeypatch):
    monkeypatch.setattr(contribution_writer, "CHUNK_BYTES", 16 * 20 * 4)
    stretches = some_stretches(sum(counts))
    whole = make_maps(stretches, [CTCF, POLYMERASES])
    ends = np.cumsum(counts)
    blocks = [
        type(whole)(
            whole.outputs,
            stretches[end - count : end],
            *(array[end - count : end] for array in (whole.codes, whole.hypothetical)),
            whole.predicted[end - count : end],
        )
        for count, end in zip(counts, ends, strict=True)
    ]
    paths = write_files(tmp_path / "x.h5", blocks)
    for place, (path, output) in enumerate(zip(paths.contributions, whole.outputs, strict=True)):
        read = read_contributions(path)
        assert read.output == output
        assert read.targets == [TARGETS[column] for column in output.columns]
        assert read.stretches == stretches
        expected = whole.hypothetical[:, place].transpose(0, 2, 1)
        assert np.array_equal(read.one_hot, onehot_of(whole.codes))
        assert np.array_equal(read.hypothetical, expected)
        assert np.array_equal(read.projected, expected * read.one_hot)
        assert np.array_equal(read.projected.sum(1), whole.contributions[:, place])
        assert np.array_equal(read.predicted, whole.predicted[:, place])


def test_the_layout_is_that_of_chrombpnet(tmp_path):
    variant = [Stretch("chr10", 5, 25, "rs1", allele) for allele in ("REF", "ALT")]
    maps = make_maps([*some_stretches(3), *variant])
    (path,) = write_files(tmp_path / "x.h5", [maps]).contributions
    assert path == tmp_path / "x.h5"
    with h5py.File(path) as file:
        shapes = {name: (file[name].shape, file[name].dtype.name) for name in ("raw/seq",)}
        assert shapes == {"raw/seq": ((5, 4, 20), "int8")}
        for name in ("shap/seq", "projected_shap/seq"):
            assert (file[name].shape, file[name].dtype.name) == ((5, 4, 20), "float32")
        columns = {name: [text.decode() for text in file[name][:]] for name in TEXTS}
        assert h5py.check_string_dtype(file["name"].dtype).length == len("peak 0")
        starts, ends = file["start"][:].tolist(), file["end"][:].tolist()
    assert columns["contig"] == ["chr1"] * 3 + ["chr10"] * 2
    assert columns["name"] == ["peak 0", "peak 1", "peak 2", "rs1", "rs1"]
    assert columns["allele"] == ["", "", "", "REF", "ALT"]
    assert columns["strand"] == ["+"] * 5
    assert (starts, ends) == ([0, 7, 14, 5, 5], [20, 27, 34, 25, 25])


def test_a_file_says_where_it_comes_from(tmp_path):
    odd = {**ORIGIN, "model": os.fsdecode(b"caf\xe9\n.keras"), "vcf": "a\nb"}
    write_files(tmp_path / "x.h5", [make_maps(some_stretches(2))], origin=odd)
    attributes = read_contributions(tmp_path / "x.h5").attributes
    del odd["seed"]
    assert attributes == {
        **odd,
        "kind": "danq contributions",
        "format": 1,
        "version": __version__,
        "output": "CTCF",
        "span": 20,
        "model": Path(odd["model"]),
        "genome": Path("genome.fa"),
        "vcf": "a\\nb",
    }
    assert attributes["is_seeded"] is True


def test_regions_lie_beside_as_narrowpeak(tmp_path):
    stretches = [
        Stretch("chr1", 100, 121, "a b"),
        Stretch("chr1", -5, 16, ""),
        Stretch("chr2", 285, 306, "rs1", "ALT"),
    ]
    maps = make_maps(stretches)
    maps.predicted[:] = [[1.5], [-2], [1e-7]]
    write_files(tmp_path / "x.hdf5", [maps])
    lines = (tmp_path / "x.interpreted_regions.bed").read_text().splitlines()
    assert [line.split("\t") for line in lines] == [
        ["chr1", "100", "121", "a b", "0", ".", "1.5", "-1", "-1", "10"],
        ["chr1", "0", "16", ".", "0", ".", "-2", "-1", "-1", "5"],
        ["chr2", "285", "300", "rs1:ALT", "0", ".", "1e-07", "-1", "-1", "10"],
    ]


def test_several_outputs_have_files_with_names_of_their_own(tmp_path):
    names = ["CTCF", "ctcf", "Pol2/a b", "Pol2_a_b", "..", "γ" * 200, "CTCF-0"]
    outputs = [ExplainedOutput(name, (0,)) for name in names]
    paths = plan_files(tmp_path / "x.h5", outputs, npz=tmp_path / "p", bigwig=tmp_path / "tracks")
    parts = ["CTCF-0-0", "ctcf-1", "Pol2_a_b-2", "Pol2_a_b-3", "_.", "_" * 80, "CTCF-0-6"]
    parts[0] = "CTCF-0"
    assert [path.name for path in paths.contributions][1:6] == [f"x.{p}.h5" for p in parts[1:6]]
    for files in (paths.contributions, paths.regions, paths.arrays, paths.tracks):
        assert len({path.name.lower() for path in files}) == len(names)
        assert all(len(path.name) < 120 for path in files)
    assert paths.one_hot == tmp_path / "p.ohe.npz"
    assert {path.parent for path in paths.all} == {tmp_path, tmp_path / "tracks"}
    paths.check()
    with pytest.raises(InputError, match="both as input and as output"):
        paths.check([paths.tracks[3]])


@pytest.mark.parametrize("output", ["x.bed", ".h5", "x"])
def test_another_ending_is_refused(tmp_path, output):
    with pytest.raises(InputError, match=r"contributions file's name to end in \.h5 or \.hdf5"):
        plan_files(tmp_path / output, [CTCF])


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["hypothetical", "predicted"])
def test_contributions_that_are_not_numbers_are_refused(tmp_path, value, where):
    maps = make_maps(some_stretches(2))
    getattr(maps, where)[0] = value
    with pytest.raises(InputError, match="contributions are not finite numbers"):
        write_files(tmp_path / "x.h5", [maps])
    assert list(tmp_path.iterdir()) == []


def test_texts_that_no_table_holds_are_refused(tmp_path):
    with pytest.raises(InputError, match=r'holds "a\\tb" in the name of a region'):
        write_files(tmp_path / "x.h5", [make_maps([Stretch("chr1", 0, 9, "a\tb")])])
    assert list(tmp_path.iterdir()) == []


def test_long_names_are_cut_and_counted(tmp_path, caplog):
    names = ["x" * 1000, "y" * 1001, "z" * 90_000]
    maps = make_maps([Stretch("chr1", 0, 20, name) for name in names])
    write_files(tmp_path / "x.h5", [maps])
    read = [stretch.name for stretch in read_contributions(tmp_path / "x.h5").stretches]
    assert read == [letter * 1000 for letter in "xyz"]
    assert caplog.messages == ["cut 2 names of regions to 1000 letters"]


def test_no_maps_are_a_file_without_maps(tmp_path):
    paths = plan_files(tmp_path / "x.h5", [CTCF], npz=tmp_path / "p")
    options = {"targets": TARGETS, "span": 30, "origin": ORIGIN, "contigs": CONTIGS}
    with open_files(paths, [CTCF], **options):
        pass
    read = read_contributions(tmp_path / "x.h5")
    assert read.hypothetical.shape == (0, 4, 30)
    assert read.stretches == []
    assert (tmp_path / "x.interpreted_regions.bed").read_text() == ""
    with np.load(tmp_path / "p.contributions.npz") as arrays:
        assert arrays["arr_0"].shape == (0, 4, 30)


KILLED = """
import os, signal, sys
from pathlib import Path
from danq.interpretation.files import contribution_files
from tests.interpretation.test_contribution_file import write_all
setattr(contribution_files, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
write_all(Path(sys.argv[1]))
"""


def write_all(folder):
    """Write all kinds of files, in two blocks, one of which fills chunks."""
    options = {"npz": folder / "p", "bigwig": folder / "tracks"}
    return write_files(folder / "x.h5", [make_maps(some_stretches(100))] * 2, **options)


def files_in(folder):
    return {path for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("name", ["write_regions", "write_track"])
def test_a_killed_run_leaves_nothing_under_the_final_names(tmp_path, name):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert files_in(tmp_path)
    assert all(".partial-" in str(path.relative_to(tmp_path)) for path in files_in(tmp_path))
    assert set(write_all(tmp_path).all) == files_in(tmp_path)


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("contribution_writer.write_texts", "x.h5"),
        ("contribution_writer.ChunkedRows.append", "x.h5"),
        ("contribution_files.write_regions", "x.interpreted_regions.bed"),
        ("contribution_files.write_one_hot", "p.ohe.npz"),
        ("contribution_files.write_hypothetical", "p.contributions.npz"),
        ("contribution_files.write_track", "CTCF.bw"),
    ],
)
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, place, named):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(f"danq.interpretation.files.{place}", full)
    sentence = rf"{named}: cannot be written \(No space left on device\)$"
    with pytest.raises(InputError, match=sentence):
        write_all(tmp_path)
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("size", [500, 20_000])
def test_a_file_that_may_not_grow_is_one_sentence(tmp_path, size, capfd):
    """A real limit, in the middle of the maps and at the end."""
    sentence = r"x\.h5: cannot be written \(File too large\)$"
    with files_up_to(size), pytest.raises(InputError, match=sentence):
        write_all(tmp_path)
    assert files_in(tmp_path) == set()
    assert capfd.readouterr().err == ""


def test_another_file_is_named_as_what_it_is_not(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["raw/seq"] = np.zeros((2, 4, 10), np.int8)
    with pytest.raises(InputError, match=r"x\.h5: is not a contribution file of danq explain"):
        read_contributions(tmp_path / "x.h5")

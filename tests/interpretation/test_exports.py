"""NumPy archives and tracks against arrays and cases worked out by hand."""

import resource

import numpy as np
import pybigtools
import pytest

from danq.errors import InputError
from danq.interpretation.files import exports
from danq.interpretation.files.contribution_file import read_contributions
from danq.interpretation.maps import ExplainedOutput, Maps, Stretch
from tests.interpretation.made_maps import (
    CTCF,
    POLYMERASES,
    make_maps,
    onehot_of,
    some_stretches,
    write_files,
)
from tests.test_full_disk import files_up_to


def contributions_of(maps, place=0):
    """The oracle of what each base contributes: (n, L), one after the other."""
    result = np.zeros(maps.codes.shape, np.float32)
    for row, column in np.ndindex(result.shape):
        if maps.codes[row, column] < 4:
            result[row, column] = maps.hypothetical[row, place, column, maps.codes[row, column]]
    return result


def track_of(path, contig):
    with pybigtools.open(str(path)) as track:
        length = track.chroms()[contig]
        return track.values(contig, 0, length, fillna=None)


def flat_maps(stretches):
    """Maps whose bases are all A and contribute their map's number, from 1."""
    maps = make_maps(stretches)
    maps.codes[:] = 0
    maps.hypothetical[:] = 0
    maps.hypothetical[:, 0, :, 0] = np.arange(1, len(stretches) + 1)[:, None]
    return maps


def run_lengths(values):
    """(value, bases) of runs of equal values, None where there is none."""
    runs = []
    for value in [None if np.isnan(value) else int(value) for value in values]:
        if runs and runs[-1][0] == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 1])
    return [tuple(run) for run in runs]


def test_arrays_are_those_that_modisco_takes(tmp_path):
    maps = make_maps(some_stretches(30), [CTCF, POLYMERASES])
    paths = write_files(tmp_path / "x.h5", [maps], npz=tmp_path / "modisco")
    assert [path.name for path in paths.arrays] == [
        "modisco.CTCF.contributions.npz",
        "modisco.Pol2_all.contributions.npz",
    ]
    with np.load(tmp_path / "modisco.ohe.npz") as archive:
        assert archive.files == ["arr_0"]
        assert archive["arr_0"].dtype == np.int8
        assert np.array_equal(archive["arr_0"], onehot_of(maps.codes))
    for place, path in enumerate(paths.arrays):
        with np.load(path) as archive:
            assert archive["arr_0"].dtype == np.float32
            expected = maps.hypothetical[:, place].transpose(0, 2, 1)
            assert np.array_equal(archive["arr_0"], expected)


def test_equal_runs_make_equal_files(tmp_path):
    written = []
    for run in ("one", "two"):
        maps = make_maps(some_stretches(30))
        (tmp_path / run).mkdir()
        options = {"npz": tmp_path / run / "p", "bigwig": tmp_path / run}
        paths = write_files(tmp_path / run / "x.h5", [maps], **options)
        written.append([path.read_bytes() for path in paths.all])
    assert written[0] == written[1]


def test_a_track_has_one_value_per_base(tmp_path):
    stretches = [
        Stretch(contig, start, start + 20, "")
        for contig, start in [("chr2", 200), ("chr1", 900), ("chr10", 0), ("chr1", 40)]
    ]
    maps = make_maps(stretches, [CTCF, POLYMERASES])
    paths = write_files(tmp_path / "x.h5", [maps], bigwig=tmp_path / "tracks")
    assert paths.tracks == [tmp_path / "tracks" / name for name in ("CTCF.bw", "Pol2_all.bw")]
    for place, path in enumerate(paths.tracks):
        expected = contributions_of(maps, place)
        with pybigtools.open(str(path)) as track:
            assert track.chroms() == {"chr1": 1000, "chr10": 500, "chr2": 300}
        for row, stretch in enumerate(stretches):
            values = track_of(path, stretch.contig)
            assert np.array_equal(values[stretch.start : stretch.end], expected[row])
        covered = {contig: np.isfinite(track_of(path, contig)).sum() for contig in ("chr1", "chr2")}
        assert covered == {"chr1": 40, "chr2": 20}


@pytest.mark.parametrize(
    ("starts", "runs"),
    [
        # Middles 10 and 16: bases below 13 belong to the left map.
        ([0, 6], [(1, 13), (2, 13)]),
        # Middles 10 and 17: base 13 has its own middle at 13.5, as far from either.
        ([0, 7], [(1, 14), (2, 13)]),
        # The order of the input is of no matter.
        ([6, 0], [(2, 13), (1, 13)]),
        # Of three, the middle one keeps what lies between both midpoints.
        ([0, 6, 10], [(1, 13), (2, 5), (3, 12)]),
        # The same region twice: each has a half.
        ([0, 0], [(1, 10), (2, 10)]),
        ([0, 0, 0], [(1, 10), (3, 10)]),
        # Neighbours that touch, and a gap.
        ([0, 20, 50], [(1, 20), (2, 20), (None, 10), (3, 20)]),
    ],
)
def test_overlaps_are_cut_at_midpoints(tmp_path, starts, runs):
    maps = flat_maps([Stretch("chr2", start, start + 20, "") for start in starts])
    (path,) = write_files(tmp_path / "x.h5", [maps], bigwig=tmp_path).tracks
    found = run_lengths(track_of(path, "chr2"))
    assert found[:-1] == runs
    assert found[-1] == (None, 300 - sum(bases for _, bases in runs))


def test_a_track_ends_where_its_contig_does(tmp_path):
    maps = flat_maps([Stretch("chr2", -5, 15, ""), Stretch("chr2", 290, 310, "")])
    (path,) = write_files(tmp_path / "x.h5", [maps], bigwig=tmp_path).tracks
    assert run_lengths(track_of(path, "chr2")) == [(1, 15), (None, 275), (2, 10)]


def test_variants_have_the_track_of_the_reference(tmp_path):
    alleles = ("REF", "ALT")
    stretches = [Stretch("chr2", start, start + 20, "", a) for start in (0, 6) for a in alleles]
    (path,) = write_files(tmp_path / "x.h5", [flat_maps(stretches)], bigwig=tmp_path).tracks
    assert run_lengths(track_of(path, "chr2"))[:2] == [(1, 13), (3, 13)]


def test_odd_names_of_contigs_and_outputs(tmp_path):
    contigs = {"HLA-A*01:01|x": 50, "γ": 40, "chr1 alt": 30}
    maps = flat_maps([Stretch(contig, 0, 20, "") for contig in contigs])
    maps = Maps([ExplainedOutput("a/b", (1,))], *list(vars(maps).values())[1:])
    options = {"contigs": contigs, "bigwig": tmp_path / "ü b"}
    (path,) = write_files(tmp_path / "x.h5", [maps], **options).tracks
    assert path == tmp_path / "ü b" / "a_b.bw"
    for number, (contig, length) in enumerate(contigs.items(), start=1):
        assert run_lengths(track_of(path, contig)) == [(number, 20), (None, length - 20)]


@pytest.mark.parametrize(
    ("contig", "allele", "sentence"),
    [
        ("chrZ", "", r'"chrZ", which has no length'),
        ("chr1", "ALT", "found no maps to make a track of"),
    ],
)
def test_a_track_that_cannot_be_made(tmp_path, contig, allele, sentence):
    maps = make_maps([Stretch(contig, 0, 20, "", allele)])
    with pytest.raises(InputError, match=sentence):
        write_files(tmp_path / "x.h5", [maps], bigwig=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_track_on_a_full_disk_is_one_sentence(tmp_path, monkeypatch, capfd, share):
    """pybigtools itself panics, or prints a note and goes on."""
    maps = make_maps([Stretch("chr1", 0, 100_000, "")])
    options = {"contigs": {"chr1": 200_000}, "bigwig": tmp_path / "tracks"}
    (track,) = write_files(tmp_path / "x.h5", [maps], **options).tracks
    before, write = track.read_bytes(), exports._write_bigwig

    def limited(*arguments):
        with files_up_to(int(share * len(before))):
            write(*arguments)

    monkeypatch.setattr(exports, "_write_bigwig", limited)
    with pytest.raises(InputError, match=r"CTCF\.bw: cannot be written \(File too large\)$"):
        write_files(tmp_path / "x.h5", [maps], **options)
    assert track.read_bytes() == before
    assert capfd.readouterr().err == ""


def test_an_interrupt_ends_a_track(tmp_path, monkeypatch):
    """pybigtools goes on as if the values had come to their end."""

    def interrupted(*_):
        yield "chr1", 0, 1, 0.5
        raise KeyboardInterrupt

    monkeypatch.setattr("danq.interpretation.files.exports._entries", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path / "x.h5", [make_maps(some_stretches(3))], bigwig=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_outputs_than_files_may_be_open(tmp_path):
    """The system's limit may be raised, as it mostly may."""
    outputs = [ExplainedOutput(f"t{place}", (0,)) for place in range(60)]
    maps = make_maps(some_stretches(2), outputs)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (50, before[1]))
    try:
        paths = write_files(tmp_path / "x.h5", [maps])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert set(tmp_path.glob("*.h5")) == set(paths.contributions)
    last = read_contributions(tmp_path / "x.t59.h5")
    assert np.array_equal(last.hypothetical, maps.hypothetical[:, 59].transpose(0, 2, 1))

from __future__ import annotations

import gzip
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from danq.dataset.bins.labels import Grid, overlap
from danq.errors import InputError
from danq.genome import Reference, read_bed
from tests.conftest import write_fasta


def _peaks(path, intervals):
    path.write_text("".join(f"{contig}\t{start}\t{end}\n" for contig, start, end in intervals))
    return read_bed(path)


def _positive(tmp_path, genome, intervals, size=200, min_overlap=0.5):
    grid = Grid(Reference(genome), size)
    return overlap(_peaks(tmp_path / "p.bed", intervals), grid, min_overlap).positive.tolist()


@pytest.mark.parametrize(
    ("intervals", "bins"),
    [
        pytest.param([("chr1", 400, 501)], [2], id="MoreThanHalf"),
        pytest.param([("chr1", 400, 500)], [], id="ExactlyHalf"),
        pytest.param([("chr1", 400, 460), ("chr1", 520, 580)], [2], id="TwoOfSixty"),
        pytest.param([("chr1", 400, 480), ("chr1", 420, 500)], [], id="OverlapCountsOnce"),
        pytest.param([("chr1", 299, 701)], [1, 2, 3], id="SpansBins"),
        pytest.param([("1", 400, 600)], [2], id="NameBridged"),
        pytest.param([("chr2", 0, 200)], [200], id="SecondContig"),
    ],
)
def test_the_rule_of_deepsea(tmp_path, genome, intervals, bins):
    assert _positive(tmp_path, genome, intervals) == bins


def test_a_bin_that_the_contig_cuts_short_is_no_bin(tmp_path):
    genome = write_fasta(tmp_path / "g.fa", {"a": "A" * 390, "b": "A" * 400})
    assert _positive(tmp_path, genome, [("a", 200, 390), ("b", 0, 200)]) == [1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 180), st.integers(1, 60)), max_size=12),
    st.sampled_from([0.0, 0.25, 0.5, 0.9]),
)
def test_labels_equal_painting_every_base(tmp_path, pairs, min_overlap):
    genome = tmp_path / "g.fa"
    if not genome.exists():
        write_fasta(genome, {"chr1": "ACGT" * 60})
    painted = np.zeros(240, dtype=bool)
    for start, length in pairs:
        painted[start : start + length] = True
    covered = painted.reshape(-1, 20).sum(axis=1)
    intervals = [("chr1", start, start + length) for start, length in pairs]
    found = _positive(tmp_path, genome, intervals, 20, min_overlap)
    assert found == np.flatnonzero(covered > min_overlap * 20).tolist()


@pytest.mark.parametrize(
    "peaks",
    [
        pytest.param([("chr1", 0, 10), ("chr1", 39_990, 41_001)], id="Far"),
        pytest.param([("chr1", 0, 10), ("chr1", 50_000, 50_100)], id="Outside"),
        pytest.param([("chr1", 0, 10), *[("chr1", 39_000, 40_001)] * 11], id="Many"),
    ],
)
def test_peaks_of_another_assembly_are_refused(tmp_path, genome, peaks):
    found = rf'p\.bed, line 2: found a peak up to {peaks[1][2]} on "chr1", which has 40000 bases'
    with pytest.raises(InputError, match=found):
        _positive(tmp_path, genome, peaks)


def test_peaks_a_little_past_the_end_are_cut_and_counted(tmp_path, genome, caplog):
    inside = [("chr1", 0, 150), ("chr1", 39_890, 40_000)]
    past = [*inside, ("chr1", 39_900, 40_010), ("chr1", 40_000, 40_090), ("chrX", 0, 10**9)]
    with caplog.at_level(logging.WARNING, logger="danq"):
        assert _positive(tmp_path, genome, past) == _positive(tmp_path, genome, inside) == [0, 199]
    assert (
        "p.bed: cut 1 of 5 peaks, which end up to 10 bases past the end of their contig (the first "
        "is that of line 3, on chr1)"
    ) in caplog.text
    assert "p.bed: left out 1 of 5 peaks, behind the last whole bin" in caplog.text


def test_a_peak_past_the_end_is_reported_once(tmp_path, genome, caplog):
    """The last bin of 300 bases ends 100 bases before the contig does."""
    with caplog.at_level(logging.WARNING, logger="danq"):
        _positive(tmp_path, genome, [("chr1", 0, 300), ("chr1", 39_950, 40_010)], size=300)
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        f"{tmp_path}/p.bed: left out 1 of 2 peaks"
    ]


def test_peaks_on_absent_contigs_are_counted(tmp_path, genome, caplog):
    with caplog.at_level(logging.WARNING, logger="danq"):
        _positive(tmp_path, genome, [("chr1", 0, 10), ("chrX", 5, 9), ("chrX", 15, 19)])
    assert 'left out 2 of 3 peaks, on contigs which the reference lacks ("chrX")' in caplog.text


def test_peaks_behind_the_last_whole_bin_are_counted(tmp_path, caplog):
    genome = write_fasta(tmp_path / "g.fa", {"a": "A" * 390, "b": "A" * 150, "c": "A" * 400})
    peaks = [("a", 199, 201), ("a", 200, 390), ("b", 0, 150), ("c", 399, 400), ("d", 0, 5)]
    with caplog.at_level(logging.WARNING, logger="danq"):
        _positive(tmp_path, genome, peaks)
    assert (
        "left out 2 of 5 peaks, behind the last whole bin of their contig (the first is that of "
        "line 2, on a)"
    ) in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="danq"):
        _positive(tmp_path, genome, [("a", 199, 201), ("c", 399, 400)])
    assert not caplog.records


def test_gzip_peaks_give_the_same_labels(tmp_path, genome):
    grid = Grid(Reference(genome), 200)
    text = b"chr1\t100\t900\n"
    (tmp_path / "p.bed").write_bytes(text)
    (tmp_path / "p.bed.gz").write_bytes(gzip.compress(text))
    plain, packed = (
        overlap(read_bed(tmp_path / name), grid, 0.5) for name in ("p.bed", "p.bed.gz")
    )
    assert np.array_equal(plain.codes, packed.codes)
    assert plain.bins.tolist() == [0, 1, 2, 3, 4]

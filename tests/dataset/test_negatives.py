"""Negative windows: free of every peak, in every split, of the kinds that were asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

import danq
from danq.dataset import Dataset, Selection
from danq.dataset.bins.labels import Grid
from danq.dataset.bins.negatives import draw, free_of_peaks, kinds
from danq.errors import InputError
from danq.genome import Reference
from tests.conftest import write_fasta

SIZE = 1_200_000
HELD_OUT = {"valid": ["chr1:300001-600000"], "test": ["chr1:600001-900000"]}


@pytest.fixture(scope="module")
def isochores(tmp_path_factory):
    """A contig whose GC content drifts between 0.25 and 0.7, with short stretches of N, and peaks
    of two targets, mostly where GC content is high; and the bases that they cover."""
    folder = tmp_path_factory.mktemp("isochores")
    random = np.random.default_rng(11)
    share = 0.475 + 0.225 * np.sin(np.arange(SIZE) / 9_000)
    strong = random.random(SIZE) < share
    bases = np.where(strong, random.choice([b"G", b"C"], SIZE), random.choice([b"A", b"T"], SIZE))
    for first in random.integers(0, SIZE - 100, 1_800):
        bases[first : first + random.integers(1, 60)] = b"N"
    genome = write_fasta(folder / "g.fa", {"chr1": b"".join(bases.tolist()).decode()})
    covered = np.zeros(SIZE, dtype=bool)
    rows = ["name\tpath\tgroup"]
    for name, group in (("A", "TF"), ("B", "histone")):
        lines = []
        for first in random.integers(0, SIZE - 300, 400):
            if random.random() < ((share[first] - 0.25) / 0.45) ** 2:
                last = first + random.integers(50, 300)
                covered[first:last] = True
                lines.append(f"chr1\t{first}\t{last}\n")
        (folder / f"{name}.bed").write_text("".join(lines))
        rows.append(f"{name}\t{name}.bed\t{group}")
    (folder / "targets.tsv").write_text("\n".join(rows) + "\n")
    return folder, genome, covered


def _negatives(isochores, path, **options):
    """Make a data set; give its summary, itself, and which windows no peak touches."""
    folder, genome, covered = isochores
    summary = danq.windows(
        genome, folder / "targets.tsv", path, selection=Selection(**options), **HELD_OUT
    )
    data = Dataset.open(path)
    total = np.concatenate([[0], np.cumsum(covered)])
    first = np.clip(data.start, 0, SIZE)
    last = np.clip(data.start + data.window, 0, SIZE)
    return summary, data, total[last] == total[first]


def _shares(data, rows):
    codes = data.codes(rows)
    known = (codes < 4).sum(axis=1)
    gc = ((codes == 1) | (codes == 2)).sum(axis=1) / known
    return gc, 1 - known / codes.shape[1]


@pytest.mark.parametrize("negatives", ["random", "matched"])
@pytest.mark.parametrize("require", ["any", "TF"])
def test_no_peak_of_any_target_touches_a_negative_window(isochores, tmp_path, negatives, require):
    options = {"negatives": negatives, "require": require, "negative_ratio": 0.7}
    summary, data, free = _negatives(isochores, tmp_path / "d.h5", **options)
    _, plain, _ = _negatives(isochores, tmp_path / "p.h5", require=require)
    # What was there without negatives is there still; what came is free of peaks.
    assert set(plain.start.tolist()) == set(data.start[~free].tolist())
    for split in ("train", "valid", "test"):
        rows = data.indices(split)
        wanted = round(0.7 * len(plain.indices(split)))
        assert free[rows].sum() == wanted == summary.negatives[split].found
    assert not data.labels(np.flatnonzero(free)).any()
    assert len(np.unique(data.start)) == len(data)


def test_matched_negatives_have_the_composition_of_the_others(isochores, tmp_path):
    """By the test of Kolmogorov and Smirnov, and kind by kind."""
    summary, data, free = _negatives(isochores, tmp_path / "d.h5", negatives="matched")
    _, loose, loose_free = _negatives(isochores, tmp_path / "r.h5", negatives="random")
    number = kinds(data.reference, data.contig.astype(np.int64), data.start, data.window)
    for split in ("train", "valid", "test"):
        rows = data.indices(split)
        ours, theirs = (_shares(data, rows[free[rows] == which]) for which in (True, False))
        assert ks_2samp(ours[0], theirs[0]).pvalue > 0.1
        assert ks_2samp(ours[1], theirs[1]).pvalue > 0.1
        others = loose.indices(split)
        at_random = _shares(loose, others[loose_free[others]])
        assert ks_2samp(at_random[0], theirs[0]).pvalue < 1e-4
        # What is not of the same kind is what the summary says.
        counts = [np.bincount(number[rows[free[rows] == f]], minlength=300) for f in (True, False)]
        short = np.maximum(counts[1] - counts[0], 0).sum()
        assert short == summary.negatives[split].nearest
        assert short < 0.25 * counts[1].sum()


def test_negatives_follow_the_seed(isochores, tmp_path):
    checksums = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        _, data, _ = _negatives(isochores, tmp_path / name, negatives="matched", seed=seed)
        checksums.append(data.checksum)
    assert checksums[0] == checksums[1] != checksums[2]


def test_negatives_honour_exclusion_and_unknown_bases(isochores, tmp_path):
    (tmp_path / "black.bed").write_text("chr1\t0\t200000\n")
    options = {"exclude": tmp_path / "black.bed", "max_unknown": 0.02, "negatives": "matched"}
    _, data, free = _negatives(isochores, tmp_path / "d.h5", **options)
    assert free.any()
    assert data.start[free].min() >= 200_000
    unknown = (data.codes(np.flatnonzero(free)) == 4).sum(axis=1)
    assert 0 < unknown.max() <= 20


def test_too_few_negatives_are_counted_and_named(isochores, tmp_path, caplog):
    summary, data, free = _negatives(
        isochores, tmp_path / "d.h5", negatives="matched", negative_ratio=50
    )
    counts = summary.negatives["test"]
    rows = data.indices("test")
    assert counts.found == free[rows].sum() < counts.wanted
    assert f"only {counts.found} windows of test that reach into no bin with a peak" in caplog.text
    assert f"{counts.wanted - counts.found:,} fewer than wanted" in summary.table()


def test_a_genome_full_of_peaks_has_no_negatives(tmp_path, genome, targets):
    (tmp_path / "CTCF.bed").write_text("chr1\t0\t40000\nchr2\t0\t10000\n")
    for negatives in ("random", "matched"):
        with pytest.raises(InputError, match="no window is free of peaks"):
            danq.windows(
                genome, targets, tmp_path / "d.h5", selection=Selection(negatives=negatives)
            )


def test_a_ratio_that_rounds_to_none_adds_none(tmp_path, genome, targets):
    options = Selection(negatives="random", negative_ratio=0.001)
    summary = danq.windows(genome, targets, tmp_path / "d.h5", selection=options)
    assert summary.negatives["train"].wanted == 0
    assert summary.windows["train"] == len(Dataset.open(tmp_path / "d.h5")) > 0
    assert "negatives" not in summary.table()


@pytest.mark.parametrize(("window", "size"), [(1_000, 200), (500, 100), (300, 200), (200, 200)])
def test_free_windows_against_painting_every_base(tmp_path, window, size):
    lengths = {"a": 6_090, "b": 2_000, "c": 150, "d": 1_230}
    genome = write_fasta(tmp_path / "g.fa", {name: "A" * n for name, n in lengths.items()})
    grid = Grid(Reference(genome), size)
    random = np.random.default_rng(6)
    touched = np.sort(random.choice(grid.first[-1], 4, replace=False))
    found = set(free_of_peaks(touched, grid, window).tolist())
    flank = (window - size) // 2
    for number, (place, first) in enumerate(
        zip(*grid.place(np.arange(grid.first[-1])), strict=True)
    ):
        length = list(lengths.values())[place]
        # A base of a touched bin, or behind the contig's last bin, could be a peak's.
        risky = np.zeros(length, dtype=bool)
        risky[length // size * size :] = True
        for one in touched:
            contig, start = grid.place(np.array([one]))
            if contig[0] == place:
                risky[start[0] : start[0] + size] = True
        reach = -(-flank // size) * size
        low, high = max(first - reach, 0), min(first + size + reach, length)
        assert (number in found) == (not risky[low:high].any())
        if number in found:
            assert not risky[max(first - flank, 0) : first + size + flank].any()


def test_kinds_of_hand_worked_windows(tmp_path):
    sequence = "GC" * 25 + "AT" * 25 + "N" * 50 + "ACGT" * 12 + "AC" + "A" * 49 + "N" + "G" * 50
    reference = Reference(write_fasta(tmp_path / "g.fa", {"a": sequence}))
    start = np.array([0, 50, 100, 150, 200, 250])
    found = kinds(reference, np.zeros(6, np.int64), start, 50)
    # Steps of unknown bases (51 kinds of GC content each) and of GC content.
    assert found.tolist() == [50, 0, 51 * 50, 25, 51, 50]


def test_kinds_that_run_out_are_replaced_by_the_nearest():
    like = np.array([10] * 4 + [20] * 2)
    candidates = np.array([10, 10, 13, 13, 8, 20, 20, 20, 51 + 10])
    rows, counts = draw(like, candidates, 1.0, np.random.default_rng(1))
    # Two of 10 are missing: unknown bases one step off are nearer than GC content two steps off.
    assert sorted(candidates[rows].tolist()) == [8, 10, 10, 20, 20, 61]
    assert (counts.wanted, counts.found, counts.nearest) == (6, 6, 2)


def test_parts_of_a_ratio_add_up():
    like = np.repeat(np.arange(20), 3)
    rows, counts = draw(like, np.repeat(np.arange(20), 9), 0.5, np.random.default_rng(1))
    assert len(rows) == counts.wanted == 30
    taken = np.bincount(np.repeat(np.arange(20), 9)[rows], minlength=20)
    assert set(taken.tolist()) == {1, 2}

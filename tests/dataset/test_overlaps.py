"""Many targets at once: read side by side, packed in blocks, told apart to the bit."""

from __future__ import annotations

import os

import numpy as np
import pytest

import danq
from danq.dataset import Dataset
from danq.dataset.bins import overlaps
from danq.dataset.bins.labels import Grid
from danq.dataset.bins.overlaps import pack_labels, read_overlaps
from danq.errors import InputError
from danq.genome import Reference
from tests.conftest import write_fasta


@pytest.fixture
def many(tmp_path):
    """A genome of three contigs of which none is whole bins, and 21 targets; painted by hand."""
    lengths = {"chr1": 6_090, "chr2": 4_130, "chr3": 50}
    genome = write_fasta(
        tmp_path / "g.fa", {name: "ACGT" * (n // 4 + 1) for name, n in lengths.items()}
    )
    random = np.random.default_rng(3)
    rows, painted = ["name\tpath\tgroup"], []
    for target in range(21):
        covered = {name: np.zeros(n, dtype=bool) for name, n in lengths.items()}
        lines = []
        for name in random.choice(["chr1", "chr2"], 25):
            start = int(random.integers(0, lengths[name] - 60))
            end = min(start + int(random.integers(1, 300)), lengths[name])
            covered[name][start:end] = True
            lines.append(f"{name}\t{start}\t{end}\n")
        (tmp_path / f"{target}.bed").write_text("".join(lines))
        rows.append(f"t{target}\t{target}.bed\tTF")
        bins = [
            mask[: len(mask) // 100 * 100].reshape(-1, 100).sum(axis=1) for mask in covered.values()
        ]
        painted.append(np.concatenate(bins))
    (tmp_path / "targets.tsv").write_text("\n".join(rows) + "\n")
    paths = [tmp_path / f"{target}.bed" for target in range(21)]
    return genome, paths, np.array(painted).T


def test_overlaps_equal_painting_every_base(many):
    genome, paths, painted = many
    found = read_overlaps(paths, Grid(Reference(genome), 100), min_overlap=0.4)
    for column, one in enumerate(found):
        assert one.bins.tolist() == np.flatnonzero(painted[:, column]).tolist()
        assert one.positive.tolist() == np.flatnonzero(painted[:, column] > 40).tolist()


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_labels_are_packed_alike_in_blocks_of_any_size(many, monkeypatch, block):
    genome, paths, painted = many
    monkeypatch.setattr(overlaps, "BLOCK", block)
    found = read_overlaps(paths, Grid(Reference(genome), 100), min_overlap=0.4)
    random = np.random.default_rng(5)
    bins = np.sort(random.choice(len(painted), 60, replace=False))
    blocks = list(pack_labels(bins, found))
    assert max(map(len, blocks)) <= block
    expected = painted[bins] > 40
    assert np.array_equal(np.concatenate(blocks), np.packbits(expected, axis=1))


def test_the_first_wrong_file_of_the_table_is_told(many):
    genome, paths, _ = many
    for place in (3, 17):
        paths[place].write_text("chr1\t5\n")
    with pytest.raises(InputError, match=r"/3\.bed, line 1: found 2 columns"):
        read_overlaps(paths, Grid(Reference(genome), 100), min_overlap=0.5)


def test_bins_of_one_base(many):
    """Bins as small as they can be, among them the last base of a contig."""
    genome, paths, _ = many
    paths[0].write_text("chr2\t4131\t4132\nchr3\t0\t2\n")
    grid = Grid(Reference(genome), 1)
    (found,) = read_overlaps(paths[:1], grid, min_overlap=0.0)
    names = list(grid.reference.contigs.values())
    assert found.positive.tolist() == [
        names[0] + 4131,
        names[0] + names[1],
        names[0] + names[1] + 1,
    ]


def test_919_targets_take_less_than_150_bytes_a_window(tmp_path):
    """Beside the table of targets, which does not grow with the windows."""
    genome = write_fasta(tmp_path / "g.fa", {"chr1": "ACGT" * 250_000})
    (tmp_path / "all.bed").write_text("chr1\t0\t1000000\n")
    table = "".join(f"t{number}\tall.bed\tTF\n" for number in range(919))
    (tmp_path / "targets.tsv").write_text("name\tpath\tgroup\n" + table)
    path = tmp_path / "d.h5"
    danq.windows(genome, tmp_path / "targets.tsv", path)
    windows = len(Dataset.open(path))
    assert windows == 4_996
    assert os.path.getsize(path) / windows < 150

from __future__ import annotations

import re
import weakref

import h5py
import numpy as np
import pytest

import danq
from danq.dataset import Dataset, Selection
from danq.errors import InputError
from danq.genome import Reference
from tests.conftest import write_fasta


def _build(genome, targets, path, **options):
    selection = Selection(**options.pop("selection", {}))
    danq.windows(genome, targets, path, selection=selection, **options)
    return Dataset.open(path)


def test_windows_are_centred_on_labelled_bins(tmp_path, genome, targets):
    data = _build(genome, targets, tmp_path / "d.h5")
    rows = data.indices("train")
    # Peaks lie at 600, 1600, …: each is one bin, but those near the N of 20-21 kb, whose windows
    # hold more than a tenth of N.
    starts = data.start[rows]
    expected = [s - 400 for s in range(600, 39_000, 1_000) if not 19_400 < s < 21_600]
    assert starts.tolist() == expected
    labels = data.labels(rows)
    assert labels[:, 0].all()
    assert labels[:, 1].tolist() == [int((start + 400) % 3_000 == 600) for start in starts]
    reference = Reference(genome)
    codes = data.codes(rows)
    for row, start in zip(codes, starts, strict=True):
        assert np.array_equal(row, reference.codes("chr1", start, start + 1_000))
    assert data.targets.names == ["CTCF", "H3K4me3"]
    assert data.targets.groups == ["TF", "histone"]
    assert data.targets.extra == {"cell": ["K562", "K562"]}


def test_windows_past_a_contigs_end_are_padded(tmp_path, genome, targets):
    (targets.parent / "CTCF.bed").write_text("chr1\t0\t200\nchr1\t39800\t40000\n")
    data = _build(genome, targets, tmp_path / "d.h5", selection={"max_unknown": 0.4})
    codes = data.codes(data.indices("train"))
    assert (codes[0, :400] == 4).all()
    assert (codes[0, 400:] < 4).all()
    assert (codes[-1, 600:] == 4).all()
    strict = _build(genome, targets, tmp_path / "s.h5", selection={"max_unknown": 0.39})
    assert data.start[0] == -400
    assert data.start[-1] == 39_400
    assert len(strict) == len(data) - 2


@pytest.mark.parametrize(
    ("require", "step"), [("any", 1_000), ("TF", 1_000), ("histone", 3_000), ("none", 200)]
)
def test_require_chooses_bins(tmp_path, genome, targets, require, step):
    data = _build(genome, targets, tmp_path / "d.h5", selection={"require": require})
    chr1 = data.start[data.contig == 0]
    first = np.diff(chr1[chr1 < 15_000])
    assert (first == step).all()


def test_excluded_windows_are_dropped_and_counted(tmp_path, genome, targets, caplog):
    (tmp_path / "black.bed").write_text("chr1\t1199\t1200\nchrUn\t1\t2\n")
    path = tmp_path / "d.h5"
    summary = danq.windows(
        genome, targets, path, selection=Selection(exclude=tmp_path / "black.bed")
    )
    assert '1 of 2 intervals lie on contigs which the reference lacks ("chrUn", …)' in caplog.text
    # The window of the bin at 600 is [200, 1200), that of 1600 is [1200, 2200).
    assert summary.dropped["touched by the exclusion BED"] == 1
    assert Dataset.open(path).start[0] == 1_200


def test_a_window_lies_wholly_in_its_split(tmp_path, genome, targets):
    path = tmp_path / "d.h5"
    summary = danq.windows(
        genome, targets, path, valid=["chr1:5001-10000"], test=["1:10001-15000", "chr2"]
    )
    data = Dataset.open(path)
    for split, first, last in (("valid", 5_000, 10_000), ("test", 10_000, 15_000)):
        starts = data.start[data.indices(split)]
        assert starts.min() >= first
        assert starts.max() + 1_000 <= last
    train = data.start[data.indices("train")]
    assert ((train + 1_000 <= 5_000) | (train >= 15_000)).all()
    # Windows start at 200, 1200, …: those that start at 4200, 9200 and 14200 straddle a border.
    assert summary.dropped["across the border of a split"] == 3
    assert summary.windows == {"train": len(train), "valid": 4, "test": 4}
    assert summary.positives["valid"].tolist() == [4, 1]


def test_random_negatives_touch_no_peak_and_follow_the_seed(tmp_path, genome, targets):
    options = {"negatives": "random", "negative_ratio": 0.5, "seed": 3}
    data = _build(genome, targets, tmp_path / "d.h5", selection=options)
    again = _build(genome, targets, tmp_path / "e.h5", selection=options)
    other = _build(genome, targets, tmp_path / "f.h5", selection={**options, "seed": 4})
    labels = data.labels(data.indices("train"))
    negative = ~labels.any(axis=1)
    assert np.count_nonzero(negative) == round(0.5 * np.count_nonzero(~negative))
    bins = data.start[negative & (data.contig == 0)] + 400
    assert (bins % 1_000 != 600).all()
    assert data.checksum == again.checksum
    assert data.checksum != other.checksum


def test_max_windows_thins_the_training_split_only(tmp_path, genome, targets):
    data = _build(
        genome,
        targets,
        tmp_path / "d.h5",
        valid=["chr1:30001-40000"],
        selection={"max_windows": 10},
    )
    assert len(data.indices("train")) == 10
    assert len(data.indices("valid")) == 9


def test_the_file_holds_coordinates_and_packed_labels(tmp_path, genome, targets):
    data = _build(genome, targets, tmp_path / "d.h5")
    with h5py.File(tmp_path / "d.h5") as file:
        assert file["labels"].shape == (len(data), 1)
        assert file["labels"][0, 0] == 0b11000000
        assert file.attrs["channels"] == b"ACGT"
        assert file.attrs["reference_checksum"].decode() == Reference(genome).checksum
        assert file.attrs["window"] == 1_000
        assert file.attrs["bin"] == 200
        assert file.attrs["min_overlap"] == 0.5


def test_the_same_choices_give_the_same_file(tmp_path, genome, targets):
    for name in ("1.h5", "2.h5"):
        selection = {"negatives": "random", "seed": 3}
        _build(genome, targets, tmp_path / name, selection=selection)
    data = (tmp_path / "1.h5").read_bytes()
    assert data == (tmp_path / "2.h5").read_bytes()
    # Made in one second, files with times in them would be equal too: in HDF5's object headers of
    # version 2 bit 5 of the flags tells of them.
    flags = [found[1][0] for found in re.finditer(rb"OHDR\x02(.)", data, re.DOTALL)]
    assert not any(flag & 1 << 5 for flag in flags)


def test_another_order_of_channels_is_refused(tmp_path, genome, targets):
    _build(genome, targets, tmp_path / "d.h5")
    with h5py.File(tmp_path / "d.h5", "a") as file:
        file.attrs["channels"] = "AGCT"
    with pytest.raises(InputError, match='channels in the order "AGCT", danq expects ACGT'):
        Dataset.open(tmp_path / "d.h5")


def test_a_moved_reference_must_be_the_same(tmp_path, genome, targets):
    _build(genome, targets, tmp_path / "d.h5")
    moved = genome.rename(tmp_path / "moved.fa")
    with pytest.raises(InputError, match=r"genome\.fa: cannot be read"):
        Dataset.open(tmp_path / "d.h5")
    assert len(Dataset.open(tmp_path / "d.h5", genome=moved)) > 0
    moved.write_text(moved.read_text().replace("ACG", "ACC"))
    with pytest.raises(InputError, match="was made from another sequence"):
        Dataset.open(tmp_path / "d.h5", genome=moved)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 1_001}, "differ by an even number"),
        ({"min_overlap": 1.0}, "expected 0 <= min_overlap < 1"),
        ({"valid": ["chr9"]}, 'no contig "chr9"'),
        ({"test": ["chr1:1-50000"]}, "chr1 ends at 40000"),
        ({"valid": ["chr1:1-100"], "test": ["chr1:100-200"]}, "overlap"),
        ({"test": ["chr1", "chr2"]}, "no training window is left"),
        ({"selection": {"require": "DNase"}}, r"any, none or a group of the targets \(TF, histone"),
        ({"selection": {"max_unknown": 2}}, "found max_unknown 2"),
        ({"selection": {"negative_ratio": float("inf")}}, "found negative_ratio inf"),
        (
            {"selection": {"negatives": "random", "negative_ratio": 1e18}},
            "found negative_ratio 1e.18, expected more than 0 and at most 1000000",
        ),
        ({"selection": {"negative_ratio": 2.0}}, "found negative_ratio without negatives"),
        ({"selection": {"seed": -1}}, "found seed -1"),
        ({"selection": {"negatives": "random", "require": "none"}}, "keeps every bin already"),
    ],
)
def test_wrong_options_are_named(tmp_path, genome, targets, options, message):
    with pytest.raises(InputError, match=message):
        _build(genome, targets, tmp_path / "d.h5", **options)
    assert not (tmp_path / "d.h5").exists()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "expected name among them"),
        ("name\tgroup\nCTCF\tTF\n", 'line 1: found the columns "name", "group", expected path'),
        ("name\tpath\n", "lists no targets"),
        ("name\tpath\nCTCF\tCTCF.bed\textra\n", "line 2: found more columns, expected 2"),
        ("name\tpath\nCTCF\n", "line 2: found 1 columns, expected 2"),
        ("name\tpath\n\tCTCF.bed\n", "line 2: has no name"),
        ("name\tpath\tgroup\nA\tCTCF.bed\tall\n", 'line 2: found a group named "all"'),
        ("name\tpath\tgroup\nA\tCTCF.bed\tany\n", 'line 2: found a group named "any"'),
        ("name\tpath\tgroup\nA\tCTCF.bed\t all \n", 'line 2: found a group named "all"'),
        (
            'name\tpath\n"A\tB"\tCTCF.bed\n',
            r'line 2: holds "A\\tB" in the column "name", expected text',
        ),
        (
            "name\tpath\nA\0\tCTCF.bed\n",
            r'line 2: holds "A\\x00" in the column "name", expected text',
        ),
        ("name\tpath\tname\n", 'found a column named "name", expected distinct names'),
        ("name\tpath\ta/b\n", 'found a column named "a/b"'),
        ("name\tpath\t\n", 'found a column named ""'),
        ("name\tpath\nA\tabsent.bed\n", r'line 2: peak file ".*absent\.bed" does not exist'),
        ("name\tpath\nA\t.\n", r"line 2: peak file .* is a folder, expected a BED file"),
    ],
)
def test_a_wrong_targets_table_is_named(tmp_path, genome, targets, table, message):
    targets.write_text(table)
    with pytest.raises(InputError, match=message):
        danq.windows(genome, targets, tmp_path / "d.h5")


def test_blanks_around_a_group_are_no_part_of_it(tmp_path, genome, targets):
    first, *rows = targets.read_text().splitlines()
    targets.write_text("\n".join([first, *(f"{row} " for row in rows)]) + "\n")
    danq.windows(genome, targets, tmp_path / "d.h5")
    with Dataset.open(tmp_path / "d.h5") as data:
        assert set(data.targets.groups) == {"TF", "histone"}


def test_a_file_that_is_no_data_set_is_refused(tmp_path, genome):
    with pytest.raises(InputError, match="it is not an HDF5 file"):
        Dataset.open(genome)
    with h5py.File(tmp_path / "x.h5", "w"):
        pass
    with pytest.raises(InputError, match="is not a data set of danq"):
        Dataset.open(tmp_path / "x.h5")


def test_an_output_that_is_an_input_is_refused(tmp_path, genome, targets):
    before = genome.read_bytes(), targets.read_bytes()
    for path in (genome, targets, tmp_path / "CTCF.bed"):
        with pytest.raises(InputError, match="is named both as input and as output"):
            danq.windows(genome, targets, path)
    assert (genome.read_bytes(), targets.read_bytes()) == before


def test_a_genome_of_many_contigs(tmp_path):
    contigs = {f"scaffold_{number}_of_an_assembly": "ACGTACGTAC" for number in range(5_000)}
    genome = write_fasta(tmp_path / "many.fa", contigs)
    (tmp_path / "p.bed").write_text("scaffold_4999_of_an_assembly\t0\t10\n")
    (tmp_path / "t.tsv").write_text("name\tpath\nA\tp.bed\n")
    danq.windows(genome, tmp_path / "t.tsv", tmp_path / "d.h5", window=10, bin=10)
    with Dataset.open(tmp_path / "d.h5") as data:
        assert data.contig.tolist() == [4_999]


def test_a_share_means_what_is_written(tmp_path, genome, targets):
    (tmp_path / "CTCF.bed").write_text("chr1\t1000\t1057\nchr1\t2000\t2058\n")
    (tmp_path / "H3K4me3.bed").write_text("chr1\t1000\t1100\n")
    # As floats 0.57 · 100 is a little less than 57.
    data = _build(genome, targets, tmp_path / "d.h5", window=100, bin=100, min_overlap=0.57)
    assert data.labels(data.indices("train"))[:, 0].tolist() == [0, 1]


def test_an_opened_reference_serves_as_its_file_does(tmp_path, genome, targets):
    reference = Reference(genome)
    danq.windows(reference, targets, tmp_path / "d.h5")
    _build(genome, targets, tmp_path / "file.h5")
    assert (tmp_path / "d.h5").read_bytes() == (tmp_path / "file.h5").read_bytes()
    assert Dataset.open(tmp_path / "d.h5", genome=reference).reference is reference
    with pytest.raises(InputError, match="is named both as input and as output"):
        danq.windows(reference, targets, genome)


def test_a_with_statement_lets_go_of_the_genome(tmp_path, genome, targets):
    path = _build(genome, targets, tmp_path / "d.h5").path
    with Dataset.open(path) as data:
        genome = weakref.ref(data.reference)
        rows = data.indices("train")
        assert data.codes(rows).shape == (len(rows), data.window)
    assert genome() is None
    assert data.labels(rows).shape == (len(rows), len(data.targets))
    assert len(data.start) == len(data)
    with pytest.raises(ValueError, match=r"d\.h5 is closed: its windows cannot be read any more"):
        data.codes(rows)

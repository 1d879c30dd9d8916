"""The audit of a data set, against counting window by window in plain Python."""

from __future__ import annotations

import csv
from collections import defaultdict

import h5py
import numpy as np
import pytest

import danq
from danq.cli import main
from danq.dataset import Dataset, Selection, audit
from danq.dataset.audit_table import summary, target_table
from danq.dataset.bins import selection
from danq.dataset.splits import SPLITS
from danq.errors import InputError
from danq.genome import decode, encode, reverse_complement
from tests.conftest import write_fasta
from tests.dataset.earlier import make_earlier
from tests.dataset.test_overlaps import many  # noqa: F401  (a fixture)

HELD_OUT = {"valid": ["chr1:1-2000"], "test": ["chr2"]}


def _reverse(text):
    return decode(reverse_complement(encode(text)))


@pytest.fixture
def repeats(tmp_path):
    """Three contigs; stretches of the first stand in the others too, one turned round."""
    random = np.random.default_rng(8)
    one, two, three = ("".join(random.choice(list("ACGT"), n)) for n in (12_000, 6_000, 4_000))
    two = two[:2_000] + one[4_000:5_400] + two[3_400:]
    one = one[:200] + two[1_000:2_200] + one[1_400:]
    three = three[:1_000] + _reverse(one[600:2_000]) + three[2_400:]
    genome = write_fasta(tmp_path / "g.fa", {"chr1": one, "chr2": two, "chr3": three})
    (tmp_path / "all.bed").write_text("chr1\t0\t12000\nchr2\t0\t6000\nchr3\t0\t4000\n")
    (tmp_path / "one.bed").write_text("chr1\t6000\t6400\nchr2\t1000\t1200\n")
    (tmp_path / "t.tsv").write_text(
        "name\tpath\tgroup\nA\tall.bed\tTF\nB\tone.bed\tTF\nA\tone.bed\tDNase\n"
    )
    return genome, tmp_path / "t.tsv"


def _plain(data):
    """Window by window: positives and contigs of every split and target, and shared sequences."""
    positives, contigs = defaultdict(int), defaultdict(set)
    where, texts = defaultdict(set), {}
    for split in SPLITS:
        for row in data.rows(split):
            codes, labels = data.codes(np.array([row]))[0], data.labels(np.array([row]))[0]
            text = decode(codes)
            texts[row] = min(text, _reverse(text))
            where[texts[row]].add(split)
            for target in np.flatnonzero(labels):
                positives[split, target] += 1
                contigs[split, target].add(int(data.contig[row]))
    shared = {}
    for a, b in (("train", "valid"), ("train", "test"), ("valid", "test")):
        both = {text for text, splits in where.items() if {a, b} <= splits}
        shared[a, b] = tuple(sum(texts[row] in both for row in data.rows(one)) for one in (a, b))
    return positives, contigs, shared


def test_counts_equal_those_of_plain_python(repeats, tmp_path):
    found = danq.windows(*repeats, tmp_path / "d.h5", **HELD_OUT).audit
    data = Dataset.open(tmp_path / "d.h5")
    positives, contigs, shared = _plain(data)
    for split, counts in found.splits.items():
        rows = data.rows(split)
        assert counts.windows == len(rows)
        assert counts.labelled == data.labels(rows).any(axis=1).sum()
        assert counts.contigs == len(set(data.contig[rows].tolist()))
        for target in range(3):
            assert counts.positives[target] == positives[split, target]
            assert counts.target_contigs[target] == len(contigs[split, target])
    assert {one.splits: one.windows for one in found.duplicates} == shared
    assert all(any(counts) for counts in shared.values())
    assert found.without_positives("valid") == [1, 2]
    assert found.repeated_names == {"A": [0, 2]}
    assert set(found.overlapping.values()) == {0}


def test_the_order_of_windows_does_not_matter(repeats, tmp_path):
    before = danq.windows(*repeats, tmp_path / "d.h5", **HELD_OUT).audit
    with h5py.File(tmp_path / "d.h5", "a") as file:
        order = np.random.default_rng(1).permutation(len(file["start"]))
        for name in ("contig", "start", "split", "labels"):
            file[name][:] = file[name][:][order]
        make_earlier(file)
    after = audit(Dataset.open(tmp_path / "d.h5"))
    assert (summary(after), target_table(after)) == (summary(before), target_table(before))


def test_dropping_duplicates_spares_the_test(repeats, tmp_path):
    whole = danq.windows(*repeats, tmp_path / "d.h5", **HELD_OUT)
    less = danq.windows(
        *repeats, tmp_path / "e.h5", selection=Selection(drop_duplicates=True), **HELD_OUT
    )
    assert not any(any(one.windows) for one in less.audit.duplicates)
    assert less.windows["test"] == whole.windows["test"]
    for split in ("train", "valid"):
        gone = whole.windows[split] - less.windows[split]
        cause = f"of {split} with the sequence of a held-out window"
        assert less.dropped[cause] == gone > 0
        assert f"left out: {gone} {cause}" in less.table()
    ours, theirs = (_sequences(tmp_path / name) for name in ("d.h5", "e.h5"))
    held_out = ours["valid"] | ours["test"]
    assert theirs["train"] == ours["train"] - held_out
    assert theirs["valid"] == ours["valid"] - ours["test"]


def _sequences(path):
    data = Dataset.open(path)
    return {
        split: {
            min(decode(row), decode(reverse_complement(row)))
            for row in data.codes(data.rows(split))
        }
        for split in SPLITS
    }


def test_splits_that_share_bases_are_no_data_set(repeats, tmp_path, monkeypatch, capsys):
    """Whatever went wrong on the way: here windows are moved into a split by hand."""

    def wrong(contig, start, *_):
        split = np.zeros(len(start), np.uint8)
        split[5] = 2
        return split

    monkeypatch.setattr(selection, "assign_splits", wrong)
    genome, targets = repeats
    words = ["windows", "--genome", str(genome), "--targets", str(targets)]
    assert main([*words, "--output", str(tmp_path / "d.h5")]) == 2
    # Windows start every 200 bases: four before and four behind reach into a given one.
    assert "d.h5: 8 windows of train share bases with windows of test" in capsys.readouterr().err
    assert not list(tmp_path.glob("*d.h5")) + list(tmp_path.glob("*audit*"))


@pytest.mark.parametrize(
    ("starts", "splits", "shared"),
    [
        pytest.param([0, 1_000], [0, 2], 0, id="Adjacent"),
        pytest.param([0, 999], [0, 2], 1, id="OneBase"),
        pytest.param([500, 500], [0, 2], 1, id="TheSame"),
        pytest.param([-400, 600], [0, 2], 0, id="FromBeforeTheContig"),
        pytest.param([0, 400, 800], [0, 2, 0], 2, id="OnEitherSide"),
    ],
)
def test_windows_overlap_where_they_share_a_base(repeats, tmp_path, starts, splits, shared):
    danq.windows(*repeats, tmp_path / "d.h5", selection=Selection(max_unknown=0.5), **HELD_OUT)
    with h5py.File(tmp_path / "d.h5", "a") as file:
        for name, values in (("contig", [0] * len(starts)), ("start", starts), ("split", splits)):
            kept = file[name].dtype
            del file[name]
            file[name] = np.array(values, kept)
        labels = file["labels"][: len(starts)]
        del file["labels"]
        file["labels"] = labels
        make_earlier(file)
    found = audit(Dataset.open(tmp_path / "d.h5"))
    assert found.overlapping["train", "test"] == shared


def test_windows_on_different_contigs_never_overlap(repeats, tmp_path):
    """The last window of one contig and the first of the next are neighbours in the file only."""
    found = danq.windows(
        *repeats, tmp_path / "d.h5", selection=Selection(max_unknown=0.5), test=["chr2"]
    ).audit
    assert found.overlapping["train", "test"] == 0
    assert found.splits["train"].contigs == 2


def test_the_table_beside_the_data_set_has_a_row_for_every_split_and_target(repeats, tmp_path):
    found = danq.windows(*repeats, tmp_path / "set.v1.h5", **HELD_OUT)
    with open(tmp_path / "set.v1.audit.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 9
    page = (tmp_path / "set.v1.audit.html").read_text()
    assert page.count("<tr>") == 1 + 9
    assert "set.v1.audit.tsv" in page
    assert [row["number"] for row in rows[:3]] == ["0", "1", "2"]
    assert [row["target"] for row in rows[:3]] == ["A", "B", "A"]
    for row in rows:
        counts = found.audit.splits[row["split"]]
        assert int(row["windows"]) == counts.windows
        assert int(row["positives"]) == counts.positives[int(row["number"])]
        assert float(row["share"]) == pytest.approx(
            int(row["positives"]) / int(row["windows"]), rel=1e-5
        )
        assert int(row["contigs"]) == counts.target_contigs[int(row["number"])]


def test_the_summary_names_what_a_reviewer_asks_for(repeats, tmp_path):
    text = danq.windows(*repeats, tmp_path / "d.h5", **HELD_OUT).table()
    for line in (
        "targets without positives in valid: 2 (B, A)",
        "names that several targets have: 1 (A)",
        "windows shared or overlapping between splits: 0",
    ):
        assert line in text.splitlines()
    assert "windows of train and" in text


def test_many_targets_are_summed_up(many, tmp_path):  # noqa: F811
    genome, paths, _ = many
    table = paths[0].parent / "targets.tsv"
    rows = [f"more{number}\t{number % 21}.bed\tTF" for number in range(80)]
    table.write_text(table.read_text() + "\n".join(rows) + "\n")
    found = danq.windows(genome, table, tmp_path / "d.h5", window=300, bin=100).audit
    text = summary(found)
    assert max(map(len, text.splitlines())) < 100
    assert len(text.splitlines()) < 14
    low, middle, high = np.quantile(found.splits["train"].positives, [0, 0.5, 1])
    assert [f"{low:.0f}", f"{middle:.0f}", f"{high:.0f}"] == next(
        line.split()[2:5] for line in text.splitlines() if line.startswith("in train")
    )


def test_windows_without_coordinates_are_audited_too(repeats, tmp_path):
    before = danq.windows(*repeats, tmp_path / "d.h5", **HELD_OUT).audit
    danq.dataset.to_mat(tmp_path / "d.h5", tmp_path)
    mats = [tmp_path / f"{split}.mat" for split in SPLITS]
    danq.dataset.convert(mats, tmp_path / "c.h5")
    after = audit(Dataset.open(tmp_path / "c.h5"))
    assert after.overlapping is None
    assert after.duplicates == before.duplicates
    for split in SPLITS:
        assert after.splits[split].positives.tolist() == before.splits[split].positives.tolist()
    assert "NA" in summary(after)
    assert {row.split("\t")[-1] for row in target_table(after).splitlines()[1:]} == {"NA"}


def test_an_audit_that_would_overwrite_an_input_is_refused(repeats, tmp_path):
    genome, targets = repeats
    moved = targets.rename(tmp_path / "d.audit.tsv")
    with pytest.raises(InputError, match=r"d\.audit\.tsv: is named both as input and as output"):
        danq.windows(genome, moved, tmp_path / "d.h5")

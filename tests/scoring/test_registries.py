"""A new format of tables, and a new measure: after one registry line all outputs have them."""

import csv
import gzip
import json

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

import danq
from danq.cli import main
from danq.errors import InputError
from danq.scoring.outputs import writers
from danq.scoring.outputs.table import Table
from danq.scoring.scorers import measures
from danq.scoring.scorers.measures import Measure, Quantity


class JsonLines(Table):
    """One object per allele: the contig, the position, and logits."""

    def __init__(self, path, run):
        super().__init__(run.plan)
        self._file = path.open("w")

    def add(self, keys, arrays, is_scored):
        for contig, pos, logit in zip(keys["contig"], keys["pos"], arrays["logit"], strict=True):
            self._file.write(json.dumps([contig, pos, logit.tolist()]) + "\n")

    def finish(self, summary):
        self._file.write(json.dumps(summary.alleles) + "\n")
        self.close()

    def close(self):
        self._file.close()


class Spread(Measure):
    """How far the changes of an allele's targets lie apart, and how many of them are gains."""

    quantities = (
        Quantity("apart", "largest minus smallest logit change"),
        Quantity("gain", "1 where the logit change is positive", columns="targets"),
    )

    def __call__(self, scores):
        logit = scores["logit"]
        return {"apart": np.ptp(logit, axis=1), "gain": (logit > 0).astype(np.float32)}


@pytest.fixture
def vcf(write_vcf, bases):
    text = bases["chr1"]
    rows = [("chr1", p, ".", text[p - 1], f"{text[p - 1]}AC,<X>", *"...") for p in (300, 310, 320)]
    return write_vcf(*rows)


def test_a_new_format_is_written_by_its_ending(toy, genome, vcf, tmp_path, monkeypatch):
    monkeypatch.setitem(writers.TABLES, ".jsonl", JsonLines)
    danq.score(toy, genome, vcf, scores=tmp_path / "s.jsonl")
    *rows, alleles = map(json.loads, (tmp_path / "s.jsonl").read_text().splitlines())
    expected = danq.score_to_arrays(toy, genome, vcf)
    assert alleles == len(expected.alleles) == 6
    assert [(contig, pos) for contig, pos, _ in rows] == [row[:2] for row in expected.alleles]
    np.testing.assert_array_equal(np.float32([row[2] for row in rows]), expected.logit)


def test_a_new_format_is_in_help_and_errors(capsys, monkeypatch):
    monkeypatch.setitem(writers.TABLES, ".jsonl", JsonLines)
    with pytest.raises(SystemExit):
        main(["score", "--help"])
    assert ".h5, .hdf5, .parquet, .tsv.gz or .jsonl" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(InputError, match=r"\.tsv\.gz or \.jsonl$"):
        danq.score("m.keras", "g.fa", "i.vcf", scores="s.csv")


def test_a_new_measure_is_in_every_table_and_in_the_arrays(toy, genome, vcf, tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "MEASURES", [*measures.MEASURES, Spread])
    found = danq.score_to_arrays(toy, genome, vcf)
    apart, gain = np.ptp(found.logit, axis=1), (found.logit > 0).astype(np.float32)
    is_scored = ~np.isnan(apart)
    assert is_scored.tolist() == [True, False] * 3
    for kind in ("h5", "parquet", "tsv.gz"):
        danq.score(toy, genome, vcf, scores=tmp_path / f"s.{kind}")
    with h5py.File(tmp_path / "s.h5") as file:
        hdf5 = {name: file[name][:][is_scored] for name in ("apart", "gain")}
        assert file["apart"].attrs["description"] == "largest minus smallest logit change"
    parquet = pq.read_table(tmp_path / "s.parquet").to_pydict()
    with gzip.open(tmp_path / "s.tsv.gz", "rt") as file:
        text = list(csv.DictReader(file, delimiter="\t"))
    assert [row["apart"] == "NA" for row in text] == (~is_scored).tolist()
    for column in (found.further["apart"][is_scored], hdf5["apart"]):
        np.testing.assert_array_equal(column, apart[is_scored])
    np.testing.assert_array_equal(np.array(parquet["apart"], float)[is_scored], apart[is_scored])
    for columns in (found.further["gain"][is_scored], hdf5["gain"]):
        np.testing.assert_array_equal(columns, gain[is_scored])
    assert [row["gain:1"] for row in text][::2] == [f"{row[1]:g}" for row in gain[is_scored]]

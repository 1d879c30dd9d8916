"""Input of `danq.explain` that is wrong without looking so."""

from __future__ import annotations

import numpy as np
import pytest

import danq
from danq.errors import InputError
from danq.interpretation.windows import block_size
from danq.models.sharing import Span
from danq.vcf.formats import open_records
from danq.vcf.info import largest_change
from tests.interpretation.networks import linear

HEADER = '##fileformat=VCFv4.2\n##INFO=<ID=DANQ_MAX,Number=A,Type=Float,Description="">\n'
HEADER += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def changes_of(path, text):
    """Read what a record of two ALTs says of their largest changes."""
    path.write_text(f"{HEADER}chr1\t5\t.\tA\tC,G\t.\t.\tDANQ_MAX={text}\n")
    (record,) = open_records(path, is_scored=True)
    return [largest_change(record, number, path=str(path)) for number in range(2)]


def test_largest_changes_are_read_by_alt(tmp_path):
    assert changes_of(tmp_path / "s.vcf", "1.5,-2") == [1.5, -2]
    assert changes_of(tmp_path / "s.vcf", ".,3e2") == [None, 300]


@pytest.mark.parametrize("text", ["nan,1", "1,NaN", "1,inf", "-inf,.", "1,1e999"])
def test_changes_that_have_no_order_are_refused(tmp_path, text):
    with pytest.raises(InputError) as refused:
        changes_of(tmp_path / "s.vcf", text)
    sentence = f's.vcf, line 4: found DANQ_MAX="{text}", expected one number for each ALT'
    assert sentence in str(refused.value)


def test_a_run_whose_track_fails_leaves_no_figures_and_no_tables(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGTT" * 20 + "\n")
    (tmp_path / "none.vcf").write_text(HEADER)
    motif = "MEME version 4\n\nMOTIF m\nletter-probability matrix: w= 1\n1 0 0 0\n"
    (tmp_path / "m.meme").write_text(motif)
    with pytest.raises(InputError, match="no maps to make a track of"):
        danq.explain(
            linear(),
            tmp_path / "x.h5",
            genome=tmp_path / "g.fa",
            vcf=tmp_path / "none.vcf",
            motifs=tmp_path / "m.meme",
            bigwig=tmp_path / "tracks",
            plot=tmp_path / "figures",
        )
    assert not list((tmp_path / "figures").iterdir())
    assert not list(tmp_path.glob("x*"))


def test_contributions_that_are_not_numbers_are_refused(tmp_path):
    network = linear()
    network.set_weights([np.full(one.shape, np.nan) for one in network.get_weights()])
    (tmp_path / "s.fa").write_text(">one\n" + "ACGTTC" * 5 + "\n")
    with pytest.raises(InputError, match="not finite numbers"):
        danq.explain(network, fasta=tmp_path / "s.fa", method="saliency")


def test_blocks_are_as_large_as_their_maps_allow():
    assert block_size(Span(0, 1000), 1) == 32
    # 919 targets of a whole window: 29 MB for each of two maps would be too much for 32.
    assert block_size(Span(0, 1000), 919) == 4
    assert block_size(Span(0, 2000), 100_000) == 1

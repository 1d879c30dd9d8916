import numpy as np
import pytest

from danq.genome.variants import Change
from danq.interpretation.motifs.alignment import pair
from danq.interpretation.motifs.changes import MotifChange
from danq.interpretation.motifs.shares import COLUMNS, rows, shares
from tests.interpretation.pictured import variant_maps

DELETION = Change("chr1", 1000, "CAA", "C")
# Columns:  G   A   C   A   A   T   G   T; ALT has none of the two A.
REF = [[0.0, 1.0, 2.0, 4.0, 8.0, 3.0, 1.0, 0.5], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0]]
ALT = [[0.0, 1.5, 1.0, 1.0, 1.0, 0.5, 9.0, 9.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 9.0, 9.0]]


def lost(offset, width, allele="REF"):
    return MotifChange(
        "MA1 X", "lost", allele, "-", offset, width, 1000 + offset, 1000 + offset + width,
        12.3456, -1.5, 9.0,
    )  # fmt: skip


@pytest.fixture
def maps():
    return variant_maps(DELETION, "GA", "TGTCC", [REF, ALT], outputs=("CTCF", "all"))


def test_a_share_is_of_the_difference_between_the_maps_column_by_column(maps):
    (alleles,) = pair(maps, [DELETION])
    found = shares(lost(-1, 5), alleles, maps.contributions)
    # Under the motif, A C A A T: +0.5 - 1 - 4 - 8 - 2. Over the whole, with G and T, no change.
    np.testing.assert_allclose(found.under, [-14.5, -1])
    np.testing.assert_allclose(found.total, [-14.5, 0])
    np.testing.assert_allclose(found.share, [1, np.nan])
    under_four = shares(lost(-1, 4), alleles, maps.contributions)
    np.testing.assert_allclose(under_four.share, [12.5 / 14.5, np.nan])


def test_a_motif_of_alt_takes_the_gap_that_it_spans(maps):
    (alleles,) = pair(maps, [DELETION])
    found = shares(lost(0, 2, "ALT"), alleles, maps.contributions)
    np.testing.assert_allclose(found.under, [-1 - 4 - 8 - 2, 0])


@pytest.mark.parametrize(("offset", "width"), [(-3, 4), (2, 9), (40, 8)])
def test_a_motif_that_leaves_the_maps_has_no_share(maps, offset, width):
    (alleles,) = pair(maps, [DELETION])
    found = shares(lost(offset, width), alleles, maps.contributions)
    assert np.isnan([found.under, found.share]).all()
    np.testing.assert_allclose(found.total, [-14.5, 0])


def test_rows_hold_every_motif_and_output(maps):
    alleles = pair(maps, [DELETION])
    (table,) = rows(maps, alleles, [[lost(-1, 4), lost(40, 8)]])
    assert [len(row) for row in table] == [len(COLUMNS)] * 4
    place = ("MA1 X", "-", "999", "1003", "lost", "12.346", "-1.500", "9.000")
    assert table[0] == (*place, "CTCF", "-12.5", "-14.5", "0.86207")
    assert table[1] == (*place, "all", "-1", "0", "NA")
    assert table[2][8:] == ("CTCF", "NA", "-14.5", "NA")
    assert [*rows(maps, alleles, [[]])] == [[]]
